"""Entries as people see them: what was written, and whether it is still that."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rfc8785
from django.db.models import Q

from audit import sealing
from audit.merkle import leaf_hash
from audit.models import Entry, SubjectKey
from audit.payloads import ERASED, revealed

WRITTEN = frozenset({"message", "reason", "confirmation", "error"})
"""Members that are somebody's own words."""
SHORT = 100
"""Characters of JSON that stand on one line."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an entry's data."""

    name: str
    value: Any
    commitment: str = ""
    is_kept: bool = True
    """Whether the value is the one that was committed to, as far as that is known."""

    @property
    def is_erased(self) -> bool:
        return self.value is ERASED

    @property
    def is_written(self) -> bool:
        """Whether these are somebody's words, shown as theirs."""
        return self.name in WRITTEN and isinstance(self.value, str)

    @property
    def text(self) -> str:
        """On one line; what is no text as JSON."""
        if isinstance(self.value, str):
            return self.value
        return json.dumps(self.value, ensure_ascii=False)

    @property
    def is_long(self) -> bool:
        """Whether it is an object or a list that one line does not show well."""
        is_nested = isinstance(self.value, (dict, list))
        return is_nested and len(self.text) > SHORT


@dataclass(frozen=True)
class Shown:
    """One entry, ready for a template."""

    entry: Entry
    members: tuple[Member, ...]

    @property
    def index(self) -> int | None:
        """Its place in the tree; None as long as it has none."""
        leaf = getattr(self.entry, "leaf", None)
        return None if leaf is None else int(leaf.index)

    @property
    def number(self) -> int | None:
        """Its place as people count."""
        return None if self.index is None else self.index + 1

    @property
    def written(self) -> list[Member]:
        return [one for one in self.members if one.value and one.is_written]

    @property
    def facts(self) -> list[Member]:
        return [
            one
            for one in self.members
            if not one.is_written and one.value not in (None, "", [], {})
        ]

    @property
    def is_claim(self) -> bool:
        """Whether an agent says it: shown as a claim, apart."""
        return self.entry.actor_type == "agent"

    @cached_property
    def is_altered(self) -> bool:
        """Whether the row no longer says what was written, or the bytes changed."""
        canonical = bytes(self.entry.canonical)
        try:
            now = self.entry.canonical_bytes()
        except rfc8785.CanonicalizationError:
            return True
        return now != canonical or leaf_hash(canonical) != bytes(self.entry.leaf_hash)


def shown(entries: Iterable[Entry]) -> list[Shown]:
    """Each with what was written in its place. Three queries, however many there are.

    ``entries`` is best read with ``select_related("leaf")``.
    """
    entries = list(entries)
    data, keys = revealed(entries), _keys(entries)
    return [
        Shown(
            entry,
            tuple(
                _members(
                    entry,
                    data[entry.pk],
                    keys.get((entry.subject_type, entry.subject_id)),
                )
            ),
        )
        for entry in entries
    ]


def _members(entry: Entry, data: dict[str, Any], key: bytes | None) -> Iterator[Member]:
    commitments = dict(sealing.commitments(entry.data))
    for name, value in data.items():
        commitment = commitments.get(name, "")
        is_kept = not commitment or value is ERASED or _fits(value, commitment, key)
        yield Member(name, value, commitment, is_kept)


def _fits(value: Any, commitment: str, key: bytes | None) -> bool:
    """Without the key nobody can say; payload and key are erased together."""
    return (
        key is not None
        and sealing.commitment(sealing.content_of(value), key) == commitment
    )


def _keys(entries: list[Entry]) -> dict[tuple[str, str], bytes]:
    subjects: dict[str, set[str]] = {}
    for entry in entries:
        subjects.setdefault(entry.subject_type, set()).add(entry.subject_id)
    wanted = Q(pk__in=[])
    for kind, ids in subjects.items():
        wanted |= Q(subject_type=kind, subject_id__in=ids)
    return {
        (one.subject_type, one.subject_id): bytes(one.secret)
        for one in SubjectKey.objects.filter(wanted)
    }
