"""Which tier is this action, and which way does it go? Pure; fails closed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from approvals import cel
from approvals.canonical import Action
from approvals.risk.codes import Harm
from approvals.risk.context import NOTHING_KNOWN, Context
from approvals.risk.findings import Assessment
from approvals.windows import Window

MAX_REASONS = 20
"""Reasons of one verdict; the last one says how many more there are."""
MAX_REASON = 200
"""Characters of one reason."""
HOUR = 3600
"""Seconds."""
DAY = 24 * HOUR
KEPT = 1000
"""Expressions whose programs are kept: whoever types changes one rule, not all."""

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
    "impact.leaves": cel.Kind.TRUTH,
    "impact.reversible": cel.Kind.TEXT,
    "impact.scale": cel.Kind.NUMBER,
    "impact.target": cel.Kind.TEXT,
    "impact.verb": cel.Kind.TEXT,
    "now": cel.Kind.TIME,
}
"""What rules can read: facts, and nothing of what the agent says about itself.

Besides, each window of the policy is a number, ``window.<key>``.
"""
ENDLESS = 1e300
"""What an unknown ``impact.scale`` counts as, so that limits are not passed by it."""

WindowValues = Mapping[str, float | None]
"""What each window holds, this request included; None: it cannot be measured."""
NO_WINDOWS: WindowValues = MappingProxyType({})


@lru_cache(maxsize=64)
def language(windows: tuple[str, ...] = ()) -> cel.Language:
    """The language of rules in a policy whose windows have these keys."""
    counters = dict.fromkeys(map(window_variable, windows), cel.Kind.NUMBER)
    return cel.Language({**VARIABLES, **counters})


@lru_cache(maxsize=KEPT)
def _program(when: str, windows: tuple[str, ...]) -> cel.Program:
    return language(windows).compile(when)


def window_variable(key: str) -> str:
    """What a rule calls a window."""
    return f"window.{key}"


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


class StepUp(StrEnum):
    """What a reviewer must prove anew when deciding."""

    NONE = "none"
    RECENT_LOGIN = "recent_login"
    PASSKEY = "passkey"


class Confirmation(StrEnum):
    """What a reviewer must do by hand before an approval counts."""

    NONE = "none"
    TYPE_TARGET = "type_target"


class Watch(StrEnum):
    """What a trip wire looks at."""

    DENIALS = "denials"
    REQUESTS = "requests"
    REPEATS = "repeats"
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many people of one group must approve."""

    group: str
    count: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who else may decide after so many percent (1 to 99) of the time to decide."""

    after: int
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrantCaps:
    """The most that a grant may allow; the duration in seconds, no sum: any sum."""

    max_uses: int
    max_duration: int
    max_sum: float | None = None


@dataclass(frozen=True, slots=True)
class TripWire:
    """What pulls the brake by itself: ``at_least`` so many ``within`` so many seconds.

    A canary trips on the first request whose action or resource fits one of its
    patterns (``fnmatch.fnmatchcase``), and has no time.
    """

    key: str
    watches: Watch
    brakes: Literal["agent", "session"]
    at_least: int = 1
    within: int = 0
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of risk and what it asks for; times in seconds, a high rank is risky.

    No ``grants``: no grant may stand in for its decisions. ``must_view``: whoever
    approves must have had all of what would run before them. ``outcome_within``
    counts from the redemption; an outcome not reported by then is overdue. ``bulk``:
    the most that one person decides with one gesture; 0, each by itself.
    """

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
    escalation: Escalation | None = None
    step_up: StepUp = StepUp.NONE
    confirmation: Confirmation = Confirmation.NONE
    must_view: bool = False
    editing: bool = True
    second_person_after_edit: bool = False
    grants: GrantCaps | None = None
    outcome_within: int = HOUR
    bulk: int = 0


