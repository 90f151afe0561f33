"""The requests that somebody selected, and what keeps each from being decided.

Reads only; the same answer for the preview and for the votes after it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from approvals.access import Standing, actions_for, tier_of, visible_to
from approvals.bulk_shape import Candidate, shape_of
from approvals.lifecycle.deadlines import is_past
from approvals.models import ApprovalRequest, Vote
from approvals.policy import StepUp
from approvals.resource import with_related
from approvals.stepup import is_fresh, signed_in_at

NOT_THERE = "There is no such request for you."
SIGN_IN = "Its tier asks you to sign in again before you decide."
HEAD = 140
"""Characters of the arguments that tell a request from others which are not decided."""


def read(user: User, requests: Iterable[UUID]) -> dict[str, ApprovalRequest]:
    """Those that this person may see, by id."""
    found = with_related(visible_to(user).filter(pk__in=list(requests)))
    return {str(approval.pk): approval for approval in found}


def head_of(approval: ApprovalRequest) -> tuple[str, int]:
    """The beginning of its arguments, and how many characters that leaves out."""
    text = json.dumps(approval.arguments, ensure_ascii=False)
    return text[:HEAD], len(text[HEAD:])


def candidates(
    found: Mapping[str, ApprovalRequest],
    asked: Mapping[str, int | None],
    user: User,
    session: Mapping[str, Any],
) -> list[Candidate]:
    """In the order in which they were selected."""
    standing = Standing.of(timezone.now(), thorough=True)
    return [
        Candidate(
            key=key,
            shape=shape_of(approval.action, approval.environment, approval.arguments),
            cap=tier_of(approval).bulk,
            obstacle=_obstacle(approval, revision, user, session, standing),
        )
        for key, revision in asked.items()
        if (approval := found.get(key)) is not None
    ]


def _obstacle(
    approval: ApprovalRequest,
    revision: int | None,
    user: User,
    session: Mapping[str, Any],
    standing: Standing,
) -> str:
    """Why this person cannot decide on it, or not on what they selected."""
    deny = actions_for(approval, user, standing).deny
    if not deny.allowed:
        return deny.why_not
    if is_past(approval, standing.now):
        return "It is past its deadline."
    if revision is not None and revision != approval.revision:
        return (
            f"It changed after you selected it: it is revision {approval.revision} now."
        )
    same = standing.humans.same
    if any(same(vote.voter_id, user.pk) for vote in _votes_on(approval)):
        return "You have already voted on it."
    at, now = signed_in_at(session), standing.now.timestamp()
    is_asked = tier_of(approval).step_up is StepUp.RECENT_LOGIN
    return SIGN_IN if is_asked and not is_fresh(at, now) else ""


def _votes_on(approval: ApprovalRequest) -> list[Vote]:
    """Those that count for the revision at hand."""
    return [
        vote
        for vote in approval.votes.all()
        if vote.withdrawn_at is None and vote.revision == approval.revision
    ]
