"""All that the log holds of one request, in the order of the tree. Reads only."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from audit.models import Entry
from audit.shown import Shown, shown

LIMIT = 1000
"""Entries on one page; a request has a handful."""


@dataclass(frozen=True, slots=True)
class Story:
    """The entries of a request, and of grants and deliveries that name it."""

    entries: list[Shown]
    is_cut: bool

    @property
    def waiting(self) -> int:
        """How many have no place in the tree yet."""
        return sum(one.index is None for one in self.entries)

    @property
    def erased(self) -> int:
        """How many of them had something that was erased."""
        return sum(any(m.is_erased for m in one.members) for one in self.entries)

    @property
    def altered(self) -> int:
        """How many do not say any more what was written."""
        return sum(
            one.is_altered or not all(m.is_kept for m in one.members)
            for one in self.entries
        )

    @property
    def actions(self) -> list[tuple[str, int]]:
        """Each verb and how often, by the order of its first entry."""
        return list(Counter(one.entry.action for one in self.entries).items())

    @property
    def actors(self) -> list[tuple[str, str]]:
        """Type and name of everybody in it, by the order of their first entry."""
        named = ((one.entry.actor_type, one.entry.actor_name) for one in self.entries)
        return list(dict.fromkeys(named))


def story_of(request_id: UUID) -> Story:
    """In four queries; its entries are empty for a request nobody ever made."""
    own = Entry.objects.filter(subject_type="request", subject_id=str(request_id))
    found = [*_first(own), *_first(_naming(request_id))]
    found.sort(key=_place)
    return Story(shown(found[:LIMIT]), is_cut=len(found) > LIMIT)


def _naming(request_id: UUID) -> QuerySet[Entry]:
    """Of other subjects; by the index ``entry_naming_request``."""
    entries = Entry.objects.filter(data__has_key="request")
    return entries.alias(named=KT("data__request")).filter(named=str(request_id))


def _first(entries: QuerySet[Entry]) -> Iterable[Entry]:
    return entries.select_related("leaf").order_by("id")[: LIMIT + 1]


def _place(entry: Entry) -> tuple[bool, int, UUID]:
    """What has no place yet comes last."""
    leaf = getattr(entry, "leaf", None)
    return (leaf is None, 0 if leaf is None else leaf.index, entry.pk)
