"""What an expression costs at most for given values, known before it runs. Pure.

The library ends loops after 10,000 steps, but one step can compare or search a text
of any length: without this, one rule could take minutes. Costs are upper bounds, in
units of some four nanoseconds: what one character takes where it is looked at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

MOST_STEPS = 10_000
"""After so many steps of all its loops the library gives up."""
_VALUE = 5.0
"""Units for a value of any type, besides its characters."""
_STEP = 5.0
"""Units for one node of an expression, each time."""
_PATTERN = 1_000.0
_INSTRUCTION = 60.0
"""Units for a pattern, and for each instruction of the program that it becomes."""
_SEARCHES = 50.0
"""How much longer it takes to search for what only the request says."""
_FREE = frozenset(
    {"_&&_", "_||_", "!_", "_?_:_", "@not_strictly_false", "-_", "_[_]"}
    | {"_-_", "_*_", "_/_", "_%_"}
)
_PAIRS = frozenset(
    {"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "startsWith", "endsWith"}
)
"""What ends at the end of the shorter one."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; ``kind`` is const, name, member, call, list or loop.

    ``name`` is that of a variable, member or function; ``size`` a constant's length.
    The parts of a loop are its range, what is done once, and what in each step.
    """

    kind: str
    name: str = ""
    parts: tuple["Node", ...] = ()
    size: float = _VALUE
    text: str = ""

    def all(self) -> Iterator["Node"]:
        yield self
        for part in self.parts:
            yield from part.all()


def read(serialized: bytes) -> Node:
    """The tree of a checked expression (``cel.expr.CheckedExpr`` in an ``Any``)."""
    checked = _last(serialized, 2)
    return _node(_last(checked, 4))


def _node(data: bytes) -> Node:
    for number, value in _fields(data):
        if number in _READERS:
            return _READERS[number](value)
    return Node("const")


def _constant(data: bytes) -> Node:
    texts = [value for number, value in _fields(data) if number in (6, 7)]
    text = texts[0].decode(errors="replace") if texts else ""
    return Node("const", size=_VALUE + len(text), text=text)


def _name(data: bytes) -> Node:
    return Node("name", _last(data, 1).decode())


def _member(data: bytes) -> Node:
    return Node("member", _last(data, 2).decode(), (_node(_last(data, 1)),))


def _call(data: bytes) -> Node:
    found = list(_fields(data))
    parts = [_node(v) for n, v in found if n == 1]
    parts += [_node(v) for n, v in found if n == 3]
    return Node("call", _last(data, 2).decode(), tuple(parts))


def _list(data: bytes) -> Node:
    return Node("list", parts=tuple(_node(v) for n, v in _fields(data) if n == 1))


def _struct(data: bytes) -> Node:
    entries = [_fields(v) for n, v in _fields(data) if n == 2]
    parts = [_node(v) for entry in entries for n, v in entry if n in (3, 4)]
    return Node("list", parts=tuple(parts))


def _loop(data: bytes) -> Node:
    parts = tuple(_node(_last(data, number)) for number in (2, 4, 7, 5, 6))
    return Node("loop", _last(data, 1).decode(), parts)


_READERS = {
    3: _constant,
    4: _name,
    5: _member,
    6: _call,
    7: _list,
    8: _struct,
    9: _loop,
}


def _last(data: bytes, number: int) -> bytes:
    return next((v for n, v in reversed(list(_fields(data))) if n == number), b"")


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and contents of the fields of a message in protocol buffers' format."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        start = at
        match key & 7:
            case 0:
                _, at = _varint(data, at)
            case 1:
                at += 8
            case 2:
                size, start = _varint(data, at)
                at = start + size
            case _:
                at += 4
        yield key >> 3, data[start:at]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


@dataclass(frozen=True, slots=True)
class Size:
    """How much a value is: all of it, how many elements, and the largest of them."""

    weight: float
    count: int = 0
    largest: float = _VALUE


class Sizes:
    """The sizes of everything that one evaluation may see."""

    def __init__(self, values: Mapping[str, Any], characters: int, count: int) -> None:
        self._values = values
        self._known: dict[tuple[str, ...], Size] = {}
        self.count = count
        self.weight = characters + _VALUE * count

    def at(self, path: tuple[str, ...]) -> Size:
        """The size of a variable or of a member in it; nothing where there is none."""
        if path not in self._known:
            value: Any = self._values.get(path[0])
            for name in path[1:]:
                value = value.get(name) if isinstance(value, Mapping) else None
            self._known[path] = _size(value)
        return self._known[path]


def _size(value: Any) -> Size:
    if isinstance(value, Mapping):
        weights = [_weight(key) for key in value]
        return Size(_weight(value), len(weights), max(weights, default=_VALUE))
    if isinstance(value, list | tuple):
        weights = [_weight(item) for item in value]
        return Size(_VALUE + sum(weights), len(weights), max(weights, default=_VALUE))
    return Size(_weight(value))


def _weight(value: Any) -> float:
    if isinstance(value, str):
        return _VALUE + len(value)
    if isinstance(value, Mapping):
        return _VALUE + sum(map(_weight, value)) + sum(map(_weight, value.values()))
    if isinstance(value, list | tuple):
        return _VALUE + sum(map(_weight, value))
    return _VALUE


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is looked at: in all steps together, and at most in one of them."""

    total: float
    most: float

    @property
    def cost(self) -> float:
        return min(self.total, MOST_STEPS * self.most)


