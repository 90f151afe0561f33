"""Finding entries: by who, what, of which subject, when. Reads only.

Last first and a page at a time, by the order of ids, which are UUIDs of version 7:
that is the order of time. Each form of the question reads as many rows as it answers
with, out of an index that has them in this order, however long the log is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit.actions import Action
from audit.models import Entry

MIN_ID, MAX_ID = UUID(int=0), UUID(int=(1 << 128) - 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLACK = timedelta(minutes=1)
"""An id is made a moment after the time of its entry is taken."""
_MOST_MS = (1 << 48) - 1


class Unanswerable(ValueError):
    """A question that cannot be understood, as a sentence for who asked."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is empty means everything."""

    subject: str = ""
    """Id of a request, agent, key, user …"""
    who: str = ""
    """Name of an actor, as it was written down."""
    what: str = ""
    """A verb of ``Action``, or what it is about: ``request`` for all of requests."""
    since: datetime | None = None
    until: datetime | None = None
    """Not included."""
    before: UUID | None = None
    """The last one of the page before."""

    def actions(self) -> list[str]:
        """The verbs that are looked for; raises Unanswerable for what is none."""
        found = [one.value for one in Action if self.what in ("", one, kind_of(one))]
        if not found:
            raise Unanswerable("The log knows no such action.")
        return found


def kind_of(action: str) -> str:
    """What a verb is about: ``request`` of ``request:voted``."""
    return action.partition(":")[0]


def moment(text: str) -> datetime | None:
    """ISO 8601, in UTC unless it says otherwise; raises Unanswerable."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        reason = "A time looks like 2026-01-31T23:59, in UTC."
        raise Unanswerable(reason) from error


# Both bounds compare whole rows, and the order is that of the whole index: so there is
# one plan, whatever PostgreSQL thinks how often something occurs. With "=" it walks
# the primary key backwards for what it takes to be frequent, and that may be all of it.
# What only filters is no bare column, or another index might be chosen for that.
_OF_SUBJECT = """
WITH RECURSIVE kind (name) AS (
    (SELECT subject_type FROM audit_entry ORDER BY subject_type LIMIT 1)
    UNION ALL
    SELECT (
        SELECT subject_type FROM audit_entry WHERE subject_type > kind.name
        ORDER BY subject_type LIMIT 1
    ) FROM kind WHERE kind.name IS NOT NULL
)
SELECT found.id FROM kind CROSS JOIN LATERAL (
    SELECT id FROM audit_entry
    WHERE (subject_type, subject_id, id) >= (kind.name, %(subject)s, %(first)s)
    AND (subject_type, subject_id, id) < (kind.name, %(subject)s, %(below)s)
    AND (%(what)s = '' OR action || '' = ANY (%(actions)s::text[]))
    AND (%(who)s = '' OR actor_name || '' = %(who)s)
    AND at >= %(since)s AND at < %(until)s
    ORDER BY subject_type DESC, subject_id DESC, id DESC LIMIT %(limit)s
) AS found ORDER BY found.id DESC LIMIT %(limit)s
"""
_OF_ACTOR = """
SELECT found.id FROM unnest(%(actions)s::text[]) AS verb (name) CROSS JOIN LATERAL (
    SELECT id FROM audit_entry
    WHERE (actor_name, action, id) >= (%(who)s, verb.name, %(first)s)
    AND (actor_name, action, id) < (%(who)s, verb.name, %(below)s)
    AND at >= %(since)s AND at < %(until)s
    ORDER BY actor_name DESC, action DESC, id DESC LIMIT %(limit)s
) AS found ORDER BY found.id DESC LIMIT %(limit)s
"""
_OF_ACTION = """
SELECT found.id FROM unnest(%(actions)s::text[]) AS verb (name) CROSS JOIN LATERAL (
    SELECT id FROM audit_entry
    WHERE (action, id) >= (verb.name, %(first)s)
    AND (action, id) < (verb.name, %(below)s)
    AND at >= %(since)s AND at < %(until)s
    ORDER BY action DESC, id DESC LIMIT %(limit)s
) AS found ORDER BY found.id DESC LIMIT %(limit)s
"""
_OF_ALL = """
SELECT id FROM audit_entry WHERE id >= %(first)s AND id < %(below)s
AND at >= %(since)s AND at < %(until)s
ORDER BY id DESC LIMIT %(limit)s
"""


def find(search: Search, limit: int) -> list[Entry]:
    """At most ``limit`` entries, last first, with their places; two queries.

    Raises Unanswerable.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement(search), values(search, limit))
        ids = [row[0] for row in cursor.fetchall()]
    entries = Entry.objects.select_related("leaf").defer("canonical", "leaf_hash")
    return list(entries.filter(pk__in=ids).order_by("-id"))


def statement(search: Search) -> str:
    """The form of the question, by the index that answers it."""
    if search.subject:
        return _OF_SUBJECT  # entry_by_subject
    if search.who:
        return _OF_ACTOR  # entry_by_actor
    if search.what:
        return _OF_ACTION  # entry_by_action
    return _OF_ALL  # the primary key


def values(search: Search, limit: int) -> Mapping[str, Any]:
    """What goes into it; raises Unanswerable."""
    since = search.since or datetime.min.replace(tzinfo=UTC)
    until = search.until or datetime.max.replace(tzinfo=UTC)
    return {
        "subject": search.subject,
        "who": search.who,
        "what": search.what,
        "actions": search.actions(),
        "first": _id_at(search.since, -_SLACK, MIN_ID),
        "below": min(search.before or MAX_ID, _id_at(search.until, _SLACK, MAX_ID)),
        "since": since,
        "until": until,
        "limit": limit,
    }


def _id_at(at: datetime | None, slack: timedelta, otherwise: UUID) -> UUID:
    """What no UUID of version 7 that is made then is smaller than (RFC 9562, 5.7)."""
    if at is None:
        return otherwise
    milliseconds = (at - _EPOCH + slack) // timedelta(milliseconds=1)
    return UUID(int=min(max(0, milliseconds), _MOST_MS) << 80)
