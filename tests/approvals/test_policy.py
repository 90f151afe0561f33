"""The highest tier wins, and whatever goes wrong raises the tier."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from approvals.canonical import Action
from approvals.policy import (
    MAX_REASON,
    MAX_REASONS,
    VARIABLES,
    PolicyError,
    ReasonRequired,
    Requirement,
    Route,
    Rule,
    Ruleset,
    Tier,
    Verdict,
    evaluate,
    parse,
)
from approvals.risk.findings import Assessment, Finding, Severity
from approvals.ruleset import SHIPPED

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TIERS = """
default_tier: medium
tiers:
  low: {rank: 10, route: auto}
  medium: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
  high: {rank: 30, route: review, requirements: [{group: dba, count: 2}]}
  forbidden: {rank: 50, route: block}
"""


def policy(*rules: tuple[str, str, str]) -> Ruleset:
    """TIERS with rules of (key, when, tier)."""
    listed = [{"key": key, "when": when, "tier": tier} for key, when, tier in rules]
    return parse(TIERS + yaml.safe_dump({"rules": listed}))


def finding(code: str, severity: Severity, pointer: str = "/arguments/sql") -> Finding:
    return Finding(code, severity, pointer, "…", None)


def judge(
    ruleset: Ruleset,
    *findings: Finding,
    inspected: tuple[str, ...] = (),
    arguments: Mapping[str, Any] | None = None,
    **members: Any,
) -> Verdict:
    members = {"name": "tool", "agent": "bot", "arguments": arguments or {}, **members}
    assessment = Assessment(findings=findings, inspected=inspected)
    return evaluate(ruleset, Action(**members), assessment, now=NOW)


def problems(source: str) -> list[tuple[int | None, int | None, str]]:
    with pytest.raises(PolicyError) as caught:
        parse(source)
    return [(p.line, p.column, str(p)) for p in caught.value.problems]


# Evaluation


def test_nothing_matched_is_the_default_tier() -> None:
    verdict = judge(policy(("deploys", 'action.name == "deploy"', "low")))
    assert (verdict.tier.key, verdict.route) == ("medium", Route.REVIEW)
    assert verdict.reasons == ("default tier",)


@pytest.mark.parametrize("order", [1, -1])
def test_the_highest_ranked_tier_wins_in_any_order(order: int) -> None:
    rules = [
        ("known", 'action.name == "tool"', "low"),
        ("risky", "findings.severity_rank >= 2", "high"),
        ("odd", "findings.count == 1", "medium"),
    ]
    verdict = judge(policy(*rules[::order]), finding("sql.update", Severity.MEDIUM))
    assert verdict.tier.key == "high"
    assert verdict.reasons == (
        "rule risky",
        "rule odd",
        "rule known",
        "finding sql.update at /arguments/sql",
    )


def test_a_rule_can_lead_to_every_route() -> None:
    rules = policy(*((r, f'action.name == "{r}"', r) for r in ("low", "forbidden")))
    assert judge(rules, name="low").route == Route.AUTO
    assert judge(rules, name="other").route == Route.REVIEW
    assert judge(rules, name="forbidden").route == Route.BLOCK


def test_a_rule_that_fails_counts_as_matched_at_the_highest_tier() -> None:
    rules = policy(
        ("known", 'action.name == "tool"', "low"),
        ("refund", 'action.name == "tool" && action.arguments.amount > 5', "medium"),
    )
    verdict = judge(rules)
    assert verdict.tier.key == "forbidden"
    assert verdict.reasons[0].startswith("rule refund failed: ")
    assert verdict.reasons[1] == "rule known"
    assert judge(rules, arguments={"amount": 3}).tier.key == "low"
    assert judge(rules, arguments={"amount": "30"}).tier.key == "forbidden"


@pytest.mark.parametrize(
    "members",
    [
        {"arguments": {"text": "a\0b"}},
        {"environment": "staging\0"},
        {"arguments": {"number": 2**70}},
        {"arguments": {"list": [0] * 20_000}},
        {"arguments": 7},
        {"arguments": {"what": object}},
        {"agent": None},
        {"name": 3},
    ],
)
def test_what_cannot_be_judged_goes_to_the_highest_tier(members: Any) -> None:
    rules = policy(
        ("staging", 'action.environment == "staging"', "low"),
        ("named", 'action.name == "x" || agent.name == "x"', "low"),
        ("argued", 'has(action.arguments.what) && action.arguments.what == "x"', "low"),
    )
    verdict = judge(rules, **members)
    assert verdict.tier.key == "forbidden"
    assert "failed: " in verdict.reasons[0]


def test_a_broken_assessment_or_clock_goes_to_the_highest_tier() -> None:
    rules = policy()
    action = Action(name="tool", agent="bot", arguments={})
    broken: Any = None
    assert evaluate(rules, action, broken, now=NOW).route == Route.BLOCK
    sound = Assessment(findings=())
    without_zone = NOW.replace(tzinfo=None)
    assert evaluate(rules, action, sound, now=without_zone).route == Route.BLOCK
    assert evaluate(rules, action, sound, now=NOW).route == Route.REVIEW


FACTS = {
    "action.name": 'action.name == "tool"',
    "action.arguments": "action.arguments.rows[0].id == 7",
    "action.environment": 'action.environment == "production"',
    "action.resource": 'action.resource == "db/main"',
    "action.subject": 'action.subject == "customer-1"',
    "agent.name": 'agent.name == "bot"',
    "findings.codes": 'findings.codes == ["sql.update", "sql.drop"]',
    "findings.count": "findings.count == 3",
    "findings.inspected": 'findings.inspected == ["sql"]',
    "findings.severity": 'findings.severity == "critical"',
    "findings.severity_rank": "findings.severity_rank == 4",
    "now": 'now == timestamp("2026-11-21T12:00:00Z")',
}


def test_every_variable_has_its_test_below_and_its_line_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
    assert FACTS.keys() == VARIABLES.keys()
    assert [f"`{name}`" for name in VARIABLES if f"| `{name}` |" not in docs] == []


@pytest.mark.parametrize("when", FACTS.values(), ids=FACTS)
def test_rules_see_every_fact(when: str) -> None:
    verdict = judge(
        policy(("fact", f'action.name == "tool" && {when}', "high")),
        finding("sql.update", Severity.LOW),
        finding("sql.drop", Severity.CRITICAL),
        finding("sql.update", Severity.MEDIUM),
        inspected=("sql",),
        arguments={"rows": [{"id": 7}]},
        environment="production",
        resource="db/main",
        subject="customer-1",
    )
    assert verdict.reasons[0] == "rule fact"


@pytest.mark.parametrize("name", ["environment", "resource", "subject"])
def test_what_is_absent_is_empty(name: str) -> None:
    rules = policy(("absent", f'action.{name} == ""', "high"))
    assert judge(rules).tier.key == "high"
    present: dict[str, Any] = {name: "x"}
    assert judge(rules, **present).tier.key == "medium"


def test_no_findings_have_severity_none() -> None:
    when = 'findings.severity == "none" && findings.severity_rank == 0'
    rules = policy(("clean", when, "high"))
    assert judge(rules).tier.key == "high"
    assert judge(rules, finding("x", Severity.LOW)).tier.key == "medium"


def test_reasons_are_bounded_and_say_what_is_left_out() -> None:
    findings = [finding(f"x.{n}", Severity.LOW, "/a" * 300) for n in range(50)]
    reasons = judge(policy(), *findings).reasons
    assert len(reasons) == MAX_REASONS
    assert reasons[-1] == "and 32 more reasons"
    assert max(map(len, reasons)) == MAX_REASON
    assert reasons[1].endswith("…")


def test_rules_compare_by_what_they_say() -> None:
    assert Rule("a", "true", "low") == Rule("a", "true", "low")
    assert Rule("a", "true", "low") != Rule("a", "false", "low")
    assert policy(("a", "true", "high")) == policy(("a", "true", "high"))


# Reading


def test_a_tier_has_all_its_members_and_safe_defaults() -> None:
    source = """
