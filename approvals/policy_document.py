"""A policy as people write it: YAML in, a ruleset or all its problems out. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from yaml.nodes import Node, ScalarNode

from approvals import cel
from approvals.document import Problem, Reader, Unreadable
from approvals.policy import (
    DAY,
    HOUR,
    Confirmation,
    Escalation,
    GrantCaps,
    ReasonRequired,
    Requirement,
    Route,
    Rule,
    Ruleset,
    StepUp,
    Tier,
    TripWire,
    Watch,
    matches_stranger,
)

MAX_RULES = 500
MAX_TIERS = 20
MAX_TRIP_WIRES = 50
MAX_GRANT = 90 * DAY
"""Seconds."""

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ANYTHING = re.compile(r"\[!?\]?[^\]]*\]|[*?]")
"""What stands for other characters in a shell-style pattern."""
_BY_PEOPLE = (
    "escalation",
    "step_up",
    "confirmation",
    "editing",
    "second_person_after_edit",
    "grants",
)
"""Members of tiers that say how people decide."""
_COUNTS = ("at_least", "within")
_PATTERNS = ("actions", "resources")


class _Brakes(StrEnum):
    AGENT = "agent"
    SESSION = "session"


class PolicyError(Exception):
    """The document is not a policy; ``problems`` lists everything that is wrong."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def parse(source: str) -> Ruleset:
    """The policy in a YAML document; raises PolicyError with all its problems."""
    try:
        reader = Reader(source)
    except Unreadable as error:
        raise PolicyError(*error.problems) from None
    ruleset = _read_policy(reader)
    if reader.problems or ruleset is None:
        raise PolicyError(
            *sorted(reader.problems, key=lambda found: (found.line, found.column))
        )
    return ruleset


def _read_policy(reader: Reader) -> Ruleset | None:
    required = ("default_tier", "tiers", "rules")
    known = (*required, "trip_wires")
    members = reader.members(reader.root, "a policy", known, required)
    wires: tuple[TripWire, ...] = ()
    if "trip_wires" in members:
        wires = _read_trip_wires(reader, members["trip_wires"])
    if not members.keys() >= set(required):
        return None
    tiers = _read_tiers(reader, members["tiers"])
    default = reader.one_of(members["default_tier"], "default_tier", tiers)
    rules = _read_rules(reader, members["rules"], tiers)
    if default in tiers and tiers[default].route == Route.AUTO:
        message = f"the default tier {default!r} approves at once"
        hint = "what no rule knows must be seen by people or blocked"
        reader.report(members["default_tier"], message, hint)
    return Ruleset(MappingProxyType(tiers), rules, default, wires)


def _read_tiers(reader: Reader, node: Node) -> dict[str, Tier]:
    tiers: dict[str, Tier] = {}
    sound: list[Tier] = []
    for key_node, key, value in reader.entries(node, "tiers"):
        _check_key(reader, key_node, key)
        before = len(reader.problems)
        tiers[key] = tier = _read_tier(reader, key, value)
        if len(reader.problems) == before:
            _check_requirements(reader, value, tier)
            _check_sense(reader, value, tier)
            _check_rank(reader, value, tier, sound)
            sound.append(tier)
    if not 1 <= len(tiers) <= MAX_TIERS:
        reader.report(node, f"a policy has from 1 to {MAX_TIERS} tiers")
    return tiers


