"""Grants as people see them: what each allows, how much is left, who may end it.

Reads only. Lists are read newest first along the index ``grant_granted``, and only
so far: whatever is filtered out was looked at, so looking has an end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from agents import brake
from agents.brake import Target
from agents.models import Agent, Brake
from approvals.access import Permission, group_names, is_reviewer, tier_of, visible_to
from approvals.cursors import Place, after, unsealed
from approvals.grant_preview import Clause, clauses_of
from approvals.models import ApprovalRequest, Grant

PAGE = 25
LOOKED_AT = 1_000
"""How many grants are looked at for one page."""
SHOWN = 100
"""How many of the requests that one grant approved its page lists, the newest."""
_LIST = "grants"


@dataclass(frozen=True, slots=True)
class Card:
    """One grant, for one person."""

    grant: Grant
    clauses: list[Clause]
    ended: str
    """Why nothing is approved by it any more; empty while it is in force."""
    ended_at: datetime | None
    suspended: list[Brake]
    """The brakes under which it approves nothing for now."""
    may_revoke: Permission


@dataclass(frozen=True, slots=True)
class Page:
    """Cards, and the cursor of the page after them (empty at the end)."""

    cards: list[Card]
    next: str


def page(
    user: User, *, ended: bool = False, agent: Agent | None = None, before: str = ""
) -> Page:
    """Grants in force or ended, last given first; ``before`` as a page's ``next``.

    Raises BadCursor.
    """
    place = unsealed(before, _LIST)[0] if before else None
    now = timezone.now()
    rows = after(Grant.objects.filter(granted_at__isnull=False), "granted_at", place)
    looked_at = list(rows.defer("conditions")[: LOOKED_AT + 1])
    found = [
        grant
        for grant in looked_at[:LOOKED_AT]
        if (agent is None or grant.agent_id == agent.pk)
        and bool(_end_of(grant, now)[0]) is ended
    ]
    following = ""
    if len(found) > PAGE:
        following = _place_of(found[PAGE - 1]).sealed(_LIST)
    elif len(looked_at) > LOOKED_AT:
        following = _place_of(looked_at[LOOKED_AT - 1]).sealed(_LIST)
    return Page(cards(user, [grant.pk for grant in found[:PAGE]]), following)


def cards(user: User, ids: Iterable[UUID]) -> list[Card]:
    """These grants as far as somebody may see them, in this order."""
    ids = list(ids)
    related = Grant.objects.select_related("agent", "origin", "proposed_by").defer(
        "origin__canonical", "origin__evidence"
    )
    seen = related.filter(origin__in=visible_to(user)).in_bulk(ids)
    brakes, now = brake.in_force(), timezone.now()
    return [_card(seen[pk], user, brakes, now) for pk in ids if pk in seen]


def approved_by(user: User, grant: Grant) -> list[ApprovalRequest]:
    """The requests it approved last; there are as many as it has uses."""
    mine = visible_to(user).filter(grant=grant).order_by("-id")
    return list(mine.defer("canonical", "evidence")[:SHOWN])


def may_revoke(grant: Grant, user: User) -> Permission:
    """Stopping is for everybody who could have agreed to it, and for staff."""
    if not is_reviewer(user):
        return Permission(False, "You may not see requests.")
    needs = tier_of(grant.origin).requirements
    asked = {need.group for need in needs}
    if user.is_staff or group_names(user) & asked:
        return Permission(True)
    names = " or ".join(sorted(asked)) or "staff"
    return Permission(False, f"Only members of {names}, and staff, may revoke this.")


def _card(grant: Grant, user: User, brakes: list[Brake], now: datetime) -> Card:
    ended, ended_at = _end_of(grant, now)
    return Card(
        grant=grant,
        clauses=clauses_of(grant),
        ended=ended,
        ended_at=ended_at,
        suspended=[] if ended else brake.covering(_target(grant), brakes),
        may_revoke=may_revoke(grant, user),
    )


def _end_of(grant: Grant, now: datetime) -> tuple[str, datetime | None]:
    """Why it is over and since when, if that is known; as lifecycle asks it."""
    if grant.revoked_at is not None:
        return "revoked", grant.revoked_at
    if grant.expires_at is not None and grant.expires_at <= now:
        return "expired", grant.expires_at
    if grant.uses >= grant.max_uses:
        return "used up", None
    return "", None


def _target(grant: Grant) -> Target:
    """Any session: a brake on one leaves the others their grant."""
    return Target(
        environment=grant.environment,
        agent=grant.agent.name,
        session=None,
        action=grant.action,
        resource=grant.resource,
        tier=grant.tier,
    )


def _place_of(grant: Grant) -> Place:
    assert grant.granted_at is not None
    return Place(grant.granted_at, grant.pk)
