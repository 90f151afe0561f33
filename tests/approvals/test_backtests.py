"""Back-tests: what they find, that they change nothing, and how they end."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from uuid_utils import uuid7

from approvals import backtesting, backtests, history, lifecycle, ruleset
from approvals.backtests import Wanted
from approvals.models import ApprovalRequest, Backtest
from approvals.policy_document import PolicyError
from approvals.submission import Submission
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.conftest import TIERS
from tests.approvals.processes import children
from tests.approvals.replaying import (
    STRICTER,
    compared,
    many,
    name_all,
    tiers_of,
)
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db

State = Backtest.State
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def begin(alice: User) -> Callable[..., Backtest]:
    def begin(source: str = STRICTER, **more: Any) -> Backtest:
        wanted = more.pop("wanted", Wanted())
        options = {"origin": "a text", "actor": alice, **more}
        return backtests.start(source, wanted, **options)

    return begin


def again(backtest: Backtest) -> Backtest:
    return Backtest.objects.get(pk=backtest.pk)


def vote(approval: ApprovalRequest, person: User, verdict: str) -> None:
    cast_vote(approval, person, verdict, message="So.")


# What it finds


def test_says_what_would_change_and_what_people_decided(ask, begin, alice) -> None:
    denied, approved, waits = ask("one"), ask("one"), ask("one")
    vote(denied, alice, "deny")
    vote(approved, alice, "approve")
    automatic, blocked = ask("none"), ask("never")
    two = ask("two")
    backtest = begin()
    assert (backtest.state, backtest.total) == (State.QUEUED, 6)
    assert backtests.run_due() == 1
    backtest = again(backtest)
    assert (backtest.state, backtest.done) == (State.DONE, 6)
    result = backtest.result
    assert tiers_of(result) == {
        str(denied.pk): ("one", "none"),
        str(approved.pk): ("one", "none"),
        str(waits.pk): ("one", "none"),
        str(automatic.pk): ("none", "one"),
        str(blocked.pk): ("never", "none"),
        str(two.pk): ("two", "never"),
    }
    lists = {k: v for k, v in result["lists"].items() if v["count"]}
    newest_first = [blocked, waits, approved, denied]
    assert lists == {
        "approves_denied": {
            "count": 1, "approved": 0, "denied": 1, "ids": [str(denied.pk)],
        },
        "approves": {
            "count": 4, "approved": 1, "denied": 1,
            "ids": [str(one.pk) for one in newest_first],
        },
        "blocks": {"count": 1, "approved": 0, "denied": 0, "ids": [str(two.pk)]},
        "asks": {"count": 1, "approved": 0, "denied": 0, "ids": [str(automatic.pk)]},
    }  # fmt: skip
    assert result["rules"][0] == {
        "key": "harmless", "gone": False,
        "matches": 4, "newly": 4, "no_longer": 1, "fails": 0,
    }  # fmt: skip


def test_a_denial_by_policy_is_no_persons(ask, begin) -> None:
    ask("never")
    begin()
    backtests.run_due()
    (found,) = Backtest.objects.all()
    assert found.result["lists"]["approves_denied"]["count"] == 0
    assert found.result["lists"]["approves"]["count"] == 1


def test_takes_the_newest_and_says_that_there_were_more(ask, begin) -> None:
    old, *newer = (ask("one", arguments={"n": n}) for n in range(5))
    backtest = begin(wanted=Wanted(most=4))
    assert (backtest.total, backtest.is_cut) == (4, True)
    backtests.run_due()
    found = tiers_of(again(backtest).result)
    assert found.keys() == {str(one.pk) for one in newer}
    assert str(old.pk) not in found


def test_what_comes_in_later_is_not_part_of_it(ask, begin) -> None:
    first = ask("one")
    backtest = begin()
    ask("one")
    backtests.run_due()
    assert tiers_of(again(backtest).result).keys() == {str(first.pk)}


def test_days_are_counted_back_from_now(ask) -> None:
    day = timedelta(days=1)
    ages = [timedelta(0), day - timedelta(minutes=1), day + timedelta(minutes=1)]
    for age in ages:
        at = timezone.now() - age
        made = uuid7(nanoseconds=int(at.timestamp() * 1e9))
        number = UUID(bytes=made.bytes)
        ApprovalRequest.objects.filter(pk=ask("one").pk).update(id=number)
    assert Wanted.of_days(1).span().total == 2
    assert Wanted.of_days(2).span().total == 3


def test_more_than_one_batch_comes_in_the_order_of_time(ask) -> None:
    first = ask("one")
    rows = [first, *many(first, 2 * history.BATCH + 7)]
    span = history.newest(10_000)
    assert span
    read = [request.past.id for request in history.read(span)]
    assert read == [str(row.pk) for row in rows]


def test_without_any_request_there_is_nothing_to_do(policy, begin) -> None:
    with pytest.raises(backtests.NothingThere):
        begin()
    assert not Backtest.objects.exists()
    assert not Entry.objects.filter(action="policy:backtested").exists()


def test_what_is_no_policy_is_refused(ask, begin) -> None:
    ask("one")
    with pytest.raises(PolicyError):
        begin("rules: []")
    assert not Backtest.objects.exists()


def test_a_request_of_an_unreadable_policy_is_judged_all_the_same(
    ask, begin, monkeypatch
) -> None:
    ask("two")

    def unreadable(version: int) -> Any:
        raise ruleset.NoPolicy

    monkeypatch.setattr(history, "ruleset_for", unreadable)
    found = compared(TIERS.replace("count: 2", "count: 3"))
    assert found["requests"] == 1
    assert found["lists"]["more_people"]["count"] == 0


# As if it had been published


WINDOWS = """
default_tier: one
tiers:
  none: {rank: 10, route: auto}
  one: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
  two: {rank: 30, route: review, requirements: [{group: reviewers, count: 2}]}
  never: {rank: 50, route: block}
