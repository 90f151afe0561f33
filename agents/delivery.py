"""Bring what is due to the agents: claim, sign, post, record.

No transaction and no database connection is held while posting.
"""

import logging
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from agents import http, outbox, registry, signing
from agents.models import Agent, Delivery
from agents.outbox import Attempt
from audit.log import SYSTEM

PLACES = 16
"""Posts that one ``deliver_due`` makes at once."""
LOOK_AGAIN = 0.5
"""Seconds after which it looks for more while posts are still on their way."""

logger = logging.getLogger(__name__)


def deliver_due(limit: int = 256) -> int:
    """Post what is due, at most ``limit`` deliveries; how many were taken up.

    Returns when nothing is due and nothing is on its way. Takes up more as
    places get free, so that a slow endpoint delays its own agent only. Safe to
    run in any number of threads and processes at once. The posting threads are
    daemons: whoever ends the process waits for none of them, and their leases
    bring the deliveries back.
    """
    done: SimpleQueue[Delivery] = SimpleQueue()
    on_the_way: set[Delivery] = set()
    taken = 0
    while True:
        for delivery in _claim(limit - taken, on_the_way):
            Thread(target=_run, args=(delivery, done), daemon=True).start()
            on_the_way.add(delivery)
            taken += 1
        if not on_the_way:
            return taken
        on_the_way -= _finished(done)


def deliver(delivery: Delivery) -> Delivery:
    """Make one attempt of a claimed delivery and record it; the delivery after it.

    The agent is read again: between the claim and now its address or secrets
    may have changed.
    """
    agent = Agent.objects.get(pk=delivery.agent_id)
    connection.close()
    attempt = _attempt(delivery, agent)
    with transaction.atomic(durable=True):
        delivery = outbox.record_attempt(delivery, attempt)
        if attempt.status == 410:
            registry.disable_callback(agent, agent.callback_url, actor=SYSTEM)
    return delivery


def _claim(limit: int, on_the_way: set[Delivery]) -> list[Delivery]:
    free = min(PLACES - len(on_the_way), limit)
    if free <= 0:
        return []
    busy = {delivery.agent_id for delivery in on_the_way}
    claimed = outbox.claim_due(limit=free, busy_agents=busy)
    connection.close()
    return claimed


def _run(delivery: Delivery, done: SimpleQueue[Delivery]) -> None:
    try:
        deliver(delivery)
    except Exception:
        logger.exception("Delivery %s comes back when its lease ends", delivery.pk)
    finally:
        connection.close()
        done.put(delivery)


def _finished(done: SimpleQueue[Delivery]) -> set[Delivery]:
    """What has finished since, waiting a little for the first."""
    finished: set[Delivery] = set()
    with suppress(Empty):
        finished.add(done.get(timeout=LOOK_AGAIN))
        while True:
            finished.add(done.get_nowait())
    return finished


def _attempt(delivery: Delivery, agent: Agent) -> Attempt:
    started_at = timezone.now()
    problem = _no_callback(agent)
    if problem:
        return Attempt(started_at=started_at, error=problem, is_final=True)
    started = time.monotonic()
    try:
        answer = _post(delivery, agent)
    except (http.PostError, signing.BadSecret) as error:
        spent = round((time.monotonic() - started) * 1000)
        return Attempt(started_at=started_at, duration_ms=spent, error=str(error))
    return Attempt(
        started_at=started_at,
        duration_ms=answer.duration_ms,
        status=answer.status,
        response=answer.body_excerpt,
        retry_after=answer.retry_after,
        is_final=answer.status == 410,
    )


def _no_callback(agent: Agent) -> str:
    if not agent.callback_url:
        return "The agent has no callback any more."
    if agent.callback_disabled_at is not None:
        return "The agent's callback is disabled: it answered 410 Gone."
    return ""


def _post(delivery: Delivery, agent: Agent) -> http.Answer:
    body = delivery.body.encode()
    signature = signing.headers(
        agent.webhook_secrets,
        message_id=str(delivery.pk),
        timestamp=int(time.time()),
        body=body,
    )
    return http.post(
        agent.callback_url,
        body=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Countersign",
            **signature,
        },
        allow_loopback=settings.ALLOW_LOOPBACK_CALLBACKS,
    )