default_tier: careful
tiers:
  careful:
    name: Very careful
    rank: 7
    route: review
    requirements:
      - group: dba
        count: 2
      - {group: security, count: 1}
    deny_threshold: 2
    decide_within: 30m
    permit_lifetime: 90
    reason_required: always
    separation_of_duties: false
  never: {rank: 8, route: block}
rules: []
"""
    ruleset = parse(source)
    assert ruleset.tiers["careful"] == Tier(
        key="careful",
        name="Very careful",
        rank=7,
        route=Route.REVIEW,
        requirements=(Requirement("dba", 2), Requirement("security", 1)),
        deny_threshold=2,
        decide_within=1800,
        permit_lifetime=90,
        reason_required=ReasonRequired.ALWAYS,
        separation_of_duties=False,
    )
    assert ruleset.highest == Tier("never", "Never", 8, Route.BLOCK)
    assert ruleset.highest.separation_of_duties
    assert ruleset.highest.reason_required == ReasonRequired.ON_DENY


def test_all_problems_are_listed_in_order() -> None:
    source = """\
default_tier: lwo
tiers:
  low: {rank: 10, route: auto, requirements: [{group: a, count: 1}]}
  Medium: {rank: x, route: reviw}
  high: {rank: 30, route: review, name: "", extra: 1}
  empty: {rank: 31, route: review}
  twice:
    rank: 40
    route: review
    requirements: [{group: a, count: 0}, {group: a, count: 1}, {group: b}]
