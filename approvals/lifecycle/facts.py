"""What the log keeps of requests: facts in the clear, what was written as seals."""

from hashlib import sha256
from typing import Any

from agents.models import AgentKey
from approvals.access import tier_of
from approvals.models import ApprovalRequest
from audit import jcs
from audit.log import Sealed


def facts_of(approval: ApprovalRequest, key: AgentKey | None) -> dict[str, Any]:
    """What the log keeps of a new request; what was written in it, as commitments."""
    return {
        "agent": approval.agent.name,
        "key": key and str(key.pk),
        "action": approval.action,
        "environment": approval.environment,
        "revision": approval.revision,
        "digest": Sealed(approval.digest),
        "content": content_of(approval),
        "claims": Sealed(claims_of(approval)),
        **terms_of(approval),
        "route": str(approval.route),
        "windows": approval.window_values,
    }


def terms_of(approval: ApprovalRequest) -> dict[str, Any]:
    """How the request was judged, and what it takes to approve it."""
    tier = tier_of(approval)
    return {
        "tier": approval.tier,
        "policy_version": approval.policy_id,
        "reasons": Sealed(approval.reasons),
        "findings": Sealed(digest_of_findings(approval)),
        "required": [
            {"group": need.group, "count": need.count} for need in tier.requirements
        ],
        "deny_threshold": tier.deny_threshold,
    }


def content_of(approval: ApprovalRequest) -> Sealed:
    """The action that the digest covers, every argument of it."""
    return Sealed(approval.canonical, content=approval.canonical)


def digest_of_facts(approval: ApprovalRequest) -> str:
    """SHA-256 of what a page shows beside the action: what we found, what is claimed.

    Whoever has seen one of these and the digest of the action has seen everything
    that there was to decide on.
    """
    facts = {
        "revision": approval.revision,
        "digest": approval.digest,
        "tier": approval.tier,
        "reasons": approval.reasons,
        "findings": approval.findings,
        "impact": approval.impact,
        "claims": claims_of(approval),
    }
    return _digest(facts)


def digest_of_findings(approval: ApprovalRequest) -> str:
    """SHA-256 of what the analysis found: its version, for a vote."""
    return _digest({"findings": approval.findings, "impact": approval.impact})


def _digest(value: Any) -> str:
    return f"sha256:{sha256(jcs.dumps(value)).hexdigest()}"


def claims_of(approval: ApprovalRequest) -> dict[str, Any]:
    """What the agent says of its action, which no permit covers."""
    return {
        "summary": approval.summary,
        "justification": approval.justification,
        "session": approval.session,
        "evidence": approval.evidence,
        "metadata": approval.metadata,
    }
