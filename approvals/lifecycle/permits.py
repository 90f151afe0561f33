"""What becomes of an approval: redeemed once, taken back, lapsed; and its outcome."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agents.models import Agent
from approvals import idempotency, states
from approvals.access import Standing, actions_for, tier_of
from approvals.lifecycle import rows
from approvals.lifecycle.decision import refuse_under_brake
from approvals.lifecycle.refusals import (
    AlreadyRedeemed,
    NotAllowed,
    NotRedeemable,
    OtherOutcome,
    Refusal,
    StaleRevision,
)
from approvals.lifecycle.rows import Answer
from approvals.models import ApprovalRequest, Outcome, Permit
from approvals.states import PermitState, State
from audit.actions import Action as Verb
from audit.log import SYSTEM, Actor, Sealed, person, record

BATCH = 100


def redeem(
    approval_id: UUID,
    *,
    agent: Agent,
    digest: str,
    call: idempotency.Call | None = None,
) -> Answer:
    """Consume the permit, just before executing what the digest covers.

    Raises Braked, StaleRevision, NotRedeemable, AlreadyRedeemed (each leaves an
    entry), ``ApprovalRequest.DoesNotExist`` (also for another agent's),
    ``idempotency.Mismatch`` and ``InFlight``.
    """
    answer = _redeem(approval_id, agent, digest, call)
    if isinstance(answer, Refusal):
        raise answer
    return answer


@transaction.atomic(durable=True)
def take_back(approval_id: UUID, *, actor: User, reason: str = "") -> ApprovalRequest:
    """Revoke an approval that is not redeemed yet; raises a Refusal."""
    approval, now = rows.locked(approval_id), timezone.now()
    person_now = User.objects.get(pk=actor.pk)
    allowed = actions_for(approval, person_now, Standing.of(now)).take_back
    if not allowed.allowed:
        raise NotAllowed(allowed.why_not)
    text = rows.checked_text(reason)
    revoke(approval, actor=person(actor), reason=text, now=now)
    return approval


def revoke(
    approval: ApprovalRequest, *, actor: Actor, reason: str, now: datetime
) -> None:
    """Revoke the permit of a locked request and tell its agent."""
    _close(approval, PermitState.REVOKED, now)
    data = {"digest": Sealed(approval.digest), "message": Sealed(reason)}
    _record(Verb.PERMIT_REVOKED, approval, actor, data)
    rows.tell_agent(approval, "permit.revoked", now=now)


@transaction.atomic(durable=True)
def report_outcome(
    approval_id: UUID,
    *,
    agent: Agent,
    status: str,
    digest: str,
    detail: str = "",
    call: idempotency.Call | None = None,
) -> Answer:
    """Keep what the agent says happened, and flag what does not fit.

    The first one stands; the same again changes nothing. Raises OtherOutcome,
    TextRefused, ``ApprovalRequest.DoesNotExist``, ``idempotency.Mismatch`` and
    ``InFlight``.
    """
    if call is not None and (known := idempotency.earlier(call)):
        return Answer(known, replayed=True)
    approval, now = rows.locked(approval_id, agent=agent), timezone.now()
    detail = rows.checked_text(detail)
    earlier = Outcome.objects.filter(approval=approval).first()
    if earlier is None:
        _keep_outcome(approval, Outcome.Status(status), digest, detail, now)
    elif (earlier.status, earlier.digest, earlier.detail) != (status, digest, detail):
        raise OtherOutcome
    if call is not None:
        idempotency.remember(call, approval)
    return Answer(approval)


def lapse_due() -> int:
    """Close permits that nobody used in time; returns how many."""
    lapsed = 0
    while batch := _lapse_batch():
        lapsed += batch
    return lapsed


def mark_overdue() -> int:
    """Note outcomes that were not reported in time; returns how many."""
    overdue = 0
    while batch := _overdue_batch():
        overdue += batch
    return overdue


@transaction.atomic(durable=True)
def _redeem(
    approval_id: UUID, agent: Agent, digest: str, call: idempotency.Call | None
) -> Answer | Refusal:
    """A refusal is returned, not raised: its entry has to be committed."""
    if call is not None and (known := idempotency.earlier(call)):
        return Answer(known, replayed=True)
    approval, now = rows.locked(approval_id, agent=agent), timezone.now()
    try:
        _check_redeemable(approval, digest, now)
    except Refusal as refusal:
        data = {"digest": Sealed(digest), "why": type(refusal).__name__}
        _record(Verb.PERMIT_REDEMPTION_REFUSED, approval, agent.actor, data)
        return refusal
    _close(approval, PermitState.REDEEMED, now)
    _record(Verb.PERMIT_REDEEMED, approval, agent.actor, {"digest": Sealed(digest)})
    if call is not None:
        idempotency.remember(call, approval)
    return Answer(approval)


def _check_redeemable(approval: ApprovalRequest, digest: str, now: datetime) -> None:
    """Brake? Digest? Approved, and still good? First time?"""
    refuse_under_brake(approval)
    if digest != approval.digest:
        raise StaleRevision(approval, "The permit is for another digest than this.")
    if approval.state != State.APPROVED:
        raise NotRedeemable(f"This request is {approval.state}, not approved.")
    match approval.permit.state_at(now):
        case PermitState.REDEEMED:
            raise AlreadyRedeemed
        case PermitState.ISSUED:
            return
        case state:
            raise NotRedeemable(f"The permit is {state}; ask again.")


def _close(approval: ApprovalRequest, state: PermitState, now: datetime) -> None:
    permit = approval.permit
    states.check_permit(PermitState(permit.state), state)
    permit.state = state
    permit.closed_at = now
    if state is PermitState.REDEEMED:
        within = timedelta(seconds=tier_of(approval).outcome_within)
        has_outcome = Outcome.objects.filter(approval=approval).exists()
        permit.outcome_due_at = None if has_outcome else now + within
    permit.save(update_fields=["state", "closed_at", "outcome_due_at"])
    rows.save(approval)


def _keep_outcome(
    approval: ApprovalRequest,
    status: Outcome.Status,
    digest: str,
    detail: str,
    now: datetime,
) -> None:
    permit = Permit.objects.filter(approval=approval).first()
    redeemed = permit is not None and permit.state == PermitState.REDEEMED
    approval.outcome = Outcome.objects.create(
        approval=approval,
        status=status,
        digest=digest,
        detail=detail,
        reported_at=now,
        other_digest=digest != approval.digest,
        unredeemed=not redeemed,
    )
    if permit is not None and permit.outcome_due_at is not None:
        permit.outcome_due_at = None
        permit.save(update_fields=["outcome_due_at"])
    rows.save(approval)
    _record_outcome(approval, approval.outcome)


def _record_outcome(approval: ApprovalRequest, outcome: Outcome) -> None:
    data = {
        "status": outcome.status,
        "digest": Sealed(outcome.digest),
        "message": Sealed(outcome.detail),
    }
    _record(Verb.OUTCOME_REPORTED, approval, approval.agent.actor, data)
    if outcome.other_digest:
        data = {
            "digest": Sealed(outcome.digest),
            "approved": Sealed(approval.digest),
        }
        _record(Verb.OUTCOME_FOR_OTHER_DIGEST, approval, SYSTEM, data)
    if outcome.unredeemed:
        data = {"state": approval.state, "digest": Sealed(outcome.digest)}
        _record(Verb.OUTCOME_WITHOUT_REDEMPTION, approval, SYSTEM, data)


@transaction.atomic(durable=True)
def _lapse_batch() -> int:
    now = timezone.now()
    due = _locked_with_permit(
        Q(permit__state=PermitState.ISSUED, permit__expires_at__lte=now)
    )
    for approval in due:
        if approval.permit.state != PermitState.ISSUED:
            continue
        _close(approval, PermitState.LAPSED, now)
        _record(Verb.PERMIT_LAPSED, approval, SYSTEM, _sealed_digest(approval))
    return len(due)


@transaction.atomic(durable=True)
def _overdue_batch() -> int:
    now = timezone.now()
    due = _locked_with_permit(
        Q(permit__outcome_due_at__lte=now, permit__overdue_at=None)
    )
    for approval in due:
        if approval.permit.outcome_due_at is None:
            continue
        approval.permit.overdue_at = now
        approval.permit.save(update_fields=["overdue_at"])
        rows.save(approval)
        _record(Verb.OUTCOME_OVERDUE, approval, SYSTEM, _sealed_digest(approval))
    return len(due)


def _sealed_digest(approval: ApprovalRequest) -> dict[str, object]:
    return {"digest": Sealed(approval.digest)}


def _locked_with_permit(due: Q) -> list[ApprovalRequest]:
    """Up to BATCH of them, locked; the permit is read after that, by its own query.

    What a join brings along is older than the lock.
    """
    return list(
        ApprovalRequest.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("agent", "key")
        .filter(due)[:BATCH]
    )


def _record(
    verb: Verb, approval: ApprovalRequest, actor: Actor, data: Mapping[str, object]
) -> None:
    record(verb, actor=actor, subject=rows.subject_of(approval), data=data)
