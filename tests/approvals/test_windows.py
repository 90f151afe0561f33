"""Sliding windows in memory: never less than what was asked for, hardly ever more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.windows import (
    BUCKETS,
    MAX_VALUES,
    Measure,
    Share,
    Tally,
    Window,
    alone,
    definition,
    shares_of,
)

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPENT = Window("spent", Measure.SUM, "/arguments/amount", ("agent",), 3600)
ASKED = Window("asked", Measure.COUNT, None, ("agent",), 3600)
REACHED = Window("reached", Measure.DISTINCT, "/arguments/to", ("agent",), 3600)


def pay(amount: Any = 1, **members: Any) -> Action:
    known = {"name": "pay", "agent": "bot", "arguments": {"amount": amount}}
    return Action(**{**known, **members})


def send(to: Any, **members: Any) -> Action:
    return Action(
        **{"name": "send", "agent": "bot", "arguments": {"to": to}, **members}
    )


def counter(window: Window, action: Action, session: str | None = None) -> Any:
    share = shares_of([window], action, session=session, now=START)[window.key]
    return share and share.counter


class Clock:
    """Counts actions one after the other, each some time after the one before."""

    def __init__(self, *windows: Window) -> None:
        self.windows, self.tally, self.now = windows, Tally(), START

    def after(self, seconds: float, action: Action, session: str | None = None) -> Any:
        self.now += timedelta(seconds=seconds)
        values, _ = self.tally.count(
            self.windows, action, session=session, now=self.now
        )
        return values


def test_what_is_asked_for_counts_itself() -> None:
    assert alone([SPENT, ASKED], pay(12.5)) == {"spent": 12.5, "asked": 1.0}
    assert alone([REACHED], send("a@b.example")) == {"reached": 1.0}


def test_small_steps_add_up() -> None:
    clock = Clock(SPENT, ASKED)
    for _ in range(9):
        clock.after(60, pay(0.1))
    assert clock.after(60, pay(0.1)) == {"spent": 1.0, "asked": 10.0}


def test_what_is_older_than_the_window_no_longer_counts() -> None:
    clock = Clock(SPENT)
    clock.after(0, pay(400))
    assert clock.after(3599, pay(1)) == {"spent": 401.0}
    assert clock.after(1 + 3600 / BUCKETS, pay(1)) == {"spent": 2.0}


@pytest.mark.parametrize("within", [60, 61, 90, 3600, 2_592_000])
def test_a_bucket_ends_exactly_where_the_next_begins(within: int) -> None:
    window, moment = replace(SPENT, within=within), timedelta(microseconds=1)
    first = window.bucket_at(START)
    # The end of a bucket is when what is 61 buckets older stops counting.
    border = window.counts_until(first - BUCKETS)
    assert window.bucket_at(border - moment) == first
    assert window.bucket_at(border) == first + 1
    assert window.counts_until(first) - START > timedelta(seconds=within)


steps = st.lists(
    st.tuples(
        st.integers(0, 40_000_000),  # Microseconds since the step before.
        st.decimals(0, 1000, places=3),
        st.sampled_from(["a", "b"]),
        st.lists(st.sampled_from("uvwxyz"), max_size=3),
    ),
    max_size=60,
)


@given(steps, st.sampled_from([60, 61, 90, 400]))
def test_holds_at_least_what_was_asked_for_and_less_than_a_60th_of_the_time_more(
    steps: list[tuple[int, Decimal, str, list[str]]], within: int
) -> None:
    windows = [replace(window, within=within) for window in (SPENT, ASKED, REACHED)]
    tally, now, past = Tally(), START, []
    longest = timedelta(seconds=within * (BUCKETS + 1) / BUCKETS, microseconds=1)
    for gap, amount, agent, to in steps:
        now += timedelta(microseconds=gap)
        arguments = {"amount": float(amount), "to": to}
        action = Action(name="pay", agent=agent, arguments=arguments)
        values, _ = tally.count(windows, action, session=None, now=now)
        past.append((now, agent, amount, to))
        at_least, at_most = (
            [
                step
                for step in past
                if step[1] == agent and step[0] > now - timedelta(seconds=seconds)
            ]
            for seconds in (within, longest.total_seconds())
        )
        for steps_seen, is_bound in (
            (at_least, lambda exact, held: exact <= held),
            (at_most, lambda exact, held: held <= exact),
        ):
            spent = float(sum(step[2] for step in steps_seen))
            reached = len({one for step in steps_seen for one in step[3]})
            assert is_bound(spent, values["spent"])
            assert is_bound(len(steps_seen), values["asked"])
            assert is_bound(reached, values["reached"])


@given(steps)
def test_what_is_taken_out_was_never_there(
    steps: list[tuple[int, Decimal, str, list[str]]],
) -> None:
    """Counting something else first and then the step instead comes to the same."""
    windows = [SPENT, ASKED, REACHED]
    edited, plain, now = Tally(), Tally(), START
    for gap, amount, agent, to in steps:
        now += timedelta(microseconds=gap)
        other = Action(name="x", agent=agent, arguments={"amount": 7, "to": ["u", "q"]})
        arguments = {"amount": float(amount), "to": to}
        action = Action(name="x", agent=agent, arguments=arguments)
        at = {"session": None, "now": now}
        _, before = edited.count(windows, other, **at)
        values, _ = edited.count(windows, action, **at, instead_of=before)
        assert values == plain.count(windows, action, **at)[0]


def test_a_value_counts_once_and_as_long_as_it_was_last_seen() -> None:
    clock = Clock(REACHED)
    clock.after(0, send("a"))
    assert clock.after(1800, send("a")) == {"reached": 1.0}
    assert clock.after(1900, send("b")) == {"reached": 2.0}
    assert clock.after(1900, send("b")) == {"reached": 1.0}


def test_each_element_of_a_list_is_a_value() -> None:
    clock = Clock(REACHED)
    assert clock.after(0, send(["a", "b", "a"])) == {"reached": 2.0}
    assert clock.after(0, send(["b", "c"])) == {"reached": 3.0}
    assert clock.after(0, send([])) == {"reached": 3.0}


def test_values_of_other_types_are_other_values() -> None:
    clock = Clock(REACHED)
    for value in ("1", 1, True, "true", {"1": 1}, {"1": "1"}, [["1"]]):
        values = clock.after(0, send(value))
    assert values == {"reached": 7.0}
    assert clock.after(0, send(1.0)) == {"reached": 7.0}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"amount": None},
        {"amount": "100"},
        {"amount": True},
        {"amount": [1]},
        {"amount": -0.01},
        {"amount": float("nan")},
        {"amount": float("inf")},
        {"amount": 1e19},
        {"amount": 10**400},
    ],
    ids=lambda arguments: str(arguments)[:30],
)
def test_an_amount_that_is_none_cannot_be_measured(arguments: dict[str, Any]) -> None:
    clock = Clock(SPENT, ASKED)
    clock.after(0, pay(5))
    action = pay(arguments=arguments)
    assert clock.after(0, action) == {"spent": None, "asked": 2.0}
    assert clock.after(0, pay(5))["spent"] == 10.0


@pytest.mark.parametrize(
    "arguments",
    [{}, {"to": None}, {"to": [str(n) for n in range(MAX_VALUES + 1)]}],
    ids=["missing", "null", "too many"],
)
def test_values_that_are_none_cannot_be_measured(arguments: dict[str, Any]) -> None:
    assert alone([REACHED], pay(arguments=arguments)) == {"reached": None}


def test_as_many_values_as_allowed_are_counted() -> None:
    to = [str(n) for n in range(MAX_VALUES)]
    assert alone([REACHED], send(to)) == {"reached": 1000.0}


def test_a_group_that_cannot_be_told_cannot_be_measured() -> None:
    window = replace(ASKED, per=("/arguments/n",))
    assert alone([window], pay(arguments={"n": 2**60})) == {"asked": None}


def test_what_is_finer_than_is_kept_counts_as_a_little_more() -> None:
    assert alone([SPENT], pay(1e-300)) == {"spent": 1e-12}
    clock = Clock(SPENT)
    clock.after(0, pay(0.30000000000000004))
    assert clock.after(0, pay(0.1)) == {"spent": 0.400000000001}
    assert alone([SPENT], pay(-0.0)) == {"spent": 0.0}


def test_large_and_small_amounts_are_added_exactly() -> None:
    clock = Clock(SPENT)
    clock.after(0, pay(2**53 - 2))
    for _ in range(999):
        assert clock.after(0, pay(0.001)) != {"spent": None}
    assert clock.after(0, pay(0.001)) == {"spent": 2.0**53 - 1}
    assert clock.after(0, pay(1e-12)) == {"spent": None}


def test_actions_that_do_not_fit_hold_nothing_and_add_nothing() -> None:
    window = replace(SPENT, actions=("pay", "refund.*"))
    clock = Clock(window)
    for name, held in (
        ("pay", 2.0),
        ("refund.card", 4.0),
        ("refund", 0.0),
        ("Pay", 0.0),
        ("pay", 6.0),
    ):
        assert clock.after(1, pay(2, name=name)) == {"spent": held}
    assert clock.after(1, pay("much", name="other")) == {"spent": 0.0}


@pytest.mark.parametrize(
    ("per", "one", "other"),
    [
        ("agent", {}, {"agent": "bot2"}),
        ("subject", {"subject": "a"}, {"subject": "b"}),
        ("subject", {"subject": "a"}, {}),
        ("resource", {"resource": "a"}, {"resource": "b"}),
        ("/environment", {"environment": "a"}, {"environment": "b"}),
        ("/action", {"name": "a"}, {"name": "b"}),
        ("/arguments/x", {"arguments": {"x": 1}}, {"arguments": {"x": "1"}}),
        ("/arguments/x", {"arguments": {"x": True}}, {"arguments": {"x": 1}}),
        ("/arguments/x", {"arguments": {"x": "null"}}, {"arguments": {}}),
        ("/arguments/x/1", {"arguments": {"x": [1, 2]}}, {"arguments": {"x": [1, 3]}}),
        ("/arguments/a~1b", {"arguments": {"a/b": 1}}, {"arguments": {"a/b": 2}}),
        ("/arguments/~01", {"arguments": {"~1": 1}}, {"arguments": {"~1": 2}}),
    ],
)
def test_other_groups_are_counted_apart(per: str, one: Any, other: Any) -> None:
    window = replace(ASKED, per=(per,))
    assert counter(window, pay(**one)) != counter(window, pay(**other))
    assert counter(window, pay(**one)) == counter(window, pay(**one))


@pytest.mark.parametrize(
    ("per", "one", "other"),
    [
        ("everything", {}, {"agent": "bot2", "subject": "a"}),
        ("agent", {}, {"subject": "a", "environment": "b"}),
        ("subject", {}, {"subject": ""}),
        ("/arguments/x", {"arguments": {}}, {"arguments": {"x": None}}),
        ("/arguments/x", {"arguments": {"x": 1}}, {"arguments": {"x": 1.0}}),
        ("/arguments/x/y", {"arguments": {}}, {"arguments": {"x": "y"}}),
        ("/arguments/x/9", {"arguments": {}}, {"arguments": {"x": [1]}}),
        ("/arguments/x/01", {"arguments": {}}, {"arguments": {"x": [1, 2]}}),
        ("/arguments/x/-", {"arguments": {}}, {"arguments": {"x": [1]}}),
    ],
)
def test_what_a_group_lacks_puts_it_with_others_that_lack_it(
    per: str, one: Any, other: Any
) -> None:
    window = replace(ASKED, per=(per,))
    assert counter(window, pay(**one)) == counter(window, pay(**other))


def test_sessions_belong_to_their_agent() -> None:
    window = replace(ASKED, per=("session",))
    both = [pay(), pay(agent="bot2")]
    for session in ("1", None):
        assert counter(window, both[0], session) != counter(window, both[1], session)
    assert counter(window, pay(), "1") != counter(window, pay(), "2")
    assert counter(window, pay(), "1") != counter(window, pay(), None)
    assert counter(window, pay(), "") == counter(window, pay(), None)


def test_members_of_a_group_are_not_mixed_up() -> None:
    window = replace(ASKED, per=("subject", "resource"))
    one, other = pay(subject="a", resource="b"), pay(subject="b", resource="a")
    assert counter(window, one) != counter(window, other)
    only = [pay(subject="a"), pay(resource="a")]
    assert counter(window, only[0]) != counter(window, only[1])


def test_another_key_or_order_counts_on_and_anything_else_begins_anew() -> None:
    window = replace(ASKED, per=("agent", "subject"), actions=("a", "b"))
    same = replace(window, key="x", per=("subject", "agent"), actions=("b", "a"))
    assert definition(same) == definition(window)
    action = pay(name="a")
    assert counter(same, action) == counter(window, action)
    for change in (
        {"measure": Measure.DISTINCT, "of": "/arguments/amount"},
        {"per": ("agent",)},
        {"within": 3601},
        {"actions": ("a",)},
    ):
        assert counter(replace(window, **change), action) != counter(window, action)


def test_two_windows_that_count_the_same_count_once() -> None:
    twin = replace(ASKED, key="twin")
    clock = Clock(ASKED, twin)
    clock.after(0, pay())
    assert clock.after(0, pay()) == {"asked": 2.0, "twin": 2.0}


def test_shares_survive_being_stored() -> None:
    at = {"session": None, "now": START}
    for window, action in ((SPENT, pay(0.05)), (REACHED, send(["a", "b"]))):
        share = shares_of([window], action, **at)[window.key]
        assert share is not None
        read = Share.read(share.as_dict())
        assert replace(read, counts_until=share.counts_until) == share
