"""What a finding's code means: the harm, its class, and what it does to the world."""

from dataclasses import dataclass
from enum import StrEnum

from approvals.risk.impact import Reversible, Verb


class Harm(StrEnum):
    """OWASP Top 10 for Agentic Applications 2026 (genai.owasp.org)."""

    GOAL_HIJACK = "ASI01"
    TOOL_MISUSE = "ASI02"
    PRIVILEGE_ABUSE = "ASI03"
    SUPPLY_CHAIN = "ASI04"
    CODE_EXECUTION = "ASI05"
    MEMORY_POISONING = "ASI06"
    INTER_AGENT = "ASI07"
    CASCADING_FAILURE = "ASI08"
    TRUST_EXPLOITATION = "ASI09"
    ROGUE_AGENT = "ASI10"


@dataclass(frozen=True, slots=True)
class Code:
    """One sentence that says what such a finding means, whatever the action.

    ``verb`` is what an action with it does, where the finding tells; ``reversible``
    and ``leaves`` (the organisation) speak of that.
    """

    meaning: str
    harm: Harm
    verb: Verb | None = None
    reversible: Reversible = Reversible.UNKNOWN
    leaves: bool = False
