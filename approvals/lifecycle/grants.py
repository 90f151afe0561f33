"""Standing approvals: proposed with a vote, given with its quorum, used once each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from approvals import conditions
from approvals.access import Standing, standing_votes, tier_of
from approvals.conditions import Condition
from approvals.lifecycle import rows
from approvals.lifecycle.refusals import GrantRefused
from approvals.models import ApprovalRequest, Grant, Vote
from approvals.policy import GrantCaps
from approvals.resolution import resolve
from approvals.states import State
from audit.actions import Action as Verb
from audit.log import SYSTEM, Sealed, person, record

DIGITS = 12
"""Decimal places in which sums are kept."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody wants to allow from now on, beside the request at hand."""

    conditions: Sequence[Condition]
    max_uses: int
    lasts: timedelta
    sum_argument: str = ""
    max_sum: Decimal | None = None


def terms_of(grant: Grant) -> Terms:
    """The terms of one that was proposed or given."""
    return Terms(
        conditions=conditions.read(grant.conditions),
        max_uses=grant.max_uses,
        lasts=grant.lasts,
        sum_argument=grant.sum_argument,
        max_sum=grant.max_sum,
    )


def check_terms(approval: ApprovalRequest, terms: Terms) -> None:
    """Raise GrantRefused unless the tier allows these terms for this request."""
    caps = tier_of(approval).grants
    if caps is None:
        raise GrantRefused("This tier does not allow standing approvals.")
    if not conditions.are_like(terms.conditions, approval.arguments):
        raise GrantRefused("The conditions do not even cover the request at hand.")
    if not _is_storable([condition.as_dict() for condition in terms.conditions]):
        raise GrantRefused("The character U+0000 in an argument cannot be stored.")
    if not 1 <= terms.max_uses <= caps.max_uses:
        raise GrantRefused(f"From 1 to {caps.max_uses:,} uses on this tier.")
    longest = timedelta(seconds=caps.max_duration)
    if not timedelta(0) < terms.lasts <= longest:
        raise GrantRefused(f"It can last {longest} at most on this tier.")
    _check_sum(approval, terms, caps)


def agreed(
    approval: ApprovalRequest,
    voter: User,
    verdict: Vote.Verdict,
    grant: Terms | UUID | None,
    now: datetime,
) -> Grant | None:
    """The grant this vote agrees to: newly proposed, or somebody else's.

    Raises GrantRefused.
    """
    if grant is None:
        return None
    if verdict is not Vote.Verdict.APPROVE:
        raise GrantRefused("A standing approval goes with an approval only.")
    if isinstance(grant, Terms):
        return _propose(approval, voter, grant, now)
    proposed = approval.proposed_grants.filter(
        pk=grant, revision=approval.revision, granted_at=None, revoked_at=None
    ).first()
    if proposed is None:
        raise GrantRefused("That standing approval is not proposed on this request.")
    return proposed


def settle(approval: ApprovalRequest, now: datetime) -> None:
    """With the decision: give what had the same quorum, drop the rest."""
    for grant in approval.proposed_grants.filter(granted_at=None, revoked_at=None):
        is_approved = approval.state == State.APPROVED
        if is_approved and (givers := _quorum(approval, grant, now)):
            _give(grant, givers, now)
        else:
            _decline(grant, now)


def drop_proposed(approval: ApprovalRequest, now: datetime) -> None:
    """An edit dismisses the votes, and what they agreed to."""
    for grant in approval.proposed_grants.filter(granted_at=None, revoked_at=None):
        _decline(grant, now)


