"""How long one assessment may go on: the last line, behind every analyser's limits.

Each of them bounds its own work by what it counts, and a hostile action can bring
something for all of them at once. Time is that of the processor in this thread: a
busy machine holds nobody's action.
"""

import time
from collections.abc import Callable

from approvals.risk.findings import Finding, Severity
from approvals.risk.view import View

LONGEST = 0.08
"""Seconds, some 300 times what an ordinary action takes; who has begun may finish."""
SMALL_CHARACTERS = 16_384
SMALL_VALUES = 300
"""Actions that are smaller cannot take long: whatever the machine, they are read to
the end, so that their assessment depends on nothing but themselves."""

Clock = Callable[[], float]


class Patience:
    """Begins when it is made."""

    def __init__(self, clock: Clock = time.thread_time) -> None:
        self._clock = clock
        self._until = clock() + LONGEST
        self._is_limited = True

    def consider(self, view: View) -> None:
        """Drop the limit for an action that is small."""
        count = len(view.leaves) + len(view.members)
        characters = sum(len(leaf.text) for leaf in (*view.leaves, *view.members))
        self._is_limited = count > SMALL_VALUES or characters > SMALL_CHARACTERS

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be begun."""
        return self._is_limited and self._clock() > self._until


def not_read() -> Finding:
    """What nobody looked at must hold the action."""
    message = "Contains more than can be inspected in time; the rest was not looked at"
    return Finding("action.uninspectable", Severity.CRITICAL, "/arguments", message)
