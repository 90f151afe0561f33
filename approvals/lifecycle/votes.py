"""One person's vote, and its withdrawal."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from approvals import passkeys, stepup, webauthn
from approvals.access import Standing, actions_for, tier_of
from approvals.lifecycle import grants, rows, tripwires
from approvals.lifecycle.deadlines import is_past
from approvals.lifecycle.decision import refuse_under_brake, settle
from approvals.lifecycle.facts import digest_of_findings
from approvals.lifecycle.refusals import (
    AlreadyDecided,
    NotAllowed,
    NotConfirmed,
    NotViewed,
    ReasonMissing,
    StaleRevision,
    StepUpNeeded,
    VotedAlready,
)
from approvals.models import ApprovalRequest, Vote
from approvals.policy import Confirmation, ReasonRequired, StepUp, Tier
from approvals.ruleset import current
from approvals.states import State
from audit.actions import Action as Verb
from audit.log import Sealed, person, record

Verdict = Vote.Verdict


@dataclass(frozen=True, slots=True)
class Lot:
    """Requests of one shape that one person decides with one gesture."""

    id: UUID
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Presence:
    """What shows that the person is there, and means it."""

    signed_in_at: float | None = None
    """Unix time of this session's last real sign-in, seconds."""
    nonce: str = ""
    """Made by the server for one page that showed the request."""
    assertion: Any = None
    """What the passkey answered to the challenge made of that nonce."""
    typed: str = ""
    """The target, typed anew."""
    viewed: bool = False
    """Whether their page showed all of what would run: by its own account."""
    shown: str = ""
    """Digest of the facts on the page (``facts.digest_of_facts``)."""
    seen_for: float | None = None
    """Seconds from showing that page to the vote."""
    lot: Lot | None = None
    """With which others it is decided at once; None: by itself."""


NOBODY = Presence()


def vote(
    approval_id: UUID,
    *,
    actor: User,
    verdict: str,
    revision: int,
    digest: str,
    message: str = "",
    reason_code: str = "",
    presence: Presence = NOBODY,
    grant: grants.Terms | UUID | None = None,
) -> ApprovalRequest:
    """One person's vote; decides the request when it settles it.

    ``grant``: the terms of a standing approval to give with it, or the id of one
    that somebody else proposed. Raises a Refusal, or
    ``ApprovalRequest.DoesNotExist``.
    """
    verdict = Verdict(verdict)
    approval = _vote(
        approval_id,
        actor,
        verdict,
        (revision, digest),
        (rows.checked_text(message), reason_code),
        presence,
        grant,
    )
    if approval.state == State.DENIED:
        tripwires.on_denial(approval, current()[1].trip_wires)
    return approval


@transaction.atomic(durable=True)
def withdraw(approval_id: UUID, *, actor: User) -> ApprovalRequest:
    """Take one's own vote back before the decision; raises a Refusal."""
    approval, now = rows.locked(approval_id), timezone.now()
    if is_past(approval, now):
        raise AlreadyDecided(approval)
    mine = approval.votes.filter(
        voter=actor, revision=approval.revision, withdrawn_at=None
    ).first()
    if mine is None:
        raise NotAllowed("You have no vote on this request to take back.")
    mine.withdrawn_at = now
    mine.save(update_fields=["withdrawn_at"])
    record(
        Verb.REQUEST_VOTE_WITHDRAWN,
        actor=person(actor),
        subject=rows.subject_of(approval),
        data={"verdict": mine.verdict, "revision": mine.revision},
    )
    rows.save(approval)
    return approval


@transaction.atomic(durable=True)
def _vote(
    approval_id: UUID,
    actor: User,
    verdict: Verdict,
    seen: tuple[int, str],
    reason: tuple[str, str],
    presence: Presence,
    grant: grants.Terms | UUID | None,
) -> ApprovalRequest:
    approval, now = rows.locked(approval_id), timezone.now()
    voter = User.objects.get(pk=actor.pk)
    if is_past(approval, now):
        raise AlreadyDecided(approval)
    if seen != (approval.revision, approval.digest):
        raise StaleRevision(approval)
    tier, standing = tier_of(approval), Standing.of(now, thorough=True)
    if verdict is Verdict.APPROVE:
        refuse_under_brake(approval)
    _check_voter(approval, voter, verdict, standing)
    _check_reason(tier, verdict, *reason)
    _check_lot(tier, presence.lot)
    if verdict is Verdict.APPROVE:
        _check_confirmation(approval, tier, presence)
    evidence = _check_presence(approval, tier, voter, verdict, presence)
    cast = Vote.objects.create(
        approval=approval,
        voter=voter,
        verdict=verdict,
        revision=approval.revision,
        digest=approval.digest,
        message=reason[0],
        reason_code=reason[1],
        created_at=now,
        grant=grants.agreed(approval, voter, verdict, grant, now),
        nonce=presence.nonce if evidence else None,
        assertion=evidence,
        lot=presence.lot.id if presence.lot else None,
    )
    _record(approval, cast, presence)
    settle(approval, cast, standing)
    return approval


