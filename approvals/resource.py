"""The request resource of API.md, as agents read it in answers and callbacks."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from agents import brake
from agents.models import Brake
from approvals.access import Standing, ballots_now, tier_of
from approvals.models import ApprovalRequest, Outcome, Question, Vote
from approvals.states import State


def with_related(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """The same requests, with all the resource is made of in three more queries."""
    return requests.select_related(
        "agent", "key", "permit", "outcome"
    ).prefetch_related("votes__voter__groups", "questions")


def request_resource(
    approval: ApprovalRequest,
    *,
    now: datetime,
    is_new: bool = False,
    brakes: Iterable[Brake] | None = None,
    standing: Standing | None = None,
) -> dict[str, Any]:
    """API.md, "The request resource".

    ``is_new``: nobody can have voted, asked or reported yet. ``brakes``, those in
    force, and ``standing`` where the caller knows them.
    """
    return {
        "id": str(approval.id),
        "url": f"{settings.BASE_URL}/r/{approval.id}",
        "agent": approval.agent.name,
        "state": approval.state,
        "action": approval.action,
        "arguments": approval.arguments,
        "environment": approval.environment,
        "resource": approval.resource,
        "subject": approval.subject,
        "summary": approval.summary,
        "justification": approval.justification,
        "session": approval.session,
        "metadata": approval.metadata,
        "revision": approval.revision,
        "digest": approval.digest,
        "tier": approval.tier,
        "route": approval.route,
        "policy_version": approval.policy_id,
        "reasons": approval.reasons,
        "votes": votes_of(approval, () if is_new else None, standing),
        "created_at": timestamp(approval.created_at),
        "expires_at": timestamp(approval.expires_at),
        "decided_at": approval.decided_at and timestamp(approval.decided_at),
        "erased_at": approval.erased_at and timestamp(approval.erased_at),
        "decision": _decision(approval),
        "question": None if is_new else _question(approval),
        "permit": _permit(approval, now),
        "outcome": None if is_new else _outcome(approval),
        "brake": brake_resource(brake.covering(approval.target, brakes)),
    }


def brake_resource(brakes: Iterable[Brake]) -> dict[str, Any] | None:
    """The strictest mode of some brakes and their scopes; None without any."""
    brakes = list(brakes)
    scopes = [brake.as_dict(engaged) for engaged in brakes]
    mode = brake.mode_of(brakes)
    return {"mode": mode.value, "scopes": scopes} if mode else None


def open_question(approval: ApprovalRequest) -> Question | None:
    """What the agent is asked and has not answered; none once it is decided."""
    if not approval.is_pending:
        return None
    questions = approval.questions.all()
    return next((found for found in questions if found.replied_at is None), None)


def votes_of(
    approval: ApprovalRequest,
    votes: Iterable[Vote] | None = None,
    standing: Standing | None = None,
) -> dict[str, Any]:
    """How many voted which way on this revision, and what is asked for.

    While it is pending only votes count whose voters may vote now.
    """
    votes = list(approval.votes.all() if votes is None else votes)
    if approval.is_pending and votes:
        standing = standing or Standing.of(timezone.now())
        cast = [b.approves for b in ballots_now(approval, votes, standing)]
    else:
        cast = [
            vote.approves
            for vote in votes
            if vote.revision == approval.revision and vote.withdrawn_at is None
        ]
    return {
        "approvals": cast.count(True),
        "denials": cast.count(False),
        "required": [
            {"group": need.group, "count": need.count}
            for need in tier_of(approval).requirements
        ],
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with ``Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _decision(approval: ApprovalRequest) -> dict[str, Any] | None:
    if approval.is_pending:
        return None
    approved = approval.state == State.APPROVED
    return {
        "verdict": "approved" if approved else "denied",
        "source": approval.decision_source,
        "message": approval.decision_message or None,
        "reason_code": approval.decision_reason_code or None,
        "decided_by": approval.decided_by,
        "edited": approval.is_edited,
    }


def _question(approval: ApprovalRequest) -> dict[str, Any] | None:
    question = open_question(approval)
    if question is None:
        return None
    return {
        "id": str(question.pk),
        "text": question.text,
        "asked_at": timestamp(question.asked_at),
    }


def _permit(approval: ApprovalRequest, now: datetime) -> dict[str, Any] | None:
    if approval.state != State.APPROVED:
        return None
    permit = approval.permit
    return {
        "token": permit.token,
        "state": permit.state_at(now).value,
        "expires_at": timestamp(permit.expires_at),
    }


def _outcome(approval: ApprovalRequest) -> dict[str, Any] | None:
    """What the agent said; ``overdue`` where it should have and did not."""
    outcome: Outcome | None = getattr(approval, "outcome", None)
    if outcome is not None:
        return {
            "status": outcome.status,
            "digest": outcome.digest,
            "detail": outcome.detail or None,
            "reported_at": timestamp(outcome.reported_at),
        }
    if approval.state == State.APPROVED and approval.permit.overdue_at is not None:
        unknown = dict.fromkeys(("digest", "detail", "reported_at"))
        return {"status": "overdue", **unknown}
    return None
