"""What waits as a list that one agent cannot fill: equal requests as one, and a cap.

Reads only. Requests are equal when they have the same digest, which covers the
agent, and the same tier: a fold never hides that one of them is riskier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from approvals.models import ApprovalRequest

ORDER = ("-tier_rank", "expires_at", "id")
"""Riskiest first, then what runs out first."""
SCAN = 10_000
"""Requests that are looked at for one list: the first ones in its order."""
AGENT_CAP = 10
"""Rows of one agent, if it is not alone, in a list that caps: another's stay on the
first screen."""
LEAST_CAP = 3
"""Agents with more than that share AGENT_CAP, but each has so many rows."""
OTHERS = 5
"""Equal requests that a row lists beside its own."""

Place = tuple[int, datetime, UUID]
"""Where in the list something stands: rank, deadline, id."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Equal requests: the one that runs out first, how many, and the next few."""

    id: UUID
    place: Place
    size: int
    others: tuple[UUID, ...]
    rest: int
    """Requests of the same agent that the cap leaves out after this row."""


@dataclass(frozen=True, slots=True)
class Folds:
    """One page of them, and how many requests there are on all pages."""

    folds: list[Fold]
    number: int


# Folded over all that waits and not over the page, so that pages fit together. From
# the second step on, numbers stand for requests: to sort them costs little.
_FOLDS = """
WITH found AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY tier_rank DESC, expires_at, id) AS ord
    FROM ({found}) AS waiting
),
heads AS MATERIALIZED ({heads}),
placed AS ({placed}),
page AS MATERIALIZED (
    SELECT placed.ord, placed.size, place, cap, rest,
        id, digest, tier_rank, expires_at
    FROM placed JOIN found USING (ord) WHERE {after} ORDER BY ord LIMIT %(limit)s
),
others AS (
    SELECT head AS ord, array_agg(id ORDER BY nth) AS ids FROM (
        SELECT page.ord AS head, found.id,
            row_number() OVER (PARTITION BY page.ord ORDER BY found.ord) AS nth
        FROM page JOIN found USING (tier_rank, digest)
        WHERE page.size > 1 AND found.ord > page.ord
    ) AS equal WHERE nth <= %(others)s GROUP BY head
)
SELECT page.id, tier_rank, expires_at, size,
    CASE WHEN place = cap THEN rest ELSE 0 END,
    coalesce(others.ids, '{{}}'), (SELECT count(*) FROM found)
FROM page LEFT JOIN others USING (ord) ORDER BY ord
"""
_EQUAL = """
SELECT min(ord) AS ord, count(*) AS size, agent_id
FROM found GROUP BY tier_rank, digest, agent_id
"""
_EACH = "SELECT ord, 1 AS size, agent_id FROM found"
_ALL = "SELECT *, 0 AS place, 1 AS cap, 0 AS rest FROM heads"
# ``flooding``: agents with more rows than the cap, what each of them gets of it, and
# how many requests it has. Who is alone here keeps nobody from being seen. The last
# bound says nothing new, but is one number: no place behind it is worked out.
_CAPPED = """
SELECT numbered.*, coalesce(flooding.cap, %(cap)s) AS cap,
    coalesce(flooding.number - so_far, 0) AS rest
FROM (
    SELECT *, row_number() OVER of_agent AS place, sum(size) OVER of_agent AS so_far
    FROM heads WINDOW of_agent AS (PARTITION BY agent_id ORDER BY ord)
) AS numbered
LEFT JOIN (
    SELECT agent_id, sum(size) AS number, CASE
        WHEN (SELECT min(agent_id) = max(agent_id) FROM heads) THEN count(*)
        ELSE greatest(%(least)s, %(cap)s / count(*) OVER ()) END AS cap
    FROM heads GROUP BY agent_id HAVING count(*) > %(cap)s
) AS flooding USING (agent_id)
WHERE place <= coalesce(flooding.cap, %(cap)s) AND place <= (
    SELECT CASE min(agent_id) WHEN max(agent_id) THEN count(*) ELSE %(cap)s END
    FROM heads
)
"""
_AFTER = """(tier_rank < %(rank)s OR tier_rank = %(rank)s
    AND (expires_at, id) > (%(expires)s, %(last)s))"""


def folds(
    requests: QuerySet[ApprovalRequest],
    *,
    limit: int,
    after: Place | None = None,
    is_capped: bool = False,
    is_folded: bool = True,
) -> Folds:
    """The first ``limit`` folds of requests that wait, after a place in the list."""
    found = requests.order_by(*ORDER).values(
        "id", "agent_id", "digest", "tier_rank", "expires_at"
    )
    try:
        inner, inner_values = found[:SCAN].query.sql_with_params()
    except EmptyResultSet:
        return Folds([], 0)
    values: dict[str, Any] = {
        "cap": AGENT_CAP,
        "least": min(LEAST_CAP, AGENT_CAP),
        "limit": limit,
        "others": OTHERS,
    }
    if after is not None:
        values |= dict(zip(("rank", "expires", "last"), after, strict=True))
    named, more = _named(inner, inner_values)
    statement = _FOLDS.format(
        found=named,
        heads=_EQUAL if is_folded else _EACH,
        placed=_CAPPED if is_capped else _ALL,
        after=_AFTER if after else "true",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values | more)
        rows = cursor.fetchall()
    return Folds([_fold(row) for row in rows], rows[0][-1] if rows else 0)


def _fold(row: Sequence[Any]) -> Fold:
    head, rank, expires, size, rest, others, _ = row
    return Fold(head, (rank, expires, head), size, tuple(others), int(rest))


def _named(sql: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Django's numbered values as named ones: one statement takes one kind."""
    names = [f"inner_{number}" for number in range(len(values))]
    # "%%" is a literal per cent sign, and has to stay one.
    doubled = sql.replace("%%", "%%%%")
    statement = doubled % tuple(f"%({name})s" for name in names)
    return statement, dict(zip(names, values, strict=True))
