"""The state of the brake, for the banner and the control that every page has."""

import logging
from functools import cached_property

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from agents import brake as brakes
from agents.models import Brake
from approvals.access import is_reviewer

log = logging.getLogger(__name__)


class BrakeNow:
    """What is engaged now: one query per page, made when a template first asks."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self._user = user

    @cached_property
    def is_shown(self) -> bool:
        """Whether the page is for somebody who sees requests, and so may pull it."""
        return is_reviewer(self._user)

    @cached_property
    def in_force(self) -> list[Brake] | None:
        """The gravest first; None when nobody knows: then nothing is approved."""
        try:
            return sorted(brakes.in_force(), key=_gravity)
        except Exception:
            # Whatever it was, the page must be there to say so.
            log.exception("the state of the brake cannot be read")
            return None

    @property
    def gravest(self) -> Brake | None:
        return next(iter(self.in_force or ()), None)

    @property
    def others(self) -> int:
        """How many are engaged beside the gravest."""
        return max(0, len(self.in_force or ()) - 1)

    @property
    def state(self) -> str:
        """Changes exactly when the banner does."""
        if self.in_force is None:
            return "unknown"
        return " ".join(str(brake.pk) for brake in self.in_force)


def brake(request: HttpRequest) -> dict[str, BrakeNow]:
    """The context processor: ``brake_now``, on every page."""
    return {"brake_now": BrakeNow(getattr(request, "user", AnonymousUser()))}


def _gravity(brake: Brake) -> tuple[bool, bool]:
    return brake.mode != Brake.Mode.DENY, brake.scope != Brake.Scope.EVERYTHING