@dataclass(frozen=True, slots=True)
class _Scope:
    """How often a part is evaluated, and what the variables of loops stand for."""

    sizes: Sizes
    times: float = 1.0
    loops: Mapping[str, tuple[float, _Seen]] = field(default_factory=dict)


class Cost:
    """What one expression costs."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree

    def most(self, sizes: Sizes) -> float:
        """Units for values of these sizes; quick where the values are few."""
        rough = self._roughly(sizes)
        if rough <= ROUGHLY:
            return rough
        return min(rough, _cost(self._tree, _Scope(sizes)))

    def _roughly(self, sizes: Sizes) -> float:
        fixed, looks, depth, literals = self._outline
        steps = min(float(MOST_STEPS), float(sizes.count + literals) ** depth)
        return steps * (fixed + looks * sizes.weight)

    @cached_property
    def _outline(self) -> tuple[float, float, int, int]:
        nodes = list(self._tree.all())
        looks = sum(_factor(node) for node in nodes if node.kind == "call")
        fixed = sum(map(_start, nodes)) + looks * sum(node.size for node in nodes)
        return fixed, looks, _depth(self._tree), len(nodes)


ROUGHLY = 100_000.0
"""Below this nobody needs to know more precisely."""


def _depth(node: Node) -> int:
    below = max((_depth(part) for part in node.parts), default=0)
    return below + 1 if node.kind == "loop" else below


def _factor(node: Node) -> float:
    """How often a function looks at each character of what it is given."""
    if node.name in _FREE:
        return 0.0
    if node.name == "matches":
        # At the worst RE2 looks at a character for each step of its program.
        return max(1.0, _program_size(node.parts[-1].text) / 2)
    is_searched = node.name == "contains" and node.parts[-1].kind != "const"
    return _SEARCHES if is_searched else 1.0


def _start(node: Node) -> float:
    """What a call takes before it looks at anything: patterns are compiled anew."""
    if node.kind != "call" or node.name != "matches":
        return _STEP
    return _PATTERN + _INSTRUCTION * _program_size(node.parts[-1].text)


@lru_cache(maxsize=1000)
def _program_size(pattern: str) -> int:
    """Of how many instructions RE2's program for a pattern is."""
    try:
        return int(re2.compile(pattern).programsize)
    except re2.error:
        return 0  # The library refuses it too.


def _cost(node: Node, scope: _Scope) -> float:
    if node.kind == "loop":
        return _loop_cost(node, scope)
    own = _start(node) * min(scope.times, MOST_STEPS)
    own += sum(_cost(part, scope) for part in node.parts)
    if node.kind != "call" or node.name in _FREE:
        return own
    seen = [_seen(part, scope).cost for part in node.parts]
    if node.name in _PAIRS:
        return own + min(seen)
    if node.name == "@in":
        is_hashed = node.parts[1] == Node("name", "action.arguments")
        return own + (0.0 if is_hashed else seen[1])
    return own + _factor(node) * sum(seen)


def _loop_cost(node: Node, scope: _Scope) -> float:
    ranged, *once, condition, step = node.parts
    times, seen = _elements(ranged, scope)
    inner = _Scope(scope.sizes, times, {**scope.loops, node.name: (times, seen)})
    outer = sum(_cost(part, scope) for part in (ranged, *once))
    return outer + _cost(condition, inner) + _cost(step, inner)


def _elements(node: Node, scope: _Scope) -> tuple[float, _Seen]:
    """How many steps a loop takes in all, and what its variable stands for."""
    path = _path(node)
    if node.kind == "list":
        seen = [_seen(part, scope) for part in node.parts]
        most = max((one.most for one in seen), default=_VALUE)
        total = _Seen(sum(one.total for one in seen), most)
        return scope.times * len(node.parts), total
    if path and path[0] not in scope.loops:
        size = scope.sizes.at(path)
        return scope.times * size.count, _Seen(scope.times * size.weight, size.largest)
    seen_here = _seen(node, scope)
    return seen_here.total / _VALUE, seen_here


def _seen(node: Node, scope: _Scope) -> _Seen:
    """What is looked at by whoever is given a part of an expression."""
    if node.kind == "const":
        return _Seen(scope.times * node.size, node.size)
    if node.kind == "list" or node.kind == "call":
        return _together((_seen(part, scope) for part in node.parts), scope)
    path = _path(node)
    if not path:
        return _Seen(scope.times * scope.sizes.weight, scope.sizes.weight)
    if path[0] in scope.loops:
        times, seen = scope.loops[path[0]]
        return _Seen(seen.total * max(1.0, scope.times / max(times, 1.0)), seen.most)
    weight = scope.sizes.at(path).weight
    return _Seen(scope.times * weight, weight)


def _together(seen: Iterable[_Seen], scope: _Scope) -> _Seen:
    parts = list(seen)
    total = scope.times * _VALUE + sum(part.total for part in parts)
    return _Seen(total, _VALUE + sum(part.most for part in parts))


def _path(node: Node) -> tuple[str, ...]:
    """``action.arguments.a`` as its parts; nothing where it is no plain path."""
    if node.kind == "name":
        return (node.name,)
    if node.kind == "member":
        before = _path(node.parts[0])
        return (*before, node.name) if before else ()
    is_named = node.kind == "call" and node.name == "_[_]"
    if is_named and node.parts[1].kind == "const" and node.parts[1].text:
        before = _path(node.parts[0])
        return (*before, node.parts[1].text) if before else ()
    return ()
