"""Celery's way to ``delivery.deliver_due``: beat calls it, a commit wakes it early."""

import logging
from threading import Event, Lock, Thread

from celery import shared_task

from agents import delivery, outbox

STALE_AFTER = 10
"""Seconds after which a wake-up that no worker took is dropped: beat came since."""

logger = logging.getLogger(__name__)
_wanted = Event()
_sending = Lock()


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def deliver() -> int:
    """Post what is due; how many deliveries were taken up."""
    return delivery.deliver_due()


def wake_on_enqueue() -> None:
    """From now on, wake a worker after each commit that enqueued something."""
    outbox.on_enqueue(_wake)


def _wake() -> None:
    """Send one message from a thread of its own, however many commits ask for it.

    A broker that is down or slow must cost the commit nothing. A wish that falls
    between the thread's last look and its end is lost; beat is there for that.
    """
    _wanted.set()
    if _sending.acquire(blocking=False):
        Thread(target=_send, name="wake-delivery", daemon=True).start()


def _send() -> None:
    try:
        while _wanted.is_set():
            _wanted.clear()
            deliver.apply_async(retry=False, expires=STALE_AFTER)
    except Exception as error:
        logger.warning("No worker was woken, beat will: %s", error)
    finally:
        _sending.release()
