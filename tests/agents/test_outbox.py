import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agents import outbox, registry
from agents.models import Delivery, DeliveryAttempt
from agents.outbox import Attempt
from audit.log import SYSTEM, person
from audit.models import Entry
from audit.payloads import facts_of
from tests.agents.race import at_once

DATA = {"id": "0199", "message": "né\x00\ud800"}


@pytest.fixture
def target(with_callback):
    return with_callback()


def enqueue(agent, **changes):
    event = {"type": "request.approved", "data": DATA, "subject_id": "0199"}
    with transaction.atomic():
        return outbox.enqueue(agent=agent, **event | changes)


def attempt(status=None, **changes):
    return Attempt(started_at=timezone.now(), status=status, **changes)


def fail(delivery, times):
    for _ in range(times):
        delivery = outbox.record_attempt(delivery, attempt(500))
    return delivery


def actions():
    return list(
        Entry.objects.filter(subject_type="delivery")
        .order_by("id")
        .values_list("action", flat=True)
    )


def due_in(delivery):
    return (delivery.next_attempt_at - timezone.now()).total_seconds()


def test_the_body_is_compact_json_of_type_timestamp_and_data(target):
    delivery = enqueue(target)
    delivery.refresh_from_db()
    message = json.loads(delivery.body)
    assert list(message) == ["type", "timestamp", "data"]
    assert message["type"] == "request.approved"
    assert message["data"] == DATA
    assert datetime.fromisoformat(message["timestamp"]).tzinfo == UTC
    assert message["timestamp"].endswith("Z")
    assert ", " not in delivery.body
    assert delivery.state == "pending"


def test_an_agent_without_a_callback_gets_no_delivery(agent):
    assert enqueue(agent) is None
    assert not Delivery.objects.exists()


def test_a_disabled_callback_gets_no_delivery(target):
    registry.disable_callback(target, target.callback_url, actor=SYSTEM)
    target.refresh_from_db()
    assert enqueue(target) is None


@pytest.mark.django_db(transaction=True)
def test_nothing_is_enqueued_outside_a_transaction(target):
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.enqueue(agent=target, type="x", data={}, subject_id="1")


def test_a_commit_wakes_whoever_asked_and_no_failure_harms(
    target, monkeypatch, django_capture_on_commit_callbacks, caplog
):
    monkeypatch.setattr(outbox, "_wakes", [])
    woken = []

    def broken():
        raise ConnectionError("no broker")

    def wake():
        woken.append(1)

    for callback in (broken, wake, wake):
        outbox.on_enqueue(callback)
    with django_capture_on_commit_callbacks(execute=True):
        enqueue(target)
        assert woken == []
    assert woken == [1]
    assert "no broker" in caplog.text


def test_what_is_due_is_claimed_oldest_first_and_only_once(target):
    first, second = enqueue(target), enqueue(target)
    Delivery.objects.filter(pk=second.pk).update(
        next_attempt_at=Now() - timedelta(hours=1)
    )
    assert outbox.claim_due(limit=10) == [second, first]
    assert outbox.claim_due(limit=10) == []


def test_claiming_counts_no_attempt_and_ends_with_the_lease(target):
    enqueue(target)
    (claimed,) = outbox.claim_due(limit=10)
    claimed.refresh_from_db()
    assert claimed.attempts_made == 0
    assert 15 < due_in(claimed) <= 20
    Delivery.objects.update(next_attempt_at=Now() - timedelta(seconds=1))
    assert outbox.claim_due(limit=10) == [claimed]


def test_no_more_than_the_limit_is_claimed(target):
    for _ in range(3):
        enqueue(target)
    assert len(outbox.claim_due(limit=2)) == 2


def test_what_is_finished_or_not_yet_due_is_not_claimed(target):
    later, done, dead = enqueue(target), enqueue(target), enqueue(target)
    Delivery.objects.filter(pk=later.pk).update(
        next_attempt_at=Now() + timedelta(seconds=30)
    )
    outbox.record_attempt(done, attempt(200))
    outbox.record_attempt(dead, attempt(is_final=True))
    assert outbox.claim_due(limit=10) == []


