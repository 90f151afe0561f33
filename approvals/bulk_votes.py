"""Several requests of one shape decided at once, after a preview of all of them.

Each is voted on by itself, through ``lifecycle.vote`` in its own transaction, so that
one that fails stops no other, and what is sent twice is decided once.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError

from approvals import forms, lifecycle, queue
from approvals.access import tier_of, visible_to
from approvals.bulk_candidates import NOT_THERE, head_of, read, weigh
from approvals.bulk_forms import SealedLot
from approvals.bulk_shape import sift
from approvals.models import ApprovalRequest, Vote
from approvals.resource import votes_of, with_related
from approvals.stepup import signed_in_at

log = logging.getLogger(__name__)

FAILED = "The server failed. Open it to see whether your vote was counted."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request of a lot."""

    id: UUID
    approval: ApprovalRequest | None
    done: str
    """What the vote brought about, as a word or two; empty: nothing was done."""
    why: str = ""
    """Why nothing was, as a sentence."""

    @property
    def head(self) -> tuple[str, int]:
        return head_of(self.approval) if self.approval else ("", 0)


def decide(
    sealed: SealedLot,
    views: Sequence[forms.Shown],
    *,
    actor: User,
    session: Mapping[str, Any],
    verdict: str,
    message: str,
    reason_code: str,
) -> list[Outcome]:
    """One vote for each view, and what became of each, in their order.

    What this lot has voted on already is only reported.
    """
    lot = lifecycle.Lot(UUID(sealed.id), tuple(view.request for view in views))
    done = _done_before(lot, actor)
    open_now = {v.request: v.revision for v in views if v.request not in done}
    found = read(actor, map(UUID, open_now))
    taken, left = sift(weigh(found, open_now, actor, session).candidates)
    reason = {"message": message, "reason_code": reason_code}
    outcomes = []
    for view in views:
        if view.request in done:
            outcomes.append(_reported(done[view.request]))
        elif view.request not in taken:
            why = left.get(view.request, NOT_THERE)
            outcomes.append(
                Outcome(UUID(view.request), found.get(view.request), "", why)
            )
        else:
            presence = _presence(view, session, lot)
            outcomes.append(_vote(view, actor, verdict, reason, presence))
    return outcomes


def _presence(
    view: forms.Shown, session: Mapping[str, Any], lot: lifecycle.Lot
) -> lifecycle.Presence:
    return lifecycle.Presence(
        signed_in_at=signed_in_at(session),
        shown=view.facts,
        seen_for=max(0.0, time.time() - view.at),
        lot=lot,
    )


def _vote(
    view: forms.Shown,
    actor: User,
    verdict: str,
    reason: Mapping[str, str],
    presence: lifecycle.Presence,
) -> Outcome:
    """One vote in a transaction of its own; whatever goes wrong stays with it."""
    request = UUID(view.request)
    if problem := forms.objection(view, request, actor):
        return Outcome(request, _now(actor, request), "", problem)
    try:
        lifecycle.vote(
            request,
            actor=actor,
            verdict=verdict,
            revision=view.revision,
            digest=view.digest,
            message=reason["message"],
            reason_code=reason["reason_code"],
            presence=presence,
        )
    except (lifecycle.Refusal, ApprovalRequest.DoesNotExist) as error:
        return _refused(request, actor, presence.lot, error)
    except DatabaseError as error:
        log.exception("A vote of a lot failed")
        return _refused(request, actor, presence.lot, error)
    return _reported(Vote.objects.get(**_mine(presence.lot, actor), approval=request))


def _refused(
    request: UUID, actor: User, lot: lifecycle.Lot | None, error: Exception
) -> Outcome:
    """Unless the same lot came twice at once, and its other copy was first."""
    twin = Vote.objects.filter(**_mine(lot, actor), approval=request).first()
    if twin is not None:
        return _reported(twin)
    match error:
        case ApprovalRequest.DoesNotExist():
            why = NOT_THERE
        case DatabaseError():
            why = FAILED
        case _:
            why = str(error)
    return Outcome(request, _now(actor, request), "", why)


def _reported(vote: Vote) -> Outcome:
    """What a vote has come to by now."""
    approval = with_related(ApprovalRequest.objects.filter(pk=vote.approval_id)).get()
    if vote.withdrawn_at is not None:
        return Outcome(approval.pk, approval, "", "You have withdrawn this vote.")
    if not approval.is_pending:
        return Outcome(approval.pk, approval, approval.get_state_display())
    tally, places = votes_of(approval), queue.places_of(approval)
    if not vote.approves:
        needed = tier_of(approval).deny_threshold
        return Outcome(approval.pk, approval, f"{tally['denials']} of {needed} denials")
    return Outcome(approval.pk, approval, f"{tally['approvals']} of {places} approvals")


def _done_before(lot: lifecycle.Lot, actor: User) -> dict[str, Vote]:
    votes = Vote.objects.filter(
        **_mine(lot, actor), approval__in=[UUID(one) for one in lot.requests]
    )
    return {str(vote.approval_id): vote for vote in votes}


def _mine(lot: lifecycle.Lot | None, actor: User) -> dict[str, Any]:
    """The votes of a lot, as a filter."""
    return {"lot": lot and lot.id, "voter": actor}


def _now(user: User, request: UUID) -> ApprovalRequest | None:
    return visible_to(user).filter(pk=request).first()