actions:
  - {match: "db.*", kind: sql, pointers: {sql: /arguments/text}}
windows:
  - {key: spent, measure: sum, of: /arguments/amount, per: [agent], within: 1h,
     actions: [refund]}
  - {key: asked, measure: count, per: [session], within: 10m}
  - {key: reached, measure: distinct, of: /arguments/to, per: [agent, subject],
     within: 24h, actions: [mail]}
rules:
  - {key: small, when: 'action.name in ["refund", "mail"]', tier: none}
  - {key: read, when: action.name.startsWith("db.") && findings.count == 0, tier: none}
  - {key: broken, when: '"sql.drop" in findings.codes', tier: never}
  - {key: much, when: window.spent > 500.0, tier: two}
  - {key: often, when: window.asked > 5.0, tier: two}
  - {key: far, when: window.reached > 3.0, tier: never}
  - {key: night, when: now.getHours("UTC") < 6, tier: two}
"""
"""Every kind of window, what actions are, findings and the time of the day."""


def submissions() -> Iterator[tuple[datetime, Submission]]:
    """What agents ask for over two days: in haste, then slowly, then in haste."""
    names = ["refund", "mail", "slow", "db.run", "mail", "refund", "other"]
    texts = ["SELECT 1", "DROP TABLE a", "SELECT b FROM c", "rm -rf /"]
    at = NOON
    for n in range(160):
        pause = timedelta(seconds=20) if n // 20 % 2 else timedelta(minutes=n * 7 % 31)
        at += pause + timedelta(microseconds=n)
        arguments = {
            "amount": (n * 37) % 190 + 0.25,
            "to": [f"p{n % 5}@example.com", f"p{n % 3}@example.com"],
            "text": texts[n % len(texts)],
        }
        yield (
            at,
            Submission(
                action=names[n % len(names)],
                arguments=arguments,
                session=f"s{n % 2}" if n % 3 else None,
                subject=f"c{n % 2}",
            ),
        )


def submit_all(agent, editor) -> list[ApprovalRequest]:
    """Submit all, and edit some of them soon or an hour later."""
    found, edits = [], []
    for at, submission in submissions():
        while edits and edits[0][0] <= at:
            edit(*edits.pop(0), editor)
        with time_machine.travel(at, tick=False):
            answer = lifecycle.submit(submission, agent=agent)
        found.append(answer.approval)
        if submission.action == "slow" and len(found) % 2:
            late = timedelta(seconds=30 if len(found) % 4 == 3 else 3000)
            edits.append((at + late, answer.approval))
            edits.sort(key=lambda one: one[0])
    for one in edits:
        edit(*one, editor)
    return [ApprovalRequest.objects.get(pk=one.pk) for one in found]


def edit(at: datetime, approval: ApprovalRequest, editor: User) -> None:
    arguments = {**approval.arguments, "amount": 1}
    with time_machine.travel(at, tick=False):
        lifecycle.edit(
            approval.pk,
            actor=editor,
            revision=approval.revision,
            digest=approval.digest,
            arguments=arguments,
        )


def test_says_what_publishing_it_and_asking_again_really_comes_to(
    policy, agent, alice, monkeypatch
) -> None:
    name_all(monkeypatch)
    before = transaction.savepoint()
    asked = submit_all(agent, alice)
    foretold = tiers_of(compared(WINDOWS))
    said = [foretold[str(one.pk)][1] for one in asked]
    assert [foretold[str(one.pk)][0] for one in asked] == [one.tier for one in asked]
    transaction.savepoint_rollback(before)
    assert not ApprovalRequest.objects.exists()
    ruleset.publish(WINDOWS, actor=COMMAND_LINE, reason="for real")
    really = submit_all(agent, alice)
    assert said == [one.tier for one in really]
    assert {*said} == {"none", "one", "two", "never"}
    assert any(one.is_edited for one in really)
    rules = {reason for one in really for reason in one.reasons}
    assert rules >= {f"rule {key}" for key in ("much", "often", "far", "night")}


def test_windows_know_what_came_before_the_span(
    policy, agent, alice, monkeypatch
) -> None:
    name_all(monkeypatch)
    asked = submit_all(agent, alice)
    whole, half = compared(WINDOWS), compared(WINDOWS, most=60)
    known = tiers_of(whole)
    assert half["requests"] == 60
    assert tiers_of(half) == {str(one.pk): known[str(one.pk)] for one in asked[-60:]}
    assert half["windows_cut"] is None


def test_says_when_windows_do_not_know_everything(
    policy, agent, alice, monkeypatch
) -> None:
    submit_all(agent, alice)
    monkeypatch.setattr(backtesting, "LEAD_IN", 5)
    assert compared(WINDOWS, most=60)["windows_cut"] == 5


# It changes nothing


def contents() -> dict[str, str]:
    """A digest of every table but the back-tests' own."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = {}
        for table in sorted(set(tables) - {"approvals_backtest", "django_session"}):
            rows = "string_agg(t::text, chr(10) ORDER BY t::text)"
            cursor.execute(f'SELECT md5({rows}) FROM "{table}" AS t')
            found[table] = str(cursor.fetchone()[0])
    return found


