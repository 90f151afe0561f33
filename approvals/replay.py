"""Requests of the past under another policy, in a process of its own. Pure.

``python -m approvals.replay judge`` says which tier each of them would get, ``count``
what the policy's windows held when it came. The first line is the policy, as a JSON
string; every further line is a JSON list and answered by one, so that neither side
ever writes while the other one does. It ends with its input, however that ends.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO, NotRequired, TypedDict

from approvals.canonical import Action
from approvals.policy import Answer, Ruleset, Verdict, ask, verdict_of
from approvals.policy_document import parse
from approvals.risk import Assessment, assess
from approvals.windows import Shares, Tally

NICENESS = 10
"""Whoever waits for a page or a verdict comes first."""
REPEATED = 2_000
"""Assessments that are kept, for agents repeat themselves."""
WORTH_KEEPING = 4 * 1024
"""Characters of an action whose assessment is kept."""


class Event(TypedDict):
    """A revision of a request as it came: the moment is ISO 8601 with a zone."""

    id: str
    canonical: str
    at: str
    session: str | None
    is_replaced: bool
    """Whether an edit follows, which takes out of the windows what this adds."""


class Look(TypedDict):
    """One revision, and what the windows held then, itself included."""

    canonical: str
    at: str
    windows: dict[str, float | None]


class Asked(TypedDict):
    """A request: its first revision, and its last one where it was edited."""

    id: str
    looks: list[Look]


class Judged(TypedDict):
    """What the policy would have said; the rules are those of the last revision."""

    id: str
    tier: str
    route: str
    rules: list[str]
    """Those that match."""
    failed: list[str]
    """Those that go wrong, and so count as matched at the highest tier."""
    error: NotRequired[str]
    """Why nothing could be asked, and so it gets the highest tier."""


class Judge:
    """Judges requests, each by itself."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._assess_again = lru_cache(REPEATED)(self._assess)

    def answer(self, asked: Asked) -> Judged:
        """The verdict on one request; never raises."""
        try:
            return self._judge(asked)
        except Exception as error:  # As policy.evaluate: fails closed.
            highest = self.ruleset.highest
            text = f"{type(error).__name__}: {error}"[:200]
            found = _judged(asked["id"], Verdict(highest, ()), [])
            return {**found, "error": text}

    def _judge(self, asked: Asked) -> Judged:
        first, *rest = (self._look(look) for look in asked["looks"])
        verdict, answers = rest[-1] if rest else first
        # An edit never leads below where the request began (lifecycle.edits).
        if verdict.tier.rank < first[0].tier.rank:
            verdict = first[0]
        return _judged(asked["id"], verdict, answers)

    def _look(self, look: Look) -> tuple[Verdict, list[Answer]]:
        canonical, now = look["canonical"], datetime.fromisoformat(look["at"])
        is_short = len(canonical) <= WORTH_KEEPING
        find = self._assess_again if is_short else self._assess
        action, assessment = find(canonical)
        windows = look["windows"]
        answers = ask(self.ruleset, action, assessment, now=now, windows=windows)
        return verdict_of(self.ruleset, answers, assessment), answers

    def _assess(self, canonical: str) -> tuple[Action, Assessment]:
        action = action_in(canonical)
        return action, assess(action, self.ruleset.context)


class Counter:
    """Counts what the windows hold, of events in the order of time."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.windows = ruleset.windows
        self._tally = Tally()
        self._latest: datetime | None = None
        self._replaced: dict[str, Shares] = {}
        """What the revisions added whose edits are still to come."""

    def answer(self, event: Event) -> dict[str, float | None]:
        """What each window holds with this event."""
        values, shares = self._tally.count(
            self.windows,
            action_in(event["canonical"]),
            session=event["session"],
            now=self._moment(event["at"]),
            instead_of=self._replaced.pop(event["id"], None),
        )
        if event["is_replaced"]:
            self._replaced[event["id"]] = shares
        return values

    def _moment(self, at: str) -> datetime:
        """Not before the one before: two machines' clocks never agree entirely."""
        moment = datetime.fromisoformat(at)
        self._latest = max(moment, self._latest or moment)
        return self._latest


def action_in(canonical: str) -> Action:
    """The action in its canonical JSON."""
    members = json.loads(canonical)
    return Action(name=members.pop("action"), **members)


def _judged(request_id: str, verdict: Verdict, answers: Iterable[Answer]) -> Judged:
    rules = [(a.rule.key, a.matches) for a in answers if a.matches is not False]
    return {
        "id": request_id,
        "tier": verdict.tier.key,
        "route": verdict.route.value,
        "rules": [key for key, matches in rules if matches],
        "failed": [key for key, matches in rules if matches is None],
    }


WORK: dict[str, Callable[[Ruleset], Judge | Counter]] = {
    "judge": Judge,
    "count": Counter,
}


def serve(work: str, lines: BinaryIO, answers: BinaryIO) -> None:
    """Answer line by line until the lines end."""
    worker: Any = WORK[work](parse(json.loads(lines.readline())))
    for line in lines:
        found = [worker.answer(item) for item in json.loads(line)]
        answers.write(json.dumps(found).encode() + b"\n")
        answers.flush()


def main() -> None:
    os.nice(NICENESS)
    try:
        serve(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        # Nobody reads any more; nor would the flush at exit find anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
