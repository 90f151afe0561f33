"""What an agent asks for, and the request that becomes of it; nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agents.models import Agent
from approvals.canonical import Action, digest
from approvals.models import ApprovalRequest
from approvals.policy import Tier, Verdict
from approvals.risk import Assessment


@dataclass(frozen=True, slots=True)
class Submission:
    """What an agent asks for: the action and what it says about it (API.md, Submit)."""

    action: str
    arguments: Mapping[str, Any]
    environment: str | None = None
    resource: str | None = None
    subject: str | None = None
    summary: str | None = None
    justification: str | None = None
    session: str | None = None
    evidence: Sequence[Mapping[str, str]] = ()
    expires_in: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def action_of(self, agent: Agent) -> Action:
        return Action(
            name=self.action,
            agent=agent.name,
            arguments=self.arguments,
            environment=self.environment,
            resource=self.resource,
            subject=self.subject,
        )


def new_request(
    submission: Submission, action: Action, assessment: Assessment, now: datetime
) -> ApprovalRequest:
    """The request, still without agent, key, policy and verdict; not yet stored."""
    canonical = action.canonical()
    return ApprovalRequest(
        canonical=canonical,
        digest=digest(canonical),
        action=submission.action,
        environment=submission.environment,
        resource=submission.resource,
        subject=submission.subject,
        summary=submission.summary,
        justification=submission.justification,
        session=submission.session,
        evidence=list(submission.evidence),
        metadata=dict(submission.metadata),
        findings=[finding.as_dict() for finding in assessment.findings],
        impact=assessment.impact.as_dict(),
        created_at=now,
    )


def give_verdict(
    approval: ApprovalRequest, verdict: Verdict, *, expires_in: int | None
) -> None:
    """What policy says of a new request; ``expires_in`` seconds, if the agent cares."""
    tier = verdict.tier
    lifetime = min(expires_in or tier.decide_within, tier.decide_within)
    start, end = approval.created_at, approval.created_at + timedelta(seconds=lifetime)
    approval.tier, approval.tier_rank = tier.key, tier.rank
    approval.tier_floor = tier.rank
    approval.route, approval.reasons = verdict.route, list(verdict.reasons)
    approval.expires_at = end
    approval.escalates_at = escalation_time(tier, start, end)


def escalation_time(tier: Tier, start: datetime, end: datetime) -> datetime | None:
    """When further groups become eligible; None where the tier has none."""
    if tier.escalation is None:
        return None
    return start + (end - start) * tier.escalation.after / 100
