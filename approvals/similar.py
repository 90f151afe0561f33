"""What people decided about actions like this one. Reads only, and bounded.

Nearest first: the same action in the same place by the same agent, then the same
action anywhere; among those, by how alike the arguments are. How many were decided in
all never matters: each of both lists is the newest AT_MOST, by an index of its own.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Left, Length

from approvals.models import ApprovalRequest
from approvals.states import Source, State

AT_MOST = 25
"""Requests that each of both lists brings."""
SHOWN = 3
HEAD = 2000
"""Characters of the canonical JSON that are compared."""
MOST_REASON = 400
"""Characters of a reason that the page shows; the request has all of it."""
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Decided:
    """One request of the past that is like this one."""

    id: UUID
    agent: str
    environment: str | None
    state: str
    decided_at: datetime
    decided_by: tuple[str, ...]
    reason_code: str
    message: str
    hidden: int
    """Characters of the message that are left out."""
    is_alike: bool
    """The same agent and environment, too."""
    percent: int
    """How many of the words of both sets of arguments they share."""
    same_names: bool
    """Whether the arguments have the same names."""


@dataclass(frozen=True, slots=True)
class Similar:
    """The nearest few, and what became of all that were looked at."""

    nearest: tuple[Decided, ...]
    approved: int
    denied: int
    is_alike: bool
    """Whether the numbers are about the same agent and environment; else any."""
    is_capped: bool
    """Whether there are more, older ones."""

    @property
    def total(self) -> int:
        return self.approved + self.denied


def decided(approval: ApprovalRequest) -> Similar:
    """What people decided about the like of it, in two queries."""
    people = ApprovalRequest.objects.filter(
        decision_source=Source.REVIEWER, action=approval.action
    ).exclude(pk=approval.pk)
    alike = list(
        _light(people.filter(agent=approval.agent, environment=approval.environment))
    )
    anywhere = list(_light(people))
    own = _shape(approval.canonical[:HEAD], len(approval.canonical))
    known = {found.pk for found in alike}
    others = [found for found in anywhere if found.pk not in known]
    ranked = [
        *_ranked(own, alike, is_alike=True),
        *_ranked(own, others, is_alike=False),
    ]
    counted = alike or anywhere
    approved = sum(found.state == State.APPROVED for found in counted)
    return Similar(
        nearest=tuple(ranked[:SHOWN]),
        approved=approved,
        denied=len(counted) - approved,
        is_alike=bool(alike),
        is_capped=len(counted) == AT_MOST,
    )


def _light(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest, Any]:
    return requests.order_by("-id").values_list(
        "pk",
        "agent__name",
        "environment",
        "state",
        "decided_at",
        "decided_by",
        "decision_reason_code",
        "decision_message",
        Left("canonical", HEAD),
        Length("canonical"),
        named=True,
    )[:AT_MOST]


def _ranked(own: "Shape", found: Iterable[Any], *, is_alike: bool) -> list[Decided]:
    """Most alike first; the order of those that are equally alike stays."""
    rows = [_decided(own, row, is_alike=is_alike) for row in found]
    return sorted(rows, key=lambda row: (not row.same_names, -row.percent))


def _decided(own: "Shape", row: Any, *, is_alike: bool) -> Decided:
    shape = _shape(row[-2], row[-1])
    message = row.decision_message
    return Decided(
        id=row.pk,
        agent=row.agent__name,
        environment=row.environment,
        state=row.state,
        decided_at=row.decided_at,
        decided_by=tuple(row.decided_by),
        reason_code=row.decision_reason_code,
        message=message[:MOST_REASON],
        hidden=max(0, len(message) - MOST_REASON),
        is_alike=is_alike,
        percent=round(100 * _overlap(own.words, shape.words)),
        same_names=own.names is not None and own.names == shape.names,
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """What is compared: the arguments' words, and their names where all are there."""

    words: frozenset[str]
    names: frozenset[str] | None


def _shape(head: str, size: int) -> Shape:
    """RFC 8785 sorts members: action and agent stand before ``arguments``."""
    arguments = head.partition('"arguments":')[2]
    names = None
    if len(head) == size:
        values = json.loads(head)["arguments"]
        names = frozenset(values)
        arguments = json.dumps(values, ensure_ascii=False)
    return Shape(frozenset(_WORDS.findall(arguments)), names)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's: of all words of both, the part that both have."""
    return len(one & other) / len(one | other) if one | other else 1.0
