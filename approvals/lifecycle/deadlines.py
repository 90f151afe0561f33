"""What the clock brings about; it stands still under a brake that holds."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agents import brake
from agents.models import Brake
from approvals.lifecycle import rows
from approvals.lifecycle.decision import decide
from approvals.models import ApprovalRequest
from approvals.states import Source, State
from audit.actions import Action as Verb
from audit.log import SYSTEM, record

BATCH = 100


def is_past(approval: ApprovalRequest, now: datetime) -> bool:
    """Whether it is decided, or past its deadline.

    Gives the time of holds back first, so that whoever asks sees the deadlines
    as they are at ``now``; not yet stored.
    """
    if not approval.is_pending:
        return True
    return give_time_back(approval, _holds([approval]), now).expires_at <= now


def give_time_back(
    approval: ApprovalRequest, holds: Iterable[Brake], now: datetime
) -> ApprovalRequest:
    """The request with its deadlines as they are at ``now``; not yet stored.

    What counts is how long holds covered it since it was made, however they
    overlapped: the same answer whenever, and however often, it is asked.
    """
    covering = [hold for hold in holds if brake.covers(hold, approval.target)]
    held = brake.held_time(covering, since=approval.created_at, until=now)
    gained = held - approval.frozen_for
    if gained > timedelta(0):
        approval.frozen_for = held
        approval.expires_at += gained
        if approval.escalates_at and not approval.escalated_at:
            approval.escalates_at += gained
    return approval


def count_holds_anew(approval: ApprovalRequest, now: datetime) -> None:
    """After it came under another tier: what held that one before is not its own."""
    holds = brake.holds_since(approval.created_at)
    covering = [hold for hold in holds if brake.covers(hold, approval.target)]
    since = approval.created_at
    approval.frozen_for = brake.held_time(covering, since=since, until=now)


def store_time_given_back(
    pending: Iterable[ApprovalRequest], holds: Iterable[Brake], now: datetime
) -> None:
    """For rows that are locked; each one that changes has an entry."""
    holds = list(holds)
    for approval in pending:
        before = approval.expires_at
        if give_time_back(approval, holds, now).expires_at == before:
            continue
        rows.save(approval, "expires_at", "escalates_at", "frozen_for")
        record(
            Verb.REQUEST_DEADLINE_MOVED,
            actor=SYSTEM,
            subject=rows.subject_of(approval),
            data={"expires_at": approval.expires_at.isoformat()},
        )


def expire_due() -> int:
    """Expire what is past its deadline; returns how many. No answer is a deny."""
    expired = 0
    while batch := _expire_batch():
        expired += sum(not approval.is_pending for approval in batch)
    return expired


def escalate_due() -> int:
    """Note where further groups may decide from now on; returns how many."""
    escalated = 0
    while batch := _escalate_batch():
        escalated += sum(bool(approval.escalated_at) for approval in batch)
    return escalated


@transaction.atomic(durable=True)
def _expire_batch() -> list[ApprovalRequest]:
    now = timezone.now()
    due = _due(Q(expires_at__lte=now), "expires_at")
    store_time_given_back(due, _holds(due), now)
    for approval in due:
        if approval.expires_at > now:
            continue
        decide(
            approval,
            State.EXPIRED,
            source=Source.TIMEOUT,
            actor=SYSTEM,
            message="Nobody decided in time.",
            decided_by=(),
            now=now,
        )
    return due


@transaction.atomic(durable=True)
def _escalate_batch() -> list[ApprovalRequest]:
    now = timezone.now()
    due = _due(Q(escalates_at__lte=now, escalated_at=None), "escalates_at")
    store_time_given_back(due, _holds(due), now)
    for approval in due:
        if approval.escalates_at is None or approval.escalates_at > now:
            continue
        approval.escalated_at = now
        rows.save(approval, "escalated_at")
        record(
            Verb.REQUEST_ESCALATED,
            actor=SYSTEM,
            subject=rows.subject_of(approval),
            data={"revision": approval.revision},
        )
    return due


def _due(condition: Q, order: str) -> list[ApprovalRequest]:
    return list(
        ApprovalRequest.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("agent", "key")
        .filter(condition, state=State.PENDING)
        .order_by(order)[:BATCH]
    )


def _holds(pending: Iterable[ApprovalRequest]) -> list[Brake]:
    since = min((approval.created_at for approval in pending), default=None)
    return brake.holds_since(since) if since else []
