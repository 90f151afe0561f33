"""What windows hold in the database: as in memory, and with every way of judging."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Brake
from agents.registry import register_agent
from approvals import humans, lifecycle
from approvals.lifecycle import counters
from approvals.loosening import action_of, has_loosened
from approvals.models import ApprovalRequest, Policy, WindowBucket, WindowValue
from approvals.ruleset import current
from approvals.windows import Shares, Tally, shares_of
from audit.log import COMMAND_LINE, SYSTEM
from audit.models import Entry
from tests.approvals import counting
from tests.approvals.counting import RULES, SPENT, TIERS, WINDOWS, ask, logged, refund
from tests.approvals.views.acts import everything

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def policy(db: None) -> Policy:
    return counting.publish()


@pytest.fixture(autouse=True)
def clock(policy: Policy) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def other(db: None) -> Agent:
    return register_agent("other-bot", actor=COMMAND_LINE).agent


def mail(agent: Agent, to: Any, **more: Any) -> ApprovalRequest:
    return counting.mail(agent, to, **more)


def edit(approval: ApprovalRequest, actor: User, **arguments: Any) -> ApprovalRequest:
    return lifecycle.edit(
        approval.pk,
        actor=actor,
        revision=approval.revision,
        digest=approval.digest,
        arguments=arguments,
    )


def totals() -> list[Any]:
    """All that the counters hold."""
    buckets = WindowBucket.objects.order_by("counter", "bucket")
    values = WindowValue.objects.order_by("counter", "value", "bucket")
    return [*buckets.values_list(), *values.values_list()]


def test_what_a_request_was_judged_with_is_kept_and_logged(agent: Agent) -> None:
    refund(agent, 100.25, session="s")
    approval = refund(agent, 400, session="s")
    approval.refresh_from_db()
    assert approval.window_values == {"spent": 500.25, "asked": 2.0, "reached": 0.0}
    assert (approval.tier, approval.state) == ("two", "pending")
    assert approval.reasons[:2] == ["rule much", "rule small"]
    assert logged(approval, "request:submitted")["windows"] == approval.window_values


def test_what_cannot_be_measured_is_kept_as_null(agent: Agent) -> None:
    approval = refund(agent, "100")
    approval.refresh_from_db()
    assert approval.window_values == {"spent": None, "asked": 1.0, "reached": 0.0}
    assert (approval.tier, approval.state) == ("never", "denied")
    assert logged(approval, "request:submitted")["windows"]["spent"] is None
    assert refund(agent, 1).window_values["spent"] == 1.0


def test_agents_sessions_and_subjects_are_counted_apart(
    agent: Agent, other: Agent
) -> None:
    assert refund(agent, 400, session="s").window_values["asked"] == 1.0
    assert refund(agent, 1, session="t").window_values["asked"] == 1.0
    mine = refund(other, 400, session="s").window_values
    assert (mine["spent"], mine["asked"]) == (400.0, 1.0)
    assert mail(agent, ["a", "b"], subject="x").window_values["reached"] == 2.0
    assert mail(agent, "c", subject="y").window_values["reached"] == 1.0
    assert mail(agent, "c", subject="x").window_values["reached"] == 3.0


def test_without_a_session_an_agent_is_its_own(agent: Agent, other: Agent) -> None:
    asked = [refund(one, 1).window_values["asked"] for one in (agent, agent, other)]
    assert asked == [1.0, 2.0, 1.0]


def test_what_is_denied_counts_too(agent: Agent) -> None:
    counting.publish(TIERS + SPENT)
    assert refund(agent, 600).state == "denied"
    assert refund(agent, 1).window_values == {"spent": 601.0}


def test_time_goes_by_in_buckets_of_a_60th(
    agent: Agent, clock: time_machine.Traveller
) -> None:
    clock.move_to(START + timedelta(seconds=59, microseconds=999_999))
    refund(agent, 500)
    for seconds, held in ((60, 501), (3600, 502), (3659.999999, 503), (3660, 4)):
        clock.move_to(START + timedelta(seconds=seconds))
        assert refund(agent, 1).window_values["spent"] == held, seconds


def test_counters_of_two_machines_whose_clocks_differ_add_up(
    agent: Agent, clock: time_machine.Traveller
) -> None:
    clock.move_to(START + timedelta(minutes=3))
    refund(agent, 300)
    mail(agent, "a")
    clock.move_to(START)
    assert refund(agent, 300).window_values["spent"] == 600.0
    assert mail(agent, "a").window_values["reached"] == 1.0
    assert mail(agent, "b").window_values["reached"] == 2.0


def test_without_windows_nothing_more_is_asked_of_the_database(agent: Agent) -> None:
    asked = {}
    for name, windows in (
        ("none", ""),
        ("sum", WINDOWS.partition("  - {key: reached")[0]),
        ("distinct", WINDOWS),
    ):
        rules = "rules:\n  - {key: r, when: action.name == 'mail', tier: none}\n"
        counting.publish(TIERS + windows + rules)
        mail(agent, "a")
        with CaptureQueriesContext(connection) as queries:
            mail(agent, "b")
        asked[name] = [query["sql"] for query in queries.captured_queries]
    assert not [sql for sql in asked["none"] if "window" in sql and "INSERT" not in sql]
    extra = {name: len(asked[name]) - len(asked["none"]) for name in asked}
    assert extra == {"none": 0, "sum": 2, "distinct": 3}


def test_groups_are_locked_in_one_order_so_that_nobody_waits_in_a_circle(
    agent: Agent,
) -> None:
    with CaptureQueriesContext(connection) as queries:
        for number in range(20):
            mail(agent, "a", session=str(number), subject=str(number))
    locked = [
        [int(one) for one in re.findall(r"-?\d{9,}", query["sql"])]
        for query in queries.captured_queries
        if "advisory_xact_lock(number)" in query["sql"]
    ]
    assert [len(numbers) for numbers in locked] == [2] * 20
    assert locked == [sorted(numbers) for numbers in locked]


class TestEdit:
    """A person changes the arguments of what waits."""

    @pytest.fixture
    def asked(self, agent: Agent) -> ApprovalRequest:
        """Takes the sum from 200 to 700, so that it waits for people."""
        refund(agent, 200)
        return refund(agent, 500, session="s")

    def test_takes_out_what_was_asked_before(
        self, agent: Agent, asked: ApprovalRequest, alice: User
    ) -> None:
        edited = edit(asked, alice, amount=300)
        assert edited.window_values == {"spent": 500.0, "asked": 1.0, "reached": 0.0}
        assert logged(edited, "request:edited")["windows"] == edited.window_values
        edited.refresh_from_db()
        assert edited.window_values["spent"] == 500.0
        assert edit(edited, alice, amount=301).window_values["spent"] == 501.0
        assert refund(agent, 9).window_values["spent"] == 510.0

    def test_counts_again_from_now_on(
        self,
        agent: Agent,
        asked: ApprovalRequest,
        alice: User,
        clock: time_machine.Traveller,
    ) -> None:
        clock.shift(timedelta(minutes=59))
        edit(asked, alice, amount=300)
        clock.shift(timedelta(minutes=30))
        assert refund(agent, 1).window_values["spent"] == 301.0

    def test_what_no_longer_counts_need_not_be_taken_out(
        self,
        agent: Agent,
        asked: ApprovalRequest,
        alice: User,
        clock: time_machine.Traveller,
    ) -> None:
        clock.shift(timedelta(hours=3))
        lifecycle.forget_windows()
        assert edit(asked, alice, amount=300).window_values["spent"] == 300.0
        assert refund(agent, 1).window_values["spent"] == 301.0

    def test_the_preview_shows_the_same_and_stores_nothing(
        self, asked: ApprovalRequest, alice: User
    ) -> None:
        for amount in (0, 300, 301, "x"):
            before = (everything(), totals())
            candidate = ApprovalRequest.objects.select_related("agent").get(pk=asked.pk)
            try:
                lifecycle.revise(candidate, {"amount": amount}, now=timezone.now())
            except lifecycle.EditRefused:
                assert amount == "x"
                with pytest.raises(lifecycle.EditRefused):
                    edit(asked, alice, amount=amount)
                assert (everything(), totals()) == before
                continue
            assert (everything(), totals()) == before
            asked = edit(asked, alice, amount=amount)
            assert candidate.window_values == asked.window_values
            assert candidate.window_shares == asked.window_shares

    def test_of_distinct_values_only_those_go_that_nobody_else_asked_for(
        self, agent: Agent, alice: User, clock: time_machine.Traveller
    ) -> None:
        mail(agent, ["a", "b", "c"])
        clock.shift(timedelta(hours=1))
        asked = mail(agent, ["c", "d"])
        assert (asked.window_values["reached"], asked.tier) == (4.0, "two")
        for to, held in ((["d"], 4.0), (["a"], 3.0), (["c", "d"], 4.0), (["e"], 4.0)):
            candidate = ApprovalRequest.objects.select_related("agent").get(pk=asked.pk)
            lifecycle.revise(candidate, {"to": to}, now=timezone.now())
            asked = edit(asked, alice, to=to)
            assert asked.window_values["reached"] == held, to
            assert candidate.window_values == asked.window_values
        # The first three are forgotten a day later, the fourth an hour after them.
        clock.move_to(START + timedelta(hours=24, minutes=30))
        assert mail(agent, []).window_values["reached"] == 1.0


def test_holds_what_it_holds_in_memory_whatever_is_asked(
    agent: Agent, other: Agent, alice: User, clock: time_machine.Traveller
) -> None:
    """300 random requests and edits of two agents, over hours."""
    draw, tally = random.Random(4), Tally()
    counting.publish(TIERS + WINDOWS + RULES.replace(", tier: none", ", tier: one"))
    windows = current()[1].windows
    waiting: list[tuple[ApprovalRequest, Shares]] = []
    for _ in range(300):
        clock.shift(timedelta(seconds=draw.choice([0, 1, 30, 300, 3000])))
        now = timezone.now()
        to = draw.sample("abcde", draw.randrange(3))
        arguments = {"amount": draw.randrange(10_000) / 100, "to": to}
        before: Shares = {}
        if waiting and draw.random() < 0.3:
            approval, before = waiting.pop(draw.randrange(len(waiting)))
            if is_gone(approval):
                continue
            approval = edit(approval, alice, **arguments, n=draw.random())
        else:
            approval = ask(
                draw.choice([agent, other]),
                draw.choice(["refund", "mail"]),
                arguments,
                session=draw.choice([None, "s"]),
                subject=draw.choice([None, "x"]),
            )
        values, shares = tally.count(
            windows,
            action_of(approval),
            session=approval.session,
            now=now,
            instead_of=before,
        )
        assert approval.window_values == values
        waiting.append((approval, shares))
        if draw.random() < 0.1:
            lifecycle.forget_windows()


def is_gone(approval: ApprovalRequest) -> bool:
    return approval.expires_at <= timezone.now() or approval.state != "pending"


class TestJudgedAnew:
    """What waited under a hold, when the policy is another one after it."""

    @pytest.fixture
    def held(self, agent: Agent) -> ApprovalRequest:
        self.hold = lifecycle.engage_brake(
            scope="everything", reason="odd things happen", actor=SYSTEM
        )
        approval = refund(agent, 400)
        assert (approval.state, approval.route) == ("pending", "auto")
        return approval

    def let_go(self) -> None:
        for human in ("user:1", "user:2"):
            engaged = Brake.objects.get(pk=self.hold.pk)
            if engaged.released_at is None:
                lifecycle.release_brake(
                    engaged.pk, human=human, actor=SYSTEM, reason="looked at"
                )

    def test_counts_in_the_windows_of_the_policy_in_force(
        self, agent: Agent, held: ApprovalRequest
    ) -> None:
        counting.publish(
            (TIERS + SPENT).replace("within: 1h", "within: 2h").replace("500", "399")
        )
        self.let_go()
        held.refresh_from_db()
        assert held.window_values == {"spent": 400.0}
        assert (held.state, held.tier) == ("denied", "never")
        assert refund(agent, 1).window_values == {"spent": 401.0}

    def test_counts_once_where_the_window_is_the_same(
        self, agent: Agent, held: ApprovalRequest
    ) -> None:
        counting.publish((TIERS + WINDOWS + RULES).replace("500.0", "600.0"))
        self.let_go()
        held.refresh_from_db()
        assert (held.state, held.window_values["spent"]) == ("approved", 400.0)
        assert refund(agent, 1).window_values["spent"] == 401.0

    def test_counts_nowhere_where_there_are_no_windows_any_more(
        self, held: ApprovalRequest
    ) -> None:
        counting.publish(TIERS + RULES.partition("  - {key: much")[0])
        self.let_go()
        held.refresh_from_db()
        assert (held.state, held.window_values) == ("approved", {})
        assert set(WindowBucket.objects.values_list("total", flat=True)) == {0}


class TestLoosening:
    """Who made the policy gentler does not decide on what it became gentler for."""

    @pytest.fixture
    def published(self, admin: User) -> Callable[[str], Callable[..., bool]]:
        def publish(source: str) -> Callable[..., bool]:
            counting.publish(source, user=admin)
            return lambda approval: has_loosened(approval, admin.pk, humans.current())

        return publish

    @pytest.fixture
    def source(self) -> str:
        """A policy after which each refund waits for one person or for two."""
        rules = RULES.replace(", tier: none", ", tier: one")
        source = TIERS + WINDOWS + rules
        counting.publish(source)
        return source

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("window.spent > 500.0", "window.spent > 900.0"),
            ("  - {key: much, when: window.spent > 500.0, tier: two}\n", ""),
        ],
        ids=["a higher limit", "no rule"],
    )
    def test_counts_for_what_is_above_the_old_limit(
        self,
        source: str,
        agent: Agent,
        published: Callable[[str], Callable[..., bool]],
        old: str,
        new: str,
    ) -> None:
        is_theirs = published(source.replace(old, new))
        assert not is_theirs(refund(agent, 400))
        assert is_theirs(refund(agent, 400))
        assert not is_theirs(mail(agent, "a"))

    def test_counts_for_what_could_not_be_measured(
        self,
        source: str,
        agent: Agent,
        published: Callable[[str], Callable[..., bool]],
    ) -> None:
        rule = "  - {key: much, when: window.spent > 500.0, tier: two}\n"
        is_theirs = published(source.replace(rule, ""))
        assert is_theirs(refund(agent, "100"))
        assert not is_theirs(refund(agent, 100))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("within: 1h", "within: 59m"),
            ("per: [agent], within: 1h", "per: [agent, subject], within: 1h"),
            ("measure: sum, of: /arguments/amount", "measure: count"),
            ("actions: [refund]", "actions: [refund.small]"),
        ],
        ids=["a shorter time", "smaller groups", "something else", "other actions"],
    )
    def test_nobody_knows_what_a_window_would_have_held_that_counted_more(
        self,
        source: str,
        agent: Agent,
        published: Callable[[str], Callable[..., bool]],
        old: str,
        new: str,
    ) -> None:
        assert source.count(old) == 1
        is_theirs = published(source.replace(old, new))
        assert is_theirs(refund(agent, 1))
        assert not is_theirs(mail(agent, "a"))

    def test_nobody_knows_what_a_window_would_have_held_that_is_gone(
        self,
        source: str,
        agent: Agent,
        published: Callable[[str], Callable[..., bool]],
    ) -> None:
        is_theirs = published(TIERS + RULES.partition("  - {key: much")[0])
        counting.publish(source + "# And back.", user=None)
        assert not is_theirs(refund(agent, 600))
        is_theirs = published(
            TIERS + RULES.partition("  - {key: much")[0].replace("none}", "one}")
        )
        assert is_theirs(refund(agent, 600))
        assert not is_theirs(ask(agent, "slow", {}))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("spent", "refunded"),
            ("within: 1h", "within: 2h"),
            (",\n     actions: [refund]", ""),
            ("actions: [refund]", "actions: [refund, note]"),
        ],
        ids=["another key", "a longer time", "all actions", "more actions"],
    )
    def test_a_window_that_counts_as_much_or_more_loosens_nothing(
        self,
        source: str,
        agent: Agent,
        published: Callable[[str], Callable[..., bool]],
        old: str,
        new: str,
    ) -> None:
        assert old in source
        is_theirs = published(source.replace(old, new))
        assert not is_theirs(refund(agent, 1))
        assert not is_theirs(refund(agent, 600))


class TestForgetting:
    def test_forgets_what_nothing_counts_any_more_and_nothing_else(
        self, agent: Agent, clock: time_machine.Traveller
    ) -> None:
        refund(agent, 400)
        mail(agent, ["a", "b"])
        for hours, buckets, values in ((1, 3, 2), (3, 1, 2), (24, 1, 2), (26, 0, 0)):
            clock.move_to(START + timedelta(hours=hours))
            lifecycle.forget_windows()
            assert WindowBucket.objects.count() == buckets, hours
            assert WindowValue.objects.count() == values, hours

    def test_a_round_forgets_so_many_at_most(
        self, agent: Agent, clock: time_machine.Traveller, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(counters, "BATCH", 2)
        mail(agent, ["a", "b", "c"])
        clock.shift(timedelta(hours=30))
        assert lifecycle.forget_windows() == 4
        assert lifecycle.forget_windows() == 1
        assert lifecycle.forget_windows() == 0

    def test_the_sweeper_does_it(self) -> None:
        assert lifecycle.forget_windows in lifecycle.SWEEPS


def test_a_total_below_zero_is_refused(agent: Agent) -> None:
    refund(agent, 1)
    with (
        pytest.raises(IntegrityError, match="window_total_is_not_negative"),
        transaction.atomic(),
    ):
        WindowBucket.objects.update(total=-1)


def test_amounts_are_stored_exactly(agent: Agent) -> None:
    for amount in (9e15, 9e15, 0.000000000001):
        refund(agent, amount)
    window = current()[1].windows[0]
    share = shares_of(
        [window],
        action_of(ApprovalRequest.objects.latest("id")),
        session=None,
        now=START,
    )["spent"]
    assert share is not None
    bucket = WindowBucket.objects.get(counter=share.counter)
    assert str(bucket.total) == "18000000000000000.000000000001"


def test_the_log_can_be_verified_whatever_a_window_holds(agent: Agent) -> None:
    held = []
    for amount in (0.000000000001, 0.1, 2**53 - 2, 0.9, 2**53 - 1, 1e19, "x"):
        held.append(refund(agent, amount).window_values["spent"])
    assert held == [1e-12, 0.100000000001, 2.0**53 - 2, None, None, None, None]
    for entry in Entry.objects.all():
        assert entry.canonical_bytes() == bytes(entry.canonical)
