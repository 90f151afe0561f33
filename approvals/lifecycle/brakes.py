"""What a brake does to what is there already, and what its release gives back.

That it is in force is a fact that every approval and redemption reads for itself
(``decision.refuse_under_brake``); nothing here has to have run for it to hold.
"""

import logging
from datetime import datetime
from fnmatch import fnmatchcase
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agents import brake
from agents.models import Brake
from approvals import humans
from approvals.lifecycle import counters, permits, rows
from approvals.lifecycle.deadlines import is_past, store_time_given_back
from approvals.lifecycle.decision import decide_by_policy, deny_by_brake
from approvals.lifecycle.facts import terms_of
from approvals.lifecycle.judging import JUDGED, judge
from approvals.lifecycle.refusals import Braked
from approvals.loosening import action_of
from approvals.models import ApprovalRequest
from approvals.policy import Route, evaluate
from approvals.risk import assess
from approvals.ruleset import current
from approvals.states import PermitState, State
from audit.actions import Action as Verb
from audit.log import SYSTEM, Actor, record

log = logging.getLogger(__name__)

BATCH = 100
_OF_TARGET = ("environment", "session", "action", "resource", "tier", "agent__name")
Requests = QuerySet[ApprovalRequest]


def engage_brake(
    *,
    scope: str,
    value: str = "",
    agent: str = "",
    mode: str = Brake.Mode.HOLD,
    reason: str,
    actor: Actor,
    trip_wire: str = "",
) -> Brake:
    """Stop at once, then deny and revoke where the mode says so.

    Raises ``brake.InvalidBrake``.
    """
    engaged = brake.engage(
        scope=scope,
        value=value,
        agent=agent,
        mode=mode,
        reason=reason,
        actor=actor,
        trip_wire=trip_wire,
    )
    try:
        enforce_brakes()
    except Exception:
        # It is in force; the sweeper denies and revokes what is left.
        log.exception("The brake is engaged, but not everything is denied yet")
    return engaged


def release_brake(brake_id: UUID, *, human: str, actor: Actor, reason: str) -> Brake:
    """One human's agreement; the last one needed releases and gives the time back.

    Raises ``brake.NotEngaged``, ``AgreedAlready`` and ``InvalidBrake``.
    """
    with transaction.atomic(durable=True):
        released = brake.release(
            brake_id,
            human=human,
            actor=actor,
            reason=reason,
            people_needed=settings.BRAKE_RELEASE_PEOPLE,
            now_known_as=_human,
        )
        if released.released_at is not None:
            _give_time_back(released)
    settle_held()
    return released


def _human(name: str) -> str:
    """``user:ID`` as the human's first account is now; the shell stays the shell."""
    kind, _, number = name.partition(":")
    return f"user:{humans.current().of(int(number))}" if kind == "user" else name


def enforce_brakes() -> None:
    """Under each brake that denies: deny what waits, revoke what is not redeemed."""
    for engaged in brake.in_force():
        if engaged.mode == Brake.Mode.DENY:
            while _deny_batch(engaged):
                pass
            while _revoke_batch(engaged):
                pass


def settle_held() -> int:
    """Decide what policy would have approved at once but for a hold that is over."""
    settled = 0
    waiting = ApprovalRequest.objects.filter(state=State.PENDING, route=Route.AUTO)
    if not waiting.exists():
        return settled
    brakes = brake.in_force()
    for approval in waiting.select_related("agent").only(*_OF_TARGET):
        if not brake.covering(approval.target, brakes):
            settled += _settle_one(approval.pk)
    return settled


@transaction.atomic(durable=True)
def _settle_one(approval_id: UUID) -> bool:
    approval = rows.locked(approval_id)
    now = timezone.now()
    if is_past(approval, now):
        return False
    _judge_anew(approval, now)
    try:
        match approval.route:
            case Route.AUTO:
                decide_by_policy(approval, State.APPROVED, now)
            case Route.BLOCK:
                decide_by_policy(approval, State.DENIED, now)
    except Braked:
        return False
    return not approval.is_pending


