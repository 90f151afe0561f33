from threading import Event, Thread

import pytest
from django.db import transaction

from agents import outbox, tasks
from agents.models import Delivery
from config.celery import app
from tests.agents.endpoint import serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def use_broker(monkeypatch):
    """An in-memory broker, or another one, and only this test's wakes."""

    def use(url):
        monkeypatch.setitem(app.conf, "broker_url", url)
        # Forgets the connections to the broker before.
        app._after_fork()

    monkeypatch.setattr(outbox, "_wakes", [])
    app.set_current()
    use("memory://")
    tasks.wake_on_enqueue()
    yield use
    app._after_fork()


def send(agent):
    with transaction.atomic():
        return outbox.enqueue(agent=agent, type="x", data={}, subject_id="1")


def sent_messages():
    """How many wake-ups lie in the broker, once the thread that sends has ended."""
    with tasks._sending, app.connection_for_read() as broker:
        return broker.default_channel.queue_declare("celery").message_count


def test_the_task_delivers_what_is_due(with_callback):
    with serving() as endpoint:
        delivery = send(with_callback(endpoint.url))
        assert tasks.deliver() == 1
    assert Delivery.objects.get(pk=delivery.pk).state == "delivered"


def test_beat_runs_what_serve_runs_and_the_sequencer_every_second():
    schedule = app.conf.beat_schedule.values()
    assert {entry["task"]: entry["schedule"] for entry in schedule} == {
        "agents.tasks.deliver": 2.0,
        "approvals.tasks.backtest": 2.0,
        "approvals.tasks.sweep": 2.0,
        "audit.tasks.cosign": 2.0,
        "audit.tasks.sequence": 1.0,
    }
    assert "agents.tasks.deliver" in app.tasks
    assert "agents.tasks.deliver" in app.tasks


def test_a_commit_sends_a_wake_up(with_callback):
    before = sent_messages()
    send(with_callback())
    assert sent_messages() == before + 1


def test_a_rollback_sends_none(with_callback):
    agent = with_callback()
    before = sent_messages()
    with transaction.atomic():
        outbox.enqueue(agent=agent, type="x", data={}, subject_id="1")
        transaction.set_rollback(True)
    assert sent_messages() == before


def test_a_dead_broker_costs_a_commit_nothing(with_callback, use_broker, caplog):
    use_broker("redis://127.0.0.1:1/0")
    delivery = send(with_callback())
    with tasks._sending:
        assert "No worker was woken" in caplog.text
    assert Delivery.objects.get(pk=delivery.pk).state == "pending"


def test_a_broker_that_does_not_answer_holds_up_no_commit(with_callback, use_broker):
    hold = Event()

    def say_nothing(connection):
        hold.wait(10)
        raise ConnectionAbortedError

    with serving(before_reading=say_nothing) as silent:
        use_broker(f"redis://127.0.0.1:{silent.port}/0")
        agent = with_callback()
        # Neither waits: the second finds the first one's thread still trying.
        for _ in range(2):
            send(agent)
        still_trying = tasks._sending.locked()
        hold.set()
    with tasks._sending:
        assert still_trying


def test_wakes_that_come_together_are_one_thread(monkeypatch):
    started = []

    class Counted(Thread):
        def start(self):
            started.append(self)

    monkeypatch.setattr(tasks, "Thread", Counted)
    for _ in range(5):
        tasks._wake()
    assert len(started) == 1
    started[0].run()
    assert not tasks._sending.locked()