def _record(approval: ApprovalRequest, cast: Vote, presence: Presence) -> None:
    record(
        Verb.REQUEST_VOTED,
        actor=person(cast.voter),
        subject=rows.subject_of(approval),
        data={
            "verdict": cast.verdict,
            "revision": cast.revision,
            "digest": Sealed(cast.digest),
            "findings": Sealed(digest_of_findings(approval)),
            "shown": Sealed(presence.shown),
            "seen_for": presence.seen_for and round(presence.seen_for, 1),
            "message": Sealed(cast.message),
            "reason_code": cast.reason_code,
            "grant": cast.grant_id and str(cast.grant_id),
            "passkey": cast.assertion and cast.assertion["credential_id"],
            **_lot(cast, presence.lot),
        },
    )


def _lot(cast: Vote, lot: Lot | None) -> dict[str, Any]:
    """What the log says of a vote that was cast together with others."""
    if lot is None:
        return {}
    others = [one for one in lot.requests if one != str(cast.approval_id)]
    return {"bulk": {"id": str(lot.id), "size": len(lot.requests), "with": others}}


def _check_voter(
    approval: ApprovalRequest, voter: User, verdict: Verdict, standing: Standing
) -> None:
    """``voter`` is read within this transaction: rights of this moment count."""
    actions = actions_for(approval, voter, standing)
    allowed = actions.approve if verdict is Verdict.APPROVE else actions.deny
    if not allowed.allowed:
        raise NotAllowed(allowed.why_not)
    cast = approval.votes.filter(revision=approval.revision, withdrawn_at=None)
    for other in cast.values_list("voter", flat=True):
        if other == voter.pk:
            raise VotedAlready
        if standing.humans.same(other, voter.pk):
            raise VotedAlready("You have already voted here with your other account.")


def _check_reason(tier: Tier, verdict: Verdict, message: str, code: str) -> None:
    asked = {
        ReasonRequired.NEVER: False,
        ReasonRequired.ON_DENY: verdict is Verdict.DENY,
        ReasonRequired.ALWAYS: True,
    }[tier.reason_required]
    if asked and not message and not code:
        raise ReasonMissing


def _check_lot(tier: Tier, lot: Lot | None) -> None:
    """However they came together: never more at once than the tier allows."""
    if lot is not None and len(lot.requests) > tier.bulk:
        raise NotAllowed(
            f"Of this tier at most {tier.bulk} are decided at once."
            if tier.bulk
            else "This tier is decided one by one."
        )


def _check_confirmation(
    approval: ApprovalRequest, tier: Tier, presence: Presence
) -> None:
    """Against the hand that approves by habit; a denial needs none of it."""
    if tier.must_view and not presence.viewed:
        raise NotViewed
    target = approval.resource or approval.action
    if tier.confirmation is Confirmation.TYPE_TARGET and presence.typed != target:
        raise NotConfirmed(target)


def _check_presence(
    approval: ApprovalRequest,
    tier: Tier,
    voter: User,
    verdict: Verdict,
    presence: Presence,
) -> dict[str, Any] | None:
    """The passkey's evidence, where the tier asks for one; raises StepUpNeeded."""
    if tier.step_up is StepUp.NONE:
        return None
    if tier.step_up is StepUp.RECENT_LOGIN:
        if not stepup.is_fresh(presence.signed_in_at, time.time()):
            raise StepUpNeeded("This tier asks you to sign in again before you decide.")
        return None
    if not presence.nonce or presence.assertion is None:
        raise StepUpNeeded("This tier asks for your passkey with every verdict.")
    if Vote.objects.filter(nonce=presence.nonce).exists():
        raise StepUpNeeded("This passkey's answer was used before. Decide again.")
    challenge = webauthn.challenge_for(
        nonce=presence.nonce,
        request=str(approval.id),
        revision=approval.revision,
        digest=approval.digest,
        verdict=verdict.value,
    )
    try:
        return passkeys.verify(voter, presence.assertion, challenge=challenge)
    except passkeys.PasskeyRefused as error:
        raise StepUpNeeded(str(error)) from None