def _read_tier(reader: Reader, key: str, node: Node) -> Tier:
    readers: dict[str, Callable[[Node], Any]] = {
        "name": lambda n: reader.text(n, "name", 64),
        "rank": lambda n: reader.integer(n, "rank", 0, 1000),
        "route": lambda n: reader.choice(n, "route", Route),
        "requirements": lambda n: _read_requirements(reader, n),
        "deny_threshold": lambda n: reader.integer(n, "deny_threshold", 1, 20),
        "decide_within": lambda n: reader.duration(n, "decide_within", 7 * DAY),
        "permit_lifetime": lambda n: reader.duration(n, "permit_lifetime", 7 * DAY),
        "reason_required": lambda n: reader.choice(
            n, "reason_required", ReasonRequired
        ),
        "separation_of_duties": lambda n: reader.boolean(n, "separation_of_duties"),
        "escalation": lambda n: _read_escalation(reader, n),
        "step_up": lambda n: reader.choice(n, "step_up", StepUp),
        "confirmation": lambda n: reader.choice(n, "confirmation", Confirmation),
        "editing": lambda n: reader.boolean(n, "editing"),
        "second_person_after_edit": lambda n: reader.boolean(
            n, "second_person_after_edit"
        ),
        "grants": lambda n: _read_grants(reader, n),
        "outcome_within": lambda n: reader.duration(n, "outcome_within", 7 * DAY),
    }
    members = reader.members(node, f"tier {key!r}", readers, ("rank", "route"))
    values: dict[str, Any] = {
        name: readers[name](value) for name, value in members.items()
    }
    defaults = {"name": key.capitalize(), "rank": 0, "route": Route.BLOCK}
    return Tier(key=key, **{**defaults, **values})


def _check_requirements(reader: Reader, node: Node, tier: Tier) -> None:
    if tier.requirements and tier.route != Route.REVIEW:
        message = f"tier {tier.key!r} has requirements, but nobody reviews it"
        hint = f"take them out, or make its route {Route.REVIEW}"
        reader.report(node, message, hint)
    elif tier.route == Route.REVIEW and not tier.requirements:
        message = f"tier {tier.key!r} is reviewed, but by nobody"
        hint = "requirements: [{group: reviewers, count: 1}]"
        reader.report(node, message, hint)


def _check_sense(reader: Reader, node: Node, tier: Tier) -> None:
    """What only people do is set only where people decide, and nothing in vain."""
    places = {name: value for _, name, value in reader.entries(node, "a tier")}
    plain = Tier(tier.key, tier.name, tier.rank, tier.route)
    for name in _BY_PEOPLE if tier.route != Route.REVIEW else ():
        if getattr(tier, name) != getattr(plain, name):
            message = f"tier {tier.key!r} has {name!r}, but nobody reviews it"
            hint = f"take it out, or make its route {Route.REVIEW}"
            reader.report(places[name], message, hint)
    if tier.second_person_after_edit and not tier.editing:
        message = f"in tier {tier.key!r} nobody can edit, so no edit needs anyone"
        hint = "take out second_person_after_edit, or editing: false"
        reader.report(places["second_person_after_edit"], message, hint)


def _read_requirements(reader: Reader, node: Node) -> tuple[Requirement, ...]:
    found: dict[str, Requirement] = {}
    for item in reader.items(node, "requirements", 10):
        names = ("group", "count")
        members = reader.members(item, "a requirement", names, names)
        if members.keys() != set(names):
            continue
        group = reader.text(members["group"], "group", 150)
        if group in found:
            reader.report(item, f"group {group!r} stands twice")
        count = reader.integer(members["count"], "count", 1, 20)
        found[group] = Requirement(group, count)
    return tuple(found.values())


def _read_escalation(reader: Reader, node: Node) -> Escalation | None:
    names = ("after", "groups")
    members = reader.members(node, "an escalation", names, names)
    if members.keys() != set(names):
        return None
    after = reader.percent(members["after"], "after")
    groups = _read_names(reader, members["groups"], "groups", "group", 10)
    return Escalation(after, tuple(groups))


def _read_grants(reader: Reader, node: Node) -> GrantCaps | None:
    required = ("max_uses", "max_duration")
    known = (*required, "max_sum")
    members = reader.members(node, "grants", known, required)
    if not members.keys() >= set(required):
        return None
    return GrantCaps(
        max_uses=reader.integer(members["max_uses"], "max_uses", 1, 10_000),
        max_duration=reader.duration(
            members["max_duration"], "max_duration", MAX_GRANT
        ),
        max_sum=(
            reader.amount(members["max_sum"], "max_sum")
            if "max_sum" in members
            else None
        ),
    )


def _read_names(
    reader: Reader, node: Node, what: str, noun: str, most: int
) -> dict[str, Node]:
    """From one to ``most`` texts, none of them twice, and where they stand."""
    found: dict[str, Node] = {}
    for item in reader.items(node, what, most, least=1):
        name = reader.text(item, noun, 150)
        if name and name in found:
            reader.report(item, f"{noun} {name!r} stands twice")
        found[name] = item
    return found


