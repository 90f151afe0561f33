"""What stands beside a request, in the queue and in its session. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from approvals.access import visible_to
from approvals.models import ApprovalRequest

MOST_OF_SESSION = 20
"""Other requests of a session that are shown, the newest."""
_LIGHT = ("id", "action", "environment", "state", "created_at", "decided_at")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The waiting requests before and after it; None at either end."""

    before: UUID | None
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Session:
    """Other requests of the same agent and session, newest first."""

    requests: Sequence[ApprovalRequest]
    is_capped: bool
    """Whether it has more, older ones."""


def neighbours(
    waiting: QuerySet[ApprovalRequest], approval: ApprovalRequest
) -> Neighbours:
    """By the place that it has, or had, in what waits; each end by its index."""
    waiting = waiting.exclude(pk=approval.pk)
    rank, at, last = approval.tier_rank, approval.expires_at, approval.pk
    same = waiting.filter(tier_rank=rank)
    # Each bound is said twice: the index cannot use the OR alone.
    after = same.filter(
        Q(expires_at__gt=at) | Q(id__gt=last), expires_at__gte=at
    ).order_by("expires_at", "id")
    before = same.filter(
        Q(expires_at__lt=at) | Q(id__lt=last), expires_at__lte=at
    ).order_by("-expires_at", "-id")
    riskier = waiting.filter(tier_rank__gt=rank)
    milder = waiting.filter(tier_rank__lt=rank)
    return Neighbours(
        before=_first(before)
        or _first(riskier.order_by("tier_rank", "-expires_at", "-id")),
        after=_first(after)
        or _first(milder.order_by("-tier_rank", "expires_at", "id")),
    )


def session_of(user: User, approval: ApprovalRequest) -> Session | None:
    """What else its agent asked in the same session; None where it names none."""
    if not approval.session:
        return None
    others = visible_to(user).filter(agent=approval.agent, session=approval.session)
    found = others.exclude(pk=approval.pk).select_related(None).only(*_LIGHT)
    rows = list(found.order_by("-id")[: MOST_OF_SESSION + 1])
    return Session(rows[:MOST_OF_SESSION], len(rows) > MOST_OF_SESSION)


def _first(requests: QuerySet[ApprovalRequest]) -> UUID | None:
    return requests.values_list("pk", flat=True).first()
