"""Requests as lists show them: one row each, or one for many equal ones. Reads only."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.db.models.functions import Left, Length

from approvals.access import Standing, tier_of
from approvals.models import ApprovalRequest, Question, Vote
from approvals.policy import Route, Tier
from approvals.resource import votes_of
from approvals.ruleset import ruleset_for

STEPS = 4
"""How many bars a tier's mark has."""

_HEAD = 400
"""Characters of the canonical JSON that a row reads for its preview."""
_PREVIEW = 140
# Up to 256 KB each, and not in a row.
_HEAVY = (
    "canonical",
    "evidence",
    "justification",
    "metadata",
    "reasons",
    "window_values",
    "window_shares",
)


@dataclass(frozen=True, slots=True)
class TierMark:
    """A tier's word and how many of its bars are filled."""

    name: str
    level: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of the arguments' JSON, and how many characters it leaves out."""

    text: str
    hidden: int


@dataclass(frozen=True, slots=True)
class Row:
    """One request as lists show it."""

    approval: ApprovalRequest
    tier: TierMark
    preview: Preview
    approvals: int
    denials: int
    places: int
    has_question: bool
    """Whether the agent has one to answer."""
    claimed_by: User | None
    """Who looks at it now."""
    count: int = 1
    """How many equal requests the row stands for, with this one."""
    others: tuple[ApprovalRequest, ...] = ()
    """The first ones of the others, in the order in which they run out."""
    rest: int = 0
    """How many requests of this agent the list leaves out after this row."""
    fits: bool = True
    """Whether it belongs into the list that was asked for."""
    back_at: datetime | None = None
    """When it comes back to whoever has put it aside."""

    @property
    def picks(self) -> str:
        """What bulk decisions are sent of it: id and revision of each, by commas."""
        return ",".join(
            f"{one.pk}.{one.revision}" for one in (self.approval, *self.others)
        )

    @property
    def finding(self) -> dict[str, Any] | None:
        """The gravest finding; the analysis lists them gravest first."""
        return next(iter(self.approval.findings), None)

    @property
    def unlisted(self) -> int:
        """How many equal requests are neither the row itself nor among ``others``."""
        return self.count - 1 - len(self.others)


def tier_mark(approval: ApprovalRequest) -> TierMark:
    """By ``mark_of``, in the policy that judged the request."""
    return mark_of(tier_of(approval), ruleset_for(approval.policy_id).tiers.values())


def mark_of(tier: Tier, tiers: Iterable[Tier]) -> TierMark:
    """The tier's name, and its place among the tiers that people decide or pass by.

    What policy blocks is marked like the riskiest of them.
    """
    passable = sorted(other.rank for other in tiers if other.route != Route.BLOCK)
    place = sum(rank < tier.rank for rank in passable)
    level = 1 + place * (STEPS - 1) // max(len(passable) - 1, 1)
    return TierMark(tier.name, min(level, STEPS))


def places_of(approval: ApprovalRequest) -> int:
    """How many people have to approve."""
    return sum(need.count for need in tier_of(approval).requirements)


def claimed_by(approval: ApprovalRequest, now: datetime) -> User | None:
    """Who says that they look at it, for as long as that counts."""
    until = approval.claimed_until
    return approval.claimed_by if until is not None and until > now else None


def preview_of(head: str, size: int) -> Preview:
    """The arguments within the first characters of an action's canonical JSON.

    RFC 8785 sorts members: ``action`` and ``agent`` stand before ``arguments``,
    and neither can contain a quotation mark.
    """
    arguments = head.partition('"arguments":')[2]
    if len(head) == size:
        arguments = json.dumps(
            json.loads(head)["arguments"], ensure_ascii=False, separators=(", ", ": ")
        )
    shown = arguments[:_PREVIEW]
    return Preview(shown, len(arguments) - len(shown) + size - len(head))


def light(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """The same requests with what a row is made of, and without what is heavy."""
    votes = Vote.objects.select_related("voter").defer("assertion", "message")
    asked = Question.objects.filter(approval=OuterRef("pk"), replied_at=None)
    return (
        requests.select_related("agent", "key", "claimed_by", "assigned_to")
        .prefetch_related(Prefetch("votes", votes), "votes__voter__groups")
        .defer(*_HEAVY)
        .annotate(
            head=Left("canonical", _HEAD),
            size=Length("canonical"),
            is_asked=Exists(asked),
        )
    )


def row_of(approval: Any, standing: Standing, **more: Any) -> Row:
    """One of ``light``'s requests as a row; ``more`` goes into it as it is."""
    votes = votes_of(approval, standing=standing)
    return Row(
        approval=approval,
        tier=tier_mark(approval),
        preview=preview_of(approval.head, approval.size),
        approvals=votes["approvals"],
        denials=votes["denials"],
        places=places_of(approval),
        has_question=approval.is_pending and approval.is_asked,
        claimed_by=claimed_by(approval, standing.now),
        **more,
    )
