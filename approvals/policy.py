"""Which tier is this action, and which way does it go? Pure; fails closed."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from yaml.nodes import Node, ScalarNode

from approvals import cel
from approvals.canonical import Action
from approvals.document import Problem, Reader, Unreadable
from approvals.risk.findings import Assessment

MAX_RULES = 500
MAX_TIERS = 20
MAX_REASONS = 20
"""Reasons of one verdict; the last one says how many more there are."""
MAX_REASON = 200
"""Characters of one reason."""
DAY = 86_400
"""Seconds."""

VARIABLES = {
    "action.name": cel.Kind.TEXT,
    "action.arguments": cel.Kind.MEMBERS,
    "action.environment": cel.Kind.TEXT,
    "action.resource": cel.Kind.TEXT,
    "action.subject": cel.Kind.TEXT,
    "agent.name": cel.Kind.TEXT,
    "findings.codes": cel.Kind.TEXTS,
    "findings.count": cel.Kind.INTEGER,
    "findings.inspected": cel.Kind.TEXTS,
    "findings.severity": cel.Kind.TEXT,
    "findings.severity_rank": cel.Kind.INTEGER,
    "now": cel.Kind.TIME,
}
"""What rules can read: facts, and nothing of what the agent says about itself."""

_LANGUAGE = cel.Language(VARIABLES)
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Route(StrEnum):
    """Which way a request goes, from the gentlest to the strictest."""

    AUTO = "auto"
    REVIEW = "review"
    BLOCK = "block"


class ReasonRequired(StrEnum):
    """When a reviewer must say why."""

    NEVER = "never"
    ON_DENY = "on_deny"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many people of one group must approve."""

    group: str
    count: int


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of risk and what it asks for; times in seconds, a high rank is risky."""

    key: str
    name: str
    rank: int
    route: Route
    requirements: tuple[Requirement, ...] = ()
    deny_threshold: int = 1
    decide_within: int = DAY
    permit_lifetime: int = 15 * 60
    reason_required: ReasonRequired = ReasonRequired.ON_DENY
    separation_of_duties: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL expression that names a tier; raises ``cel.CompileError`` when made."""

    key: str
    when: str
    tier: str
    program: cel.Program = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "program", _LANGUAGE.compile(self.when))


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One policy, ready to evaluate."""

    tiers: Mapping[str, Tier]
    rules: tuple[Rule, ...]
    default_tier: str

    @property
    def highest(self) -> Tier:
        """The riskiest tier: where everything goes that could not be judged."""
        return max(self.tiers.values(), key=lambda tier: tier.rank)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What policy says of one action, and why."""

    tier: Tier
    reasons: tuple[str, ...]

    @property
    def route(self) -> Route:
        return self.tier.route


