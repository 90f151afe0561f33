"""What people have put aside for themselves, until when. Stops no clock.

Not in the audit log: it changes nothing for anybody else, and whoever put a request
aside can still see and decide it.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from approvals.models import ApprovalRequest, Snooze
from approvals.states import State

LONGEST = timedelta(days=7)
BEFORE_THE_END = timedelta(minutes=5)
"""So long before its deadline a request is there again, however long was asked."""


class SnoozeRefused(Exception):
    """Not put aside; the text is a sentence for who asked."""


@transaction.atomic(durable=True)
def hide(
    approval: ApprovalRequest, *, user: User, lasts: timedelta, now: datetime
) -> datetime:
    """Leave it out of this person's lists; until when. Raises SnoozeRefused.

    Anew for what is hidden already. Forgets what of theirs is over.
    """
    if approval.state != State.PENDING:
        raise SnoozeRefused(f"This request is already {approval.state}.")
    until = min(now + min(lasts, LONGEST), approval.expires_at - BEFORE_THE_END)
    if until <= now:
        raise SnoozeRefused("Its deadline is too near to put it aside.")
    Snooze.objects.filter(user=user, until__lte=now).delete()
    Snooze.objects.update_or_create(
        user=user, approval=approval, defaults={"until": until}
    )
    return until


@transaction.atomic(durable=True)
def show(approval: ApprovalRequest, *, user: User) -> None:
    """Have it back in this person's lists at once."""
    Snooze.objects.filter(user=user, approval=approval).delete()


def without_hidden(
    requests: QuerySet[ApprovalRequest], user: User, now: datetime
) -> QuerySet[ApprovalRequest]:
    """The requests that this person has not put aside."""
    return requests.exclude(Exists(_of(user, now).filter(approval=OuterRef("pk"))))


def hidden(
    requests: QuerySet[ApprovalRequest], user: User, now: datetime
) -> QuerySet[ApprovalRequest]:
    """Those of them that wait and that this person has put aside."""
    mine = _of(user, now).values("approval")
    return requests.filter(state=State.PENDING, pk__in=mine)


def with_ends(
    requests: QuerySet[ApprovalRequest], user: User, now: datetime
) -> QuerySet[ApprovalRequest]:
    """Each with ``back_at``: until when this person has put it aside."""
    ends = _of(user, now).filter(approval=OuterRef("pk")).values("until")
    return requests.annotate(back_at=Subquery(ends))


def until(approval: ApprovalRequest, user: User, now: datetime) -> datetime | None:
    """Until when this person has put it aside; None when they have not."""
    ends = _of(user, now).filter(approval=approval).values_list("until", flat=True)
    return ends.first() if approval.state == State.PENDING else None


def _of(user: User, now: datetime) -> QuerySet[Snooze]:
    return Snooze.objects.filter(user=user, until__gt=now)
