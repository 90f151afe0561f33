"""What an action would do to the world, in six facts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """What happens; later ones say more about an action than earlier ones."""

    UNKNOWN = "unknown"
    READ = "read"
    RUN = "run"
    CHANGE = "change"
    INSTALL = "install"
    SEND = "send"
    GRANT = "grant"
    PAY = "pay"
    STOP = "stop"
    DELETE = "delete"


class Reversible(StrEnum):
    """Whether it can be undone."""

    YES = "yes"
    UNKNOWN = "unknown"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Impact:
    """Verb, target (empty: unknown), environment (as the agent says it), whether it
    can be undone, how many or how much, and whether anything leaves the organisation.
    """

    verb: Verb
    target: str
    environment: str
    reversible: Reversible
    scale: float | None
    leaves: bool

    def as_dict(self) -> dict[str, Any]:
        """The impact as JSON-able values; an unknown scale is null."""
        return {
            "verb": self.verb.value,
            "target": self.target,
            "environment": self.environment,
            "reversible": self.reversible.value,
            "scale": self.scale,
            "leaves": self.leaves,
        }


UNKNOWN = Impact(Verb.UNKNOWN, "", "", Reversible.UNKNOWN, None, leaves=False)
