"""The newest head of the log, cosignatures and all. Reads only."""

import base64
from dataclasses import dataclass
from datetime import datetime

from audit import note, sequencer
from audit.models import Checkpoint, Cosignature, Pending

MANY = 10_000
"""Waiting entries above which they are not counted."""
RECENT = 20
"""Cosignatures that are looked at for who witnessed lately."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The newest head that this witness cosigned."""

    name: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """What the server says of its log."""

    checkpoint: Checkpoint | None
    witnesses: list[Witnessed]
    waiting: int

    @property
    def root(self) -> str:
        """In Base64, as checkpoints write it."""
        assert self.checkpoint is not None
        return base64.b64encode(self.checkpoint.root).decode()

    @property
    def origin(self) -> str:
        """Who the log says it is."""
        assert self.checkpoint is not None
        return self.checkpoint.note.partition("\n")[0]

    @property
    def is_behind(self) -> bool:
        """Whether more wait than are counted."""
        return self.waiting > MANY


def current() -> Head:
    """In three queries."""
    waiting = Pending.objects.all()[: MANY + 1].count()
    return Head(sequencer.newest(), _witnesses(), waiting)


def published(checkpoint: Checkpoint) -> note.Note:
    """The signed note with every cosignature it has; raises NoteError."""
    lines = checkpoint.cosignatures.values_list("line", flat=True)
    return note.parse(checkpoint.note + "".join(f"{one.strip()}\n" for one in lines))


def _witnesses() -> list[Witnessed]:
    found: dict[str, Witnessed] = {}
    for one in Cosignature.objects.order_by("-id")[:RECENT]:
        found.setdefault(one.witness, Witnessed(one.witness, one.checkpoint_id, one.at))
    return list(found.values())
