"""The trip wires of a policy. Pure."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from yaml.nodes import Node

from approvals.document import Reader
from approvals.policy import DAY, HOUR, TripWire, Watch
from approvals.policy_document.names import read_key, read_patterns

MAX_TRIP_WIRES = 50

_COUNTS = ("at_least", "within")
_PATTERNS = ("actions", "resources")


class _Brakes(StrEnum):
    AGENT = "agent"
    SESSION = "session"


def read_trip_wires(reader: Reader, node: Node) -> tuple[TripWire, ...]:
    wires: dict[str, TripWire | None] = {}
    required = ("key", "watches", "brakes")
    known = (*required, *_COUNTS, *_PATTERNS)
    for item in reader.items(node, "trip_wires", MAX_TRIP_WIRES):
        members = reader.members(item, "a trip wire", known, required)
        if not members.keys() >= set(required):
            continue
        key = read_key(reader, members["key"], "trip wire", wires)
        brakes = reader.choice(members["brakes"], "brakes", _Brakes)
        wires[key] = _read_trip_wire(reader, item, key, brakes, members)
    return tuple(wire for wire in wires.values() if wire)


def _read_trip_wire(
    reader: Reader, item: Node, key: str, brakes: _Brakes, members: Mapping[str, Node]
) -> TripWire | None:
    before = len(reader.problems)
    watches = reader.choice(members["watches"], "watches", Watch)
    if len(reader.problems) > before:
        return None
    _check_trip_wire(reader, item, key, watches, members)
    longest = DAY if watches == Watch.DENIALS else HOUR
    readers: dict[str, Callable[[Node], Any]] = {
        "at_least": lambda n: reader.integer(n, "at_least", 2, 10_000),
        "within": lambda n: reader.duration(n, "within", longest),
        "actions": lambda n: _patterns(reader, n, "actions"),
        "resources": lambda n: _patterns(reader, n, "resources"),
    }
    values: dict[str, Any] = {
        name: read(members[name]) for name, read in readers.items() if name in members
    }
    return TripWire(key, watches, brakes.value, **values)


def _check_trip_wire(
    reader: Reader, item: Node, key: str, watches: Watch, members: Mapping[str, Node]
) -> None:
    """A canary has patterns and trips at once; everything else is counted in time."""
    canary = watches == Watch.CANARY
    for name in _COUNTS if canary else _PATTERNS:
        if name in members:
            message = f"trip wire {key!r} watches {watches}, which has no {name!r}"
            hint = "it trips at once" if canary else "patterns are for a canary"
            reader.report(members[name], message, hint)
    if canary and members.keys().isdisjoint(_PATTERNS):
        message = f"trip wire {key!r} watches for a canary, but for none in particular"
        reader.report(item, message, 'resources: ["canary-*"]')
    for name in () if canary else _COUNTS:
        if name not in members:
            reader.report(item, f"trip wire {key!r} has no {name!r}")


def _patterns(reader: Reader, node: Node, what: str) -> tuple[str, ...]:
    harm = "it would brake whoever asks for anything"
    return read_patterns(reader, node, what, most=20, harm=harm)
