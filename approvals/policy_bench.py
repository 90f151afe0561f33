"""What policies would say of a request that nobody made. Reads only."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from pydantic import ValidationError

from approvals.access import visible_to
from approvals.canonical import Action, InvalidJSON, MalformedJSON, parse, pointer_to
from approvals.cel import EvaluationError
from approvals.models import ApprovalRequest
from approvals.policy import Answer, Route, Rule, Ruleset, Verdict, ask, evaluate
from approvals.problems import MAX_BODY
from approvals.queue import TierMark, mark_of
from approvals.render import editable
from approvals.risk import Assessment, assess
from approvals.schemas import Submit

LISTED = 20
"""Requests offered to try."""
SEARCHED = 10_000
"""Of how many, the newest, actions are searched."""
EXAMPLE = {
    "action": "sql.execute",
    "arguments": {"sql": "DELETE FROM customers"},
    "environment": "production",
    "resource": "customers-db",
}
"""What the bench begins with."""

Windows = Mapping[str, float | None]


class NoRequest(ValueError):
    """What was typed is nothing an agent could send; ``problems`` says why."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Side:
    """What one policy says."""

    label: str
    ruleset: Ruleset
    verdict: Verdict
    mark: TierMark
    assessment: Assessment
    answers: Mapping[str, Answer]
    """By the rule's key."""

    @property
    def is_blocked(self) -> bool:
        return self.verdict.route == Route.BLOCK


@dataclass(frozen=True, slots=True)
class Row:
    """One rule, in the policy that is tried and in the one in force."""

    rule: Rule
    mark: TierMark
    tried: Answer | None
    in_force: Answer | None
    """None: that policy has no such rule."""

    @property
    def differs(self) -> bool:
        sides = [answer and answer.matches for answer in (self.tried, self.in_force)]
        return sides[0] != sides[1]


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a window was taken to hold; None: that it cannot be measured."""

    name: str
    value: float | None

    @property
    def written(self) -> str:
        """As it stands in a field for numbers."""
        return "" if self.value is None else f"{self.value:.15g}"


@dataclass(frozen=True, slots=True)
class Trial:
    """All that the bench shows; one side where the tried policy is in force."""

    sides: Sequence[Side]
    rows: Sequence[Row]
    windows: Sequence[Assumed]
    at: datetime

    @property
    def differs(self) -> bool:
        marks = {(s.verdict.tier.key, s.verdict.route) for s in self.sides}
        return len(marks) > 1

    @property
    def finds_alike(self) -> bool:
        """Whether both make the analysers see the same."""
        first = self.sides[0].assessment
        return all(side.assessment == first for side in self.sides)


def read_request(text: str, agent: str) -> Action:
    """The action in what an agent would send; raises NoRequest."""
    body = text.encode("utf-8", "surrogatepass")
    if len(body) > MAX_BODY:
        raise NoRequest(f"At most {MAX_BODY // 1024} KiB, as for agents.")
    try:
        asked = Submit.model_validate(parse(body))
    except MalformedJSON as error:
        raise NoRequest(f"Not acceptable JSON: {error}.") from None
    except InvalidJSON as error:
        raise NoRequest(f"{error.pointer or 'Everything'}: {error.message}") from None
    except ValidationError as error:
        raise NoRequest(*map(_sentence, error.errors(include_url=False))) from None
    return Action(
        name=asked.action,
        agent=agent,
        arguments=asked.arguments,
        environment=asked.environment,
        resource=asked.resource,
        subject=asked.subject,
    )


def try_out(
    action: Action,
    policies: Sequence[tuple[str, Ruleset]],
    *,
    now: datetime,
    windows: Windows,
) -> Trial:
    """What each of the policies (label and rules) says; at most the first two."""
    sides = [_side(*named, action, now=now, windows=windows) for named in policies]
    keys = dict.fromkeys(w.key for side in sides for w in side.ruleset.windows)
    assumed = [Assumed(f"window.{key}", windows.get(key, 0.0)) for key in keys]
    return Trial(sides, _rows(sides), assumed, now)


def recent(user: User, wanted: str = "") -> list[ApprovalRequest]:
    """The last requests, or those with this id or something like it as their action.

    Actions are searched among the newest SEARCHED only: no query here may grow
    with history.
    """
    requests = visible_to(user).order_by("-id")
    if wanted := wanted.strip():
        if (approval_id := _as_id(wanted)) is not None:
            requests = requests.filter(pk=approval_id)
        else:
            newest = visible_to(user).order_by("-id").values("pk")[:SEARCHED]
            requests = requests.filter(pk__in=newest, action__icontains=wanted)
    return list(requests.defer("canonical", "evidence", "metadata")[:LISTED])


def as_sent(approval: ApprovalRequest) -> str:
    """A request as its agent could send it again, with nothing invisible in it."""
    members = {"action": approval.action, "arguments": approval.arguments}
    for name in ("environment", "resource", "subject", "session"):
        if (value := getattr(approval, name)) is not None:
            members[name] = value
    return editable(members)


def held_by(approval: ApprovalRequest) -> dict[str, float | None]:
    """What the windows held when the request came, by key."""
    return dict(approval.window_values)


def example() -> str:
    """A request to begin with."""
    return json.dumps(EXAMPLE, indent=2)


def _side(
    label: str, ruleset: Ruleset, action: Action, *, now: datetime, windows: Windows
) -> Side:
    assessment = assess(action, ruleset.context)
    verdict = evaluate(ruleset, action, assessment, now=now, windows=windows)
    try:
        answers = ask(ruleset, action, assessment, now=now, windows=windows)
    except EvaluationError as error:
        # None of them can be asked, so that each would have failed.
        answers = [Answer(rule, None, str(error)) for rule in ruleset.rules]
    mark = mark_of(verdict.tier, ruleset.tiers.values())
    by_key = {answer.rule.key: answer for answer in answers}
    return Side(label, ruleset, verdict, mark, assessment, by_key)


def _rows(sides: Sequence[Side]) -> list[Row]:
    """Every rule of every side; what failed first, then what matched."""
    tried, in_force = sides[0], sides[-1]
    rows = [_row(a.rule, tried, tried, in_force) for a in tried.answers.values()]
    rows += [
        _row(answer.rule, in_force, tried, in_force)
        for key, answer in in_force.answers.items()
        if key not in tried.answers
    ]
    return sorted(rows, key=_order)


def _row(rule: Rule, of: Side, tried: Side, in_force: Side) -> Row:
    mark = mark_of(of.ruleset.tiers[rule.tier], of.ruleset.tiers.values())
    answers = tried.answers.get(rule.key), in_force.answers.get(rule.key)
    return Row(rule, mark, *answers)


def _order(row: Row) -> tuple[int, int]:
    said = [answer.matches for answer in (row.tried, row.in_force) if answer]
    place: Callable[[bool | None], int] = {None: 0, True: 1, False: 2}.__getitem__
    return min(map(place, said)), -row.mark.level


def _sentence(fault: Mapping[str, Any]) -> str:
    pointer = _pointer(fault["loc"])
    return f"{pointer or 'The request'}: {fault['msg']}"


def _pointer(path: Iterable[str | int]) -> str:
    pointer = ""
    for member in path:
        pointer = pointer_to(pointer, member)
    return pointer


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