def _check_rank(reader: Reader, node: Node, tier: Tier, others: Iterable[Tier]) -> None:
    """Ranks are unique, and a stricter route never ranks below a gentler one."""
    order = list(Route)
    for other in others:
        if tier.rank == other.rank:
            reader.report(node, f"tiers {other.key!r} and {tier.key!r} have one rank")
        low, high = sorted((tier, other), key=lambda found: found.rank)
        if order.index(low.route) > order.index(high.route):
            message = (
                f"tier {high.key!r} ({high.route}) outranks {low.key!r} ({low.route})"
            )
            hint = "ranks rise from auto over review to block"
            reader.report(node, message, hint)


def _read_rules(
    reader: Reader, node: Node, tiers: Mapping[str, Tier]
) -> tuple[Rule, ...]:
    rules: dict[str, Rule | None] = {}
    names = ("key", "when", "tier")
    for item in reader.items(node, "rules", MAX_RULES):
        members = reader.members(item, "a rule", names, names)
        if members.keys() != set(names):
            continue
        key = _read_key(reader, members["key"], "rule", rules)
        rules[key] = _read_rule(reader, key, members, tiers)
    return tuple(rule for rule in rules.values() if rule)


def _read_rule(
    reader: Reader, key: str, members: Mapping[str, Node], tiers: Mapping[str, Tier]
) -> Rule | None:
    tier = reader.one_of(members["tier"], "tier", tiers)
    node = members["when"]
    when = reader.text(node, "when", cel.MAX_SOURCE)
    if not when.strip() or not isinstance(node, ScalarNode):
        return None
    try:
        rule = Rule(key, when, tier)
    except cel.CompileError as error:
        for fault in error.faults:
            place = (fault.line, fault.column, fault.message, fault.hint)
            reader.report_within(node, *place)
        return None
    _try_rule(reader, node, rule, tiers.get(tier))
    return rule


def _try_rule(reader: Reader, node: Node, rule: Rule, tier: Tier | None) -> None:
    """Try it on a stranger, an action that nobody knows.

    A rule that fails there would send every such request to the highest tier; one
    that approves there would let in every tool that nobody looked at.
    """
    try:
        matches = matches_stranger(rule)
    except cel.EvaluationError as error:
        message = f"rule {rule.key!r} fails for an action without arguments: {error}"
        reader.report(node, message, "ask first: has(action.arguments.x) && …")
        return
    if matches and tier and tier.route == Route.AUTO:
        message = f"rule {rule.key!r} approves actions that nobody looked into"
        reader.report(node, message, "name the action, or ask for findings.inspected")


def _read_trip_wires(reader: Reader, node: Node) -> tuple[TripWire, ...]:
    wires: dict[str, TripWire | None] = {}
    required = ("key", "watches", "brakes")
    known = (*required, *_COUNTS, *_PATTERNS)
    for item in reader.items(node, "trip_wires", MAX_TRIP_WIRES):
        members = reader.members(item, "a trip wire", known, required)
        if not members.keys() >= set(required):
            continue
        key = _read_key(reader, members["key"], "trip wire", wires)
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
        "actions": lambda n: _read_patterns(reader, n, "actions"),
        "resources": lambda n: _read_patterns(reader, n, "resources"),
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


def _read_patterns(reader: Reader, node: Node, what: str) -> tuple[str, ...]:
    patterns = _read_names(reader, node, what, "pattern", 20)
    for pattern, place in patterns.items():
        if pattern.strip() and not _ANYTHING.sub("", pattern).strip():
            message = f"pattern {pattern!r} names nothing"
            hint = "it would brake whoever asks for anything"
            reader.report(place, message, hint)
    return tuple(patterns)


def _read_key(reader: Reader, node: Node, noun: str, known: Collection[str]) -> str:
    key = reader.text(node, "key")
    _check_key(reader, node, key)
    if key in known:
        reader.report(node, f"{noun} {key!r} stands twice")
    return key


def _check_key(reader: Reader, node: Node, key: str) -> None:
    if key and not _KEY.fullmatch(key):
        hint = "small letters, digits, - and _, at most 64"
        reader.report(node, f"{key!r} is no key", hint)