def _judge_anew(approval: ApprovalRequest, now: datetime) -> None:
    """By the policy in force, where another one was published during the hold.

    Its windows can be others: the request counts in them from now on.
    """
    version, ruleset = current()
    if version == approval.policy_id:
        return
    action = action_of(approval)
    assessment = assess(action, ruleset.context)
    counters.count(approval, ruleset.windows, action, now=now)
    held = approval.window_values
    verdict = evaluate(ruleset, action, assessment, now=now, windows=held)
    judge(approval, verdict.tier, verdict, version, now)
    approval.tier_floor = approval.tier_rank
    rows.save(approval, "tier_floor", *JUDGED, *counters.COUNTED)
    record(
        Verb.REQUEST_JUDGED_ANEW,
        actor=SYSTEM,
        subject=rows.subject_of(approval),
        data={
            "revision": approval.revision,
            **terms_of(approval),
            "route": str(approval.route),
            "windows": approval.window_values,
        },
    )


def _give_time_back(released: Brake) -> None:
    pending = ApprovalRequest.objects.filter(state=State.PENDING)
    covered = _covered(released, pending.select_for_update(of=("self",)).order_by("id"))
    since = min((approval.created_at for approval in covered), default=None)
    if since is not None:
        store_time_given_back(covered, brake.holds_since(since), timezone.now())


@transaction.atomic(durable=True)
def _deny_batch(engaged: Brake) -> int:
    pending = ApprovalRequest.objects.filter(state=State.PENDING)
    now, batch = timezone.now(), _batch(engaged, pending)
    for approval in batch:
        deny_by_brake(approval, now)
    return len(batch)


@transaction.atomic(durable=True)
def _revoke_batch(engaged: Brake) -> int:
    now = timezone.now()
    unused = ApprovalRequest.objects.filter(
        permit__state=PermitState.ISSUED, permit__expires_at__gt=now
    )
    batch = _batch(engaged, unused)
    for approval in batch:
        # Read after the lock: what the join saw may be older.
        if approval.permit.state == PermitState.ISSUED:
            reason = f"The brake is on: {engaged}."
            permits.revoke(approval, actor=SYSTEM, reason=reason, now=now)
    return len(batch)


def _batch(
    engaged: Brake, requests: QuerySet[ApprovalRequest]
) -> list[ApprovalRequest]:
    """Up to BATCH of them, locked; ``requests`` is asked again once it is."""
    found = requests.filter(_scope(engaged)).values_list("pk", "action")
    names = [pk for pk, action in found if _names(engaged, action)][:BATCH]
    return list(
        requests.filter(pk__in=names)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("agent", "key")
    )


def _covered(
    engaged: Brake, requests: QuerySet[ApprovalRequest]
) -> list[ApprovalRequest]:
    found = requests.filter(_scope(engaged)).select_related("agent", "key")
    return [approval for approval in found if brake.covers(engaged, approval.target)]


def _names(engaged: Brake, action: str) -> bool:
    return engaged.scope != Brake.Scope.ACTION or fnmatchcase(action, engaged.value)


def _scope(engaged: Brake) -> Q:
    """The part of a scope that SQL can say; action patterns are matched after it."""
    match engaged.scope:
        case Brake.Scope.ENVIRONMENT:
            return Q(environment=engaged.value)
        case Brake.Scope.AGENT:
            return Q(agent__name=engaged.value)
        case Brake.Scope.SESSION:
            of_agent = Q(agent__name=engaged.agent) if engaged.agent else Q()
            return of_agent & Q(session=engaged.value)
        case Brake.Scope.RESOURCE:
            return Q(resource=engaged.value)
        case Brake.Scope.TIER:
            return Q(tier=engaged.value)
        case _:
            return Q()
