"""An agent asks, and takes it back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents import brake
from agents.models import Agent, AgentKey, Brake
from approvals import idempotency
from approvals.lifecycle import counters, grants, rows, tripwires
from approvals.lifecycle.decision import decide, decide_by_policy, deny_by_brake
from approvals.lifecycle.facts import facts_of
from approvals.lifecycle.refusals import AlreadyDecided, Braked
from approvals.lifecycle.rows import Answer
from approvals.models import ApprovalRequest
from approvals.policy import Route, evaluate
from approvals.risk import assess
from approvals.ruleset import current
from approvals.states import Source, State
from approvals.submission import Submission, give_verdict, new_request
from audit.actions import Action as Verb
from audit.log import SYSTEM, record


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
    version, ruleset = current()
    assessment = assess(action, ruleset.context)
    now = timezone.now()
    approval = new_request(submission, action, assessment, now)
    approval.agent, approval.key, approval.policy_id = agent, key, version
    tripwires.on_request(approval, ruleset.trip_wires, call)
    with transaction.atomic(durable=True):
        if call is not None and (known := idempotency.earlier(call)):
            return Answer(known, replayed=True)
        # Here, so that a call that is repeated counts once.
        counters.count(approval, ruleset.windows, action, now=now)
        held = approval.window_values
        verdict = evaluate(ruleset, action, assessment, now=now, windows=held)
        give_verdict(approval, verdict, expires_in=submission.expires_in)
        approval.save(force_insert=True)
        record(
            Verb.REQUEST_SUBMITTED,
            actor=agent.actor,
            subject=rows.subject_of(approval),
            data=facts_of(approval, key),
            is_new=True,
        )
        brakes: Sequence[Brake] = brake.covering(approval.target)
        try:
            _decide_at_once(approval, brake.mode_of(brakes), now)
        except Braked as pulled_meanwhile:
            brakes = pulled_meanwhile.brakes
            _decide_at_once(approval, brake.mode_of(brakes), now)
        if call is not None:
            idempotency.remember(call, approval)
    if approval.state == State.DENIED:
        tripwires.on_denial(approval, ruleset.trip_wires)
    return Answer(approval, brakes=brakes)


@transaction.atomic(durable=True)
def cancel(
    approval_id: UUID,
    *,
    agent: Agent,
    reason: str = "",
    call: idempotency.Call | None = None,
) -> Answer:
    """The agent takes its own request back.

    Raises AlreadyDecided, TextRefused, ``ApprovalRequest.DoesNotExist`` (also for
    another agent's), ``idempotency.Mismatch`` and ``InFlight``.
    """
    if call is not None and (known := idempotency.earlier(call)):
        return Answer(known, replayed=True)
    approval = rows.locked(approval_id, agent=agent)
    if not approval.is_pending:
        raise AlreadyDecided(approval)
    decide(
        approval,
        State.CANCELLED,
        source=Source.AGENT,
        actor=agent.actor,
        message=rows.checked_text(reason),
        decided_by=(),
        now=timezone.now(),
    )
    if call is not None:
        idempotency.remember(call, approval)
    return Answer(approval)


def _decide_at_once(
    approval: ApprovalRequest, mode: Brake.Mode | None, now: datetime
) -> None:
    """What a brake, policy or a grant decides without anybody; else it waits."""
    if mode is Brake.Mode.DENY:
        deny_by_brake(approval, now, is_new=True)
    elif approval.route == Route.BLOCK:
        decide_by_policy(approval, State.DENIED, now, is_new=True)
    elif mode is None and approval.route == Route.AUTO:
        decide_by_policy(approval, State.APPROVED, now, is_new=True)
    elif mode is not None or not _decide_by_grant(approval, now):
        rows.tell_people(approval)


def _decide_by_grant(approval: ApprovalRequest, now: datetime) -> bool:
    """Whether a grant approved it; under a brake its use is taken back."""
    if not grants.may_be_covered(approval):
        return False
    with transaction.atomic():
        grant = grants.use(approval, now)
        if grant is None:
            return False
        decide(
            approval,
            State.APPROVED,
            source=Source.GRANT,
            actor=SYSTEM,
            message="",
            decided_by=[f"grant:{grant.pk}"],
            now=now,
            is_new=True,
            grant=grant,
        )
    return True
