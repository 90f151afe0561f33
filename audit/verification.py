"""Recompute every entry and find the first that is not what was written."""

from collections.abc import Iterable
from dataclasses import dataclass

from audit.merkle import leaf_hash
from audit.models import Entry

CHUNK = 2000
"""Entries read at a time: memory stays flat however long the log is."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that does not hold, and why."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many entries hold, up to the first fault if there is one."""

    entries: int
    fault: Fault | None = None


def verify_log() -> Report:
    """Check the whole log, oldest entry first."""
    return verify_entries(Entry.objects.order_by("id").iterator(chunk_size=CHUNK))


def verify_entries(entries: Iterable[Entry]) -> Report:
    """Check each entry's columns against its canonical bytes and its leaf hash."""
    holding = 0
    for entry in entries:
        if reason := _fault_in(entry):
            return Report(holding, Fault(str(entry.id), reason))
        holding += 1
    return Report(holding)


def _fault_in(entry: Entry) -> str:
    canonical = bytes(entry.canonical)
    if entry.canonical_bytes() != canonical:
        return "its columns do not say what was written"
    if leaf_hash(canonical) != bytes(entry.leaf_hash):
        return "its leaf hash does not match its bytes"
    return ""
