"""Erasing what was written in a request, and holding it against that.

What stays is that it was asked, judged, voted on and decided, when and by whom.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agents import outbox
from approvals.canonical import Action
from approvals.lifecycle import grants, rows
from approvals.lifecycle.refusals import NotErasable
from approvals.models import (
    ApprovalRequest,
    Grant,
    IdempotentCall,
    Outcome,
    Permit,
    Question,
    Revision,
    Vote,
)
from approvals.states import PermitState, State
from audit import erasure
from audit.actions import Action as Verb
from audit.log import SYSTEM, Actor, record

NO_DIGEST = "sha256:" + "0" * 64
"""In place of digests, from which a guess at what was asked could be confirmed."""
BATCH = 50


class Ground(StrEnum):
    """Why something is erased."""

    PERSON = "person"
    """A person concerned asked for it (GDPR, article 17)."""
    RETENTION = "retention"
    """It was kept as long as it had to be."""
    MISTAKE = "mistake"
    """It should never have been sent here."""


@transaction.atomic(durable=True)
def erase(
    approval_id: UUID, *, actor: Actor, ground: Ground, reference: str = ""
) -> ApprovalRequest:
    """Take away everything that was written in a decided request.

    ``reference`` is a number of a case, kept in the log in the clear. Raises
    NotErasable, TextRefused and ``ApprovalRequest.DoesNotExist``; erasing twice
    changes nothing.
    """
    approval = rows.locked(approval_id)
    if approval.erased_at is None:
        _check_erasable(approval)
        _erase(approval, actor, ground, rows.checked_text(reference))
    return approval


def erase_due() -> int:
    """Erase requests that were kept as long as they had to be; returns how many."""
    if settings.RETENTION_REQUESTS is None:
        return 0
    erased = 0
    while batch := _erase_batch(timedelta(days=settings.RETENTION_REQUESTS)):
        erased += batch
    return erased


@transaction.atomic(durable=True)
def place_hold(approval_id: UUID, *, actor: Actor, reference: str) -> ApprovalRequest:
    """Let nothing of the request be erased until it is lifted.

    Raises TextRefused, NotErasable where nothing is left, and
    ``ApprovalRequest.DoesNotExist``.
    """
    approval, case = (
        rows.locked(approval_id),
        rows.checked_text(reference, required=True),
    )
    if approval.erased_at is not None:
        raise NotErasable("It was erased already; there is nothing left to hold.")
    if approval.held_at is None:
        approval.held_at = timezone.now()
        _record_hold(approval, Verb.HOLD_PLACED, actor, case)
    return approval


@transaction.atomic(durable=True)
def lift_hold(approval_id: UUID, *, actor: Actor, reference: str) -> ApprovalRequest:
    """Let the request be erased again; raises as ``place_hold``."""
    approval, case = (
        rows.locked(approval_id),
        rows.checked_text(reference, required=True),
    )
    if approval.held_at is not None:
        approval.held_at = None
        _record_hold(approval, Verb.HOLD_LIFTED, actor, case)
    return approval


def _record_hold(
    approval: ApprovalRequest, verb: Verb, actor: Actor, reference: str
) -> None:
    rows.save(approval, "held_at")
    data = {"reference": reference}
    record(verb, actor=actor, subject=rows.subject_of(approval), data=data)


def _check_erasable(approval: ApprovalRequest) -> None:
    if approval.is_pending:
        raise NotErasable("It still waits: decide it or let it expire first.")
    if approval.state == State.APPROVED:
        permit = Permit.objects.get(approval=approval)
        if permit.state_at(timezone.now()) is PermitState.ISSUED:
            raise NotErasable("Its permit can still be used: take it back first.")
    if grants.in_force(timezone.now()).filter(origin=approval).exists():
        raise NotErasable("A standing approval came of it: revoke that first.")


def _erase(
    approval: ApprovalRequest, actor: Actor, ground: Ground, reference: str
) -> None:
    try:
        payloads = erasure.erase(rows.subject_of(approval))
    except erasure.UnderHold as held:
        raise NotErasable(str(held)) from None
    _erase_around(approval)
    _erase_row(approval)
    record(
        Verb.REQUEST_ERASED,
        actor=actor,
        subject=rows.subject_of(approval),
        data={"ground": ground, "reference": reference, "payloads": payloads},
    )


def _erase_row(approval: ApprovalRequest) -> None:
    emptied: dict[str, Any] = {
        "canonical": nothing_of(approval),
        "digest": NO_DIGEST,
        "resource": None,
        "subject": None,
        "summary": None,
        "justification": None,
        "session": None,
        "evidence": [],
        "metadata": {},
        "findings": [],
        "impact": {},
        "reasons": [],
        "decision_message": "",
        "erased_at": timezone.now(),
    }
    for name, value in emptied.items():
        setattr(approval, name, value)
    rows.save(approval, *emptied)


def _erase_around(approval: ApprovalRequest) -> None:
    """In every other table that repeats something of it."""
    empty = nothing_of(approval)
    Revision.objects.filter(approval=approval).update(
        canonical=empty, digest=NO_DIGEST, findings=[], reasons=[]
    )
    Question.objects.filter(approval=approval).update(text="", reply="")
    Vote.objects.filter(approval=approval).update(
        message="", digest=NO_DIGEST, assertion=None
    )
    Outcome.objects.filter(approval=approval).update(detail="", digest=NO_DIGEST)
    Permit.objects.filter(approval=approval).update(token="")
    Grant.objects.filter(origin=approval).update(
        conditions=[], resource=None, subject=None
    )
    # Its fingerprint is of the body that came in.
    IdempotentCall.objects.filter(approval=approval).update(fingerprint="erased")
    outbox.forget(str(approval.pk))


def nothing_of(approval: ApprovalRequest) -> str:
    """The canonical JSON of an erased action: its name, and nothing of what it did."""
    return Action(approval.action, approval.agent.name, arguments={}).canonical()


@transaction.atomic(durable=True)
def _erase_batch(kept_for: timedelta) -> int:
    due = ApprovalRequest.objects.select_for_update(skip_locked=True, of=("self",))
    due = due.select_related("agent", "key").filter(
        decided_at__lt=timezone.now() - kept_for, erased_at=None, held_at=None
    )
    erased = 0
    for approval in due.exclude(state=State.PENDING).order_by("decided_at")[:BATCH]:
        try:
            _check_erasable(approval)
        except NotErasable:
            continue
        _erase(approval, SYSTEM, Ground.RETENTION, "")
        erased += 1
    return erased
