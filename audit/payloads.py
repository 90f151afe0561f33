"""Reading what entries commit to, where it was not erased."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from audit import sealing
from audit.models import Entry

Contents = Mapping[str, str]
"""The RFC 8785 JSON of an entry's sealed members, by their names."""

_CONTENTS = """
SELECT entry_id, members, contents
FROM unnest(%s::text[], %s::text[], %s::uuid[])
    AS wanted (subject_type, subject_id, entry_id)
JOIN audit_payload USING (subject_type, subject_id, entry_id)
"""


class Erased(str):
    """What stands in place of a text that is no longer there."""


ERASED = Erased("[erased]")
"""To be compared by ``is``: anybody can write the same."""


def revealed(entries: Iterable[Entry]) -> dict[Any, dict[str, Any]]:
    """The data of each entry, by its id, with what was written in its place.

    ERASED stands where it is gone. One query, whatever the number of entries.
    """
    entries = list(entries)
    contents = contents_of(
        (entry.subject_type, entry.subject_id, entry.pk)
        for entry in entries
        if any(sealing.commitments(entry.data))
    )
    return {entry.pk: _opened(entry, contents) for entry in entries}


def _opened(entry: Entry, contents: Mapping[UUID, Contents]) -> dict[str, Any]:
    """``entry.data`` itself stays as it is: it is what the hash covers."""
    data = dict(entry.data)
    written = contents.get(entry.pk, {})
    for name, _ in sealing.commitments(entry.data):
        data[name] = sealing.opened(written[name]) if name in written else ERASED
    return data


def contents_of(
    entries: Iterable[tuple[str, str, UUID]],
) -> dict[UUID, Contents]:
    """What was sealed in each of these entries and is there; by one query.

    Each is given by the type and the id of its subject, and its own id.
    """
    columns = [list(column) for column in zip(*entries, strict=True)]
    if not columns:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CONTENTS, columns)
        return {
            entry: dict(zip(members, contents, strict=True))
            for entry, members, contents in cursor.fetchall()
        }


def facts_of(entry: Entry) -> dict[str, Any]:
    """The data of one entry, as ``revealed`` gives it."""
    return revealed([entry])[entry.pk]