def test_changes_nothing_but_one_entry(policy, agent, alice, begin) -> None:
    ruleset.publish(WINDOWS, actor=COMMAND_LINE, reason="with windows")
    submit_all(agent, alice)
    begin(WINDOWS.replace("500.0", "50.0"))
    before = contents()
    assert before["approvals_windowbucket"] != "None"
    backtests.run_due()
    assert Backtest.objects.get().state == State.DONE
    assert contents() == before


def test_that_it_was_started_is_in_the_log(ask, begin, alice) -> None:
    approval = ask("one")
    newest = Entry.objects.latest("id").pk
    backtest = begin(wanted=Wanted.of_days(7))
    (entry,) = Entry.objects.filter(pk__gt=newest)
    assert (entry.action, entry.actor_name) == ("policy:backtested", "alice")
    assert (entry.subject_type, entry.subject_id) == ("backtest", str(backtest.pk))
    assert entry.data == {
        "digest": ruleset.digest_of(STRICTER),
        "days": 7,
        "requests": 1,
        "first": str(approval.pk),
        "last": str(approval.pk),
    }


# How it ends


@pytest.fixture
def hundreds(ask) -> None:
    many(ask("one"), 399)


def test_a_process_that_is_killed_ends_it_with_a_sentence(hundreds, begin) -> None:
    backtest = begin()

    def kill() -> bool:
        for child in children(os.getpid()):
            os.kill(child, signal.SIGKILL)
        return False

    backtests.run_due(kill)
    backtest = again(backtest)
    assert (backtest.state, backtest.result) == (State.FAILED, None)
    assert "ended before it was done (signal 9)" in backtest.problem
    assert children(os.getpid()) == []


def test_its_owner_stops_it(hundreds, begin, alice, monkeypatch) -> None:
    monkeypatch.setattr(backtests, "TOLD_EVERY", 0)
    backtest = begin()

    def stop() -> bool:
        if children(os.getpid()) and again(backtest).is_active:
            backtests.stop(backtest.pk, actor=alice)
        return False

    backtests.run_due(stop)
    backtest = again(backtest)
    assert (backtest.state, backtest.result) == (State.STOPPED, None)
    assert backtest.done < backtest.total
    assert children(os.getpid()) == []
    with pytest.raises(backtests.OverAlready):
        backtests.stop(backtest.pk, actor=alice)


def test_nobody_else_stops_it(ask, begin, bob) -> None:
    ask("one")
    backtest = begin()
    with pytest.raises(Backtest.DoesNotExist):
        backtests.stop(backtest.pk, actor=bob)
    assert again(backtest).state == State.QUEUED


def test_a_worker_that_ends_puts_it_back(hundreds, begin) -> None:
    backtest, ending = begin(), threading.Event()

    def is_ending() -> bool:
        if children(os.getpid()):
            ending.set()
        return ending.is_set()

    backtests.run_due(is_ending)
    backtest = again(backtest)
    assert (backtest.state, backtest.done) == (State.QUEUED, 0)
    assert backtests.run_due() == 1
    assert again(backtest).state == State.DONE


def test_says_how_far_it_is(hundreds, begin, monkeypatch) -> None:
    monkeypatch.setattr(backtests, "TOLD_EVERY", 0)
    backtest, seen = begin(), []

    def look() -> bool:
        seen.append(again(backtest).done)
        return False

    backtests.run_due(look)
    assert seen == sorted(seen)
    assert len({*seen}) > 5
    assert all(0 <= done <= 400 for done in seen)


