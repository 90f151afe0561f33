"""The highest tier wins, and whatever goes wrong raises the tier."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from approvals.canonical import Action
from approvals.policy import (
    DAY,
    MAX_REASON,
    MAX_REASONS,
    VARIABLES,
    Confirmation,
    GrantCaps,
    Requirement,
    Route,
    Rule,
    Ruleset,
    StepUp,
    Verdict,
    Watch,
    ask,
    evaluate,
)
from approvals.policy_document import parse
from approvals.risk.findings import Assessment, Finding, Severity
from approvals.risk.impact import UNKNOWN, Impact, Reversible, Verb
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
    impact: Impact = UNKNOWN,
    arguments: Mapping[str, Any] | None = None,
    windows: Mapping[str, float | None] | None = None,
    **members: Any,
) -> Verdict:
    members = {"name": "tool", "agent": "bot", "arguments": arguments or {}, **members}
    assessment = Assessment(findings, inspected, impact)
    action = Action(**members)
    return evaluate(ruleset, action, assessment, now=NOW, windows=windows or {})


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
    "impact.leaves": "!impact.leaves",
    "impact.reversible": 'impact.reversible == "no"',
    "impact.scale": "impact.scale == 12.0",
    "impact.target": 'impact.target == "customers"',
    "impact.verb": 'impact.verb == "delete"',
    "now": 'now == timestamp("2026-11-21T12:00:00Z")',
}


def test_every_variable_has_its_test_below_and_its_line_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "reference.md").read_text()
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
        impact=Impact(Verb.DELETE, "customers", "", Reversible.NO, 12, leaves=False),
        arguments={"rows": [{"id": 7}]},
        environment="production",
        resource="db/main",
        subject="customer-1",
    )
    assert verdict.reasons[0] == "rule fact"


def test_an_unknown_scale_passes_no_limit() -> None:
    rules = policy(("large", 'action.name == "pay" && impact.scale > 500.0', "high"))
    small = Impact(Verb.PAY, "", "", Reversible.NO, 3, leaves=False)
    assert judge(rules, name="pay", impact=small).tier.key == "medium"
    assert judge(rules, name="pay").tier.key == "high"


WINDOWS = """
windows:
  - {key: refunds, measure: sum, of: /arguments/amount, per: [agent], within: 24h}
rules:
  - {key: many, when: "window.refunds > 500.0", tier: high}
"""


def test_rules_see_what_windows_hold() -> None:
    rules = parse(TIERS + WINDOWS)
    assert judge(rules, windows={"refunds": 500.0}).tier.key == "medium"
    assert judge(rules, windows={"refunds": 500.01}).tier.key == "high"
    assert judge(rules).tier.key == "medium"


def test_a_window_that_cannot_be_measured_goes_to_the_highest_tier() -> None:
    verdict = judge(parse(TIERS + WINDOWS), windows={"refunds": None})
    assert verdict.tier.key == "forbidden"
    assert verdict.reasons[0].startswith("rule many failed: ")
    unread = parse(
        TIERS + WINDOWS.replace("window.refunds > 500.0", "agent.name == 'x'")
    )
    assert judge(unread, windows={"refunds": None}).tier.key == "medium"


def test_each_rule_says_what_it_answers() -> None:
    rules = policy(
        ("yes", 'action.name == "tool"', "high"),
        ("no", 'action.name == "other"', "high"),
        ("fails", 'action.name == "tool" && action.arguments.x > 1', "low"),
    )
    action = Action(name="tool", agent="bot", arguments={})
    answers = ask(rules, action, Assessment(findings=()), now=NOW)
    assert [(a.rule.key, a.matches) for a in answers] == [
        ("yes", True),
        ("no", False),
        ("fails", None),
    ]
    assert "Key not found" in answers[2].error


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


@pytest.mark.parametrize(
    ("rank", "tier"),
    [
        (0, "low"),
        (10, "low"),
        (11, "medium"),
        (30, "high"),
        (31, "forbidden"),
        (50, "forbidden"),
        (51, "forbidden"),
    ],
)
def test_a_rank_is_held_by_the_gentlest_tier_that_reaches_it(
    rank: int, tier: str
) -> None:
    assert policy().at_least(rank).key == tier


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


def test_the_shipped_policy_grants_less_the_riskier_it_gets(shipped: Ruleset) -> None:
    assert {key: tier.grants for key, tier in shipped.tiers.items()} == {
        "low": None,
        "medium": GrantCaps(max_uses=50, max_duration=7 * DAY),
        "high": GrantCaps(max_uses=10, max_duration=DAY),
        "critical": None,
        "forbidden": None,
    }


def test_the_shipped_policy_needs_nothing_that_the_first_person_lacks(
    shipped: Ruleset,
) -> None:
    assert {tier.step_up for tier in shipped.tiers.values()} == {StepUp.NONE}
    assert shipped.trip_wires == ()
    strict = [k for k, tier in shipped.tiers.items() if tier.second_person_after_edit]
    assert strict == ["critical"]


def test_what_the_shipped_policy_offers_in_comments_can_be_turned_on() -> None:
    names = "step_up|confirmation|trip_wires|actions|internal_domains|windows"
    offered = re.compile(rf"^( *)# ?((?:{names}):|  - \{{)", re.M)
    ruleset = parse(offered.sub(r"\1\2", SHIPPED.read_text(encoding="utf-8")))
    assert ruleset.tiers["critical"].step_up == StepUp.PASSKEY
    assert ruleset.tiers["critical"].confirmation == Confirmation.TYPE_TARGET
    assert {wire.watches for wire in ruleset.trip_wires} == set(Watch)
    assert [w.key for w in ruleset.windows] == ["refunds", "deletions"]
    assert len(ruleset.context.actions) == 3
    assert ruleset.context.is_internal("example.com")


def test_every_shipped_rule_says_why_and_names_the_harm(shipped: Ruleset) -> None:
    assert [r.key for r in shipped.rules if not (r.why and r.harm)] == []
