"""Who looks at what: advice among people, no lock. Anybody may still decide."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from approvals.access import is_reviewer
from approvals.lifecycle import rows
from approvals.lifecycle.refusals import AlreadyDecided, NotAllowed
from approvals.models import ApprovalRequest
from audit.actions import Action as Verb
from audit.log import person, record

CLAIM = timedelta(minutes=10)


@transaction.atomic(durable=True)
def claim(approval_id: UUID, *, actor: User, release: bool = False) -> ApprovalRequest:
    """Say that one looks at it for the next CLAIM, or, to ``release``, no longer.

    Raises AlreadyDecided, and NotAllowed for releasing somebody else's claim.
    """
    approval, now = rows.locked(approval_id), timezone.now()
    if not approval.is_pending:
        raise AlreadyDecided(approval)
    if release and approval.claimed_by_id != actor.pk:
        raise NotAllowed("You did not claim this request.")
    approval.claimed_by = None if release else actor
    approval.claimed_until = None if release else now + CLAIM
    _record(Verb.REQUEST_CLAIMED, approval, actor, None if release else actor)
    rows.save(approval, "claimed_by", "claimed_until")
    return approval


@transaction.atomic(durable=True)
def assign(approval_id: UUID, *, actor: User, assignee: User | None) -> ApprovalRequest:
    """Ask somebody to look at it, or with None nobody in particular.

    Raises AlreadyDecided, and NotAllowed for somebody who may not see it.
    """
    approval = rows.locked(approval_id)
    if not approval.is_pending:
        raise AlreadyDecided(approval)
    if assignee is not None and not is_reviewer(assignee):
        raise NotAllowed(f"{assignee.get_username()} may not see requests.")
    approval.assigned_to = assignee
    _record(Verb.REQUEST_ASSIGNED, approval, actor, assignee)
    rows.save(approval, "assigned_to")
    return approval


@transaction.atomic(durable=True)
def note_view(
    approval: ApprovalRequest, *, actor: User, revision: int, seconds: int
) -> None:
    """Keep in the log who had a request before them, and for how long."""
    record(
        Verb.REQUEST_VIEWED,
        actor=person(actor),
        subject=rows.subject_of(approval),
        data={"revision": revision, "seconds": seconds},
    )


def _record(
    verb: Verb, approval: ApprovalRequest, actor: User, whom: User | None
) -> None:
    record(
        verb,
        actor=person(actor),
        subject=rows.subject_of(approval),
        data={"to": whom.get_username() if whom else None},
    )
