"""Unified diffs that agents send, read so that they can be drawn. Pure.

Read strictly: a diff is drawn only if every line of it has its place, and every line
is drawn. What is anything else stays a text: what stands around a diff, or stays the
same in it, is drawn in a low voice, in which nothing else may be said.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from approvals.diff import Kind, Line, Piece, pair

MOST_LINES = 2000
"""Lines above which a diff stays a text: a page must not take long."""
MOST_PAIRS = 200
"""Lines that are compared word by word."""
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_HEAD = re.compile(
    r"(?:---|\+\+\+) .+|diff --git .+|index [0-9a-f]+\.\.[0-9a-f]+(?: [0-7]{6})?"
    r"|(?:old|new|deleted file|new file) mode [0-7]{6}|(?:rename|copy) (?:from|to) .+"
    r"|(?:dis)?similarity index \d{1,3}%|Binary files .+ differ|Index: .+|={67}"
)
"""Lines outside hunks, as git and Subversion write them (git-diff(1))."""
_NO_NEWLINE = "\\"
_SAME = ("", " ")
"""What lines that stay begin with; mail takes the blank of empty ones away."""


class Part(StrEnum):
    """What one row of the drawing is."""

    HEAD = "head"
    """A line about files or places, as it stands in the diff."""
    PAIR = "pair"
    """What was, beside what will be; either may be missing."""


@dataclass(frozen=True, slots=True)
class Side:
    """One line of one of the files, with its number there."""

    number: int
    line: Line


@dataclass(frozen=True, slots=True)
class Row:
    """``text`` is a head's; a pair has two sides, the same one twice if it stays."""

    part: Part
    text: str = ""
    old: Side | None = None
    new: Side | None = None

    @property
    def is_same(self) -> bool:
        """Whether nothing changes here."""
        return self.old is not None and self.old.line.kind is Kind.SAME


@dataclass(frozen=True, slots=True)
class Unified:
    """A diff to draw, and how many lines come and go."""

    rows: tuple[Row, ...]
    added: int
    removed: int


class _NotOne(ValueError):
    """It is no unified diff, or not as it says itself."""


def parse(text: str) -> Unified | None:
    """The diff; None for what is none, is broken, or is too long to draw."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if len(lines) > MOST_LINES or not any(map(_HUNK.match, lines)):
        return None
    try:
        rows = tuple(_rows(lines))
    except _NotOne:
        return None
    sides = [side.line.kind for row in rows for side in (row.old, row.new) if side]
    return Unified(rows, sides.count(Kind.ADDED), sides.count(Kind.REMOVED))


def _rows(lines: Sequence[str]) -> Iterator[Row]:
    place, pairs = 0, MOST_PAIRS
    while place < len(lines):
        found = _HUNK.match(lines[place])
        yield Row(Part.HEAD, lines[place])
        place += 1
        if found is None:
            if lines[place - 1] and not _HEAD.fullmatch(lines[place - 1]):
                raise _NotOne
            continue
        end = _end_of(lines, place, found)
        rows = list(_hunk(lines[place:end], int(found[1]), int(found[3]), pairs))
        pairs -= len(rows)
        yield from rows
        place = end


def _end_of(lines: Sequence[str], place: int, found: re.Match[str]) -> int:
    """Where the hunk ends by its own numbers."""
    old, new = int(found[2] or 1), int(found[4] or 1)
    while old or new or (place < len(lines) and lines[place][:1] == _NO_NEWLINE):
        if place == len(lines):
            raise _NotOne
        sign = lines[place][:1]
        if sign not in (*_SAME, "-", "+", _NO_NEWLINE):
            raise _NotOne
        old -= sign in (*_SAME, "-")
        new -= sign in (*_SAME, "+")
        if old < 0 or new < 0:
            raise _NotOne
        place += 1
    return place


def _hunk(lines: Sequence[str], old: int, new: int, pairs: int) -> Iterator[Row]:
    """Runs of lines that go, beside the run of lines that come in their place."""
    gone: list[str] = []
    come: list[str] = []
    for line in (*lines, None):
        sign = line[:1] if line else " "
        if line is not None and sign == "+":
            come.append(line[1:])
            continue
        if line is not None and sign == "-" and not come:
            gone.append(line[1:])
            continue
        yield from _beside(gone, come, old, new, pairs)
        old, new = old + len(gone), new + len(come)
        gone, come = [], []
        if line is None:
            return
        if sign == "-":
            gone.append(line[1:])
        elif sign == _NO_NEWLINE:
            yield Row(Part.HEAD, line)
        else:
            same = Line(Kind.SAME, (Piece(line[1:]),))
            yield Row(Part.PAIR, old=Side(old, same), new=Side(new, same))
            old, new = old + 1, new + 1


def _beside(
    gone: Sequence[str], come: Sequence[str], old: int, new: int, pairs: int
) -> Iterator[Row]:
    is_paired = len(gone) == len(come) <= pairs
    for at, (before, after) in enumerate(zip_longest(gone, come)):
        if is_paired:
            removed, added = pair(before, after)
        else:
            removed = Line(Kind.REMOVED, (Piece(before or ""),))
            added = Line(Kind.ADDED, (Piece(after or ""),))
        yield Row(
            Part.PAIR,
            old=None if before is None else Side(old + at, removed),
            new=None if after is None else Side(new + at, added),
        )
