"""A policy in YAML is read strictly: what is wrong is said, with its place."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from approvals.policy import (
    Confirmation,
    Escalation,
    GrantCaps,
    ReasonRequired,
    Requirement,
    Route,
    Ruleset,
    StepUp,
    Tier,
)
from approvals.policy_document import PolicyError, parse
from approvals.risk.codes import Harm

TIERS = """
default_tier: medium
tiers:
  low: {rank: 10, route: auto}
  medium: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
"""


def with_rule(when: str, tier: str) -> Ruleset:
    """TIERS with one rule."""
    rules = [{"key": "it", "when": when, "tier": tier}]
    return parse(TIERS + yaml.safe_dump({"rules": rules}))


def with_tier(*members: str, route: str = "review") -> str:
    """A policy whose one tier has these members, from line 4, column 5 on."""
    if route == "review":
        members = (*members, "requirements: [{group: dba, count: 1}]")
    lines = "".join(
        f"    {line}\n" for line in (*members, "rank: 1", f"route: {route}")
    )
    return f"default_tier: it\ntiers:\n  it:\n{lines}rules: []\n"


def problems(source: str) -> list[tuple[int | None, int | None, str]]:
    with pytest.raises(PolicyError) as caught:
        parse(source)
    return [(p.line, p.column, str(p)) for p in caught.value.problems]


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
    escalation: {after: 50%, groups: [managers, security]}
    step_up: passkey
    confirmation: type_target
    second_person_after_edit: true
    grants: {max_uses: 20, max_duration: 7d, max_sum: 99.5}
    outcome_within: 2h
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
        escalation=Escalation(50, ("managers", "security")),
        step_up=StepUp.PASSKEY,
        confirmation=Confirmation.TYPE_TARGET,
        second_person_after_edit=True,
        grants=GrantCaps(max_uses=20, max_duration=604_800, max_sum=99.5),
        outcome_within=7200,
    )
    assert ruleset.highest == Tier("never", "Never", 8, Route.BLOCK)
    assert ruleset.highest.separation_of_duties
    assert ruleset.highest.reason_required == ReasonRequired.ON_DENY
    assert ruleset.highest.outcome_within == 3600
    assert ruleset.highest.grants is None
    assert ruleset.trip_wires == ()


def test_every_member_of_a_tier_has_its_line_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
    names = [field.name for field in fields(Tier) if field.name != "key"]
    assert [name for name in names if f"\n| `{name}` |" not in docs] == []


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
        with_rule(when, "low")
    assert with_rule(when, "medium").rules


def test_a_rule_that_fails_on_an_empty_action_is_refused() -> None:
    with pytest.raises(PolicyError, match="fails for an action without arguments"):
        with_rule("action.arguments.amount > 5", "medium")
    asked = "has(action.arguments.amount) && action.arguments.amount > 5"
    assert with_rule(asked, "medium").rules


# Escalation, step-up, edits and grants


@pytest.mark.parametrize(
    ("member", "column", "message"),
    [
        ("escalation: {after: 50%}", 17, "an escalation has no 'groups'"),
        ("escalation: managers", 17, "an escalation must be a mapping, not text"),
        (
            "escalation: {after: 50, groups: [a]}",
            25,
            "after must be a percentage (for example 50%)",
        ),
        (
            "escalation: {after: 0%, groups: [a]}",
            25,
            "after must be from 1% to 99%, not 0%",
        ),
        (
            "escalation: {after: 100%, groups: [a]}",
            25,
            "after must be from 1% to 99%, not 100%",
        ),
        ("escalation: {after: 1%, groups: []}", 37, "groups: at least 1, not 0"),
        (
            "escalation: {after: 1%, groups: [a, b, c, d, e, f, g, h, i, j, k]}",
            37,
            "groups: at most 10, not 11",
        ),
        ("escalation: {after: 1%, groups: [a, b, a]}", 44, "group 'a' stands twice"),
        (
            "escalation: {after: 1%, groups: [a], then: deny}",
            42,
            "unknown member 'then'",
        ),
        (
            "step_up: password",
            14,
            "step_up must be one of none, recent_login, passkey, not 'password'",
        ),
        (
            "confirmation: yes",
            19,
            "confirmation must be text, not a truth value (put it in quotes)",
        ),
        (
            "confirmation: type",
            19,
            "confirmation must be one of none, type_target, not 'type'",
        ),
        ("editing: none", 14, "editing must be true or false, not text"),
        ("grants: {max_uses: 1}", 13, "grants has no 'max_duration'"),
        (
            "grants: {max_uses: 0, max_duration: 1d}",
            24,
            "max_uses must be from 1 to 10000, not 0",
        ),
        (
            "grants: {max_uses: 10001, max_duration: 1d}",
            24,
            "max_uses must be from 1 to 10000, not 10001",
        ),
        (
            "grants: {max_uses: 1, max_duration: 91d}",
            41,
            "max_duration must be from 1 to 7776000 seconds, not 7862400",
        ),
        (
            "grants: {max_uses: 1, max_duration: 1d, max_sum: 0}",
            54,
            "max_sum must be more than 0, not 0",
        ),
        (
            "grants: {max_uses: 1, max_duration: 1d, max_sum: .inf}",
            54,
            "max_sum must be a plain decimal number",
        ),
        (
            "outcome_within: 8d",
            21,
            "outcome_within must be from 1 to 604800 seconds, not 691200",
        ),
        ("bulk: 101", 11, "bulk must be from 0 to 100, not 101"),
        ("bulk: all", 11, "bulk must be a whole number, not text"),
    ],
)
def test_refuses_what_makes_no_tier(member: str, column: int, message: str) -> None:
    assert problems(with_tier(member)) == [(4, column, message)]


@pytest.mark.parametrize("route", ["auto", "block"])
@pytest.mark.parametrize(
    "member",
    [
        "escalation: {after: 50%, groups: [a]}",
        "step_up: recent_login",
        "confirmation: type_target",
        "must_view: true",
        "editing: false",
        "second_person_after_edit: true",
        "grants: {max_uses: 1, max_duration: 1d}",
        "bulk: 20",
    ],
)
def test_what_people_do_needs_people_who_review(member: str, route: str) -> None:
    name = member.partition(":")[0]
    source = with_tier(member, route=route)
    expected = f"tier 'it' has {name!r}, but nobody reviews it"
    hint = "(take it out, or make its route review)"
    assert (4, len(name) + 7, f"{expected} {hint}") in problems(source)
    assert parse(with_tier(member)).tiers["it"] != parse(with_tier()).tiers["it"]


def test_saying_that_nothing_is_asked_for_needs_no_people() -> None:
    silent = parse(with_tier(route="block"))
    said = ("step_up: none", "confirmation: none", "editing: true")
    assert parse(with_tier(*said, route="block")) == silent


def test_no_second_person_for_edits_that_nobody_can_make() -> None:
    line = "second_person_after_edit: true"
    assert problems(with_tier(line, "editing: false")) == [
        (
            4,
            31,
            "in tier 'it' nobody can edit, so no edit needs anyone "
            "(take out second_person_after_edit, or editing: false)",
        )
    ]
    assert parse(with_tier(line)).tiers["it"].second_person_after_edit


@pytest.mark.parametrize(
    "asked", ["step_up: passkey", "confirmation: type_target", "must_view: true"]
)
def test_nothing_is_decided_in_bulk_that_asks_for_a_gesture_each(asked: str) -> None:
    (problem,) = problems(with_tier("bulk: 20", asked))
    assert problem[:2] == (4, 11)
    assert problem[2] == (
        f"tier 'it' asks for {asked} with each decision (take out bulk, or {asked})"
    )
    assert parse(with_tier("bulk: 0", asked)).tiers["it"].bulk == 0
    assert parse(with_tier("bulk: 20", "step_up: recent_login")).tiers["it"].bulk == 20


def test_grants_may_be_capped_at_the_limits() -> None:
    source = with_tier("grants: {max_uses: 10000, max_duration: 90d}")
    assert parse(source).tiers["it"].grants == GrantCaps(10_000, 7_776_000, None)


def test_a_rule_says_why_and_names_the_harm() -> None:
    source = TIERS + (
        "rules:\n  - key: it\n    when: 'agent.name == \"x\"'\n    tier: medium\n"
        "    why: Nobody knows x.\n    harm: ASI03\n"
    )
    (rule,) = parse(source).rules
    assert (rule.why, rule.harm) == ("Nobody knows x.", Harm.PRIVILEGE_ABUSE)
    assert problems(source.replace("ASI03", "ASI11")) == [
        (
            11,
            11,
            "harm must be one of ASI01, ASI02, ASI03, ASI04, ASI05, ASI06, ASI07,"
            " ASI08, ASI09, ASI10, not 'ASI11'",
        )
    ]


def test_a_rule_that_lets_the_unknown_pass_has_to_say_so() -> None:
    lenient = TIERS + "rules:\n  - {key: it, when: 'findings.count < 9', tier: low%s}\n"
    ((line, column, said),) = problems(lenient % "")
    assert (line, column) == (7, 21)
    assert said.startswith("rule 'it' approves actions that nobody looked into")
    (rule,) = parse(lenient % ", approves_unknown: true").rules
    assert rule.approves_unknown
    strict = lenient.replace("tier: low", "tier: medium") % ", approves_unknown: true"
    assert [said for *_, said in problems(strict)] == [
        "rule 'it' approves nothing unknown (take it out)"
    ]
