"""The rules of a policy. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from yaml.nodes import Node, ScalarNode

from approvals import cel
from approvals.document import Reader
from approvals.policy import Route, Rule, Tier, matches_stranger
from approvals.policy_document.names import read_key
from approvals.risk.codes import Harm

MAX_RULES = 500
MAX_WHY = 300
"""Characters."""


def read_rules(
    reader: Reader, node: Node, tiers: Mapping[str, Tier], windows: tuple[str, ...]
) -> tuple[Rule, ...]:
    """All rules; those that are wrong are reported. ``windows``: the keys of them."""
    rules: dict[str, Rule | None] = {}
    required = ("key", "when", "tier")
    known = (*required, "why", "harm", "approves_unknown")
    for item in reader.items(node, "rules", MAX_RULES):
        members = reader.members(item, "a rule", known, required)
        if not members.keys() >= set(required):
            continue
        key = read_key(reader, members["key"], "rule", rules)
        rules[key] = _read_rule(reader, key, members, tiers, windows)
    return tuple(rule for rule in rules.values() if rule)


def _read_rule(
    reader: Reader,
    key: str,
    members: Mapping[str, Node],
    tiers: Mapping[str, Tier],
    windows: tuple[str, ...],
) -> Rule | None:
    tier = reader.one_of(members["tier"], "tier", tiers)
    notes = _read_notes(reader, members)
    node = members["when"]
    when = reader.text(node, "when", cel.MAX_SOURCE)
    if not when.strip() or not isinstance(node, ScalarNode):
        return None
    try:
        rule = Rule(key, when, tier, windows=windows, **notes)
    except cel.CompileError as error:
        for fault in error.faults:
            place = (fault.line, fault.column, fault.message, fault.hint)
            reader.report_within(node, *place)
        return None
    _try_rule(reader, members, rule, tiers.get(tier), windows)
    return rule


def _read_notes(reader: Reader, members: Mapping[str, Node]) -> dict[str, Any]:
    """What a rule says beside what it does."""
    readers: dict[str, Callable[[Node], Any]] = {
        "why": lambda n: reader.text(n, "why", MAX_WHY),
        "harm": lambda n: reader.choice(n, "harm", Harm),
        "approves_unknown": lambda n: reader.boolean(n, "approves_unknown"),
    }
    return {
        name: read(members[name]) for name, read in readers.items() if name in members
    }


def _try_rule(
    reader: Reader,
    members: Mapping[str, Node],
    rule: Rule,
    tier: Tier | None,
    windows: tuple[str, ...],
) -> None:
    """Try it on a stranger, an action that nobody knows.

    A rule that fails there would send every such request to the highest tier; one
    that approves there lets in every tool that nobody looked at, and has to say so.
    """
    node = members["when"]
    try:
        matches = matches_stranger(rule, windows)
    except cel.EvaluationError as error:
        message = f"rule {rule.key!r} fails for an action without arguments: {error}"
        reader.report(node, message, "ask first: has(action.arguments.x) && …")
        return
    approves = matches and tier is not None and tier.route == Route.AUTO
    if approves and not rule.approves_unknown:
        message = f"rule {rule.key!r} approves actions that nobody looked into"
        hint = "name the action, ask for findings.inspected, or: approves_unknown: true"
        reader.report(node, message, hint)
    elif rule.approves_unknown and not approves:
        message = f"rule {rule.key!r} approves nothing unknown"
        reader.report(members["approves_unknown"], message, "take it out")
