"""What waits for people, in which order; what they have to decide next. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core import signing
from django.db.models import Q, QuerySet

from approvals import folding, snoozes
from approvals.access import visible_to
from approvals.cursors import BadCursor
from approvals.folding import ORDER, Fold
from approvals.models import ApprovalRequest
from approvals.rows import (
    Preview,
    Row,
    TierMark,
    claimed_by,
    light,
    mark_of,
    places_of,
    preview_of,
    row_of,
    tier_mark,
)
from approvals.search import Where, check_names, condition
from approvals.search_syntax import Is, Key, Query, SearchError, parse
from approvals.splits import Desk

PAGE = 50
"""Rows of one page of the queue; the rest is counted and one key away."""

_CURSOR_SALT = "approvals.queue.cursor"

__all__ = [
    "PAGE",
    "BadCursor",
    "Page",
    "Preview",
    "Row",
    "TierMark",
    "claimed_by",
    "mark_of",
    "next_waiting",
    "number",
    "pending",
    "places_of",
    "preview_of",
    "row",
    "tier_mark",
    "waiting",
]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursor of the page after them (empty at the end)."""

    rows: list[Row]
    next: str
    number: int = 0
    """How many requests there are on all pages, in rows or folded into them."""


def pending(
    user: User, *, after: str = "", query: Query | None = None, desk: Desk | None = None
) -> Page:
    """What waits for a decision: riskiest first, then what expires first.

    Equal requests are one row, and one agent has no more than ``folding.AGENT_CAP``
    rows, unless ``query`` asks for it. ``after`` is an earlier page's ``next``;
    raises BadCursor for anything else, and SearchError.
    """
    query, desk = query or Query(), desk or Desk(user)
    place = _read_cursor(after) if after else None
    check_names(query, desk)
    found = folding.folds(
        _matching(desk, query),
        limit=PAGE + 1,
        after=place,
        is_capped=is_capped(query),
        is_folded=is_folded(query),
    )
    shown = found.folds[:PAGE]
    cursor = _write_cursor(shown[-1].place) if len(found.folds) > PAGE else ""
    return Page(_rows(shown, desk), cursor, found.number)


def number(desk: Desk, text: str) -> int | None:
    """How many requests a search finds, as ``Page.number``; None: it cannot be read."""
    try:
        return _matching(desk, parse(text))[: folding.SCAN].count()
    except SearchError:
        return None


def is_capped(query: Query) -> bool:
    """Whether one agent must not fill the list: not where somebody asks for it."""
    asked = (Key.AGENT, Key.DIGEST, Key.SESSION)
    return not (query.asks(Key.IS, Is.MINE) or any(query.asks(key) for key in asked))


def is_folded(query: Query) -> bool:
    """Whether equal requests are one row: not where somebody asks for just those."""
    return not query.asks(Key.DIGEST)


def row(user: User, approval_id: UUID, *, query: Query | None = None) -> Row | None:
    """One request as a row of what ``query`` finds, with what is folded into it.

    What is decided, or not found by it, stands alone. None where this person may
    not see it; raises SearchError.
    """
    query, desk = query or Query(), Desk(user)
    found: Any = light(visible_to(user).filter(pk=approval_id)).first()
    if found is None:
        return None
    if not found.is_pending:
        return row_of(found, desk.standing)
    equal = {"digest": found.digest, "tier_rank": found.tier_rank}
    ids = list(
        _matching(desk, query)
        .filter(**equal)
        .order_by(*ORDER)
        .values_list("id", flat=True)[: folding.SCAN]
    )
    if approval_id not in ids:
        return row_of(found, desk.standing, fits=False)
    if not is_folded(query):
        return row_of(found, desk.standing)
    others = [other for other in ids if other != approval_id][: folding.OTHERS]
    by_id = ApprovalRequest.objects.select_related("assigned_to").in_bulk(others)
    shown = tuple(by_id[other] for other in others if other in by_id)
    return row_of(found, desk.standing, count=len(ids), others=shown)


def waiting(user: User, text: str = "") -> QuerySet[ApprovalRequest]:
    """What waits and answers a search; all that waits where it cannot be read."""
    desk = Desk(user)
    try:
        return _matching(desk, parse(text))
    except SearchError:
        return desk.waiting


def next_waiting(user: User, approval: ApprovalRequest, text: str = "") -> UUID | None:
    """What to turn to after ``approval``: the next of ``waiting``, or its first."""
    others = waiting(user, text).exclude(pk=approval.pk).order_by(*ORDER)
    place = (approval.tier_rank, approval.expires_at, approval.pk)
    following = others.filter(_after_place(*place)).values_list("pk", flat=True).first()
    return following or others.values_list("pk", flat=True).first()


def _matching(desk: Desk, query: Query) -> QuerySet[ApprovalRequest]:
    return desk.waiting.filter(condition(query, desk, Where.QUEUE))


def _rows(folds: Sequence[Fold], desk: Desk) -> list[Row]:
    """Two steps: what is on the page was found among all, and is read whole here."""
    ids = {fold.id for fold in folds}
    others = {other for fold in folds for other in fold.others}
    found: dict[UUID, Any] = {
        one.pk: one for one in light(visible_to(desk.user).filter(pk__in=ids | others))
    }
    desk.meet(vote for approval in found.values() for vote in approval.votes.all())
    # What was decided between the two steps is shown as that.
    return [
        row_of(
            found[fold.id],
            desk.standing,
            count=fold.size,
            others=tuple(found[other] for other in fold.others if other in found),
            rest=fold.rest,
        )
        for fold in folds
        if fold.id in found
    ]


def hidden(user: User) -> list[Row]:
    """What this person has put aside, by deadline; no more than a page of it."""
    desk = Desk(user)
    requests = snoozes.hidden(visible_to(user), user, desk.now)
    found: Any = light(snoozes.with_ends(requests, user, desk.now))
    return [
        row_of(approval, desk.standing, back_at=approval.back_at)
        for approval in found.order_by("expires_at", "id")[:PAGE]
    ]


def _after_place(rank: int, expires: datetime, last: UUID) -> Q:
    """What comes after one place of the queue's order."""
    return Q(tier_rank__lt=rank) | Q(tier_rank=rank) & (
        Q(expires_at__gt=expires) | Q(expires_at=expires, id__gt=last)
    )


def _write_cursor(place: folding.Place) -> str:
    """Signed, so that what comes back needs no checks of its own."""
    rank, expires, last = place
    facts = ["pending", rank, expires.isoformat(), str(last)]
    return signing.dumps(facts, salt=_CURSOR_SALT)


def _read_cursor(cursor: str) -> folding.Place:
    try:
        kind, rank, expires, last = signing.loads(cursor, salt=_CURSOR_SALT)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadCursor from error
    if kind != "pending":
        raise BadCursor
    return rank, datetime.fromisoformat(expires), UUID(last)