@dataclass(frozen=True)
class Rule:
    """A CEL expression that names a tier; raises ``cel.CompileError`` when made.

    ``why`` is one sentence for people, ``harm`` what the rule is for.
    ``approves_unknown``: it may approve at once what nobody looked into.
    """

    key: str
    when: str
    tier: str
    why: str = ""
    harm: Harm | None = None
    approves_unknown: bool = False
    windows: InitVar[tuple[str, ...]] = ()
    program: cel.Program = field(init=False, repr=False, compare=False)

    def __post_init__(self, windows: tuple[str, ...]) -> None:
        object.__setattr__(self, "program", _program(self.when, tuple(windows)))


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One policy, ready to evaluate; ``context`` is what analysers are told."""

    tiers: Mapping[str, Tier]
    rules: tuple[Rule, ...]
    default_tier: str
    trip_wires: tuple[TripWire, ...] = ()
    windows: tuple[Window, ...] = ()
    context: Context = NOTHING_KNOWN

    @property
    def highest(self) -> Tier:
        """The riskiest tier: where everything goes that could not be judged."""
        return max(self.tiers.values(), key=lambda tier: tier.rank)

    def at_least(self, rank: int) -> Tier:
        """The gentlest tier of this rank or above; the highest when there is none."""
        enough = [tier for tier in self.tiers.values() if tier.rank >= rank]
        return min(enough, key=lambda tier: tier.rank, default=self.highest)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What policy says of one action, and why."""

    tier: Tier
    reasons: tuple[str, ...]

    @property
    def route(self) -> Route:
        return self.tier.route


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule says of one action: yes, no, or None with what went wrong."""

    rule: Rule
    matches: bool | None
    error: str = ""


def evaluate(
    ruleset: Ruleset,
    action: Action,
    assessment: Assessment,
    *,
    now: datetime,
    windows: WindowValues = NO_WINDOWS,
) -> Verdict:
    """The verdict of the highest-ranked tier whose rules match; never raises.

    No rule matches: the default tier. A rule fails: it counts as matched at the
    highest tier. Anything else fails: the highest tier (DESIGN.md, invariant 6).
    A window without a value here holds nothing.
    """
    try:
        answers = ask(ruleset, action, assessment, now=now, windows=windows)
        return verdict_of(ruleset, answers, assessment)
    except Exception as error:
        return Verdict(ruleset.highest, _bounded([f"evaluation failed: {error}"]))


def ask(
    ruleset: Ruleset,
    action: Action,
    assessment: Assessment,
    *,
    now: datetime,
    windows: WindowValues = NO_WINDOWS,
) -> list[Answer]:
    """What every rule says. Raises ``cel.EvaluationError`` where none can be asked."""
    facts = _facts(action, assessment, now)
    held = {w.key: windows.get(w.key, 0.0) for w in ruleset.windows}
    facts |= {window_variable(k): v for k, v in held.items() if v is not None}
    missing = [window_variable(key) for key, value in held.items() if value is None]
    bindings = language(tuple(held)).bind(facts, missing=missing)
    return [_ask_one(rule, bindings) for rule in ruleset.rules]


def matches_stranger(rule: Rule, windows: Iterable[str] = ()) -> bool:
    """Whether a rule matches an action that nobody knows: no arguments, no findings.

    Raises ``cel.EvaluationError`` when it fails there.
    """
    return _matches_stranger(rule.program, tuple(windows))


@lru_cache(maxsize=KEPT)
def _matches_stranger(program: cel.Program, windows: tuple[str, ...]) -> bool:
    stranger = Action(name="?", agent="?", arguments={})
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    facts = _facts(stranger, Assessment(findings=()), moment)
    facts |= {window_variable(key): 0.0 for key in windows}
    return program.matches(language(windows).bind(facts))


def _ask_one(rule: Rule, bindings: cel.Bindings) -> Answer:
    try:
        return Answer(rule, rule.program.matches(bindings))
    except cel.EvaluationError as error:
        return Answer(rule, None, str(error))


def verdict_of(
    ruleset: Ruleset, answers: Iterable[Answer], assessment: Assessment
) -> Verdict:
    """What the answers of all rules (``ask``) come to."""
    matched = list(_matched(ruleset, answers))
    matched.sort(key=lambda match: -match[0].rank)
    tier = matched[0][0] if matched else ruleset.tiers[ruleset.default_tier]
    reasons = [reason for _, reason in matched] or ["default tier"]
    reasons += [f"finding {f.code} at {f.pointer}" for f in assessment.findings]
    return Verdict(tier, _bounded(reasons))


def _matched(ruleset: Ruleset, answers: Iterable[Answer]) -> Iterator[tuple[Tier, str]]:
    """The tier and the reason of every rule that matches or fails."""
    for answer in answers:
        rule = answer.rule
        if answer.matches is None:
            yield ruleset.highest, f"rule {rule.key} failed: {answer.error}"
        elif answer.matches:
            yield ruleset.tiers[rule.tier], f"rule {rule.key}"


def _facts(action: Action, assessment: Assessment, now: datetime) -> dict[str, Any]:
    if now.tzinfo is None:
        raise ValueError("the time has no zone")
    severities = [found.severity for found in assessment.findings]
    impact = assessment.impact
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
        "impact.leaves": impact.leaves,
        "impact.reversible": impact.reversible.value,
        "impact.scale": ENDLESS if impact.scale is None else float(impact.scale),
        "impact.target": impact.target,
        "impact.verb": impact.verb.value,
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
