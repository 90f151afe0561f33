"""Every change of a request's state: the only writer of it.

Each writer does the same in the same order, in one transaction: lock the row,
check the transition, change, record, enqueue, tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from agents import outbox
from agents.models import Agent, AgentKey
from approvals import idempotency, live, permits, states
from approvals.access import actions_for, ballots_now, tier_of
from approvals.models import ApprovalRequest, Permit, Vote
from approvals.policy import ReasonRequired, Route, Tier, Verdict, evaluate
from approvals.resolution import resolve
from approvals.resource import request_resource
from approvals.risk import assess
from approvals.ruleset import current
from approvals.states import Source, State
from approvals.submission import Submission, facts_of, new_request
from audit.actions import Action as Verb
from audit.log import SYSTEM, Actor, person, record

EXPIRE_BATCH = 100
MAX_MESSAGE = 4000
"""Characters a reviewer may write to the agent."""


class AlreadyDecided(Exception):
    """The request has left ``pending``, or its deadline has passed."""

    def __init__(self, approval: ApprovalRequest) -> None:
        how = (
            "past its deadline" if approval.is_pending else f"already {approval.state}"
        )
        super().__init__(f"This request is {how}.")
        self.approval = approval


class StaleRevision(Exception):
    """The vote was for another revision or digest than the current one."""

    def __init__(self, approval: ApprovalRequest) -> None:
        super().__init__("This request changed after you opened it.")
        self.approval = approval


class NotAllowed(Exception):
    """This person may not do that; the message says why, to them."""


class VotedAlready(Exception):
    """One person votes once on one revision."""

    def __init__(self) -> None:
        super().__init__("You have already voted on this request.")


class ReasonMissing(Exception):
    """The tier asks for a reason with this verdict."""

    def __init__(self) -> None:
        super().__init__("This tier asks for a reason: say why.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A request, and whether the same call was carried out before."""

    approval: ApprovalRequest
    replayed: bool = False


def submit(
    submission: Submission,
    *,
    agent: Agent,
    key: AgentKey | None = None,
    call: idempotency.Call | None = None,
) -> Answer:
    """Judge and store a request; decided at once where policy says so.

    Raises ``ruleset.NoPolicy``, ``idempotency.Mismatch`` and ``InFlight``.
    """
    action = submission.action_of(agent)
    assessment = assess(action)
    version, ruleset = current()
    now = timezone.now()
    verdict = evaluate(ruleset, action, assessment, now=now)
    approval = new_request(submission, action, assessment, verdict, now)
    approval.agent, approval.key, approval.policy_id = agent, key, version
    with transaction.atomic(durable=True):
        if call is not None and (known := idempotency.earlier(call)):
            return Answer(known, replayed=True)
        approval.save(force_insert=True)
        record(
            Verb.REQUEST_SUBMITTED,
            actor=agent.actor,
            subject=_subject(approval),
            data=facts_of(approval, key),
        )
        if verdict.route is not Route.REVIEW:
            _decide_by_policy(approval, verdict, now)
        if call is not None:
            idempotency.remember(call, approval)
        live.changed(approval)
    return Answer(approval)


@transaction.atomic(durable=True)
def vote(
    approval_id: UUID,
    *,
    actor: User,
    verdict: str,
    revision: int,
    digest: str,
    message: str = "",
    reason_code: str = "",
) -> ApprovalRequest:
    """One person's vote; decides the request when it settles it.

    Raises AlreadyDecided, StaleRevision, NotAllowed, VotedAlready,
    ReasonMissing, and ``ApprovalRequest.DoesNotExist``.
    """
    approval, now = _locked(approval_id), timezone.now()
    if not approval.is_pending or approval.expires_at <= now:
        raise AlreadyDecided(approval)
    if (revision, digest) != (approval.revision, approval.digest):
        raise StaleRevision(approval)
    verdict, message = Vote.Verdict(verdict), message.strip()[:MAX_MESSAGE]
    _check_voter(approval, User.objects.get(pk=actor.pk))
    _check_reason(tier_of(approval), verdict, message or reason_code)
    cast = Vote.objects.create(
        approval=approval,
        voter=actor,
        verdict=verdict,
        revision=revision,
        digest=digest,
        message=message,
        reason_code=reason_code,
        created_at=now,
    )
    record(
        Verb.REQUEST_VOTED,
        actor=person(actor),
        subject=_subject(approval),
        data={
            "verdict": cast.verdict,
            "revision": revision,
            "digest": digest,
            "message": message,
            "reason_code": reason_code,
        },
    )
    _settle(approval, actor, now)
    live.changed(approval)
    return approval


@transaction.atomic(durable=True)
def cancel(
    approval_id: UUID,
    *,
    agent: Agent,
    reason: str = "",
    call: idempotency.Call | None = None,
) -> Answer:
    """The agent takes its own request back.

    Raises AlreadyDecided, ``ApprovalRequest.DoesNotExist`` (also for another
    agent's), ``idempotency.Mismatch`` and ``InFlight``.
    """
    if call is not None and (known := idempotency.earlier(call)):
        return Answer(known, replayed=True)
    approval = _locked(approval_id, agent=agent)
    if not approval.is_pending:
        raise AlreadyDecided(approval)
    _decide(
        approval,
        State.CANCELLED,
        source=Source.AGENT,
        actor=agent.actor,
        message=reason,
        decided_by=(),
        now=timezone.now(),
    )
    if call is not None:
        idempotency.remember(call, approval)
    live.changed(approval)
    return Answer(approval)


