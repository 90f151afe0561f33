"""What a grant on some terms would have approved lately. Reads only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from approvals import conditions
from approvals.conditions import Condition, Kind
from approvals.lifecycle.grants import DIGITS, Terms
from approvals.models import ApprovalRequest, Grant
from approvals.render import json_text
from approvals.states import State

SINCE = timedelta(days=30)
LOOKED_AT = 1_000
"""Requests of this agent and action that are looked at, the newest."""
READ = 32 * 1024 * 1024
"""Characters of canonical JSON after which looking ends as well."""
SHOWN = 10
_WORTH_SHOWING = 400
"""Characters of a value in a sentence; the whole of it stands beside its field."""


@dataclass(frozen=True, slots=True)
class Past:
    """One request that would have matched."""

    id: UUID
    created_at: datetime
    state: str
    source: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What would have matched since a moment, newest first."""

    since: datetime
    looked_at: int
    is_capped: bool
    """Whether there were more that nobody looked at."""
    matched: int
    decided: list[tuple[State, int]]
    """How many of them ended, or stand, how."""
    denied: list[Past]
    latest: list[Past]
    total: Decimal
    """What the limited argument added up to."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition in words; ``hidden``: how many characters are left out."""

    argument: str
    words: str
    value: str
    hidden: int


def preview(approval: ApprovalRequest, terms: Terms) -> Preview:
    """What these terms would have approved, by what each request says now.

    What ``lifecycle.grants.use`` asks is asked here, but for how often and how much:
    how the limits would have been used up depends on what people decided.
    """
    since = timezone.now() - SINCE
    found: list[Past] = []
    total, looked_at, read, is_capped = Decimal(0), 0, 0, False
    for candidate in _newest(approval).iterator(chunk_size=50):
        if candidate.created_at < since:
            break
        if looked_at == LOOKED_AT or read > READ:
            is_capped = True
            break
        if candidate.pk == approval.pk:
            continue
        looked_at += 1
        read += len(candidate.canonical)
        amount = _amount(candidate, approval, terms)
        if amount is not None:
            found.append(_past(candidate))
            total += amount
    states = Counter(past.state for past in found)
    return Preview(
        since=since,
        looked_at=looked_at,
        is_capped=is_capped,
        matched=len(found),
        decided=[(state, states[state]) for state in State if states[state]],
        denied=[past for past in found if past.state == State.DENIED][:SHOWN],
        latest=found[:SHOWN],
        total=total,
    )


def clauses(agreed: Sequence[Condition]) -> list[Clause]:
    """The conditions of a grant as sentences about its arguments."""
    return [_clause(condition) for condition in agreed]


def clauses_of(grant: Grant) -> list[Clause]:
    """Those of a stored one."""
    return clauses(conditions.read(grant.conditions))


_WORDS = {
    Kind.EXACT: "is exactly",
    Kind.ONE_OF: "is one of",
    Kind.PREFIX: "begins with",
    Kind.AT_MOST: "is from 0 to at most",
}


def _clause(condition: Condition) -> Clause:
    text = _short(condition.value)
    shown = text[:_WORTH_SHOWING]
    words = _WORDS[condition.kind]
    return Clause(condition.argument, words, shown, len(text) - len(shown))


def _short(value: Any) -> str:
    return json_text(value) if isinstance(value, dict) else _flat(value)


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(json_text(item) for item in value)
    return json_text(value)


def _newest(approval: ApprovalRequest) -> QuerySet[ApprovalRequest]:
    """By the index ``request_by_action``: it, those looked at, and one that is more."""
    same = ApprovalRequest.objects.filter(agent=approval.agent, action=approval.action)
    return same.order_by("-id").only(
        "canonical",
        "created_at",
        "environment",
        "resource",
        "subject",
        "tier_rank",
        "state",
        "decision_source",
    )[: LOOKED_AT + 2]


def _amount(
    candidate: ApprovalRequest, approval: ApprovalRequest, terms: Terms
) -> Decimal | None:
    """What it would have added to the sum; None where the terms do not cover it."""
    if candidate.tier_rank > approval.tier_rank or _place(candidate) != _place(
        approval
    ):
        return None
    arguments = candidate.arguments
    if not conditions.are_like(terms.conditions, arguments):
        return None
    if not terms.sum_argument:
        return Decimal(0)
    amount = conditions.number(arguments[terms.sum_argument])
    if amount is None or amount < 0 or round(amount, DIGITS) != amount:
        return None
    return amount if terms.max_sum is None or amount <= terms.max_sum else None


def _place(approval: ApprovalRequest) -> tuple[str | None, ...]:
    return approval.environment, approval.resource, approval.subject


def _past(candidate: ApprovalRequest) -> Past:
    return Past(
        id=candidate.pk,
        created_at=candidate.created_at,
        state=candidate.state,
        source=candidate.decision_source,
    )
