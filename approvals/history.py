"""Requests of the past, in the order of time and a few at a time. Reads only.

A primary key is a UUID of version 7: its order is the order of time, and a moment has
a smallest one. So reading needs no index of its own, no cursor that stays open and no
long statement, and what comes in meanwhile is not part of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from approvals.comparison import Past, people_of
from approvals.models import ApprovalRequest, Revision
from approvals.policy_document import PolicyError
from approvals.ruleset import NoPolicy, ruleset_for
from approvals.states import Source, State

BATCH = 100
"""Rows that are read at once; each can have 256 KiB."""

_READ = (
    "id",
    "canonical",
    "revision",
    "session",
    "created_at",
    "policy_id",
    "tier",
    "tier_rank",
    "route",
    "reasons",
    "state",
    "decision_source",
)


@dataclass(frozen=True, slots=True)
class Span:
    """So many requests, from the first to the last of them."""

    first: UUID
    last: UUID
    total: int
    is_cut: bool = False
    """Whether there were older ones that were wanted, too."""


@dataclass(frozen=True, slots=True)
class Look:
    """One revision: its canonical JSON, and when it came."""

    canonical: str
    at: datetime


@dataclass(slots=True)
class Request:
    """One request and its revisions, the first of them first."""

    past: Past
    session: str | None
    looks: list[Look]
    windows: list[dict[str, float | None]] = field(default_factory=list)
    """What the windows held with each revision, as far as that is known."""


def newest(most: int, *, since: datetime | None = None) -> Span | None:
    """The newest requests, ``most`` of them at most; None when there are none."""
    found = ApprovalRequest.objects.filter(erased_at=None).order_by("-id")
    if since is not None:
        found = found.filter(id__gte=smallest_id(since))
    return _span(found, most)


def before(span: Span, seconds: int, most: int) -> Span | None:
    """What came at most so long before the first request of ``span``."""
    older = ApprovalRequest.objects.filter(id__lt=span.first, erased_at=None)
    at = ApprovalRequest.objects.values_list("created_at", flat=True).get(pk=span.first)
    since = smallest_id(at - timedelta(seconds=seconds))
    return _span(older.filter(id__gte=since).order_by("-id"), most)


def read(span: Span) -> Iterator[Request]:
    """All of them, the oldest first, as they are now."""
    place = {"id__gte": span.first}
    while rows := _batch(span, place):
        revisions = _revisions([row for row in rows if row["revision"] > 1])
        for row in rows:
            yield _request(row, revisions[row["id"]])
        place = {"id__gt": rows[-1]["id"]}


def smallest_id(moment: datetime) -> UUID:
    """What no UUID of version 7 that is made then is smaller than (RFC 9562, 5.7)."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=max(0, milliseconds) << 80)


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.get_fixed_timezone(0))


def _span(found: Any, most: int) -> Span | None:
    ids = found.values_list("id", flat=True)
    total = ids[: most + 1].count()
    if not total:
        return None
    kept = min(total, most)
    return Span(ids[kept - 1], ids[0], kept, is_cut=total > most)


def _batch(span: Span, place: dict[str, UUID]) -> list[dict[str, Any]]:
    rows = ApprovalRequest.objects.filter(id__lte=span.last, erased_at=None, **place)
    return list(rows.order_by("id").values(*_READ)[:BATCH])


def _revisions(rows: Sequence[dict[str, Any]]) -> dict[UUID, list[dict[str, Any]]]:
    """The replaced ones of each request, in their order."""
    found = defaultdict(list)
    if rows:
        old = Revision.objects.filter(approval__in=[row["id"] for row in rows])
        wanted = ("approval_id", "canonical", "replaced_at")
        for revision in old.order_by("number").values(*wanted):
            found[revision["approval_id"]].append(revision)
    return found


def _request(row: dict[str, Any], replaced: Iterable[dict[str, Any]]) -> Request:
    at, looks = row["created_at"], []
    for revision in replaced:
        looks.append(Look(revision["canonical"], at))
        at = revision["replaced_at"]
    return Request(_past(row), row["session"], [*looks, Look(row["canonical"], at)])


def _past(row: dict[str, Any]) -> Past:
    by_people = row["decision_source"] == Source.REVIEWER
    is_said = row["state"] in (State.APPROVED, State.DENIED)
    return Past(
        id=str(row["id"]),
        created_at=row["created_at"],
        tier=row["tier"],
        rank=row["tier_rank"],
        route=row["route"],
        people=_people(row["policy_id"], row["tier"]),
        decided=row["state"] if by_people and is_said else "",
        reasons=tuple(row["reasons"]),
    )


def _people(version: int, tier: str) -> int | None:
    """How many it took then; None where that version cannot be read any more."""
    try:
        return people_of(ruleset_for(version).tiers[tier])
    except (NoPolicy, PolicyError, KeyError):
        return None
