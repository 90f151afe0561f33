"""The background work inside ``serve``: all of it, or beside Celery the safety net."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from django.db import close_old_connections

from agents import delivery, outbox
from approvals import backtests, heartbeat, idempotency, lifecycle
from audit import cosigning, erasure, sequencer

INTERVAL, SEQUENCING = 2.0, 0.5
"""Seconds between rounds when nothing wakes the loop; of the sequencer's, which is to
publish at least once a second."""

SAID_EVERY = 60.0
"""Seconds between two complaints about the same trouble."""

log = logging.getLogger(__name__)


class Loop(threading.Thread):
    """Does its steps at every interval, and at once when woken.

    The heartbeat is a last step: a round in which an earlier one failed does not
    count as seen. A daemon, for a step may be waiting for somebody's slow server.
    """

    def __init__(
        self, name: str, *steps: Callable[[], object], interval: float | None = None
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.steps = steps
        self.interval = INTERVAL if interval is None else interval
        self._woken = threading.Event()
        self._stopping = False
        self._trouble, self._said_at = "", 0.0

    def wake(self) -> None:
        """Start the next round now."""
        self._woken.set()

    def stop(self) -> None:
        """Make the round under way the last one; returns at once."""
        self._stopping = True
        self.wake()

    def run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            self.round()
            self._woken.wait(self.interval)

    def round(self) -> None:
        """One pass over the steps; an error ends the pass, not the loop."""
        try:
            for step in self.steps:
                step()
        except Exception as error:
            # While stopping, the database may go away first.
            if not self._stopping:
                self._complain(error)
        finally:
            close_old_connections()

    def _complain(self, error: Exception) -> None:
        """Of the same trouble once a minute: some go round twice a second."""
        trouble, now = repr(error), time.monotonic()
        if trouble != self._trouble or now > self._said_at + SAID_EVERY:
            self._trouble, self._said_at = trouble, now
            log.exception("The %s failed and will try again", self.name)


class Worker:
    """The loops: no slow callback, witness or back-test may hold up a deadline."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self.sweeper = Loop(
            "sweeper",
            *lifecycle.SWEEPS,
            erasure.erase_sign_ins_due,
            idempotency.forget_old,
            partial(heartbeat.beat, "sweeper"),
        )
        self.sequencer = Loop("sequencer", sequencer.sequence_due, interval=SEQUENCING)
        self.cosigner = Loop("cosigner", cosigning.cosign_due)
        self.deliverer = Loop("deliverer", delivery.deliver_due)
        self.backtester = Loop(
            "backtester",
            partial(backtests.run_due, self._ending.is_set),
            backtests.forget_old,
        )

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (
            self.sweeper,
            self.sequencer,
            self.cosigner,
            self.deliverer,
            self.backtester,
        )

    def start(self) -> None:
        """Begin; what this process puts into the outbox or starts is done at once."""
        outbox.on_enqueue(self.deliverer.wake)
        backtests.on_start(self.backtester.wake)
        for loop in self.loops:
            loop.start()

    def stop(self, *, timeout: float) -> None:
        """Let all finish their round, for at most ``timeout`` seconds each.

        A delivery cut off by the end of the process is found again by its lease; a
        back-test under way puts itself back.
        """
        self._ending.set()
        for loop in self.loops:
            loop.stop()
        for loop in self.loops:
            loop.join(timeout)
