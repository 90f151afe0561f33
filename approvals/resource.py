"""The request resource of API.md, as agents read it in answers and callbacks."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from approvals.access import ballots_now, tier_of
from approvals.models import ApprovalRequest, Permit, Vote
from approvals.states import State


def with_related(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """The same requests, with all that the resource is made of in two more queries."""
    return requests.select_related("agent", "key", "permit").prefetch_related(
        "votes__voter__groups"
    )


def request_resource(
    approval: ApprovalRequest, *, now: datetime, votes: Iterable[Vote] | None = None
) -> dict[str, Any]:
    """API.md, "The request resource"; ``votes`` where the caller knows them."""
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
        "votes": votes_of(approval, votes),
        "created_at": timestamp(approval.created_at),
        "expires_at": timestamp(approval.expires_at),
        "decided_at": approval.decided_at and timestamp(approval.decided_at),
        "decision": _decision(approval),
        "question": None,
        "permit": _permit(approval, now),
        "outcome": None,
    }


def votes_of(
    approval: ApprovalRequest, votes: Iterable[Vote] | None = None
) -> dict[str, Any]:
    """How many voted which way on this revision, and what is asked for.

    While it is pending only votes count whose voters may vote now.
    """
    if votes is None:
        votes = approval.votes.all()
    if approval.is_pending:
        cast = [ballot.approves for ballot in ballots_now(approval, votes)]
    else:
        cast = [
            vote.verdict == Vote.Verdict.APPROVE
            for vote in votes
            if vote.revision == approval.revision
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
        "edited": False,
    }


def _permit(approval: ApprovalRequest, now: datetime) -> dict[str, Any] | None:
    if approval.state != State.APPROVED:
        return None
    permit: Permit = approval.permit
    return {
        "token": permit.token,
        "state": permit.state_at(now).value,
        "expires_at": timestamp(permit.expires_at),
    }
