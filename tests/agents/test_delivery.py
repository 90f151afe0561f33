from datetime import timedelta
from threading import Event, Thread

import pytest
import standardwebhooks
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from agents import delivery as deliverer
from agents import outbox, registry
from agents.models import Delivery
from audit.log import SYSTEM
from audit.models import Entry
from tests.agents.endpoint import OK, serving, status

pytestmark = pytest.mark.django_db(transaction=True)


def send(agent, data=None):
    with transaction.atomic():
        return outbox.enqueue(
            agent=agent, type="request.approved", data=data or {}, subject_id="0199"
        )


def make_due(delivery):
    Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=Now())


def state_of(delivery):
    return Delivery.objects.get(pk=delivery.pk).state


def test_posts_what_the_library_verifies_and_marks_it_delivered(with_callback):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
        delivery = send(agent, {"name": "né"})
        assert deliverer.deliver_due() == 1
    (received,) = endpoint.received
    message = standardwebhooks.Webhook(agent.webhook_secret).verify(
        received.body, received.headers
    )
    assert message["data"] == {"name": "né"}
    assert received.headers["webhook-id"] == str(delivery.pk)
    assert received.headers["content-type"] == "application/json"
    assert state_of(delivery) == "delivered"
    stored = delivery.attempts.get()
    assert (stored.number, stored.status, stored.response) == (1, 200, "ok")


def test_there_is_nothing_to_do_twice(with_callback):
    with serving() as endpoint:
        send(with_callback(endpoint.url))
        assert deliverer.deliver_due() == 1
        assert deliverer.deliver_due() == 0
    assert len(endpoint.received) == 1


def test_each_attempt_has_the_same_id_and_body_and_a_signature_of_its_own(
    with_callback, time_machine
):
    with serving(status(500)) as endpoint:
        delivery = send(with_callback(endpoint.url))
        deliverer.deliver_due()
        make_due(delivery)
        time_machine.move_to(timezone.now() + timedelta(seconds=10))
        deliverer.deliver_due()
    first, second = endpoint.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    for name in ("webhook-timestamp", "webhook-signature"):
        assert first.headers[name] != second.headers[name]


def test_during_rotation_both_secrets_verify(with_callback):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
        old = agent.webhook_secret
        send(agent)
        new = registry.rotate_webhook_secret(agent, actor=SYSTEM)
        deliverer.deliver_due()
    (received,) = endpoint.received
    for secret in (old, new):
        assert standardwebhooks.Webhook(secret).verify(received.body, received.headers)


@pytest.mark.parametrize(
    "answer", [status(500), status(302, "Location: /"), b"nonsense"]
)
def test_a_failure_is_stored_and_tried_again(with_callback, answer):
    with serving(answer) as endpoint:
        delivery = send(with_callback(endpoint.url))
        deliverer.deliver_due()
    assert state_of(delivery) == "pending"
    stored = delivery.attempts.get()
    assert stored.status or stored.error
    assert len(endpoint.received) == 1


def test_nobody_listening_is_stored_as_what_went_wrong(with_callback):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
    delivery = send(agent)
    deliverer.deliver_due()
    assert "Cannot connect" in delivery.attempts.get().error


def test_410_disables_the_callback_and_kills_the_delivery(with_callback):
    with serving(status(410)) as endpoint:
        agent = with_callback(endpoint.url)
        delivery = send(agent)
        deliverer.deliver_due()
    agent.refresh_from_db()
    assert agent.callback_disabled_at is not None
    assert state_of(delivery) == "dead"
    recorded = list(Entry.objects.order_by("id").values_list("action", flat=True))
    assert recorded[-2:] == ["delivery:died", "agent:callback_disabled"]


def test_what_was_enqueued_before_the_callback_went_away_dies_with_a_reason(
    with_callback,
):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
        delivery = send(agent)
        registry.set_callback(agent, "", actor=SYSTEM)
        deliverer.deliver_due()
    assert endpoint.received == []
    assert state_of(delivery) == "dead"
    assert "no callback" in delivery.attempts.get().error


def test_what_was_enqueued_before_the_callback_was_disabled_dies_with_a_reason(
    with_callback,
):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
        delivery = send(agent)
        registry.disable_callback(agent, endpoint.url, actor=SYSTEM)
        deliverer.deliver_due()
    assert endpoint.received == []
    assert "410" in delivery.attempts.get().error


def test_a_new_address_set_meanwhile_gets_it(with_callback):
    with serving() as old, serving() as new:
        agent = with_callback(old.url)
        send(agent)
        registry.set_callback(agent, new.url, actor=SYSTEM)
        deliverer.deliver_due()
    assert (len(old.received), len(new.received)) == (0, 1)


