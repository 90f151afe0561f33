"""The requests that somebody selected, and what keeps each from being decided.

Reads only; the same answer for the preview and for the votes after it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from agents import brake
from approvals.access import Permission, Standing, actions_for, tier_of, visible_to
from approvals.bulk_shape import Candidate, shape_of
from approvals.lifecycle.deadlines import give_time_back
from approvals.models import ApprovalRequest, Vote
from approvals.policy import StepUp
from approvals.resource import with_related
from approvals.stepup import is_fresh, signed_in_at

NOT_THERE = "There is no such request for you."
SIGN_IN = "Its tier asks you to sign in again before you decide."
HEAD = 140
"""Characters of the arguments that tell a request from others which are not decided."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was selected, as this person could decide it now."""

    candidates: list[Candidate]
    approve: Mapping[str, Permission]
    """Whether each could be approved, too, by key."""
    standing: Standing


def read(user: User, requests: Iterable[UUID]) -> dict[str, ApprovalRequest]:
    """Those that this person may see, by id."""
    found = with_related(visible_to(user).filter(pk__in=list(requests)))
    return {str(approval.pk): approval for approval in found}


def head_of(approval: ApprovalRequest) -> tuple[str, int]:
    """The beginning of its arguments, and how many characters that leaves out."""
    text = json.dumps(approval.arguments, ensure_ascii=False)
    return text[:HEAD], len(text[HEAD:])


def weigh(
    found: Mapping[str, ApprovalRequest],
    asked: Mapping[str, int | None],
    user: User,
    session: Mapping[str, Any],
) -> Weighed:
    """Everything that was selected and is there, in the order in which it was.

    Their deadlines are those of this moment, with the time under holds given back.
    """
    standing = Standing.of(timezone.now(), thorough=True)
    holds = brake.holds_since(
        min((one.created_at for one in found.values()), default=standing.now)
    )
    at = signed_in_at(session)
    candidates, permissions = [], {}
    for key, revision in asked.items():
        if key not in found:
            continue
        approval = found[key]
        if approval.is_pending:
            give_time_back(approval, holds, standing.now)
        actions = actions_for(approval, user, standing)
        why = actions.deny.why_not or _obstacle(approval, revision, user, at, standing)
        shape = shape_of(approval.action, approval.environment, approval.arguments)
        candidates.append(Candidate(key, shape, tier_of(approval).bulk, why))
        permissions[key] = actions.approve
    return Weighed(candidates, permissions, standing)


def _obstacle(
    approval: ApprovalRequest,
    revision: int | None,
    user: User,
    signed_in: float | None,
    standing: Standing,
) -> str:
    """Why somebody who could decide on it cannot, or not on what they selected."""
    if approval.expires_at <= standing.now:
        return "It is past its deadline."
    if revision is not None and revision != approval.revision:
        return (
            f"It changed after you selected it: it is revision {approval.revision} now."
        )
    same = standing.humans.same
    if any(same(vote.voter_id, user.pk) for vote in _votes_on(approval)):
        return "You have already voted on it."
    is_asked = tier_of(approval).step_up is StepUp.RECENT_LOGIN
    is_recent = is_fresh(signed_in, standing.now.timestamp())
    return SIGN_IN if is_asked and not is_recent else ""


def _votes_on(approval: ApprovalRequest) -> list[Vote]:
    """Those that count for the revision at hand."""
    return [
        vote
        for vote in approval.votes.all()
        if vote.withdrawn_at is None and vote.revision == approval.revision
    ]
