"""What was decided, last first, searched a piece at a time. Reads only.

A search looks through no more than LOOK requests for one page, out of the index that
has them in this order; the page says how far it looked, and goes on from there. So
nothing costs more because more was decided, and nothing that is there is passed over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.db.utils import OperationalError

from approvals.access import visible_to
from approvals.cursors import Place, after, unsealed
from approvals.models import ApprovalRequest
from approvals.rows import Row, light, row_of
from approvals.search import Where, check_names, condition
from approvals.search_syntax import Key, Query
from approvals.splits import Desk
from approvals.states import Source, State

HISTORY_PAGE = 50
LOOK = 10_000
"""Decided requests that are looked through for one page of a search."""
PATIENCE_MS = 1500
"""After so long a search of the history is given up."""
RECENT = 1000
"""Decisions that are looked at for what runs by itself."""

_KIND = "history"
_TIMES = {Key.AFTER: "decided_at__gte", Key.BEFORE: "decided_at__lt"}


class TooSlow(Exception):
    """A search took too long; nothing is known of what it would have found."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One page of what was decided."""

    rows: list[Row]
    next: str
    """The cursor of the page after them; empty at the end."""
    looked_back_to: datetime | None = None
    """How far the search went where there is more behind it; None: to the end."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """What policy and grants decided by themselves lately."""

    last: datetime | None
    """When anything was last decided."""
    number: int
    """How many approvals without a person, among the decisions that were looked at."""
    of: int
    """How many decisions there were in the last 24 hours, up to RECENT."""
    is_capped: bool


def history(desk: Desk, *, query: Query | None = None, before: str = "") -> Decided:
    """What was decided and answers ``query``, from an earlier page's ``next`` on.

    Raises BadCursor, SearchError and TooSlow.
    """
    query = query or Query()
    place = unsealed(before, _KIND)[0] if before else None
    check_names(query, desk)
    wanted = condition(query, desk, Where.HISTORY)
    walked = after(_driven(desk, query), "decided_at", place)
    if not query.terms:
        return _page(walked, desk, None)
    with _patience():
        ends: Any = walked.values_list("decided_at", "id")[LOOK - 1 : LOOK]
        end = next((Place(*found) for found in ends), None)
        if end is not None:
            tie = Q(decided_at=end.at, id__gte=end.id)
            walked = walked.filter(
                Q(decided_at__gt=end.at) | tie, decided_at__gte=end.at
            )
        return _page(walked.filter(wanted), desk, end)


def on_duty(desk: Desk) -> OnDuty:
    """One query over the last RECENT decisions."""
    recent = _all(desk).order_by("-decided_at", "-id").select_related(None)
    today = Q(decided_at__gt=desk.now - timedelta(days=1))
    alone = Q(state=State.APPROVED, decision_source__in=(Source.POLICY, Source.GRANT))
    found = recent[:RECENT].aggregate(
        last=Max("decided_at"),
        number=Count("pk", filter=today & alone),
        of=Count("pk", filter=today),
    )
    return OnDuty(**found, is_capped=found["of"] == RECENT)


def _all(desk: Desk) -> QuerySet[ApprovalRequest]:
    return visible_to(desk.user).exclude(state=State.PENDING)


def _driven(desk: Desk, query: Query) -> QuerySet[ApprovalRequest]:
    """What an index has in order, of a time: all, one agent's, or one action's.

    So a search for one agent looks through LOOK requests of that agent.
    """
    decided = _all(desk)
    for term in query.terms:
        if term.key in _TIMES and not term.negated:
            decided = decided.filter(**{_TIMES[term.key]: term.moment(desk.now)})
    if name := query.only(Key.AGENT):
        return decided.filter(agent=desk.agents.get(name))
    if name := query.only(Key.ACTION):
        return decided.filter(action=name)
    return decided


def _page(
    requests: QuerySet[ApprovalRequest], desk: Desk, end: Place | None
) -> Decided:
    found: list[Any] = list(light(requests)[: HISTORY_PAGE + 1])
    rows = [row_of(approval, desk.standing) for approval in found[:HISTORY_PAGE]]
    if len(found) > HISTORY_PAGE:
        last = found[HISTORY_PAGE - 1]
        return Decided(rows, Place(last.decided_at, last.id).sealed(_KIND))
    if end is not None:
        return Decided(rows, end.sealed(_KIND), end.at)
    return Decided(rows, "")


@contextmanager
def _patience() -> Iterator[None]:
    """Whatever the planner thinks of, a page is answered in the end."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":
            raise TooSlow from error
        raise