def test_a_paused_agent_is_still_told(with_callback):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
        delivery = send(agent)
        registry.pause(agent, actor=SYSTEM)
        deliverer.deliver_due()
    assert state_of(delivery) == "delivered"


def test_loopback_that_is_allowed_no_more_is_not_posted_to(with_callback, settings):
    with serving() as endpoint:
        delivery = send(with_callback(endpoint.url))
        settings.ALLOW_LOOPBACK_CALLBACKS = False
        deliverer.deliver_due()
    assert endpoint.received == []
    assert "this machine" in delivery.attempts.get().error


def test_a_wait_that_was_asked_for_is_kept(with_callback):
    with serving(status(429, "Retry-After: 600")) as endpoint:
        delivery = send(with_callback(endpoint.url))
        deliverer.deliver_due()
    delivery.refresh_from_db()
    waits = delivery.next_attempt_at - delivery.created_at
    assert timedelta(seconds=590) < waits < timedelta(seconds=660)


def test_a_slow_endpoint_does_not_hold_up_another_agent(with_callback):
    release, arrived = Event(), Event()

    def slow(conn):
        arrived.set()
        release.wait(10)
        conn.sendall(OK)

    held = []

    def release_after_fast(conn):
        held.append(len(endpoint.received))
        conn.sendall(OK)
        release.set()

    with serving(slow) as endpoint, serving(release_after_fast) as quick:
        agent = with_callback(endpoint.url)
        slow_ones = [send(agent) for _ in range(40)]
        working = Thread(target=_deliver_and_close)
        working.start()
        assert arrived.wait(10)
        # Enqueued while the other is on its way, and what lets it finish.
        other = registry.register_agent(
            "other", actor=SYSTEM, callback_url=quick.url
        ).agent
        fast_one = send(other)
        working.join(10)
        assert not working.is_alive()
    assert {state_of(one) for one in [fast_one, *slow_ones]} == {"delivered"}
    # The forty of one agent did not take all the places.
    assert held[0] <= 4


def test_no_connection_is_held_while_posting(with_callback):
    arrived, release = Event(), Event()

    def slow(conn):
        arrived.set()
        release.wait(10)
        conn.sendall(OK)

    with serving(slow) as endpoint:
        send(with_callback(endpoint.url))
        working = Thread(target=_deliver_and_close)
        working.start()
        assert arrived.wait(10)
        # The worker looks for more now and then, so one moment does not tell.
        moments = iter(range(100))
        while (in_use := _connections_in_use()) > 1 and next(moments, None) is not None:
            release.wait(0.01)
        release.set()
        working.join(10)
    assert in_use == 1  # This test's own.


def test_many_are_delivered_in_one_go_but_no_more_than_the_limit(with_callback):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
        for _ in range(30):
            send(agent)
        assert deliverer.deliver_due(limit=20) == 20
        assert deliverer.deliver_due() == 10
    ids = [received.headers["webhook-id"] for received in endpoint.received]
    assert len(ids) == len(set(ids)) == 30
    assert not Delivery.objects.exclude(state="delivered").exists()


def test_two_workers_at_once_post_each_delivery_once(with_callback):
    with serving() as endpoint:
        agent = with_callback(endpoint.url)
        for _ in range(20):
            send(agent)
        workers = [Thread(target=_deliver_and_close) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
    ids = [received.headers["webhook-id"] for received in endpoint.received]
    assert len(ids) == len(set(ids)) == 20


def test_what_a_killed_worker_held_comes_back(with_callback):
    with serving() as endpoint:
        delivery = send(with_callback(endpoint.url))
        outbox.claim_due(limit=1)
        assert deliverer.deliver_due() == 0
        make_due(delivery)
        assert deliverer.deliver_due() == 1
    assert state_of(delivery) == "delivered"


def test_one_that_cannot_be_recorded_is_logged_and_keeps_its_lease(
    with_callback, caplog
):
    with serving() as endpoint:
        delivery = send(with_callback(endpoint.url))
        outbox.record_attempt(
            delivery, outbox.Attempt(started_at=delivery.created_at, status=500)
        )
        # The next attempt will want a number that is taken.
        Delivery.objects.update(attempts_made=0, next_attempt_at=Now())
        assert deliverer.deliver_due() == 1
    assert "comes back when its lease ends" in caplog.text
    assert state_of(delivery) == "pending"


def _deliver_and_close():
    try:
        deliverer.deliver_due()
    finally:
        connection.close()


def _connections_in_use():
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]
