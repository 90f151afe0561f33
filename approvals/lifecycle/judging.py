"""A request that is stored already gets another verdict."""

from datetime import datetime, timedelta

from approvals.lifecycle.deadlines import count_holds_anew
from approvals.models import ApprovalRequest
from approvals.policy import Tier, Verdict
from approvals.submission import escalation_time

JUDGED = (
    "policy",
    "tier",
    "tier_rank",
    "route",
    "reasons",
    "expires_at",
    "frozen_for",
    "escalates_at",
    "escalated_at",
)
"""The fields that ``judge`` sets."""


def judge(
    approval: ApprovalRequest,
    tier: Tier,
    verdict: Verdict,
    version: int,
    now: datetime,
) -> None:
    """Put it on ``tier``, which may be above the verdict's; no time is gained."""
    reasons = list(verdict.reasons)
    if tier is not verdict.tier:
        reasons.insert(0, f"not below {tier.key}, where the request began")
    approval.policy_id, approval.tier, approval.tier_rank = version, tier.key, tier.rank
    approval.route, approval.reasons = tier.route, reasons
    latest = now + timedelta(seconds=tier.decide_within)
    approval.expires_at = min(approval.expires_at, latest)
    approval.escalates_at = escalation_time(tier, now, approval.expires_at)
    approval.escalated_at = None
    count_holds_anew(approval, now)
