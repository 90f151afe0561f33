"""Events on their way to agents: written with their cause, claimed, recorded.

The row is the truth. Waking a worker is only a hint; a sweeper finds what is due
without it. A worker that dies holding a row loses it when its lease ends.
"""

import json
import random
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import Now, RowNumber
from django.utils import timezone

from agents.models import Agent, Delivery, DeliveryAttempt
from audit import log
from audit.actions import Action
from audit.log import SYSTEM, Actor
from audit.models import rfc3339

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""How long after the one before each attempt is made (API.md, "Callbacks")."""
JITTER = 0.2
LONGEST_WAIT = timedelta(hours=24)
"""The most that a Retry-After is honoured for."""
LEASE = timedelta(seconds=20)
"""How long a worker may hold a delivery: a POST ends after 15 s."""

_wakes: list[Callable[[], None]] = []
_listeners: list[Callable[[], None]] = []


class NotDead(Exception):
    """Only a dead delivery can be replayed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one POST of a delivery came to; without a status no answer came."""

    started_at: datetime
    duration_ms: int = 0
    status: int | None = None
    error: str = ""
    response: str = ""
    retry_after: float | None = None
    """Seconds."""
    is_final: bool = False
    """Whether trying again is pointless."""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def on_enqueue(wake: Callable[[], None]) -> None:
    """Call ``wake`` after each commit that enqueued something; it must not block."""
    if wake not in _wakes:
        _wakes.append(wake)


def on_finish(listener: Callable[[], None]) -> None:
    """Call ``listener`` after each commit that finished a delivery."""
    if listener not in _listeners:
        _listeners.append(listener)


def enqueue(
    *, agent: Agent, type: str, data: dict[str, Any], subject_id: str
) -> Delivery | None:
    """Put an event on its way to the agent; None when it has no callback in force.

    Raises RuntimeError outside a transaction: an event and its cause are stored
    together or not at all.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type} must be enqueued inside its cause's transaction")
    if not has_callback(agent):
        return None
    delivery = Delivery.objects.create(
        agent=agent, type=type, subject_id=subject_id, body=_body(type, data)
    )
    _wake_after_commit()
    return delivery


def has_callback(agent: Agent) -> bool:
    """Whether there is an address that events can go to."""
    return bool(agent.callback_url) and agent.callback_disabled_at is None


