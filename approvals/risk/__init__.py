"""What is in an action: our own analysis, without any word of the agent's."""

from approvals.risk.assessing import assess
from approvals.risk.context import NOTHING_KNOWN, Context
from approvals.risk.findings import Assessment, Finding, Severity
from approvals.risk.impact import Impact

__all__ = [
    "NOTHING_KNOWN",
    "Assessment",
    "Context",
    "Finding",
    "Impact",
    "Severity",
    "assess",
]