def test_one_agent_does_not_take_every_place(target, settings):
    other = registry.register_agent(
        "other", actor=SYSTEM, callback_url=target.callback_url
    ).agent
    for _ in range(5):
        enqueue(target)
    of_other = enqueue(other)
    claimed = outbox.claim_due(limit=3, per_agent=2)
    assert of_other in claimed
    assert len(claimed) == 3


def test_busy_agents_are_passed_over(target):
    enqueue(target)
    assert outbox.claim_due(limit=3, busy_agents=[target.pk]) == []


def test_an_attempt_is_stored_as_it_was(target):
    delivery = enqueue(target)
    started = timezone.now()
    outbox.record_attempt(
        delivery,
        Attempt(
            started_at=started,
            duration_ms=12,
            status=503,
            error="e" * 600,
            response="busy",
        ),
    )
    stored = DeliveryAttempt.objects.get()
    assert (stored.delivery, stored.number) == (delivery, 1)
    assert (stored.started_at, stored.duration_ms) == (started, 12)
    assert (stored.status, stored.response) == (503, "busy")
    assert stored.error == "e" * 500


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_delivered_and_recorded(target, status):
    delivery = outbox.record_attempt(enqueue(target), attempt(status))
    assert delivery.state == "delivered"
    assert delivery.finished_at is not None
    entry = Entry.objects.get(subject_type="delivery")
    assert entry.action == "delivery:delivered"
    assert entry.subject_id == str(delivery.pk)
    assert entry.data["request"] == "0199"


def test_an_entry_names_what_the_delivery_was_about(target):
    outbox.record_attempt(enqueue(target, type="brake.engaged"), attempt(200))
    data = Entry.objects.get(action="delivery:delivered").data
    assert (data["brake"], "request" in data) == ("0199", False)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 302, 400, 404, 500])
def test_anything_else_is_tried_again_after_five_seconds(target, status):
    delivery = outbox.record_attempt(enqueue(target), attempt(status))
    assert delivery.state == "pending"
    assert 3 < due_in(delivery) <= 6
    assert actions() == []


def test_the_tenth_failure_kills_it(target):
    delivery = fail(enqueue(target), 9)
    assert delivery.state == "pending"
    delivery = fail(delivery, 1)
    assert (delivery.state, delivery.attempts_made) == ("dead", 10)
    assert actions() == ["delivery:died"]


def test_a_final_failure_kills_it_at_once(target):
    delivery = outbox.record_attempt(
        enqueue(target), attempt(410, error="gone", is_final=True)
    )
    assert delivery.state == "dead"
    assert facts_of(Entry.objects.get(action="delivery:died"))["error"] == "gone"


def test_a_delivered_one_never_goes_back(target):
    delivery = enqueue(target)
    outbox.record_attempt(delivery, attempt(200))
    late = outbox.record_attempt(delivery, attempt(500, is_final=True))
    assert (late.state, late.attempts_made) == ("delivered", 2)
    assert actions() == ["delivery:delivered"]
    assert delivery.attempts.count() == 2


def test_a_dead_one_stays_dead_when_a_late_answer_comes(target):
    delivery = outbox.record_attempt(enqueue(target), attempt(is_final=True))
    assert outbox.record_attempt(delivery, attempt(200)).state == "dead"


def test_waits_follow_the_schedule_of_the_contract():
    hours = 3600
    seconds = [5, 300, 1800, 2 * hours, 5 * hours, 10 * hours, 14 * hours, 20 * hours]
    waits = [
        outbox.wait_before_next(made, retry_after=None, jitter=0).total_seconds()
        for made in range(1, 10)
    ]
    assert waits == [*seconds, 24 * hours]
    assert outbox.wait_before_next(10, retry_after=None, jitter=0) is None


@pytest.mark.parametrize(("jitter", "seconds"), [(-1, 240), (1, 360)])
def test_waits_vary_by_a_fifth(jitter, seconds):
    wait = outbox.wait_before_next(2, retry_after=None, jitter=jitter)
    assert wait.total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [(1, 5), (60, 60), (86400, 86400), (10**9, 86400)]
)
def test_a_longer_retry_after_counts_up_to_a_day(retry_after, seconds):
    wait = outbox.wait_before_next(1, retry_after=retry_after, jitter=0)
    assert wait.total_seconds() == seconds


