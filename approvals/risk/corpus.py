"""All texts of an action in one, so that each pattern runs once, not once for each.

An action can have 20,000 strings; looking for 80 kinds of key in every one of them
would take longer than looking at their content.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from approvals.risk.findings import Finding, Match, Severity
from approvals.risk.view import Leaf, View

SEPARATOR = "\0"
"""Between texts: no word, no blank, and nothing that a pattern asks for."""

_MIN_NUMBER = 10**7
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True)
class Corpus:
    """The texts of ``leaves`` one after the other; ``starts`` says where they begin."""

    leaves: tuple[Leaf, ...]
    starts: tuple[int, ...]
    text: str

    @classmethod
    def of(cls, leaves: Iterable[Leaf], separator: str = SEPARATOR) -> "Corpus":
        """The strings of ``leaves``, and the integers that are long enough to be an
        identity, a phone or a card; ``separator`` is one character."""
        kept: list[Leaf] = []
        texts: list[str] = []
        starts: list[int] = []
        position = 0
        for leaf in leaves:
            value = leaf.value
            if isinstance(value, str):
                text = value
            elif type(value) is int and value >= _MIN_NUMBER:
                text = str(value)
            else:
                continue
            if text:
                kept.append(leaf)
                texts.append(text)
                starts.append(position)
                position += len(text) + 1
        return cls(tuple(kept), tuple(starts), separator.join(texts))

    @cached_property
    def lower(self) -> str:
        """The text in small letters, every character where it was."""
        lowered = self.text.lower()
        if len(lowered) == len(self.text):
            return lowered
        return self.text.translate(_LOWER)

    def index_at(self, position: int) -> int:
        """Which leaf has the character at ``position``."""
        return bisect_right(self.starts, position) - 1

    def bounds(self, index: int) -> tuple[int, int]:
        """Where the leaf's text starts and ends."""
        is_last = index + 1 == len(self.starts)
        end = len(self.text) if is_last else self.starts[index + 1] - 1
        return self.starts[index], end

    def text_of(self, index: int) -> str:
        start, end = self.bounds(index)
        return self.text[start:end]

    def before(self, position: int, size: int) -> str:
        """Up to ``size`` characters in small letters, of the same leaf."""
        start, _ = self.bounds(self.index_at(position))
        return self.lower[max(start, position - size) : position]

    def after(self, position: int, size: int) -> str:
        """As ``before``, from ``position`` on."""
        _, end = self.bounds(self.index_at(position))
        return self.lower[position : min(end, position + size)]

    def finding(self, match: Match, start: int, end: int) -> Finding:
        """The finding of ``match`` at these characters, cut to where it begins.

        A number has no characters and so no span.
        """
        index = self.index_at(start)
        leaf = self.leaves[index]
        if not leaf.text:
            return match.at(leaf.pointer)
        begins, ends = self.bounds(index)
        return match.at(leaf.pointer, (start - begins, min(end, ends) - begins))


@dataclass(slots=True)
class Quota:
    """How many findings of each kind and severity are still worth making.

    A person reads a few; thousands would only cost time. The gravest have a quota
    of their own, so that many small ones cannot push them out.
    """

    each: int = 20
    used: Counter[tuple[str, Severity]] = field(default_factory=Counter)

    def allows(self, code: str, severity: Severity) -> bool:
        self.used[code, severity] += 1
        return self.used[code, severity] <= self.each


def of_values(view: View) -> Corpus:
    """Everything that the action brings along, in order."""
    return Corpus.of(view.leaves)


def positions(text: str, word: str, most: int) -> Iterator[int]:
    """Where ``word`` stands in ``text``, not more than ``most`` times."""
    found = text.find(word)
    while found >= 0 and most > 0:
        yield found
        most -= 1
        found = text.find(word, found + len(word))
