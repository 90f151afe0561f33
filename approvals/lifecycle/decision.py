"""The one place where a request becomes decided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from agents import brake
from approvals import permits, states
from approvals.access import Standing, standing_votes, tier_of
from approvals.lifecycle import grants, rows
from approvals.lifecycle.refusals import Braked
from approvals.models import ApprovalRequest, Grant, Permit, Vote
from approvals.resolution import Ballot, resolve
from approvals.states import Source, State
from audit.actions import Action as Verb
from audit.log import SYSTEM, Actor, Sealed, person, record


def settle(approval: ApprovalRequest, cast: Vote, standing: Standing) -> None:
    """Decide if the votes that count now settle it; else only tell of the change.

    A denial never approves, also where its recount finds enough approvals of
    people who may vote again by now: the next approval does.
    """
    votes = list(
        approval.votes.filter(revision=approval.revision, withdrawn_at=None)
        .select_related("voter")
        .prefetch_related("voter__groups")
    )
    tier = tier_of(approval)
    counting = standing_votes(approval, votes, standing)
    ballots = [ballot for _, ballot in counting]
    outcome = resolve(ballots, tier.requirements, deny_threshold=tier.deny_threshold)
    if outcome is None or (outcome is State.APPROVED and not cast.approves):
        rows.save(approval)
        return
    agreeing = [v for v, _ in counting if v.approves is (outcome is State.APPROVED)]
    decide(
        approval,
        outcome,
        source=Source.REVIEWER,
        actor=person(cast.voter),
        message="\n\n".join(vote.message for vote in agreeing if vote.message),
        reason_code=next((v.reason_code for v in agreeing if v.reason_code), ""),
        decided_by=[vote.voter.get_username() for vote in agreeing],
        counted=[one for one in ballots if one.approves is (outcome is State.APPROVED)],
        now=standing.now,
    )


def decide(
    approval: ApprovalRequest,
    outcome: State,
    *,
    source: Source,
    actor: Actor,
    message: str,
    decided_by: Sequence[str],
    now: datetime,
    reason_code: str = "",
    grant: Grant | None = None,
    counted: Sequence[Ballot] = (),
    is_new: bool = False,
) -> None:
    """State, permit, entry and delivery of a decision; Braked instead of an approval.

    ``counted``: the votes that settled it, with the groups their voters were in.

    The brake is asked here and nowhere earlier, so that no way of approving can
    forget it.
    """
    states.check(State(approval.state), outcome)
    if outcome is State.APPROVED:
        refuse_under_brake(approval)
    approval.state = outcome
    approval.decided_at = now
    approval.decision_source = source
    approval.decision_message = message
    approval.decision_reason_code = reason_code
    approval.decided_by = list(decided_by)
    approval.grant = grant
    if outcome is State.APPROVED:
        _issue_permit(approval, now)
    rows.save(
        approval,
        "state",
        "decided_at",
        "decision_source",
        "decision_message",
        "decision_reason_code",
        "decided_by",
        "grant",
    )
    record(
        Verb.REQUEST_DECIDED,
        actor=actor,
        subject=rows.subject_of(approval),
        data=_facts_of(approval, counted),
    )
    if not is_new:
        grants.settle(approval, now)
    rows.tell_agent(approval, f"request.{outcome}", now=now, is_new=is_new)


def _facts_of(approval: ApprovalRequest, counted: Sequence[Ballot]) -> dict[str, Any]:
    return {
        "state": approval.state,
        "source": approval.decision_source,
        "revision": approval.revision,
        "digest": Sealed(approval.digest),
        "decided_by": approval.decided_by,
        "counted": [
            {"voter": str(one.voter), "groups": sorted(one.groups)} for one in counted
        ],
        "message": Sealed(approval.decision_message),
        "reason_code": approval.decision_reason_code,
    }


def decide_by_policy(
    approval: ApprovalRequest, outcome: State, now: datetime, *, is_new: bool = False
) -> None:
    """Routes ``auto`` and ``block``."""
    decide(
        approval,
        outcome,
        source=Source.POLICY,
        actor=SYSTEM,
        message="" if outcome is State.APPROVED else "Policy forbids this action.",
        decided_by=[f"policy:{approval.policy_id}"],
        now=now,
        is_new=is_new,
    )


def deny_by_brake(
    approval: ApprovalRequest, now: datetime, *, is_new: bool = False
) -> None:
    """What a brake in the mode ``deny`` does to a request that waits."""
    decide(
        approval,
        State.DENIED,
        source=Source.BRAKE,
        actor=SYSTEM,
        message="The brake is on: this action is denied.",
        decided_by=(),
        now=now,
        is_new=is_new,
    )


def refuse_under_brake(approval: ApprovalRequest) -> None:
    """Raise Braked when a brake covers the request now; an error is no answer."""
    if brakes := brake.covering(approval.target):
        raise Braked(brakes)


def _issue_permit(approval: ApprovalRequest, now: datetime) -> None:
    expires = now + timedelta(seconds=tier_of(approval).permit_lifetime)
    claims = permits.Claims(
        issuer=settings.BASE_URL,
        agent=approval.agent.name,
        request_id=str(approval.id),
        digest=approval.digest,
        action=approval.action,
        tier=approval.tier,
        policy_version=approval.policy_id,
        approvers=approval.decided_by,
        issued_at=now,
        expires_at=expires,
    )
    approval.permit = Permit.objects.create(
        approval=approval,
        token=permits.sign(claims, permits.load_key(settings.PERMIT_KEY)),
        issued_at=now,
        expires_at=expires,
    )
