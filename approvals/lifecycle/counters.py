"""What the windows of the policy hold, counted with the request that is judged.

Everything that is asked for counts, whatever becomes of it: what is denied too, so
that trying again does not begin anew. An edit takes out what the request added
before. The arithmetic is ``approvals.windows``; here are only its tables.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Sized
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from approvals.canonical import Action
from approvals.models import ApprovalRequest
from approvals.windows import (
    Key,
    Seen,
    Share,
    Window,
    changes,
    held,
    measured,
    shares_of,
    total,
)

COUNTED = ("window_values", "window_shares")
"""The fields that ``count`` sets."""
BATCH = 5_000
"""Rows of each table that one round forgets."""
MARGIN = timedelta(hours=1)
"""How much longer they are kept: the clocks of several machines differ."""

_Totals = Mapping[UUID, Decimal]

_LOCK = "SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number"
_USE_LESS = """
UPDATE approvals_windowvalue AS known SET uses = known.uses - 1
FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[]) AS less (counter, value, bucket)
WHERE (known.counter, known.value, known.bucket)
    = (less.counter, less.value, less.bucket)
"""
_UNUSED = """
DELETE FROM approvals_windowvalue WHERE uses = 0 AND (counter, value, bucket)
    IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[]))
"""
_USE = """
WITH used AS (
    INSERT INTO approvals_windowvalue AS known
        (counter, value, bucket, counts_until, uses)
    SELECT *, 1
    FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[])
    ON CONFLICT (counter, value, bucket) DO UPDATE SET uses = known.uses + 1
)
"""
# With _USE or _ADD before them, these still see what was there before: one snapshot.
_SEEN = """
SELECT known.* FROM unnest(%s::uuid[], %s::uuid[]) AS asked (counter, value),
LATERAL (
    SELECT counter, value, bucket, uses FROM approvals_windowvalue
    WHERE counter = asked.counter AND value = asked.value
    ORDER BY bucket DESC LIMIT %s
) AS known
"""
_MOVE = """
UPDATE approvals_windowbucket AS known SET total = known.total + moved.amount
FROM unnest(%s::uuid[], %s::bigint[], %s::numeric[]) AS moved (counter, bucket, amount)
WHERE (known.counter, known.bucket) = (moved.counter, moved.bucket)
"""
_ADD = """
WITH added AS (
    INSERT INTO approvals_windowbucket AS known (counter, bucket, total, counts_until)
    SELECT *
    FROM unnest(%s::uuid[], %s::bigint[], %s::numeric[], %s::timestamptz[])
    ON CONFLICT (counter, bucket) DO UPDATE SET total = known.total + excluded.total
)
"""
_TOTALS = """
SELECT asked.counter, (
    SELECT COALESCE(sum(known.total), 0) FROM approvals_windowbucket AS known
    WHERE known.counter = asked.counter AND known.bucket >= asked.since
) FROM unnest(%s::uuid[], %s::bigint[]) AS asked (counter, since)
"""
_FORGET = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM {table} WHERE counts_until < %s
    ORDER BY counts_until LIMIT %s FOR UPDATE SKIP LOCKED
))
"""


def count(
    approval: ApprovalRequest,
    windows: Sequence[Window],
    action: Action,
    *,
    now: datetime,
) -> None:
    """Let the request add ``action`` to the windows, instead of what it added before.

    Inside a transaction, until whose end nobody else counts in the same groups: of
    two requests that race, the second sees the first. Sets COUNTED, unsaved. Without
    windows, now and before, nothing is asked of the database.
    """
    _count(approval, windows, action, now, is_stored=True)


def foresee(
    approval: ApprovalRequest,
    windows: Sequence[Window],
    action: Action,
    *,
    now: datetime,
) -> None:
    """Set COUNTED as ``count`` would; nothing is stored and nobody waits."""
    _count(approval, windows, action, now, is_stored=False)


def forget_windows() -> int:
    """Delete up to BATCH rows of each table that nothing counts any more.

    Returns how many.
    """
    forgotten = 0
    with connection.cursor() as cursor:
        for table in ("approvals_windowbucket", "approvals_windowvalue"):
            past = timezone.now() - MARGIN
            cursor.execute(_FORGET.format(table=table), [past, BATCH])
            forgotten += cursor.rowcount
    return forgotten


