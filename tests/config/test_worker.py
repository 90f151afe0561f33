import threading

import pytest

from agents import outbox
from approvals import backtests, heartbeat
from config import worker
from config.worker import Loop, Worker

LIMIT = 10.0
"""Seconds that a thread may take before a test calls it stuck."""


@pytest.fixture
def started(monkeypatch):
    """Starts loops and ends them; nothing but a wake makes them go round again."""
    monkeypatch.setattr(worker, "INTERVAL", 3600.0)
    loops = []

    def start(*steps):
        loop = Loop("loop", *steps)
        loops.append(loop)
        loop.start()
        return loop

    yield start
    for loop in loops:
        loop.stop()
        loop.join(LIMIT)
        assert not loop.is_alive()


class Rounds:
    """A step that lets a test wait for it."""

    def __init__(self):
        self._done = threading.Semaphore(0)

    def __call__(self):
        self._done.release()

    def wait(self):
        assert self._done.acquire(timeout=LIMIT)


def test_goes_round_at_once_and_again_when_woken(started):
    rounds = Rounds()
    loop = started(rounds)
    rounds.wait()

    loop.wake()

    rounds.wait()


def test_goes_round_again_by_itself(started, monkeypatch):
    monkeypatch.setattr(worker, "INTERVAL", 0.01)
    rounds = Rounds()
    started(rounds)

    for _ in range(3):
        rounds.wait()


def test_is_woken_by_what_happens_during_a_round(started):
    rounds, began, go_on = Rounds(), threading.Event(), threading.Event()

    def slow():
        began.set()
        go_on.wait(LIMIT)

    loop = started(slow, rounds)
    assert began.wait(LIMIT)
    loop.wake()
    go_on.set()

    rounds.wait()
    rounds.wait()


def test_an_error_is_logged_and_the_loop_goes_on(started, caplog):
    rounds, steps = Rounds(), []

    def fail():
        steps.append("fail")
        rounds()
        raise ValueError("out of order")

    loop = started(fail, lambda: steps.append("after"))
    rounds.wait()
    loop.wake()
    rounds.wait()

    assert "out of order" in caplog.text
    assert "after" not in steps


@pytest.mark.django_db(transaction=True)
def test_a_round_of_the_sweeper_is_seen():
    assert not heartbeat.is_alive()

    Worker().sweeper.round()

    assert heartbeat.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_round_that_failed_is_not_seen():
    def fail():
        raise ValueError("out of order")

    sweeper = Worker().sweeper
    sweeper.steps = (fail, *sweeper.steps)
    sweeper.round()

    assert not heartbeat.is_alive()


@pytest.mark.django_db(transaction=True)
def test_what_goes_into_the_outbox_is_to_wake_the_deliverer(monkeypatch):
    monkeypatch.setattr(outbox, "_wakes", [])
    monkeypatch.setattr(backtests, "_wakes", [])
    both = Worker()
    both.start()
    try:
        assert outbox._wakes == [both.deliverer.wake]
        assert backtests._wakes == [both.backtester.wake]
    finally:
        both.stop(timeout=LIMIT)
    assert not both.sweeper.is_alive()
    assert not both.cosigner.is_alive()
    assert not both.deliverer.is_alive()
    assert not both.backtester.is_alive()
