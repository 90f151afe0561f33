"""The newest head of the log, cosignatures and all. Reads only."""

import base64
from dataclasses import dataclass
from datetime import datetime

from audit import cosigning, sequencer
from audit.cosigning import Condition
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
    troubles: list[Condition]
    """Witnesses that were asked and did not cosign since."""
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
    """In three queries, and a few more where witnesses are configured."""
    waiting = Pending.objects.all()[: MANY + 1].count()
    troubles = [one for one in cosigning.conditions() if one.trouble]
    return Head(sequencer.newest(), _witnesses(), troubles, waiting)


def _witnesses() -> list[Witnessed]:
    found: dict[str, Witnessed] = {}
    for one in Cosignature.objects.order_by("-id")[:RECENT]:
        found.setdefault(one.witness, Witnessed(one.witness, one.checkpoint_id, one.at))
    return list(found.values())
