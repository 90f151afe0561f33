"""Who has a request on their screen now.

A hint among people, no lock and no part of what is decided on. Rows live as long as
the socket that keeps them fresh; what a process left behind is old after KEPT.
"""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from approvals import live
from approvals.access import visible_to
from approvals.models import ApprovalRequest, Look

FRESH_EVERY = 10.0
"""Seconds between two times that a socket says that its page is still there."""
KEPT = timedelta(seconds=25)
"""After which a row that nobody kept fresh is nobody's any more."""
MOST_NAMES = 5
_LEFT_BEHIND = timedelta(minutes=10)


def look(socket: UUID, user: User | AnonymousUser, approval_id: UUID) -> bool:
    """Say that this page shows that request; False where they may see no such one."""
    if not visible_to(user).filter(pk=approval_id).exists():
        return False
    now = timezone.now()
    # The table holds open pages alone, so that a look through it costs nothing.
    Look.objects.filter(seen_at__lt=now - _LEFT_BEHIND).delete()
    Look.objects.update_or_create(
        socket=socket,
        defaults={"approval_id": approval_id, "person_id": user.pk, "seen_at": now},
    )
    live.looked(approval_id)
    return True


def keep(socket: UUID) -> None:
    """It is still there; nobody has to hear of it."""
    Look.objects.filter(socket=socket).update(seen_at=timezone.now())


def look_away(socket: UUID) -> None:
    """The page is gone, hidden, or shows something else."""
    for found in Look.objects.filter(socket=socket):
        found.delete()
        live.looked(found.approval_id)


def others_at(approval: ApprovalRequest, user: User) -> list[str]:
    """The names of the others who look at it now, at most MOST_NAMES and one more."""
    fresh = Look.objects.filter(
        approval=approval, seen_at__gte=timezone.now() - KEPT
    ).exclude(person=user)
    names = fresh.order_by("person__username").values_list("person__username")
    return [name for (name,) in names.distinct()[: MOST_NAMES + 1]]
