"""What people look at: what waits, what was decided, in which order. Reads only."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core import signing
from django.db.models import Q, QuerySet
from django.db.models.functions import Left, Length
from django.utils import timezone

from approvals import snoozes
from approvals.access import Standing, tier_of, visible_to
from approvals.models import ApprovalRequest
from approvals.policy import Route, Tier
from approvals.resource import open_question, votes_of, with_related
from approvals.ruleset import ruleset_for
from approvals.states import State

PAGE = 100
"""Rows of one page of the queue; the rest is counted and one key away."""
HISTORY_PAGE = 50
COUNT_LIMIT = 10_000
"""Beyond this the number of waiting requests is shown as "more than"."""
STEPS = 4
"""How many bars a tier's mark has."""

_HEAD = 400
"""Characters of the canonical JSON that a row reads for its preview."""
_PREVIEW = 140
_CURSOR_SALT = "approvals.queue.cursor"
# Up to 256 KB each, and not in a row.
_HEAVY = (
    "canonical",
    "evidence",
    "justification",
    "metadata",
    "permit__token",
    "outcome__detail",
)


class BadCursor(ValueError):
    """The address of a page that we did not make."""


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

    @property
    def finding(self) -> dict[str, Any] | None:
        """The gravest finding; the analysis lists them gravest first."""
        return next(iter(self.approval.findings), None)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursor of the page after them (empty at the end)."""

    rows: list[Row]
    next: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests wait; no more than COUNT_LIMIT are counted."""

    number: int
    is_capped: bool


def pending(user: User, *, after: str = "") -> Page:
    """What waits for a decision: riskiest first, then what expires first.

    ``after`` is an earlier page's ``next``; raises BadCursor for anything else.
    """
    requests = _waiting(user).order_by("-tier_rank", "expires_at", "id")
    if after:
        requests = requests.filter(_after_place(*_read_cursor(after, "pending", 3)))
    rows = list(_light(requests)[: PAGE + 1])
    cursor = _pending_cursor(rows[PAGE - 1]) if len(rows) > PAGE else ""
    return Page(_rows(rows[:PAGE]), cursor)


def history(user: User, *, before: str = "") -> Page:
    """What was decided, last first; ``before`` as ``after`` of ``pending``."""
    decided = _decided(user).order_by("-decided_at", "-id")
    if before:
        at, last = _read_cursor(before, "history", 2)
        decided = decided.filter(
            Q(decided_at__lt=at) | Q(decided_at=at, id__lt=UUID(last)),
            # Said twice for the index: it cannot use the OR alone.
            decided_at__lte=at,
        )
    rows = list(_light(decided)[: HISTORY_PAGE + 1])
    cursor = ""
    if len(rows) > HISTORY_PAGE:
        last_row = rows[HISTORY_PAGE - 1]
        cursor = _write_cursor("history", str(last_row.decided_at), str(last_row.id))
    return Page(_rows(rows[:HISTORY_PAGE]), cursor)


def waiting(user: User) -> Waiting:
    """One bounded query, whatever lies in the table."""
    number = _waiting(user).order_by()[: COUNT_LIMIT + 1].count()
    return Waiting(min(number, COUNT_LIMIT), number > COUNT_LIMIT)


def last_decided_at(user: User) -> datetime | None:
    """When something was last decided; None where nothing ever was."""
    decided = _decided(user).order_by("-decided_at", "-id")
    return decided.values_list("decided_at", flat=True).first()


def row(user: User, approval_id: UUID) -> Row | None:
    """One request as a row; None where this person may not see it, or put it aside."""
    shown = snoozes.without_hidden(visible_to(user), user, timezone.now())
    found = list(_light(shown.filter(pk=approval_id)))
    return _rows(found)[0] if found else None


def next_waiting(user: User, approval: ApprovalRequest) -> UUID | None:
    """What to turn to after ``approval``: the next of the queue, else its first."""
    others = _waiting(user).exclude(pk=approval.pk)
    others = others.order_by("-tier_rank", "expires_at", "id")
    place = (approval.tier_rank, str(approval.expires_at), str(approval.pk))
    following = others.filter(_after_place(*place)).values_list("pk", flat=True).first()
    return following or others.values_list("pk", flat=True).first()


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


def hidden(user: User) -> list[Row]:
    """What this person has put aside, by deadline; no more than a page of it."""
    requests = snoozes.hidden(visible_to(user), user, timezone.now())
    return _rows(_light(requests.order_by("expires_at", "id"))[:PAGE])


def _waiting(user: User) -> QuerySet[ApprovalRequest]:
    waiting = visible_to(user).filter(state=State.PENDING)
    return snoozes.without_hidden(waiting, user, timezone.now())


def _decided(user: User) -> QuerySet[ApprovalRequest]:
    return visible_to(user).exclude(state=State.PENDING)


def _light(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    return (
        with_related(requests)
        .select_related("claimed_by", "assigned_to")
        .defer(*_HEAVY)
        .annotate(head=Left("canonical", _HEAD), size=Length("canonical"))
    )


def _rows(requests: Iterable[Any]) -> list[Row]:
    standing = Standing.of(timezone.now())
    return [_row(approval, standing) for approval in requests]


def _row(approval: Any, standing: Standing) -> Row:
    votes = votes_of(approval, standing=standing)
    return Row(
        approval=approval,
        tier=tier_mark(approval),
        preview=preview_of(approval.head, approval.size),
        approvals=votes["approvals"],
        denials=votes["denials"],
        places=places_of(approval),
        has_question=open_question(approval) is not None,
        claimed_by=claimed_by(approval, standing.now),
    )


def _after_place(rank: int, expires: str, last: str) -> Q:
    """What comes after one place of the queue's order."""
    return Q(tier_rank__lt=rank) | Q(tier_rank=rank) & (
        Q(expires_at__gt=expires) | Q(expires_at=expires, id__gt=UUID(last))
    )


def _pending_cursor(approval: ApprovalRequest) -> str:
    place = (approval.tier_rank, str(approval.expires_at), str(approval.pk))
    return _write_cursor("pending", *place)


def _write_cursor(kind: str, *place: object) -> str:
    """Signed, so that what comes back needs no checks of its own."""
    return signing.dumps([kind, *place], salt=_CURSOR_SALT)


def _read_cursor(cursor: str, kind: str, size: int) -> list[Any]:
    try:
        place = signing.loads(cursor, salt=_CURSOR_SALT)
    except signing.BadSignature as error:
        raise BadCursor from error
    if place[0] != kind or len(place) != size + 1:
        raise BadCursor
    return list(place[1:])
