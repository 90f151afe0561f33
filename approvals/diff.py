"""What is different between the arguments of two revisions. Pure: data for a page."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

CONTEXT = 3
"""Lines that stay the same and are shown around a change."""
MOST_LINES = 1500
"""Lines of either side, beginning and end that are the same left out, above which
all that was there stands against all that is, in one piece."""
MOST_WORDS = 400
"""Words of a line above which it is not compared word by word."""
MOST_PAIRS = 200
"""Lines of one argument that are compared word by word; a page must not take long."""
_ALIKE = 0.5
"""From 0 to 1; below, two lines are two lines, and not one that was changed."""
_WORDS = re.compile(r"\w+|\W")

Operation = tuple[str, int, int, int, int]


class Kind(StrEnum):
    """What became of a line."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line, and whether the other side has something else there."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line; or several at once, of which ``number`` says how many."""

    kind: Kind
    pieces: tuple[Piece, ...] = ()
    number: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """One argument that is different."""

    argument: str
    kind: Kind
    """``added`` or ``removed`` as a whole; ``same`` where it was and still is there."""
    lines: tuple[Line, ...]
    added: int
    removed: int


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The arguments that differ, by name; none when the digests would be the same."""
    found = []
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            found.append(_whole(name, Kind.REMOVED, old[name]))
        elif name not in old:
            found.append(_whole(name, Kind.ADDED, new[name]))
        elif _json(old[name]) != _json(new[name]):
            found.append(_changed(name, old[name], new[name]))
    return found


def _whole(name: str, kind: Kind, value: Any) -> Change:
    text = value if isinstance(value, str) else _json(value)
    lines = text.split("\n")
    counts = {"added": 0, "removed": 0, str(kind): len(lines)}
    return Change(name, kind, tuple(_lines(kind, lines)), **counts)


def _changed(name: str, old: Any, new: Any) -> Change:
    """Texts as they are; anything else, and what is no text any more, as JSON."""
    if isinstance(old, str) and isinstance(new, str):
        sides = old.split("\n"), new.split("\n")
    else:
        sides = _json(old).split("\n"), _json(new).split("\n")
    lines = tuple(_compared(*sides))
    added = sum(line.number for line in lines if line.kind is Kind.ADDED)
    removed = sum(line.number for line in lines if line.kind is Kind.REMOVED)
    return Change(name, Kind.SAME, lines, added, removed)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    operations, pairs = _operations(old, new), MOST_PAIRS
    for place, (what, a, b, c, d) in enumerate(operations):
        if what == "equal":
            is_last = place == len(operations) - 1
            yield from _unchanged(old[a:b], is_first=place == 0, is_last=is_last)
            continue
        # Side by side only where it can be told which line became which.
        if b - a == d - c and b - a <= pairs:
            pairs -= b - a
            both = [pair(*sides) for sides in zip(old[a:b], new[c:d], strict=True)]
            yield from (removed for removed, _ in both)
            yield from (added for _, added in both)
        else:
            yield from _lines(Kind.REMOVED, old[a:b])
            yield from _lines(Kind.ADDED, new[c:d])


def _operations(old: Sequence[str], new: Sequence[str]) -> list[Operation]:
    """As ``SequenceMatcher.get_opcodes``, in bounded time."""
    head = _common(old, new)
    rest_old, rest_new = old[head:], new[head:]
    tail = _common(rest_old[::-1], rest_new[::-1])
    end_old, end_new = len(old) - tail, len(new) - tail
    found: list[Operation] = [("equal", 0, head, 0, head)] if head else []
    middle = old[head:end_old], new[head:end_new]
    if max(map(len, middle)) > MOST_LINES:
        found.append(("replace", head, end_old, head, end_new))
    else:
        for what, a, b, c, d in SequenceMatcher(None, *middle).get_opcodes():
            found.append((what, a + head, b + head, c + head, d + head))
    if tail:
        found.append(("equal", end_old, len(old), end_new, len(new)))
    return found


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many elements both begin with."""
    both = zip(one, other, strict=False)
    shorter = min(len(one), len(other))
    return next((place for place, (a, b) in enumerate(both) if a != b), shorter)


def _unchanged(
    lines: Sequence[str], *, is_first: bool, is_last: bool
) -> Iterator[Line]:
    """What stands next to a change; the rest is counted."""
    head = 0 if is_first else CONTEXT
    tail = 0 if is_last else CONTEXT
    skipped = len(lines) - head - tail
    if skipped <= 1:
        yield from _lines(Kind.SAME, lines)
        return
    yield from _lines(Kind.SAME, lines[:head])
    yield Line(Kind.SKIPPED, number=skipped)
    yield from _lines(Kind.SAME, lines[len(lines) - tail :])


def pair(old: str, new: str) -> tuple[Line, Line]:
    """Two lines, with what is different marked where they are alike at all."""
    words = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, *words)
    is_long = max(map(len, words)) > MOST_WORDS
    if is_long or matcher.quick_ratio() < _ALIKE or matcher.ratio() < _ALIKE:
        return _line(Kind.REMOVED, old), _line(Kind.ADDED, new)
    before, after = [], []
    for what, a, b, c, d in matcher.get_opcodes():
        before.append(Piece("".join(words[0][a:b]), what != "equal"))
        after.append(Piece("".join(words[1][c:d]), what != "equal"))
    return (
        Line(Kind.REMOVED, tuple(piece for piece in before if piece.text)),
        Line(Kind.ADDED, tuple(piece for piece in after if piece.text)),
    )


def _lines(kind: Kind, texts: Sequence[str]) -> Iterator[Line]:
    """Each by itself, unless a page would have too many of them."""
    if len(texts) > MOST_LINES:
        yield Line(kind, (Piece("\n".join(texts)),), len(texts))
    else:
        yield from (_line(kind, text) for text in texts)


def _line(kind: Kind, text: str) -> Line:
    return Line(kind, (Piece(text),))