def held(backtest: Backtest, attempts: int, ends: timedelta) -> None:
    """As a worker that died would have left it."""
    Backtest.objects.filter(pk=backtest.pk).update(
        state=State.RUNNING,
        attempts=attempts,
        leased_until=timezone.now() + ends,
    )


def test_one_whose_worker_died_is_taken_up_again(ask, begin) -> None:
    ask("one")
    backtest = begin()
    held(backtest, 1, timedelta(minutes=1))
    assert backtests.run_due() == 0
    held(backtest, 1, -timedelta(minutes=1))
    assert backtests.run_due() == 1
    backtest = again(backtest)
    assert (backtest.state, backtest.attempts) == (State.DONE, 2)


def test_one_that_always_dies_fails_with_a_sentence(ask, begin) -> None:
    ask("one")
    backtest = begin()
    held(backtest, backtests.ATTEMPTS, -timedelta(minutes=1))
    assert backtests.run_due() == 0
    backtest = again(backtest)
    assert backtest.state == State.FAILED
    assert backtest.problem == "It was begun 3 times and never ended."


def test_a_worker_that_lost_it_writes_nothing(hundreds, begin, monkeypatch) -> None:
    monkeypatch.setattr(backtests, "TOLD_EVERY", 0)
    backtest = begin()

    def lose() -> bool:
        if again(backtest).attempts == 1:
            held(backtest, 2, timedelta(minutes=1))
        return False

    backtests.run_due(lose)
    backtest = again(backtest)
    assert (backtest.state, backtest.attempts) == (State.RUNNING, 2)


def test_what_goes_wrong_here_ends_it_too(ask, begin, monkeypatch, caplog) -> None:
    ask("one")
    backtest = begin()
    Backtest.objects.filter(pk=backtest.pk).update(source="default_tier: [")
    backtests.run_due()
    assert again(backtest).state == State.FAILED
    assert again(backtest).problem


# Several


def test_a_person_has_one_at_a_time(ask, begin) -> None:
    ask("one")
    begin()
    entries = Entry.objects.count()
    with pytest.raises(backtests.BusyAlready):
        begin()
    assert Backtest.objects.count() == 1
    assert Entry.objects.count() == entries
    backtests.run_due()
    begin()


def test_two_people_come_one_after_the_other(ask, begin, bob) -> None:
    ask("one")
    first, second = begin(), begin(actor=bob)
    claimed = backtests.claim()
    assert claimed
    assert claimed.pk == first.pk
    assert backtests.claim() is None
    held(first, 1, -timedelta(minutes=1))
    assert backtests.run_due() == 2
    assert {again(first).state, again(second).state} == {State.DONE}


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_race_one_gets_it(ask, begin, bob) -> None:
    ask("one")
    begin(), begin(actor=bob)
    start, found = threading.Barrier(6), []

    def work() -> None:
        start.wait()
        try:
            found.append(backtests.claim())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert sum(one is not None for one in found) == 1


@pytest.mark.django_db(transaction=True)
def test_starting_one_wakes_the_worker_after_the_commit(
    ask, begin, monkeypatch
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(backtests, "_wakes", [])
    backtests.on_start(lambda: woken.append(Backtest.objects.count()))
    ask("one")
    begin()
    assert woken == [1]


# What is kept


def test_forgets_what_is_older_than_a_month(ask, begin, bob) -> None:
    ask("one")
    old, waits, new = begin(), begin(actor=bob), None
    backtests.stop(old.pk, actor=old.owner)
    new = begin()
    backtests.stop(new.pk, actor=new.owner)
    ago = timezone.now() - backtests.KEPT_FOR - timedelta(minutes=1)
    Backtest.objects.filter(pk__in=[old.pk, waits.pk]).update(created_at=ago)
    assert backtests.forget_old() == 1
    assert {*Backtest.objects.all()} == {waits, new}


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "done", "finished_at": NOON}, "backtest_is_as_its_state_says"),
        ({"state": "failed", "finished_at": NOON}, "backtest_is_as_its_state_says"),
        ({"state": "running"}, "backtest_is_as_its_state_says"),
        ({"state": "gone"}, "backtest_is_as_its_state_says"),
        ({"leased_until": NOON}, "backtest_is_as_its_state_says"),
        ({"done": 2}, "backtest_does_what_there_is"),
        ({"total": 0}, "backtest_does_what_there_is"),
        ({"digest": "x"}, "backtest_digest_is_sha256"),
    ],
)
def test_the_database_refuses_nonsense(ask, begin, change, constraint) -> None:
    ask("one")
    backtest = begin()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Backtest.objects.filter(pk=backtest.pk).update(**change)
