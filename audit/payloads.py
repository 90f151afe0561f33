"""Reading what entries commit to, where it was not erased."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from audit import sealing
from audit.models import Entry, Payload


class Erased(str):
    """What stands in place of a text that is no longer there."""


ERASED = Erased("[erased]")
"""To be compared by ``is``: anybody can write the same."""


def revealed(entries: Iterable[Entry]) -> dict[Any, dict[str, Any]]:
    """The data of each entry, by its id, with what was written in its place.

    ERASED stands where it is gone. One query, whatever the number of entries.
    """
    entries = list(entries)
    contents = _contents(entries)
    return {entry.pk: _opened(entry, contents) for entry in entries}


def _opened(
    entry: Entry, contents: Mapping[tuple[str, str, str], str]
) -> dict[str, Any]:
    """``entry.data`` itself stays as it is: it is what the hash covers."""
    data = dict(entry.data)
    for name, commitment in sealing.commitments(entry.data):
        content = contents.get((entry.subject_type, entry.subject_id, commitment))
        data[name] = ERASED if content is None else sealing.opened(content)
    return data


def _contents(entries: list[Entry]) -> dict[tuple[str, str, str], str]:
    subjects: dict[str, set[str]] = {}
    for entry in entries:
        if any(sealing.commitments(entry.data)):
            subjects.setdefault(entry.subject_type, set()).add(entry.subject_id)
    if not subjects:
        return {}
    wanted = Q()
    for kind, ids in subjects.items():
        wanted |= Q(subject_type=kind, subject_id__in=ids)
    return {
        (one.subject_type, one.subject_id, one.commitment): one.content
        for one in Payload.objects.filter(wanted)
    }


def facts_of(entry: Entry) -> dict[str, Any]:
    """The data of one entry, as ``revealed`` gives it."""
    return revealed([entry])[entry.pk]
