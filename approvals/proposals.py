"""Policies that may lower risk: proposed by one human, confirmed by another."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from approvals import humans
from approvals.access import may_publish
from approvals.models import Policy, PolicyProposal
from approvals.policy_document import parse
from approvals.ruleset import (
    OutOfDate,
    Second,
    SecondPersonNeeded,
    alone,
    digest_of,
    publish,
    put_into_force,
    said,
)
from audit.actions import Action
from audit.log import Actor, Sealed, person, record

_Outcome = PolicyProposal.Outcome


class ProposalError(Exception):
    """What cannot be done with a proposal; the text is a sentence for who asked."""


class NotYours(ProposalError):
    """Somebody else has to do this."""


class NobodyNamed(ProposalError):
    """Proposed by nobody, so that nobody could be somebody else."""


def put_forward(
    source: str,
    *,
    actor: Actor,
    user: User | None,
    reason: str,
    seen: int | None = None,
) -> Policy | PolicyProposal:
    """Publish; where that needs a second person, propose instead.

    Raises what ``ruleset.publish`` and ``propose`` raise.
    """
    try:
        return publish(source, actor=actor, user=user, reason=reason, seen=seen)
    except SecondPersonNeeded:
        return propose(source, actor=actor, user=user, reason=reason, seen=seen)


@transaction.atomic(durable=True)
def propose(
    source: str,
    *,
    actor: Actor,
    user: User | None,
    reason: str,
    seen: int | None = None,
) -> PolicyProposal:
    """What a second person can put into force.

    Raises ``policy_document.PolicyError``, ReasonMissing, OutOfDate, NobodyNamed,
    and ProposalError while this person's last one waits.
    """
    parse(source)
    reason, newest = said(reason), alone()
    if newest is None or seen not in {None, newest.version}:
        raise OutOfDate(newest)
    if user is None:
        raise NobodyNamed("say who proposes it; somebody else has to confirm it")
    if PolicyProposal.objects.filter(proposed_by=user, outcome="").exists():
        raise ProposalError("Your last proposal still waits; take it back first.")
    proposal = PolicyProposal.objects.create(
        source=source,
        digest=digest_of(source),
        based_on=newest,
        proposed_by=user,
        proposed_at=timezone.now(),
        reason=reason,
    )
    data = {"reason": Sealed(reason), **_facts(proposal)}
    record(Action.POLICY_PROPOSED, actor=actor, subject=_subject(proposal), data=data)
    return proposal


@transaction.atomic(durable=True)
def confirm(proposal_id: UUID, *, actor: User, reason: str) -> Policy:
    """Another human's yes puts it into force, unless something else came first.

    Raises NotYours, OutOfDate, ReasonMissing, ProposalError, PolicyError and
    ``PolicyProposal.DoesNotExist``.
    """
    newest, proposal = alone(), _waiting(proposal_id)
    reason = said(reason)
    _check_right(actor)
    if humans.current().same(proposal.proposed_by_id, actor.pk):
        raise NotYours("You proposed it; somebody else has to confirm it.")
    if newest is None or newest.version != proposal.based_on_id:
        raise OutOfDate(newest)
    policy = put_into_force(
        proposal.source,
        actor=person(actor),
        user=proposal.proposed_by,
        reason=proposal.reason,
        second=Second(actor, reason),
    )
    proposal.published = policy
    _decide(proposal, _Outcome.CONFIRMED, actor, reason)
    return policy


@transaction.atomic(durable=True)
def refuse(proposal_id: UUID, *, actor: User, reason: str) -> PolicyProposal:
    """A no, from its proposer too; raises NotYours, ReasonMissing, ProposalError and
    ``PolicyProposal.DoesNotExist``.
    """
    alone()
    proposal, reason = _waiting(proposal_id), said(reason)
    _check_right(actor)
    _decide(proposal, _Outcome.REFUSED, actor, reason)
    data = {"reason": Sealed(reason), **_facts(proposal)}
    subject = _subject(proposal)
    record(Action.POLICY_REFUSED, actor=person(actor), subject=subject, data=data)
    return proposal


def _waiting(proposal_id: UUID) -> PolicyProposal:
    proposals = PolicyProposal.objects.select_related("proposed_by")
    proposal = proposals.select_for_update(of=("self",)).get(pk=proposal_id)
    if proposal.outcome:
        raise ProposalError(f"This proposal was {proposal.outcome} already.")
    return proposal


def _check_right(actor: User) -> None:
    permission = may_publish(actor)
    if not permission.allowed:
        raise NotYours(permission.why_not)


def _decide(proposal: PolicyProposal, outcome: str, actor: User, reason: str) -> None:
    proposal.outcome = outcome
    proposal.decided_at = timezone.now()
    proposal.decided_by = actor
    proposal.decision_reason = reason
    names = ["outcome", "decided_at", "decided_by", "decision_reason", "published"]
    proposal.save(update_fields=names)


def _subject(proposal: PolicyProposal) -> tuple[str, str]:
    return ("policy_proposal", str(proposal.pk))


def _facts(proposal: PolicyProposal) -> dict[str, object]:
    return {
        "digest": proposal.digest,
        "based_on": proposal.based_on_id,
        "proposed_by": proposal.proposed_by.get_username(),
    }
