"""Brakes as people see them: what each stops, who agreed, who may. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import prefetch_related_objects

from agents import brake as brakes
from agents.models import Brake, BrakeRelease
from approvals import humans
from approvals.access import Permission
from approvals.models import ApprovalRequest
from approvals.states import State

LOOKED_AT = 1000
"""How many waiting requests are looked at, the riskiest first, to say how many of
them a brake stops."""
RECENT = 20


@dataclass(frozen=True, slots=True)
class Engaged:
    """One brake in force."""

    brake: Brake
    stops: int
    agreed: Sequence[BrakeRelease]
    needed: int
    """How many more humans have to agree."""
    may_release: Permission


@dataclass(frozen=True, slots=True)
class Board:
    """The page of the brake, for one person."""

    engaged: list[Engaged]
    looked_at: int
    """How many waiting requests were counted."""
    is_capped: bool
    """Whether more wait than were counted."""
    released: list[Brake]
    people_needed: int


def board(user: User) -> Board:
    """What is in force, oldest first, and what was released last."""
    in_force = brakes.in_force()
    prefetch_related_objects(in_force, "releases")
    targets = _waiting() if in_force else []
    human = human_of(user)
    return Board(
        engaged=[
            _engaged(brake, targets[:LOOKED_AT], human, user) for brake in in_force
        ],
        looked_at=min(len(targets), LOOKED_AT),
        is_capped=len(targets) > LOOKED_AT,
        released=_released(),
        people_needed=settings.BRAKE_RELEASE_PEOPLE,
    )


def human_of(user: User) -> str:
    """Who stands behind an account, as releases are counted by."""
    return f"user:{humans.current().of(user.pk)}"


def may_release(user: User) -> Permission:
    """Whether somebody may agree to release brakes at all."""
    if user.has_perm("agents.release_brake"):
        return Permission(True)
    return Permission(
        False,
        "Releasing takes a right you do not have; an administrator gives it.",
    )


def _engaged(
    brake: Brake, targets: Sequence[brakes.Target], human: str, user: User
) -> Engaged:
    agreed = list(brake.releases.all())
    permission = may_release(user)
    if human in {release.human for release in agreed}:
        permission = Permission(False, "You have agreed; somebody else has to as well.")
    return Engaged(
        brake=brake,
        stops=sum(brakes.covers(brake, target) for target in targets),
        agreed=agreed,
        needed=max(0, settings.BRAKE_RELEASE_PEOPLE - len(agreed)),
        may_release=permission,
    )


def _waiting() -> list[brakes.Target]:
    """What waits, one more than is counted, so that a page can say that more does."""
    pending = ApprovalRequest.objects.filter(state=State.PENDING)
    riskiest_first = pending.order_by("-tier_rank", "expires_at", "id")
    rows = riskiest_first.values_list(
        "environment", "agent__name", "session", "action", "resource", "tier"
    )
    return [brakes.Target(*row) for row in rows[: LOOKED_AT + 1]]


def _released() -> list[Brake]:
    over = Brake.objects.filter(released_at__isnull=False)
    return list(over.order_by("-released_at").prefetch_related("releases")[:RECENT])
