"""Which requests are so alike that one gesture may decide them. Pure.

Alike are actions of one name in one environment whose arguments have the same names
and types, all the way down. What the values are may differ: people compare them.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

ONE_BY_ONE = "Its tier is decided one by one."

_WORDS = {"nothing": "null", "truth": "true or false"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What requests that are decided at once have in common."""

    action: str
    environment: str | None
    arguments: frozenset[tuple[str, Hashable]]
    """Each name with its ``type_of``."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A request that somebody would like to decide together with others."""

    key: str
    shape: Shape
    cap: int
    """``Tier.bulk``."""
    obstacle: str = ""
    """Why it cannot be decided at all, as a sentence."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The arguments of requests of one shape, beside each other."""

    same: Mapping[str, Any]
    differing: tuple[str, ...]


def shape_of(
    action: str, environment: str | None, arguments: Mapping[str, Any]
) -> Shape:
    """The shape of one action."""
    types = frozenset((name, type_of(value)) for name, value in arguments.items())
    return Shape(action, environment, types)


def type_of(value: Any) -> Hashable:
    """The type of a JSON value; of lists and objects, with the types inside.

    An integer is a number like others, as in JSON. The types in a list have no order
    and no count, so that one recipient and three are alike; an empty list is not.
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return ("list", frozenset(type_of(item) for item in value))
        case dict():
            inside = frozenset((name, type_of(item)) for name, item in value.items())
            return ("object", inside)
    raise TypeError(f"no JSON value: {type(value).__name__}")


def sift(candidates: Sequence[Candidate]) -> tuple[list[str], dict[str, str]]:
    """The keys of those that can be decided at once, and why the others cannot.

    The shape is the one that most of the possible ones have, the first among equals.
    They are taken in order, up to the smallest cap of all that are taken.
    """
    left = {one.key: _obstacle(one) for one in candidates if _obstacle(one)}
    possible = [one for one in candidates if one.key not in left]
    shapes = Counter(one.shape for one in possible)
    wanted = max(shapes, key=lambda shape: shapes[shape], default=None)
    taken: list[str] = []
    smallest = 0
    for one in possible:
        cap = min(smallest, one.cap) if taken else one.cap
        if wanted is not None and one.shape != wanted:
            left[one.key] = f"It is of another shape: {difference(wanted, one.shape)}."
        elif len(taken) >= cap:
            left[one.key] = f"At most {cap} are decided at once."
        else:
            taken.append(one.key)
            smallest = cap
    return taken, left


def difference(wanted: Shape, other: Shape) -> str:
    """What is different in ``other``, as part of a sentence."""
    if wanted.action != other.action:
        return "another action"
    if wanted.environment != other.environment:
        return "another environment"
    old, new = dict(wanted.arguments), dict(other.arguments)
    parts = [f"without {name!r}" for name in sorted(old.keys() - new.keys())]
    parts += [f"with {name!r}" for name in sorted(new.keys() - old.keys())]
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            words = _written(old[name]), _written(new[name])
            another = "another kind of " if words[0] == words[1] else ""
            parts.append(f"{name!r} is {another}{words[1]}")
    return ", ".join(parts)


def compared(arguments: Sequence[Mapping[str, Any]]) -> Compared:
    """Which arguments all have alike, and the names of the others, by name.

    Equal as the digest sees it: 1 and 1.0 are one number.
    """
    first = arguments[0]
    written = [{k: rfc8785.dumps(v) for k, v in one.items()} for one in arguments]
    differing = [
        name
        for name in sorted(first)
        if any(one.get(name) != written[0][name] for one in written)
    ]
    same = {name: first[name] for name in sorted(first) if name not in differing}
    return Compared(same, tuple(differing))


def _obstacle(one: Candidate) -> str:
    return one.obstacle or ("" if one.cap > 0 else ONE_BY_ONE)


def _written(found: Hashable) -> str:
    """The outermost type in a word."""
    name = str(found[0] if isinstance(found, tuple) else found)
    return _WORDS.get(name, name)