def may_be_covered(approval: ApprovalRequest) -> bool:
    """Whether any grant is given for this agent and action; most have none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM approvals_grant WHERE agent_id = %s AND"
            " action = %s AND granted_at IS NOT NULL AND revoked_at IS NULL)",
            [approval.agent_id, approval.action],
        )
        (found,) = cursor.fetchone()
    return bool(found)


def use(approval: ApprovalRequest, now: datetime) -> Grant | None:
    """Consume one use of a grant that covers this new request, if there is one.

    One UPDATE that counts and checks at once: however many race, no limit is
    passed. A grant covers nothing riskier than what it was given for, nothing on
    a tier that forbids grants by now, and never what policy blocks.
    """
    caps = tier_of(approval).grants
    if caps is None:
        return None
    arguments = approval.arguments
    for grant in in_force(now).filter(
        agent=approval.agent,
        action=approval.action,
        environment=approval.environment,
        resource=approval.resource,
        subject=approval.subject,
        tier_rank__gte=approval.tier_rank,
    ):
        if not conditions.are_like(conditions.read(grant.conditions), arguments):
            continue
        amount = _amount(grant, arguments.get(grant.sum_argument))
        if amount is not None and _consume(grant, amount, now):
            _record_use(grant, approval, amount)
            return grant
    return None


def in_force(now: datetime) -> QuerySet[Grant]:
    """Given, not revoked, not run out, not used up; oldest first."""
    return Grant.objects.filter(
        granted_at__isnull=False,
        revoked_at=None,
        expires_at__gt=now,
        uses__lt=F("max_uses"),
    ).order_by("id")


@transaction.atomic(durable=True)
def revoke_grant(grant_id: UUID, *, actor: User, reason: str = "") -> Grant:
    """End a grant at once; one that is revoked stays as it is.

    Raises ``Grant.DoesNotExist`` also for one that was only proposed.
    """
    grant = Grant.objects.select_for_update().get(pk=grant_id, granted_at__isnull=False)
    if grant.revoked_at is not None:
        return grant
    grant.revoked_at = timezone.now()
    grant.revoked_by = actor.get_username()
    grant.save(update_fields=["revoked_at", "revoked_by"])
    record(
        Verb.GRANT_REVOKED,
        actor=person(actor),
        subject=("grant", str(grant.pk)),
        data={"reason": Sealed(rows.checked_text(reason)), "uses": grant.uses},
    )
    return grant


def _is_storable(value: object) -> bool:
    """PostgreSQL's jsonb has no U+0000."""
    if isinstance(value, dict):
        return all(map(_is_storable, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(_is_storable, value))
    return not isinstance(value, str) or "\0" not in value


def _check_sum(approval: ApprovalRequest, terms: Terms, caps: GrantCaps) -> None:
    if terms.max_sum is None:
        if terms.sum_argument:
            raise GrantRefused("How large may the sum become?")
        if caps.max_sum is not None:
            raise GrantRefused("This tier asks for a limit on the sum of an argument.")
        return
    if not terms.sum_argument:
        raise GrantRefused("Say of which argument the sum is limited.")
    if conditions.number(approval.arguments.get(terms.sum_argument)) is None:
        raise GrantRefused(f"{terms.sum_argument} is not a number in this request.")
    if terms.max_sum <= 0 or round(terms.max_sum, DIGITS) != terms.max_sum:
        raise GrantRefused(f"The sum is above 0, with at most {DIGITS} decimals.")
    if caps.max_sum is not None and terms.max_sum > Decimal(str(caps.max_sum)):
        raise GrantRefused(f"A sum of {caps.max_sum:,} at most on this tier.")


def _propose(
    approval: ApprovalRequest, voter: User, terms: Terms, now: datetime
) -> Grant:
    check_terms(approval, terms)
    grant = Grant.objects.create(
        origin=approval,
        revision=approval.revision,
        proposed_by=voter,
        proposed_at=now,
        agent=approval.agent,
        action=approval.action,
        environment=approval.environment,
        resource=approval.resource,
        subject=approval.subject,
        conditions=[condition.as_dict() for condition in terms.conditions],
        tier=approval.tier,
        tier_rank=approval.tier_rank,
        max_uses=terms.max_uses,
        lasts=terms.lasts,
        sum_argument=terms.sum_argument,
        max_sum=terms.max_sum,
    )
    record(
        Verb.GRANT_PROPOSED,
        actor=person(voter),
        subject=("grant", str(grant.pk)),
        data=_facts(grant),
    )
    return grant


def _quorum(approval: ApprovalRequest, grant: Grant, now: datetime) -> list[str]:
    """Who agreed to the grant, if they could have approved without the others."""
    votes = approval.votes.filter(grant=grant).select_related("voter")
    standing = Standing.of(now, thorough=True)
    counting = standing_votes(
        approval, votes.prefetch_related("voter__groups"), standing
    )
    ballots = [ballot for _, ballot in counting]
    if resolve(ballots, tier_of(approval).requirements) is not State.APPROVED:
        return []
    return [vote.voter.get_username() for vote, _ in counting]


def _give(grant: Grant, givers: list[str], now: datetime) -> None:
    grant.granted_at, grant.expires_at = now, now + grant.lasts
    grant.granted_by = givers
    grant.save(update_fields=["granted_at", "expires_at", "granted_by"])
    record(
        Verb.GRANT_GIVEN,
        actor=SYSTEM,
        subject=("grant", str(grant.pk)),
        data={"granted_by": grant.granted_by, **_facts(grant)},
    )


def _decline(grant: Grant, now: datetime) -> None:
    grant.revoked_at = now
    grant.save(update_fields=["revoked_at"])
    record(
        Verb.GRANT_DECLINED,
        actor=SYSTEM,
        subject=("grant", str(grant.pk)),
        data={"request": str(grant.origin_id)},
    )


def _amount(grant: Grant, value: object) -> Decimal | None:
    """What this use adds to the sum; None for what cannot be added exactly."""
    if not grant.sum_argument:
        return Decimal(0)
    amount = conditions.number(value)
    if amount is None or amount < 0 or round(amount, DIGITS) != amount:
        return None
    return amount


def _consume(grant: Grant, amount: Decimal, now: datetime) -> bool:
    within = Q(max_sum=None) | Q(max_sum__gte=F("spent") + amount)
    updated = (
        in_force(now)
        .order_by()
        .filter(within, pk=grant.pk)
        .update(uses=F("uses") + 1, spent=F("spent") + amount)
    )
    return updated == 1


def _record_use(grant: Grant, approval: ApprovalRequest, amount: Decimal) -> None:
    record(
        Verb.GRANT_USED,
        actor=approval.agent.actor,
        subject=("grant", str(grant.pk)),
        data={"request": str(approval.pk), "amount": str(amount)},
    )


def _facts(grant: Grant) -> dict[str, object]:
    """What the log keeps of it; values of arguments only as their conditions."""
    return {
        "request": str(grant.origin_id),
        "agent": grant.agent.name,
        "action": grant.action,
        "environment": grant.environment,
        "conditions": Sealed({c["argument"]: c["kind"] for c in grant.conditions}),
        "tier": grant.tier,
        "max_uses": grant.max_uses,
        "lasts": int(grant.lasts.total_seconds()),
        "sum_argument": Sealed(grant.sum_argument),
        "max_sum": None if grant.max_sum is None else str(grant.max_sum),
    }