def enqueue_for_all(
    agents: Iterable[Agent], *, type: str, data: dict[str, Any], subject_id: str
) -> None:
    """The same event to all that have a callback in force, in one statement.

    Raises RuntimeError outside a transaction, as ``enqueue`` does.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type} must be enqueued inside its cause's transaction")
    body = _body(type, data)
    Delivery.objects.bulk_create(
        Delivery(agent=agent, type=type, subject_id=subject_id, body=body)
        for agent in agents
        if has_callback(agent)
    )
    _wake_after_commit()


@transaction.atomic(durable=True)
def claim_due(
    *, limit: int, per_agent: int = 4, busy_agents: Collection[int] = ()
) -> list[Delivery]:
    """Up to ``limit`` due deliveries, the caller's alone for the length of a lease.

    At most ``per_agent`` of one agent and none of ``busy_agents``, so that one
    slow endpoint cannot take every place.
    """
    due = Delivery.objects.filter(
        state=Delivery.State.PENDING, next_attempt_at__lte=Now()
    ).exclude(agent__in=busy_agents)
    turn = Window(RowNumber(), partition_by=F("agent"), order_by="next_attempt_at")
    in_turn = due.annotate(turn=turn).filter(turn__lte=per_agent).values("pk")
    # The outer filter is checked again under the lock; the inner one is not.
    claimed = list(
        due.filter(pk__in=in_turn)
        .select_related("agent")
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .order_by("next_attempt_at")[:limit]
    )
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in claimed]).update(
        next_attempt_at=Now() + LEASE
    )
    return claimed


@transaction.atomic
def record_attempt(delivery: Delivery, attempt: Attempt) -> Delivery:
    """Store an attempt and what follows from it; the delivery as it is then.

    A worker whose lease ran out may come late: its attempt is stored, but a
    finished delivery stays as it is. Raises IntegrityError
    (``attempts_are_numbered``) rather than number two attempts alike.
    """
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    delivery.attempts_made += 1
    DeliveryAttempt.objects.create(
        delivery=delivery,
        number=delivery.attempts_made,
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        status=attempt.status,
        error=attempt.error[:500],
        response=attempt.response,
    )
    if delivery.state == Delivery.State.PENDING:
        _move_on(delivery, attempt)
    delivery.save(
        update_fields=["attempts_made", "state", "next_attempt_at", "finished_at"]
    )
    if delivery.state != Delivery.State.PENDING:
        for listener in _listeners:
            transaction.on_commit(listener, robust=True)
    return delivery


@transaction.atomic(durable=True)
def replay(delivery: Delivery, *, actor: Actor) -> None:
    """Try a dead delivery again, at once; raises NotDead.

    One that had used up its attempts gets one more with each replay.
    """
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    if delivery.state != Delivery.State.DEAD:
        raise NotDead("Only a dead delivery can be sent again.")
    if not delivery.body:
        raise NotDead("What it said was erased: there is nothing to send.")
    delivery.state = Delivery.State.PENDING
    delivery.finished_at = None
    delivery.next_attempt_at = timezone.now()
    delivery.save(update_fields=["state", "finished_at", "next_attempt_at"])
    _record(Action.DELIVERY_REPLAYED, delivery, actor)
    _wake_after_commit()


def forget(subject_id: str) -> None:
    """Take away what was told of a subject; what was not delivered never is."""
    about = Delivery.objects.filter(subject_id=subject_id)
    about.filter(state=Delivery.State.PENDING).update(
        state=Delivery.State.DEAD, finished_at=timezone.now()
    )
    about.update(body="")
    DeliveryAttempt.objects.filter(delivery__in=about).update(response="", error="")


def wait_before_next(
    attempts_made: int, *, retry_after: float | None, jitter: float
) -> timedelta | None:
    """How long until the next attempt, or None after the last.

    ``jitter`` is between -1 and 1 and moves it by up to 20 %; a ``retry_after``
    in seconds counts where it is longer, up to 24 hours.
    """
    if attempts_made >= len(SCHEDULE):
        return None
    wait = SCHEDULE[attempts_made] * (1 + JITTER * jitter)
    asked = timedelta(seconds=min(retry_after or 0, LONGEST_WAIT.total_seconds()))
    return max(wait, asked)


def _body(type: str, data: dict[str, Any]) -> str:
    message = {"type": type, "timestamp": rfc3339(timezone.now()), "data": data}
    return json.dumps(message, separators=(",", ":"), allow_nan=False)


def _move_on(delivery: Delivery, attempt: Attempt) -> None:
    if attempt.is_success:
        return _finish(delivery, Delivery.State.DELIVERED, attempt)
    wait = wait_before_next(
        delivery.attempts_made,
        retry_after=attempt.retry_after,
        jitter=random.uniform(-1, 1),  # noqa: S311
    )
    if attempt.is_final or wait is None:
        return _finish(delivery, Delivery.State.DEAD, attempt)
    delivery.next_attempt_at = timezone.now() + wait
    return None


def _finish(delivery: Delivery, state: Delivery.State, attempt: Attempt) -> None:
    delivery.state = state
    delivery.finished_at = timezone.now()
    delivered = state == Delivery.State.DELIVERED
    _record(
        Action.DELIVERY_DELIVERED if delivered else Action.DELIVERY_DIED,
        delivery,
        SYSTEM,
        status=attempt.status,
        error=log.Sealed(attempt.error[:500]),
    )


def _record(action: Action, delivery: Delivery, actor: Actor, **data: object) -> None:
    log.record(
        action,
        actor=actor,
        subject=("delivery", str(delivery.pk)),
        data={
            "agent": delivery.agent.name,
            "type": delivery.type,
            delivery.about: delivery.subject_id,
            "attempts": delivery.attempts_made,
            **data,
        },
    )


def _wake_after_commit() -> None:
    for wake in _wakes:
        transaction.on_commit(wake, robust=True)