rules:
  - key: a
    when: >
       findings.count == 1 &&

       actoin.name == "x"
       || n
    tier: high
  - {key: b, when: true, tier: hihg}
  - {key: b, when: "action.name ==", tier: high}
  - {key: "no key", when: "true", tier: high, wen: x}
  - {key: c}
"""
    assert problems(source) == [
        (1, 15, "default_tier 'lwo' is unknown (did you mean 'low'?)"),
        (
            3,
            8,
            "tier 'low' has requirements, but nobody reviews it "
            "(take them out, or make its route review)",
        ),
        (4, 3, "'Medium' is no key (small letters, digits, - and _, at most 64)"),
        (4, 18, "rank must be a whole number, not text"),
        (4, 28, "route must be one of auto, review, block, not 'reviw'"),
        (5, 41, "name is empty"),
        (5, 45, "unknown member 'extra'"),
        (
            6,
            10,
            "tier 'empty' is reviewed, but by nobody "
            "(requirements: [{group: reviewers, count: 1}])",
        ),
        (10, 38, "count must be from 1 to 20, not 0"),
        (10, 42, "group 'a' stands twice"),
        (10, 64, "a requirement has no 'count'"),
        (16, 8, "unknown name actoin.name (did you mean action.name?)"),
        (17, 11, "unknown name n"),
        (19, 20, "when must be text, not a truth value (put it in quotes)"),
        (19, 32, "tier 'hihg' is unknown (did you mean 'high'?)"),
        (20, 11, "rule 'b' stands twice"),
        (20, 34, "Syntax error: mismatched input '<EOF>'"),
        (21, 11, "'no key' is no key (small letters, digits, - and _, at most 64)"),
        (21, 47, "unknown member 'wen' (did you mean 'when'?)"),
        (22, 5, "a rule has no 'when'"),
        (22, 5, "a rule has no 'tier'"),
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "empty"),
        ("[]", "a policy must be a mapping, not a list"),
        ("{default_tier: low, tiers: {}}", "a policy has no 'rules'"),
        ("{default_tier: low, tiers: {}, rules: []}", "from 1 to 20 tiers"),
        ("{default_tier: low, tiers: [], rules: []}", "tiers must be a mapping"),
        (f"{TIERS}rules: {{}}", "rules must be a list, not a mapping"),
        (f"{TIERS}rules: [{', '.join(['x'] * 501)}]", "at most 500, not 501"),
        (f"{TIERS}rules: []\ndefault_tier: low", "stands twice"),
    ],
)
def test_refuses_what_is_no_policy(source: str, message: str) -> None:
    assert message in " ".join(text for _, _, text in problems(source))


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        (
            "{a: {rank: 1, route: block}, b: {rank: 2, route: auto}}",
            "tier 'b' (auto) outranks 'a' (block) (ranks rise from auto over review",
        ),
        (
            "{b: {rank: 2, route: auto}, a: {rank: 1, route: block}}",
            "tier 'b' (auto) outranks 'a' (block)",
        ),
        (
            "{a: {rank: 2, route: block}, b: {rank: 2, route: auto}}",
            "tiers 'a' and 'b' have one rank",
        ),
    ],
)
def test_approving_never_outranks_stopping(tiers: str, message: str) -> None:
    found = problems(f"{{default_tier: a, tiers: {tiers}, rules: []}}")
    assert message in found[0][2]


def test_the_default_tier_never_approves_at_once() -> None:
    found = problems(
        TIERS.replace("default_tier: medium", "default_tier: low") + "rules: []"
    )
    assert found[0][2].startswith("the default tier 'low' approves at once")


@pytest.mark.parametrize(
    "when",
    [
        "true",
        "findings.severity_rank <= 1",
        'action.environment != "production"',
        '!action.name.startsWith("delete")',
    ],
)
def test_no_rule_may_approve_what_nobody_looked_into(when: str) -> None:
    with pytest.raises(PolicyError, match="nobody looked into"):
        policy(("gate", when, "low"))
    assert policy(("gate", when, "high")).rules


def test_a_rule_that_fails_on_an_empty_action_is_refused() -> None:
    with pytest.raises(PolicyError, match="fails for an action without arguments"):
        policy(("amount", "action.arguments.amount > 5", "high"))
    assert policy(
        (
            "amount",
            "has(action.arguments.amount) && action.arguments.amount > 5",
            "high",
        )
    ).rules


# The shipped policy


@pytest.fixture(scope="module")
def shipped() -> Ruleset:
    return parse(SHIPPED.read_text(encoding="utf-8"))


def test_the_shipped_policy_holds_what_nobody_knows(shipped: Ruleset) -> None:
    verdict = judge(shipped, name="get_order_details")
    assert (verdict.tier.key, verdict.route) == ("medium", Route.REVIEW)
    assert verdict.tier.requirements == (Requirement("reviewers", 1),)
    assert (shipped.highest.key, shipped.highest.route) == ("forbidden", Route.BLOCK)


@pytest.mark.parametrize(
    ("found", "severity", "environment", "tier"),
    [
        ("sql.drop", Severity.CRITICAL, "production", "critical"),
        ("sql.drop", Severity.CRITICAL, None, "critical"),
        ("sql.drop", Severity.CRITICAL, "Staging", "critical"),
        ("sql.drop", Severity.CRITICAL, "staging", "high"),
        ("shell.delete", Severity.CRITICAL, "staging", "critical"),
        ("sql.update", Severity.MEDIUM, "production", "high"),
        ("sql.update", Severity.MEDIUM, None, "high"),
        ("sql.update", Severity.MEDIUM, "staging", "medium"),
        ("shell.x", Severity.HIGH, "staging", "high"),
        ("shell.x", Severity.MEDIUM, "production", "medium"),
        ("shell.fork_bomb", Severity.CRITICAL, "staging", "forbidden"),
        ("shell.format_disk", Severity.CRITICAL, None, "forbidden"),
    ],
)
@pytest.mark.parametrize("inspected", [(), ("sql", "shell")])
def test_the_shipped_policy_goes_by_findings(
    shipped: Ruleset,
    found: str,
    severity: Severity,
    environment: str | None,
    tier: str,
    inspected: tuple[str, ...],
) -> None:
    facts = finding(found, severity)
    verdict = judge(shipped, facts, inspected=inspected, environment=environment)
    assert verdict.tier.key == tier
    assert verdict.reasons[0].startswith("rule ")


def test_the_shipped_policy_blocks_sending_credentials_away(shipped: Ruleset) -> None:
    sent = finding("shell.exfiltration", Severity.HIGH)
    read = finding("shell.credential_access", Severity.HIGH)
    assert judge(shipped, sent).tier.key == "high"
    assert judge(shipped, read).tier.key == "high"
    assert judge(shipped, sent, read).route == Route.BLOCK
    secret = finding("shell.exfiltration", Severity.CRITICAL)
    assert judge(shipped, secret).route == Route.BLOCK


def test_the_shipped_policy_approves_only_what_was_understood(shipped: Ruleset) -> None:
    assert judge(shipped, inspected=("sql",)).route == Route.AUTO
    low = finding("sql.slow", Severity.LOW)
    assert judge(shipped, low, inspected=("sql",)).route == Route.AUTO
    assert judge(shipped, low).route == Route.REVIEW
    assert judge(shipped).route == Route.REVIEW
