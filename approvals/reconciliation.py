"""Where what was approved and what was done do not fit together. Reads only.

Each list is read newest first along its own partial index (``models.permits``), and
only so far: whatever is filtered out here was looked at, so looking has an end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from agents.models import Agent
from approvals.access import visible_to
from approvals.cursors import Place, after, unsealed
from approvals.models import ApprovalRequest, Outcome, Permit
from approvals.states import PermitState
from audit.actions import Action

PAGE = 50
LOOKED_AT = 2_000
"""How many rows of one list are looked at for one page, where some are left out."""
COUNT_LIMIT = 1_000
"""How many rows of one list are looked at for its number."""
SAID = 280
"""Characters of what the agent said that a row shows."""


_LIST = "reconciliation"


class Kind(StrEnum):
    """What does not fit; the value is in addresses."""

    LAPSED = "unused"
    OVERDUE = "silent"
    OTHER_DIGEST = "other-digest"
    UNREDEEMED = "unredeemed"


_ORDER = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Source:
    """Where one list comes from, and what it means."""

    rows: QuerySet[Any]
    at: str
    """The field that orders it, as its index does."""
    verb: Action
    title: str
    meaning: str
    advice: str


SOURCES: Mapping[Kind, Source] = {
    Kind.LAPSED: Source(
        rows=Permit.objects.filter(state=PermitState.LAPSED),
        at="closed_at",
        verb=Action.PERMIT_LAPSED,
        title="Approved, never redeemed",
        meaning="People said yes, and the agent did not ask for the permit in time.",
        advice=(
            "Check whether the agent gave up, or went ahead without asking: look at "
            "what it was going to change. If this happens often, its tier's permit "
            "lifetime is too short, or nobody needed the answer."
        ),
    ),
    Kind.OVERDUE: Source(
        rows=Permit.objects.filter(overdue_at__isnull=False),
        at="overdue_at",
        verb=Action.OUTCOME_OVERDUE,
        title="Redeemed, no outcome",
        meaning=(
            "The agent took the permit to carry it out, and never said what happened."
        ),
        advice=(
            "Treat it as done or half done until you have looked. Then find out "
            "whether the agent crashed, and let it report outcomes."
        ),
    ),
    Kind.OTHER_DIGEST: Source(
        rows=Outcome.objects.filter(other_digest=True),
        at="reported_at",
        verb=Action.OUTCOME_FOR_OTHER_DIGEST,
        title="Outcome for another digest",
        meaning="The agent says that it carried out something else than was asked for.",
        advice=(
            "Pull the brake for this agent until you know what ran, and compare the "
            "two digests."
        ),
    ),
    Kind.UNREDEEMED: Source(
        rows=Outcome.objects.filter(unredeemed=True),
        at="reported_at",
        verb=Action.OUTCOME_WITHOUT_REDEMPTION,
        title="Outcome without redemption",
        meaning="The agent says that it did something without redeeming a permit.",
        advice=(
            "It may have acted without approval: pull the brake for this agent, and "
            "make the tool ask for the permit itself."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many were found; ``is_capped`` when there is more that nobody looked at."""

    number: int
    is_capped: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that does not fit, before its request is read."""

    place: Place
    kind: Kind


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that does not fit."""

    kind: Kind
    at: datetime
    approval: ApprovalRequest

    @property
    def source(self) -> Source:
        return SOURCES[self.kind]

    @property
    def outcome(self) -> Outcome | None:
        """What the agent said, if it ever did."""
        return getattr(self.approval, "outcome", None)

    @property
    def said(self) -> str:
        return self.outcome.detail[:SAID] if self.outcome else ""

    @property
    def unsaid(self) -> int:
        """How many characters of it the row leaves out."""
        return len(self.outcome.detail) - len(self.said) if self.outcome else 0


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursor of the page after them (empty at the end)."""

    rows: list[Row]
    next: str


def page(
    user: User,
    kinds: Iterable[Kind] = Kind,
    *,
    agent: Agent | None = None,
    before: str = "",
) -> Page:
    """What is in these lists, newest first; ``before`` is an earlier page's ``next``.

    Raises BadCursor. Of one agent it may hold few rows and still have a next page:
    then there was much of other agents to look at.
    """
    place, last = _unsealed(before)
    hits: list[Hit] = []
    horizon: Place | None = None
    for kind in kinds:
        limit = LOOKED_AT if agent or kind is Kind.OVERDUE else PAGE
        # Two lists can hold one request at one time; then they come in their order.
        is_later = last is not None and _ORDER.index(kind) > _ORDER.index(last)
        found, end = _look(kind, agent, place, limit, itself=is_later)
        hits += found
        horizon = max(filter(None, (horizon, end)), default=None)
    # Beyond where one list was left, another's rows would come too early.
    seen = [hit for hit in hits if horizon is None or hit.place >= horizon]
    seen.sort(key=lambda hit: hit.place, reverse=True)
    return Page(_rows(user, seen[:PAGE]), _following(seen, horizon))


def counts(agent: Agent | None = None) -> dict[Kind, Count]:
    """How much is in each list, each asked with an end."""
    numbers = {}
    for kind in Kind:
        found, end = _look(kind, agent, None, COUNT_LIMIT)
        numbers[kind] = Count(len(found), end is not None)
    return numbers


def _look(
    kind: Kind,
    agent: Agent | None,
    place: Place | None,
    limit: int,
    *,
    itself: bool = False,
) -> tuple[list[Hit], Place | None]:
    """What is found among the next ``limit`` rows, and the last of them.

    The latter only when there are more.
    """
    source = SOURCES[kind]
    rows = after(source.rows, source.at, place, itself=itself)
    # Nothing is joined here: the planner would leave the index for it.
    places = [
        Place(at, pk) for pk, at in rows.values_list("pk", source.at)[: limit + 1]
    ]
    end = places[limit - 1] if len(places) > limit else None
    wanted = _wanted(kind, agent, places[:limit])
    return [Hit(found, kind) for found in places[:limit] if found.id in wanted], end


def _wanted(kind: Kind, agent: Agent | None, places: Sequence[Place]) -> set[UUID]:
    """Which of them are of this agent, and silent still if that is asked for."""
    ids = {place.id for place in places}
    if agent is None and kind is not Kind.OVERDUE:
        return ids
    requests = ApprovalRequest.objects.filter(pk__in=ids)
    if agent is not None:
        requests = requests.filter(agent=agent)
    if kind is Kind.OVERDUE:
        requests = requests.filter(outcome=None)
    return set(requests.order_by().values_list("pk", flat=True))


def _following(seen: Sequence[Hit], horizon: Place | None) -> str:
    if len(seen) > PAGE:
        last = seen[PAGE - 1]
        return last.place.sealed(_LIST, last.kind)
    return horizon.sealed(_LIST, _ORDER[-1]) if horizon else ""


def _rows(user: User, hits: Iterable[Hit]) -> list[Row]:
    """What this person may see of them."""
    ids: set[UUID] = {hit.place.id for hit in hits}
    light = visible_to(user).select_related("permit", "outcome")
    requests = light.defer("canonical", "evidence", "permit__token").in_bulk(ids)
    return [
        Row(hit.kind, hit.place.at, requests[hit.place.id])
        for hit in hits
        if hit.place.id in requests
    ]


def _unsealed(cursor: str) -> tuple[Place | None, Kind | None]:
    if not cursor:
        return None, None
    place, more = unsealed(cursor, _LIST)
    return place, Kind(more[0])
