"""What many requests got beside what a draft would give them: the arithmetic."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals import backtest_words as words
from approvals.comparison import (
    MAX_ROWS,
    SAMPLES,
    Comparison,
    Kind,
    Past,
    kinds_of,
    rules_in,
)
from approvals.policy_document import parse
from approvals.replay import Judged

RULESET = parse("""
default_tier: one
tiers:
  none: {rank: 10, route: auto}
  one: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
  two: {rank: 30, route: review, requirements: [{group: a, count: 2}]}
  never: {rank: 50, route: block}
rules:
  - {key: first, when: action.name == "a", tier: none}
  - {key: second, when: action.name == "b", tier: never}
""")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def past(number: int = 0, tier: str = "one", **more: Any) -> Past:
    known = RULESET.tiers[tier] if tier in RULESET.tiers else RULESET.tiers["one"]
    people = sum(need.count for need in known.requirements)
    values = {"rank": known.rank, "route": known.route.value, "people": people, **more}
    at = NOON + timedelta(minutes=number)
    return Past(id=f"{number:06}", created_at=at, tier=tier, **values)


def judged(tier: str, *rules: str, **more: Any) -> Judged:
    route = RULESET.tiers[tier].route.value
    return {
        "id": "",
        "tier": tier,
        "route": route,
        "rules": [*rules],
        "failed": [],
        **more,
    }  # type: ignore[typeddict-item]


def compared(*pairs: tuple[Past, Judged]) -> dict[str, Any]:
    comparison = Comparison(RULESET)
    for one in pairs:
        comparison.add(*one)
    return {**comparison.as_dict(), "windows_cut": None}


@pytest.mark.parametrize(
    ("old", "new", "decided", "kinds"),
    [
        ("one", "none", "", [Kind.APPROVES]),
        ("one", "none", "approved", [Kind.APPROVES]),
        ("one", "none", "denied", [Kind.APPROVES_DENIED, Kind.APPROVES]),
        ("never", "none", "", [Kind.APPROVES]),
        ("never", "one", "", [Kind.UNBLOCKS]),
        ("one", "never", "approved", [Kind.BLOCKS_APPROVED]),
        ("one", "never", "denied", [Kind.BLOCKS]),
        ("none", "never", "", [Kind.BLOCKS]),
        ("none", "one", "", [Kind.ASKS]),
        ("one", "two", "", [Kind.MORE_PEOPLE]),
        ("two", "one", "denied", [Kind.FEWER_PEOPLE]),
        ("none", "none", "", []),
        ("one", "one", "denied", []),
        ("never", "never", "", []),
    ],
)
def test_names_what_is_different(
    old: str, new: str, decided: str, kinds: list[Kind]
) -> None:
    assert list(kinds_of(past(tier=old, decided=decided), RULESET.tiers[new])) == kinds


def test_without_the_old_policy_nobody_compares_people() -> None:
    assert list(kinds_of(past(tier="two", people=None), RULESET.tiers["one"])) == []


def test_counts_each_pair_of_tiers_and_names_the_newest() -> None:
    count = SAMPLES + 5
    found = compared(*((past(n), judged("none")) for n in range(count)))
    (cell,) = found["cells"]
    assert (cell["count"], cell["direction"]) == (count, "down")
    assert cell["ids"] == [f"{n:06}" for n in reversed(range(5, count))]
    assert (found["from"], found["until"]) == (
        NOON.isoformat(),
        (NOON + timedelta(minutes=count - 1)).isoformat(),
    )


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        (past(tier="one"), "two", "up"),
        (past(tier="one"), "none", "down"),
        (past(tier="one"), "one", "same"),
        (past(tier="one", rank=900), "one", "same"),
        (past(tier="one", route="auto"), "one", "up"),
        (past(tier="gone", rank=20), "one", "same"),
        (past(tier="gone", rank=900, route="auto"), "one", "up"),
    ],
    ids=["up", "down", "same", "other rank", "other route", "renamed", "route first"],
)
def test_says_which_way_it_goes(old: Past, new: str, direction: str) -> None:
    (cell,) = compared((old, judged(new)))["cells"]
    assert cell["direction"] == direction


def test_old_tiers_beyond_a_limit_are_counted_together() -> None:
    pairs = [(past(n, tier=f"t{n}"), judged("one")) for n in range(MAX_ROWS + 3)]
    found = compared(*pairs)
    assert len(found["old"]) == MAX_ROWS + 1
    assert sum(cell["count"] for cell in found["cells"]) == MAX_ROWS + 3
    assert [c["count"] for c in found["cells"] if c["direction"] == "mixed"] == [3]
    _, rows = words.matrix(found)
    assert sum(row.tier.key == "others" for row in rows) == 1


def test_counts_rules_that_match_newly_no_longer_and_wrongly() -> None:
    before = ("rule first", "finding sql.drop at /x", "rule old failed: no such key\nx")
    found = compared(
        (past(1, reasons=before), judged("one", "first")),
        (past(2, reasons=("default tier",)), judged("one", "first")),
        (past(3, reasons=before), judged("never", failed=["second"])),
    )
    assert found["rules"] == [
        {
            "key": "first",
            "gone": False,
            "matches": 2,
            "newly": 1,
            "no_longer": 1,
            "fails": 0,
        },
        {
            "key": "second",
            "gone": False,
            "matches": 0,
            "newly": 0,
            "no_longer": 0,
            "fails": 1,
        },
        {
            "key": "old",
            "gone": True,
            "matches": 0,
            "newly": 0,
            "no_longer": 2,
            "fails": 0,
        },
    ]


def test_a_list_of_rules_that_was_cut_proves_nothing_new() -> None:
    reasons = [*(f"rule r{n}" for n in range(19)), "and 3 more reasons"]
    assert rules_in(reasons) is None
    found = compared((past(reasons=tuple(reasons)), judged("one", "first")))
    assert found["rules"][0]["newly"] == 0


def test_says_first_what_people_denied() -> None:
    pairs = [(past(n, decided="denied"), judged("none")) for n in range(4)]
    pairs += [(past(n, decided="approved"), judged("none")) for n in range(4, 312)]
    pairs += [(past(n), judged("one")) for n in range(312, 2000)]
    found = compared(*pairs)
    assert words.headline(found) == (
        "It would approve 312 by itself, of which people denied 4. "
        "1,688 of 2,000 requests would get the tier that they got."
    )
    listed = found["lists"][Kind.APPROVES_DENIED]
    assert (listed["count"], len(listed["ids"])) == (4, 4)
    assert found["lists"][Kind.APPROVES]["approved"] == 308


def test_says_everything_else_in_order() -> None:
    found = compared(
        (past(1, tier="never"), judged("one")),
        (past(2, decided="approved"), judged("never")),
        (past(3, decided="denied"), judged("never")),
        (past(4, tier="none"), judged("one")),
        (past(5, tier="two", decided="approved"), judged("one")),
        (past(6), judged("two")),
        (past(7), judged("never", error="ValueError: x")),
    )
    assert words.headline(found) == "0 of 7 requests would get the tier that they got."
    assert words.sentences(found) == [
        "It would leave 1 request to people that policy blocked.",
        "It would block 1 request that people approved.",
        "It would block 2 requests that no person approved; people denied 1.",
        "It would ask people about 1 request that policy approved.",
        "It would need fewer people for 1 request; people approved 1.",
        "It would need more people for 1 request.",
    ]
    assert words.caveats({**found, "windows_cut": 50_000}, is_cut=True) == [
        "There were more requests in that time. Only the newest 7 were replayed.",
        "Windows knew no more than the 50,000 requests before.",
        "1 request could not be judged, and count at the highest tier.",
    ]


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "The one request would get the tier that it got."),
        (3, "All 3 requests would get the tier that they got."),
    ],
)
def test_says_when_nothing_is_different(count: int, sentence: str) -> None:
    found = compared(*((past(n), judged("one")) for n in range(count)))
    assert (words.headline(found), words.sentences(found)) == (sentence, [])