class PolicyError(Exception):
    """The document is not a policy; ``problems`` lists everything that is wrong."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def evaluate(
    ruleset: Ruleset, action: Action, assessment: Assessment, *, now: datetime
) -> Verdict:
    """The verdict of the highest-ranked tier whose rules match; never raises.

    No rule matches: the default tier. A rule fails: it counts as matched at the
    highest tier. Anything else fails: the highest tier (DESIGN.md, invariant 6).
    """
    try:
        return _evaluate(ruleset, action, assessment, now)
    except Exception as error:
        return Verdict(ruleset.highest, _bounded([f"evaluation failed: {error}"]))


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


def _evaluate(
    ruleset: Ruleset, action: Action, assessment: Assessment, now: datetime
) -> Verdict:
    bindings = _LANGUAGE.bind(_facts(action, assessment, now))
    matched = list(_matches(ruleset, bindings))
    matched.sort(key=lambda match: -match[0].rank)
    tier = matched[0][0] if matched else ruleset.tiers[ruleset.default_tier]
    reasons = [reason for _, reason in matched] or ["default tier"]
    reasons += [f"finding {f.code} at {f.pointer}" for f in assessment.findings]
    return Verdict(tier, _bounded(reasons))


def _matches(ruleset: Ruleset, bindings: cel.Bindings) -> Iterator[tuple[Tier, str]]:
    """The tier and the reason of every rule that matches or fails."""
    for rule in ruleset.rules:
        try:
            if rule.program.matches(bindings):
                yield ruleset.tiers[rule.tier], f"rule {rule.key}"
        except cel.EvaluationError as error:
            yield ruleset.highest, f"rule {rule.key} failed: {error}"


def _facts(action: Action, assessment: Assessment, now: datetime) -> dict[str, Any]:
    if now.tzinfo is None:
        raise ValueError("the time has no zone")
    severities = [found.severity for found in assessment.findings]
    worst = max(severities, key=lambda severity: severity.rank, default=None)
    return {
        "action.name": action.name,
        "action.arguments": dict(action.arguments),
        "action.environment": action.environment or "",
        "action.resource": action.resource or "",
        "action.subject": action.subject or "",
        "agent.name": action.agent,
        "findings.codes": list(dict.fromkeys(f.code for f in assessment.findings)),
        "findings.count": len(assessment.findings),
        "findings.inspected": list(assessment.inspected),
        "findings.severity": worst.value if worst else "none",
        "findings.severity_rank": worst.rank + 1 if worst else 0,
        "now": now,
    }


def _bounded(reasons: list[str]) -> tuple[str, ...]:
    """At most MAX_REASONS of at most MAX_REASON characters; what is cut shows it."""
    kept = [
        reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…"
        for reason in dict.fromkeys(reasons)
    ]
    if len(kept) > MAX_REASONS:
        more = len(kept) - MAX_REASONS + 1
        kept[MAX_REASONS - 1 :] = [f"and {more} more reasons"]
    return tuple(kept)


# Reading a document


def _read_policy(reader: Reader) -> Ruleset | None:
    names = ("default_tier", "tiers", "rules")
    members = reader.members(reader.root, "a policy", names, names)
    if members.keys() != set(names):
        return None
    tiers = _read_tiers(reader, members["tiers"])
    default = reader.one_of(members["default_tier"], "default_tier", tiers)
    rules = _read_rules(reader, members["rules"], tiers)
    if default in tiers and tiers[default].route == Route.AUTO:
        message = f"the default tier {default!r} approves at once"
        hint = "what no rule knows must be seen by people or blocked"
        reader.report(members["default_tier"], message, hint)
    return Ruleset(MappingProxyType(tiers), rules, default)


def _read_tiers(reader: Reader, node: Node) -> dict[str, Tier]:
    tiers: dict[str, Tier] = {}
    sound: list[Tier] = []
    for key_node, key, value in reader.entries(node, "tiers"):
        _check_key(reader, key_node, key)
        before = len(reader.problems)
        tiers[key] = tier = _read_tier(reader, key, value)
        if len(reader.problems) == before:
            _check_requirements(reader, value, tier)
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
        key = reader.text(members["key"], "key")
        _check_key(reader, members["key"], key)
        if key in rules:
            reader.report(members["key"], f"rule {key!r} stands twice")
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
    """Try it on an action that nobody knows, with nothing in it and nothing found.

    A rule that fails there would send every such request to the highest tier; one
    that approves there would let in every tool that nobody looked at.
    """
    stranger = Action(name="?", agent="?", arguments={})
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    facts = _facts(stranger, Assessment(findings=()), moment)
    try:
        matches = rule.program.matches(_LANGUAGE.bind(facts))
    except cel.EvaluationError as error:
        message = f"rule {rule.key!r} fails for an action without arguments: {error}"
        reader.report(node, message, "ask first: has(action.arguments.x) && …")
        return
    if matches and tier and tier.route == Route.AUTO:
        message = f"rule {rule.key!r} approves actions that nobody looked into"
        reader.report(node, message, "name the action, or ask for findings.inspected")


def _check_key(reader: Reader, node: Node, key: str) -> None:
    if key and not _KEY.fullmatch(key):
        hint = "small letters, digits, - and _, at most 64"
        reader.report(node, f"{key!r} is no key", hint)
