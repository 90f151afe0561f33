"""What the analysers found: severities, findings and the assessment of an action."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from approvals.risk.impact import UNKNOWN, Impact


class Severity(StrEnum):
    """How bad one finding is; ``rank`` orders them, the strings do not."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact that our own analysis found in the action.

    ``pointer`` is an RFC 6901 pointer into the action; ``span`` holds character
    offsets (start, end) in the string found there, when they are known. ``target``
    is what would be hit (a table, a host, a recipient), ``scale`` how many of them
    or how much, where that can be known. ``reference`` is the class of harm in the
    OWASP Top 10 for Agentic Applications; ``assess`` sets it.
    """

    code: str
    severity: Severity
    pointer: str
    message: str
    span: tuple[int, int] | None = None
    target: str = ""
    scale: float | None = None
    reference: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON-able values; ``span`` is a list of two or null."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "pointer": self.pointer,
            "message": self.message,
            "span": list(self.span) if self.span else None,
            "reference": self.reference,
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """All findings of an action, the most severe first, and what it would do.

    ``inspected`` names the kinds whose analyser understood the whole action; empty
    where nobody looked or something stayed opaque.
    """

    findings: tuple[Finding, ...]
    inspected: tuple[str, ...] = ()
    impact: Impact = UNKNOWN

    @classmethod
    def of(
        cls, findings: Iterable[Finding], inspected: Iterable[str] = ()
    ) -> "Assessment":
        """The findings without duplicates, most severe first, otherwise in order."""
        unique = dict.fromkeys(findings)
        ordered = sorted(unique, key=lambda found: -found.severity.rank)
        return cls(tuple(ordered), tuple(inspected))

    @property
    def severity(self) -> Severity | None:
        """The highest severity found, None when nothing was found."""
        return self.findings[0].severity if self.findings else None

    def as_dict(self) -> dict[str, Any]:
        """The assessment as JSON-able values."""
        return {
            "severity": self.severity.value if self.severity else None,
            "findings": [found.as_dict() for found in self.findings],
            "impact": self.impact.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule says about one statement or command, wherever it stands."""

    code: str
    severity: Severity
    message: str
    target: str = ""
    scale: float | None = None

    def at(self, pointer: str, span: tuple[int, int] | None = None) -> Finding:
        """The finding that this match is at one place of the action."""
        return Finding(
            self.code,
            self.severity,
            pointer,
            self.message,
            span,
            self.target,
            self.scale,
        )


def shortened(text: str, limit: int = 80) -> str:
    """``text`` cut to ``limit`` characters, with a visible mark when it was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