def _count(
    approval: ApprovalRequest,
    windows: Sequence[Window],
    action: Action,
    now: datetime,
    *,
    is_stored: bool,
) -> None:
    if not windows and not approval.window_values:
        return
    shares = shares_of(windows, action, session=approval.session, now=now)
    added = measured(shares)
    taken = [Share.read(stored) for stored in approval.window_shares]
    with connection.cursor() as cursor:
        replace = _replace if is_stored else _foresee
        totals = replace(cursor, taken, added) if taken or added else {}
    approval.window_values = held(windows, shares, totals)
    approval.window_shares = [share.as_dict() for share in added]


def _replace(
    cursor: CursorWrapper, taken: Sequence[Share], added: Sequence[Share]
) -> _Totals:
    """Store it; what the counters of ``added`` hold then."""
    _lock(cursor, (*taken, *added))
    if taken:
        seen = _seen(cursor, (*taken, *added))
        _use_less(cursor, taken)
        _use(cursor, added)
    else:
        seen = _use(cursor, added)
    net = changes(seen, taken, added)
    risen = {s: max(net[s.counter, s.bucket], Decimal(0)) for s in added}
    known = {(s.counter, s.bucket) for s in added}
    _move(cursor, {k: n for k, n in net.items() if n < 0 or (n and k not in known)})
    before = _add(cursor, risen)
    return {
        s.counter: total((before[s.counter], amount)) for s, amount in risen.items()
    }


def _foresee(
    cursor: CursorWrapper, taken: Sequence[Share], added: Sequence[Share]
) -> _Totals:
    """What the counters of ``added`` would hold."""
    net = changes(_seen(cursor, (*taken, *added)), taken, added)
    cursor.execute(_TOTALS, _groups(added))
    totals = dict(cursor.fetchall())
    for share in added:
        moved = (
            amount
            for (counter, bucket), amount in net.items()
            if counter == share.counter and bucket >= share.since
        )
        totals[share.counter] = total((totals[share.counter], *moved))
    return totals


def _lock(cursor: CursorWrapper, shares: Iterable[Share]) -> None:
    """Wait for whoever counts in the same groups; in order, so that nobody waits
    for each other.
    """
    numbers = {int.from_bytes(s.counter.bytes[:8], signed=True) for s in shares}
    cursor.execute(_LOCK, [sorted(numbers)])


def _seen(cursor: CursorWrapper, shares: Sequence[Share]) -> Mapping[UUID, Seen]:
    """In which buckets the values of these shares stand."""
    if asked := {(s.counter, value) for s in shares for value in s.values}:
        cursor.execute(_SEEN, [*_columns([*asked]), None])
    return _as_seen(cursor, asked)


def _use(cursor: CursorWrapper, added: Sequence[Share]) -> Mapping[UUID, Seen]:
    """Store the values of these shares; in which bucket each stood last before."""
    rows = [(s.counter, v, s.bucket, s.counts_until) for s in added for v in s.values]
    if rows:
        columns = _columns(rows)
        cursor.execute(f"{_USE}{_SEEN}", [*columns, *columns[:2], 1])
    return _as_seen(cursor, rows)


def _as_seen(cursor: CursorWrapper, asked: Sized) -> Mapping[UUID, Seen]:
    """What _SEEN found, if it was asked for anything."""
    seen: dict[UUID, Seen] = defaultdict(Seen)
    for counter, value, bucket, uses in cursor.fetchall() if asked else ():
        seen[counter].uses[value][bucket] = uses
    return seen


def _use_less(cursor: CursorWrapper, taken: Sequence[Share]) -> None:
    """Take the values of these shares out."""
    if rows := [(s.counter, value, s.bucket) for s in taken for value in s.values]:
        cursor.execute(_USE_LESS, _columns(rows))
        cursor.execute(_UNUSED, _columns(rows))


def _move(cursor: CursorWrapper, net: Mapping[Key, Decimal]) -> None:
    """Change totals that are there; what is forgotten by now stays so."""
    if net:
        cursor.execute(_MOVE, _columns([(*key, amount) for key, amount in net.items()]))


def _add(cursor: CursorWrapper, risen: Mapping[Share, Decimal]) -> _Totals:
    """Add to the shares' own buckets; what their counters held before."""
    if not risen:
        return {}
    rows = [(s.counter, s.bucket, n, s.counts_until) for s, n in risen.items()]
    cursor.execute(f"{_ADD}{_TOTALS}", [*_columns(rows), *_groups(risen)])
    return dict(cursor.fetchall())


def _groups(shares: Iterable[Share]) -> list[list[object]]:
    """The parameters of _TOTALS."""
    return _columns([(share.counter, share.since) for share in shares]) or [[], []]


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Rows as arrays, as unnest takes them."""
    return [list(column) for column in zip(*rows, strict=True)]
