"""What would run, piece by piece, ready to show. Pure: values in, HTML out.

Nothing is left out. What is long is folded, and the fold says how much it holds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.render import (
    code_parts,
    escaped_html,
    is_code,
    is_large,
    json_text,
    language_of,
    size_of,
    warnings_for,
)
from approvals.unified import Row, Unified, parse

OPEN_LINES = 60
OPEN_CHARACTERS = 8_000
"""What is shown of a long block before somebody unfolds the rest of it."""
SLACK = 1.25
"""How much longer than that a block may be before it is folded at all."""
SHORT = 60
"""Characters of a value that stands beside its label and not below it."""
_ADDRESS = re.compile(r"\S{0,300}[/@\\.]\S{1,300}")
"""A path, host or address: one word in which a look-alike leads somewhere else."""
_IS_DIFF = re.compile(r"^@@ -\d", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of what would run; ``html`` and ``rest`` together are all of it."""

    label: str
    language: str
    html: str
    size: str
    warnings: tuple[str, ...]
    rest: str = ""
    hidden: str = ""
    """How much ``rest`` is; empty: nothing is folded."""
    escaped: str = ""
    """The exact value in plain ASCII; empty: this block is that already."""
    is_plain: bool = False
    """Too large to be shown in colours."""
    diff: Unified | None = None
    is_no_diff: bool = False
    """Looks like a diff, and cannot be drawn as one."""
    is_short: bool = False
    """Fits into one line beside its label."""

    @property
    def open_rows(self) -> Sequence[Row]:
        """Rows of the diff that stand open."""
        return self._rows[:OPEN_LINES] if self.hidden else self._rows

    @property
    def folded_rows(self) -> Sequence[Row]:
        """Rows of the diff within the fold."""
        return self._rows[OPEN_LINES:] if self.hidden else ()

    @property
    def _rows(self) -> Sequence[Row]:
        return self.diff.rows if self.diff else ()


def block(label: str, text: str, language: str, *, escaped: str = "") -> Block:
    """``text`` whole, highlighted as ``sql``, ``shell``, ``json`` or not (``text``).

    A unified diff is one whatever it was called, but for what would run: a command
    must not look like the unchanged line of a file.
    """
    may_be_one = not is_code(language) and _IS_DIFF.search(text)
    if may_be_one and (drawn := parse(text)):
        return _diff(label, text, drawn, escaped)
    cut = _cut(text)
    is_exact = is_code(language) or _ADDRESS.fullmatch(text) is not None
    html, rest = code_parts(text, language, cut, flag_foreign=is_exact)
    return Block(
        label=label,
        language=language,
        html=html,
        size=size_of(text),
        warnings=warnings_for(text, is_code=is_exact),
        rest=rest,
        hidden=_amount(text[cut:]) if rest else "",
        escaped=escaped,
        is_plain=is_code(language) and is_large(text),
        is_no_diff=bool(may_be_one),
        is_short=len(text) <= SHORT and "\n" not in text,
    )


def quoted(label: str, text: str) -> Block:
    """What somebody brought forward as evidence: a text, or a diff."""
    return block(label, text, "text", escaped=escaped_html(text))


def blocks_of(action: str, arguments: Mapping[str, Any]) -> list[Block]:
    """Every argument, whole, in the order of the canonical JSON."""
    return [_argument(action, name, value) for name, value in arguments.items()]


def _argument(action: str, name: str, value: Any) -> Block:
    escaped = escaped_html(value)
    if isinstance(value, str):
        language = language_of(action, name, value)
        return block(name, value, language, escaped=escaped)
    return block(name, json_text(value), "json", escaped=escaped)


def _diff(label: str, text: str, drawn: Unified, escaped: str) -> Block:
    more = len(drawn.rows) - OPEN_LINES
    is_long = len(drawn.rows) > OPEN_LINES * SLACK
    return Block(
        label=label,
        language="diff",
        html="",
        size=size_of(text),
        warnings=warnings_for(text, is_code=True),
        hidden=f"{more:,} more rows of this diff" if is_long else "",
        escaped=escaped,
        diff=drawn,
    )


def _cut(text: str) -> int:
    """Where to fold, at the end of a line if one is near; its length if nowhere."""
    place = -1
    for _ in range(OPEN_LINES):
        place = text.find("\n", place + 1)
        if place < 0:
            break
    lines = text.count("\n") + 1
    if lines <= OPEN_LINES * SLACK and len(text) <= OPEN_CHARACTERS * SLACK:
        return len(text)
    by_lines = place + 1 if place >= 0 and lines > OPEN_LINES * SLACK else len(text)
    if by_lines <= OPEN_CHARACTERS:
        return by_lines
    return text.rfind("\n", 0, OPEN_CHARACTERS) + 1 or OPEN_CHARACTERS


def _amount(text: str) -> str:
    """``412 more lines, 18,220 characters``."""
    lines = text.count("\n") + (not text.endswith("\n"))
    characters = f"{len(text):,} characters"
    return f"{lines:,} more lines, {characters}" if lines > 1 else f"{characters} more"
