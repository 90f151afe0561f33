"""What changes from one policy to the next, and whether it could lower risk."""

import pytest

from approvals.policy_diff import changes, may_lower
from approvals.policy_document import parse

NEW = "  - {key: new, when: 'action.name == \"x\"'"
DROPS = "  - {key: drops, when: '\"sql.drop\" in findings.codes'"
TIERS = """
default_tier: medium
tiers:
  low: {rank: 10, route: auto}
  medium:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    decide_within: 4h
    bulk: 5
  high:
    rank: 30
    route: review
    requirements: [{group: reviewers, count: 2}]
    step_up: recent_login
    must_view: true
    grants: {max_uses: 5, max_duration: 1d}
rules:
  - {key: reads, when: 'action.name == "read"', tier: low}
  - {key: drops, when: '"sql.drop" in findings.codes', tier: high, why: It is gone.}
internal_domains: [example.com]
"""
HARMLESS = [
    ("why: It is gone.", "why: Gone for good."),
    ("decide_within: 4h", "decide_within: 1h"),
    ("decide_within: 4h", "decide_within: 4h\n    name: Ordinary"),
    ("[{group: reviewers, count: 2}]", "[{group: reviewers, count: 3}]"),
    (
        "[{group: reviewers, count: 2}]",
        "[{group: reviewers, count: 2}, {group: dba, count: 1}]",
    ),
    ("step_up: recent_login", "step_up: passkey"),
    ("max_uses: 5", "max_uses: 4"),
    ("bulk: 5", "bulk: 4"),
    ("    grants: {max_uses: 5, max_duration: 1d}\n", ""),
    ("default_tier: medium", "default_tier: high"),
    ("rules:\n", f"rules:\n{NEW}, tier: high}}\n"),
    ("rules:\n", f"rules:\n{NEW}, tier: medium}}\n"),
    ("  - {key: reads, when: 'action.name == \"read\"', tier: low}\n", ""),
    ("tier: low}", "tier: high}"),
]  # fmt: skip
LOWERING = [
    ("decide_within: 4h", "decide_within: 5h"),
    ("decide_within: 4h", "permit_lifetime: 1h\n    decide_within: 4h"),
    ("decide_within: 4h", "outcome_within: 2h\n    decide_within: 4h"),
    ("decide_within: 4h", "reason_required: never\n    decide_within: 4h"),
    ("decide_within: 4h", "separation_of_duties: false\n    decide_within: 4h"),
    ("decide_within: 4h", "deny_threshold: 2\n    decide_within: 4h"),
    (
        "decide_within: 4h",
        "escalation: {after: 50%, groups: [all]}\n    decide_within: 4h",
    ),
    ("decide_within: 4h", "grants: {max_uses: 1, max_duration: 1h}"),
    ("[{group: reviewers, count: 2}]", "[{group: reviewers, count: 1}]"),
    ("[{group: reviewers, count: 2}]", "[{group: others, count: 2}]"),
    ("step_up: recent_login", "step_up: none"),
    ("must_view: true", "must_view: false"),
    ("max_uses: 5", "max_uses: 6"),
    ("bulk: 5", "bulk: 6"),
    ("max_duration: 1d", "max_duration: 2d"),
    ("rank: 30", "rank: 31"),
    ("  high:\n", "  other: {rank: 40, route: block}\n  high:\n"),
    ("rules:\n", f"rules:\n{NEW}, tier: low}}\n"),
    ("tier: high, why", "tier: medium, why"),
    ('"sql.drop" in', '"sql.truncate" in'),
    (f"{DROPS}, tier: high, why: It is gone.}}\n", ""),
    ("[example.com]", "[]"),
    ("[example.com]", "[example.com, example.org]"),
    ("rules:\n", "actions: [{match: crm.get, kind: read}]\nrules:\n"),
]  # fmt: skip


def differing(before: str, after: str) -> tuple[list[str], list[str]]:
    """All changes of one replacement in TIERS, and those that may lower risk."""
    assert TIERS.count(before) == 1
    old, new = parse(TIERS), parse(TIERS.replace(before, after))
    return [str(c) for c in changes(old, new)], [str(c) for c in may_lower(old, new)]


@pytest.mark.parametrize(("before", "after"), HARMLESS, ids=range(len(HARMLESS)))
def test_what_only_raises_risk_or_changes_words_lowers_nothing(
    before: str, after: str
) -> None:
    found, lowering = differing(before, after)
    assert (len(found), lowering) == (1, [])


@pytest.mark.parametrize(("before", "after"), LOWERING, ids=range(len(LOWERING)))
def test_whatever_could_lower_risk_is_said(before: str, after: str) -> None:
    found, lowering = differing(before, after)
    assert found == lowering != []


def test_a_default_tier_that_is_lowered_may_lower_risk() -> None:
    high = parse(TIERS.replace("default_tier: medium", "default_tier: high"))
    (change,) = may_lower(high, parse(TIERS))
    assert str(change) == "default tier high -> medium: changed default_tier"


def test_no_change_is_found_in_other_words_for_the_same() -> None:
    same = TIERS.replace("4h", "240m").replace("tiers:", "# tiers\ntiers:")
    assert changes(parse(TIERS), parse(same)) == []


def test_a_change_has_both_values() -> None:
    new = parse(TIERS.replace("count: 2", "count: 3"))
    (change,) = changes(parse(TIERS), new)
    (detail,) = change.details
    assert (detail.member, detail.before, detail.after) == (
        "requirements",
        "reviewers 2",
        "reviewers 3",
    )


def test_a_share_of_time_is_written_as_in_the_document() -> None:
    more = "escalation: {after: 50%, groups: [all]}\n    decide_within: 4h"
    new = parse(TIERS.replace("decide_within: 4h", more))
    (change,) = changes(parse(TIERS), new)
    (detail,) = change.details
    assert (detail.before, detail.after) == ("nothing", "50% all")


def test_a_span_of_time_is_written_as_in_the_document() -> None:
    new = parse(TIERS.replace("decide_within: 4h", "decide_within: 90m"))
    (change,) = changes(parse(TIERS), new)
    (detail,) = change.details
    assert (detail.before, detail.after) == ("4h", "90m")
    new = parse(TIERS.replace("max_duration: 1d", "max_duration: 7d"))
    (change,) = changes(parse(TIERS), new)
    (detail,) = change.details
    assert (detail.before, detail.after) == ("5 1d", "5 7d")
