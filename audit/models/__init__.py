"""The tables of the log; import them from here."""

from audit.models.entries import Entry, Pending, rfc3339
from audit.models.payloads import Payload, SubjectKey
from audit.models.tree import Checkpoint, Cosignature, Leaf, Tile
from audit.models.witnesses import WitnessTrouble

__all__ = [
    "Checkpoint",
    "Cosignature",
    "Entry",
    "Leaf",
    "Payload",
    "Pending",
    "SubjectKey",
    "Tile",
    "WitnessTrouble",
    "rfc3339",
]