def expire_due() -> int:
    """Expire what is past its deadline; returns how many. No answer is a deny."""
    expired = 0
    while batch := _expire_batch():
        expired += batch
    return expired


@transaction.atomic(durable=True)
def _expire_batch() -> int:
    now = timezone.now()
    due = list(
        ApprovalRequest.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("agent", "key")
        .filter(state=State.PENDING, expires_at__lte=now)
        .order_by("expires_at")[:EXPIRE_BATCH]
    )
    for approval in due:
        _decide(
            approval,
            State.EXPIRED,
            source=Source.TIMEOUT,
            actor=SYSTEM,
            message="Nobody decided in time.",
            decided_by=(),
            now=now,
        )
        live.changed(approval)
    return len(due)


def _decide_by_policy(
    approval: ApprovalRequest, verdict: Verdict, now: datetime
) -> None:
    """Routes ``auto`` and ``block``: decided in the transaction that stores it."""
    allowed = verdict.route is Route.AUTO
    _decide(
        approval,
        State.APPROVED if allowed else State.DENIED,
        source=Source.POLICY,
        actor=SYSTEM,
        message="" if allowed else "Policy forbids this action.",
        decided_by=[f"policy:{approval.policy_id}"],
        now=now,
        votes=(),
    )


def _check_voter(approval: ApprovalRequest, voter: User) -> None:
    """``voter`` is read within this transaction: rights of this moment count."""
    permission = actions_for(approval, voter).approve
    if not permission.allowed:
        raise NotAllowed(permission.why_not)
    if approval.votes.filter(voter=voter, revision=approval.revision).exists():
        raise VotedAlready


def _check_reason(tier: Tier, verdict: Vote.Verdict, reason: str) -> None:
    asked = {
        ReasonRequired.NEVER: False,
        ReasonRequired.ON_DENY: verdict == Vote.Verdict.DENY,
        ReasonRequired.ALWAYS: True,
    }[tier.reason_required]
    if asked and not reason:
        raise ReasonMissing


def _settle(approval: ApprovalRequest, voter: User, now: datetime) -> None:
    """Decide if the votes that count now settle it; else only number the change."""
    votes = list(
        approval.votes.filter(revision=approval.revision)
        .select_related("voter")
        .prefetch_related("voter__groups")
    )
    tier = tier_of(approval)
    counting = ballots_now(approval, votes)
    outcome = resolve(counting, tier.requirements, deny_threshold=tier.deny_threshold)
    if outcome is None:
        approval.change = _next_change()
        approval.save(update_fields=["change"])
        return
    ids = {b.voter for b in counting if b.approves is (outcome is State.APPROVED)}
    agreeing = [vote for vote in votes if vote.voter_id in ids]
    _decide(
        approval,
        outcome,
        source=Source.REVIEWER,
        actor=person(voter),
        message="\n\n".join(vote.message for vote in agreeing if vote.message),
        reason_code=next((v.reason_code for v in agreeing if v.reason_code), ""),
        decided_by=[vote.voter.get_username() for vote in agreeing],
        now=now,
        votes=votes,
    )


def _decide(
    approval: ApprovalRequest,
    outcome: State,
    *,
    source: Source,
    actor: Actor,
    message: str,
    decided_by: Sequence[str],
    now: datetime,
    reason_code: str = "",
    votes: Sequence[Vote] | None = None,
) -> None:
    """The one place a request becomes decided: state, permit, entry and delivery."""
    states.check(State(approval.state), outcome)
    approval.state = outcome
    approval.decided_at = now
    approval.decision_source = source
    approval.decision_message = message
    approval.decision_reason_code = reason_code
    approval.decided_by = list(decided_by)
    approval.change = _next_change()
    approval.save(
        update_fields=[
            "state",
            "decided_at",
            "decision_source",
            "decision_message",
            "decision_reason_code",
            "decided_by",
            "change",
        ]
    )
    if outcome is State.APPROVED:
        _issue_permit(approval, now)
    record(
        Verb.REQUEST_DECIDED,
        actor=actor,
        subject=_subject(approval),
        data={
            "state": outcome,
            "source": source,
            "revision": approval.revision,
            "digest": approval.digest,
            "decided_by": approval.decided_by,
            "message": message,
            "reason_code": reason_code,
        },
    )
    outbox.enqueue(
        agent=approval.agent,
        type=f"request.{outcome}",
        data=request_resource(approval, now=now, votes=votes),
        subject_id=str(approval.id),
    )


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


def _locked(approval_id: UUID, **filters: Any) -> ApprovalRequest:
    """The request, its row locked until the transaction ends."""
    return (
        ApprovalRequest.objects.select_for_update(of=("self",))
        .select_related("agent", "key")
        .get(pk=approval_id, **filters)
    )


def _next_change() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('approvals_change')")
        number: int = cursor.fetchone()[0]
    return number


def _subject(approval: ApprovalRequest) -> tuple[str, str]:
    return ("request", str(approval.id))
