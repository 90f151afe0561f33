"""The tiers of a policy. Pure."""

from collections.abc import Callable, Iterable
from typing import Any

from yaml.nodes import Node

from approvals.document import Reader
from approvals.policy import (
    DAY,
    Confirmation,
    Escalation,
    GrantCaps,
    ReasonRequired,
    Requirement,
    Route,
    StepUp,
    Tier,
)
from approvals.policy_document.names import check_key, read_names

MAX_TIERS = 20
MAX_GRANT = 90 * DAY
"""Seconds."""
MAX_BULK = 100
"""Requests; nobody reads more of them on one page."""

_BY_PEOPLE = (
    "escalation",
    "step_up",
    "confirmation",
    "must_view",
    "editing",
    "second_person_after_edit",
    "grants",
    "bulk",
)
"""Members of tiers that say how people decide."""


def read_tiers(reader: Reader, node: Node) -> dict[str, Tier]:
    tiers: dict[str, Tier] = {}
    sound: list[Tier] = []
    for key_node, key, value in reader.entries(node, "tiers"):
        check_key(reader, key_node, key)
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
        "must_view": lambda n: reader.boolean(n, "must_view"),
        "editing": lambda n: reader.boolean(n, "editing"),
        "second_person_after_edit": lambda n: reader.boolean(
            n, "second_person_after_edit"
        ),
        "grants": lambda n: _read_grants(reader, n),
        "outcome_within": lambda n: reader.duration(n, "outcome_within", 7 * DAY),
        "bulk": lambda n: reader.integer(n, "bulk", 0, MAX_BULK),
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
    if tier.bulk and (asked := _asked_of_each(tier)):
        message = f"tier {tier.key!r} asks for {asked} with each decision"
        reader.report(places["bulk"], message, f"take out bulk, or {asked}")


def _asked_of_each(tier: Tier) -> str:
    """What takes a gesture of its own for each request; empty where nothing does."""
    if tier.step_up is StepUp.PASSKEY:
        return f"step_up: {StepUp.PASSKEY}"
    if tier.confirmation is Confirmation.TYPE_TARGET:
        return f"confirmation: {Confirmation.TYPE_TARGET}"
    if tier.must_view:
        return "must_view: true"
    return ""


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
    groups = read_names(reader, members["groups"], "groups", "group", 10)
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
