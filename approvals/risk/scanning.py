"""One pass over long text for many words at once, in time that no text can raise.

RE2 knows no backtracking: about 0.4 ms for 256 KiB, whatever stands in it, and
some microseconds for every place found; so the number of places is limited.
"""

from typing import Any

import re2  # type: ignore[import-untyped]

MOST = 1500
"""Places looked at in one action and by one scanner; more is not inspected."""
_LARGE = 8_000
"""Instructions that leave RE2 too little of its usual 8 MiB for the states that it
meets: it would go on without them, a hundred times slower."""


class Scanner:
    """Finds any of some alternatives, written in RE2's syntax, from left to right."""

    def __init__(self, *alternatives: str, ignore_case: bool = False) -> None:
        options = _options(ignore_case)
        pattern = "|".join(f"(?:{one})" for one in alternatives)
        self._compiled: Any = re2.compile(pattern, options=options)
        if self._compiled.programsize > _LARGE:
            options.max_mem = 4 * options.max_mem
            self._compiled = re2.compile(pattern, options=options)

    def places(self, text: str, most: int = MOST) -> tuple[list[tuple[int, int]], bool]:
        """Where the alternatives stand, and whether that is everywhere."""
        places: list[tuple[int, int]] = []
        for found in self._compiled.finditer(text):
            if len(places) == most:
                return places, False
            places.append(found.span())
        return places, True

    def is_in(self, text: str) -> bool:
        """Whether there is any such place."""
        return self._compiled.search(text) is not None


class Choice:
    """Tells in one pass which of several patterns are in a text."""

    def __init__(self, *patterns: str, ignore_case: bool = False) -> None:
        self._compiled: Any = re2.Set.SearchSet(_options(ignore_case))
        for pattern in patterns:
            self._compiled.Add(pattern)
        self._compiled.Compile()

    def of(self, text: str) -> list[int]:
        """The numbers of the patterns that are there, in order."""
        return sorted(self._compiled.Match(text))


def _options(ignore_case: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.never_capture = True
    return options