@given(
    st.integers(1, 9),
    st.none() | st.floats(0, 1e300),
    st.floats(-1, 1),
)
def test_no_wait_is_negative_or_for_ever(made, retry_after, jitter):
    wait = outbox.wait_before_next(made, retry_after=retry_after, jitter=jitter)
    assert timedelta(0) < wait <= timedelta(hours=24) * 1.2


def test_a_retry_after_moves_the_next_attempt(target):
    delivery = outbox.record_attempt(enqueue(target), attempt(503, retry_after=600))
    assert 590 < due_in(delivery) <= 600


def test_a_person_replays_a_dead_one(target, alice):
    delivery = fail(enqueue(target), 10)
    outbox.replay(delivery, actor=person(alice))
    assert outbox.claim_due(limit=10) == [delivery]
    entry = Entry.objects.get(action="delivery:replayed")
    assert (entry.actor_name, entry.subject_id) == ("alice", str(delivery.pk))


def test_a_replay_of_a_used_up_one_is_one_more_attempt(target):
    delivery = fail(enqueue(target), 10)
    outbox.replay(delivery, actor=SYSTEM)
    assert fail(delivery, 1).state == "dead"
    outbox.replay(delivery, actor=SYSTEM)
    assert outbox.record_attempt(delivery, attempt(200)).state == "delivered"
    assert actions() == [
        "delivery:died",
        "delivery:replayed",
        "delivery:died",
        "delivery:replayed",
        "delivery:delivered",
    ]


@pytest.mark.parametrize("status", [200, 500])
def test_only_a_dead_one_is_replayed(target, status):
    delivery = outbox.record_attempt(enqueue(target), attempt(status))
    with pytest.raises(outbox.NotDead):
        outbox.replay(delivery, actor=SYSTEM)


def test_the_database_refuses_two_attempts_of_one_number(target):
    delivery = enqueue(target)
    outbox.record_attempt(delivery, attempt(500))
    Delivery.objects.update(attempts_made=0)
    with pytest.raises(IntegrityError, match="attempts_are_numbered"):
        outbox.record_attempt(delivery, attempt(500))


@pytest.mark.parametrize(
    "broken", [{"state": "dead"}, {"finished_at": Now()}, {"state": "lost"}]
)
def test_the_database_refuses_a_half_finished_delivery(target, broken):
    enqueue(target)
    with (
        pytest.raises(IntegrityError, match="delivery_finished_or_pending"),
        transaction.atomic(),
    ):
        Delivery.objects.update(**broken)


def test_claiming_uses_the_index_of_what_is_due(target):
    enqueue(target)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM agents_delivery"
            " WHERE state = 'pending' AND next_attempt_at <= now()"
        )
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "delivery_due" in plan


@pytest.mark.django_db(transaction=True)
def test_claimers_at_once_never_get_the_same_delivery(target):
    for _ in range(12):
        enqueue(target)

    def claim():
        return [one.pk for one in outbox.claim_due(limit=3, per_agent=12)]

    for _ in range(5):
        Delivery.objects.update(next_attempt_at=Now())
        claimed = [pk for some in at_once(4, claim, Exception) for pk in some]
        assert len(claimed) == len(set(claimed))


@pytest.mark.django_db(transaction=True)
def test_attempts_recorded_at_once_are_numbered_and_finish_once(target):
    delivery = enqueue(target)
    recorded = at_once(
        4, lambda: outbox.record_attempt(delivery, attempt(200)), IntegrityError
    )
    assert [one.state for one in recorded] == ["delivered"] * 4
    numbers = DeliveryAttempt.objects.values_list("number", flat=True)
    assert sorted(numbers) == [1, 2, 3, 4]
    assert actions() == ["delivery:delivered"]


@pytest.mark.django_db(transaction=True)
def test_a_cause_that_is_rolled_back_leaves_no_delivery(target):
    with transaction.atomic():
        outbox.enqueue(agent=target, type="x", data={}, subject_id="1")
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
