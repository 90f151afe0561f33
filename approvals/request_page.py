"""Everything the page of one request shows to one person. Reads only."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from agents import brake
from agents.models import Brake
from approvals import diff, forms, lifecycle, passkeys, queue, snoozes, timeline
from approvals.access import Actions, Standing, actions_for, is_escalated, tier_of
from approvals.blocks import block, blocks_of, quoted
from approvals.checklist import checklist
from approvals.grant_preview import Preview, preview
from approvals.judgement import judgement
from approvals.lifecycle.deadlines import give_time_back
from approvals.lifecycle.grants import Terms, terms_of
from approvals.looking import others_at
from approvals.models import ApprovalRequest, Grant, Outcome, Revision, Vote
from approvals.neighbours import neighbours, session_of
from approvals.policy import Confirmation, StepUp, Tier
from approvals.resource import open_question, votes_of
from approvals.search_syntax import in_address
from approvals.similar import decided as similar_to
from approvals.states import PermitState, State
from approvals.stepup import RECENT, is_fresh, signed_in_at
from approvals.webauthn import challenge_for

MOST_CANDIDATES = 200
"""People offered to hand a request to."""
HIDE_FOR = ((15, "15 minutes"), (60, "1 hour"), (240, "4 hours"), (0, "until tomorrow"))
"""Minutes offered to put a request aside; 0: see ``snooze_views.morning``."""


@dataclass(frozen=True, slots=True)
class Edited:
    """How the arguments became what they are, or will become."""

    since: int
    """The revision they are compared with."""
    changes: Sequence[diff.Change]
    same: int
    """Arguments that are the same."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A standing approval somebody proposed, to be agreed to."""

    grant: Grant
    terms: Terms
    lasts: str
    preview: Preview
    """What it would have covered lately."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the tier wants of this person with the verdict; empty: nothing more."""

    passkey: Mapping[str, str]
    """For each verdict, the options of ``navigator.credentials.get`` as JSON."""
    problem: str = ""
    fresh_until: datetime | None = None
    """Until when the sign-in counts, where a recent one is asked for."""


def contents(
    approval: ApprovalRequest,
    user: User,
    session: Mapping[str, Any],
    *,
    seen: int | None = None,
    search: str = "",
) -> dict[str, Any]:
    """What the templates need.

    ``seen``: the revision this person saw before; ``search``: that of the queue which
    led here, and which they go back to and on in.
    """
    now = timezone.now()
    standing = Standing.of(now, thorough=True)
    brakes = brake.covering(approval.target)
    if approval.is_pending:
        holds = brake.holds_since(approval.created_at)
        give_time_back(approval, holds, now)
    actions = actions_for(approval, user, standing)
    shown = forms.shown_now(approval, user)
    tier = tier_of(approval)
    return {
        "approval": approval,
        "list_query": in_address(search),
        "now": now,
        "tier": tier,
        "tier_mark": queue.tier_mark(approval),
        "actions": actions,
        "view": shown.sealed(),
        "brakes": brakes,
        "is_held": approval.is_pending and brake.mode_of(brakes) == Brake.Mode.HOLD,
        "is_escalated": is_escalated(approval, now),
        "facts": _facts(approval, brakes),
        "claimed_by": queue.claimed_by(approval, now) if approval.is_pending else None,
        "question": open_question(approval),
        "replies": sum(bool(q.replied_at) for q in approval.questions.all()),
        "target": _target(approval, tier),
        "proposed": _proposed(approval),
        "may_agree": actions.grant.allowed,
        "hidden_until": snoozes.until(approval, user, now),
        "hide_for": HIDE_FOR,
        **_before_deciding(
            approval,
            actions=actions,
            standing=standing,
            brakes=brakes,
            asked=_asked(approval, tier, shown, user, session),
        ),
        **_around(approval, user, search),
        **_votes(approval, user),
        **_action(approval, seen),
        **_aftermath(approval, now),
        "reason_codes": forms.REASON_CODES,
        "max_message": forms.MAX_MESSAGE,
    }


def candidates(approval: ApprovalRequest, standing: Standing) -> list[User]:
    """Who could decide on it, by name; nobody once it is decided."""
    if not approval.is_pending:
        return []
    tier = tier_of(approval)
    groups = {need.group for need in tier.requirements}
    if tier.escalation and is_escalated(approval, standing.now):
        groups |= set(tier.escalation.groups)
    people = User.objects.filter(is_active=True, groups__name__in=groups)
    found = people.distinct().order_by("username").prefetch_related("groups")
    lenient = Standing(standing.humans, standing.now, thorough=False)
    return [
        person
        for person in found[:MOST_CANDIDATES]
        if actions_for(approval, person, lenient).deny.allowed
    ]


def compared(old: Mapping[str, Any], new: Mapping[str, Any], *, since: int) -> Edited:
    """What is different in ``new`` since that revision."""
    changes = diff.changes(old, new)
    different = {change.argument for change in changes}
    return Edited(since, changes, len(new.keys() - different))


def length_of(lasts: timedelta) -> str:
    """``7 days``, ``12 h``, ``90 min``."""
    seconds = int(lasts.total_seconds())
    for size, name in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            number = seconds // size
            return f"{number} {name}{'s' if name == 'day' and number > 1 else ''}"
    return f"{seconds} s"


def _before_deciding(
    approval: ApprovalRequest,
    *,
    actions: Actions,
    standing: Standing,
    brakes: Sequence[Brake],
    asked: Asked,
) -> dict[str, Any]:
    """What stands in the way of a decision, and who could make it."""
    people = candidates(approval, standing)
    checks = checklist(
        approval,
        now=standing.now,
        actions=actions,
        brakes=brakes,
        candidates=people,
        step_up_problem=asked.problem,
    )
    return {"candidates": people, "asked": asked, "checks": checks}


def _around(approval: ApprovalRequest, user: User, search: str) -> dict[str, Any]:
    """What happened to it and beside it."""
    return {
        "events": timeline.timeline(approval),
        "session": session_of(user, approval),
        "similar": None if approval.erased_at else similar_to(approval),
        "neighbours": neighbours(queue.waiting(user, search), approval),
        "looking": others_at(approval, user),
    }


def _facts(approval: ApprovalRequest, brakes: Sequence[Brake]) -> str:
    """Changes whenever what somebody decides on does."""
    return " ".join([str(approval.change), *(str(found.pk) for found in brakes)])


def _votes(approval: ApprovalRequest, user: User) -> dict[str, Any]:
    """Those on this revision, and those an edit dismissed."""
    cast = [vote for vote in approval.votes.all() if vote.withdrawn_at is None]
    votes = [vote for vote in cast if vote.revision == approval.revision]
    return {
        "tally": votes_of(approval),
        "places": queue.places_of(approval),
        "votes": votes,
        "dismissed": [vote for vote in cast if vote.revision != approval.revision],
        "my_vote": next((vote for vote in votes if vote.voter_id == user.pk), None),
    }


def _action(approval: ApprovalRequest, seen: int | None) -> dict[str, Any]:
    """What would run, and how edits changed it."""
    arguments = approval.arguments
    earlier = list(approval.revisions.all()) if approval.is_edited else []
    return {
        "blocks": blocks_of(approval.action, arguments),
        "exact": block("canonical JSON", approval.canonical, "json"),
        "judged": judgement(approval),
        "judged_at": earlier[-1].replaced_at if earlier else approval.created_at,
        "evidence": [
            (item, quoted(item["title"], item["content"])) for item in approval.evidence
        ],
        "edits": _edits(earlier, arguments, seen),
    }


def _edits(
    earlier: Sequence[Revision], arguments: Mapping[str, Any], seen: int | None
) -> list[Edited]:
    """Against what they saw, or else the revision before; and against the first."""
    if not earlier:
        return []
    base = next((old for old in earlier if old.number == seen), earlier[-1])
    bases = [base] if base is earlier[0] else [base, earlier[0]]
    return [compared(old.arguments, arguments, since=old.number) for old in bases]


def _target(approval: ApprovalRequest, tier: Tier) -> str:
    """What has to be typed to approve; empty where nothing has."""
    if not approval.is_pending or tier.confirmation is not Confirmation.TYPE_TARGET:
        return ""
    return approval.resource or approval.action


def _asked(
    approval: ApprovalRequest,
    tier: Tier,
    shown: forms.Shown,
    user: User,
    session: Mapping[str, Any],
) -> Asked:
    if approval.is_pending and tier.step_up is StepUp.RECENT_LOGIN:
        at, now = signed_in_at(session), timezone.now()
        if at is None or not is_fresh(at, now.timestamp()):
            return Asked({}, "This tier asks you to sign in again before you decide.")
        until = datetime.fromtimestamp(at + RECENT, now.tzinfo)
        return Asked({}, fresh_until=until)
    if approval.is_pending and tier.step_up is StepUp.PASSKEY:
        try:
            return Asked(
                {verdict: _options(shown, user, verdict) for verdict in Vote.Verdict}
            )
        except passkeys.PasskeyRefused as error:
            return Asked({}, str(error))
    return Asked({})


def _options(shown: forms.Shown, user: User, verdict: str) -> str:
    """For the challenge that this verdict, and nothing else, answers."""
    challenge = challenge_for(
        nonce=shown.nonce,
        request=shown.request,
        revision=shown.revision,
        digest=shown.digest,
        verdict=str(verdict),
    )
    return json.dumps(passkeys.request_options(user, challenge=challenge))


def _proposed(approval: ApprovalRequest) -> list[Proposed]:
    if not approval.is_pending or tier_of(approval).grants is None:
        return []
    open_now = approval.proposed_grants.filter(
        revision=approval.revision, granted_at=None, revoked_at=None
    )
    return [
        Proposed(grant, terms, length_of(grant.lasts), preview(approval, terms))
        for grant in open_now.select_related("proposed_by").order_by("id")
        if (terms := terms_of(grant))
    ]


def _aftermath(approval: ApprovalRequest, now: datetime) -> dict[str, Any]:
    """What became of an approval: its permit and what the agent says happened."""
    outcome: Outcome | None = getattr(approval, "outcome", None)
    if approval.state != State.APPROVED:
        return {"permit": None, "outcome": outcome}
    permit = approval.permit
    state = permit.state_at(now)
    return {
        "permit": permit,
        "permit_state": str(state),
        "permit_until": permit.closed_at or permit.expires_at,
        "is_issued": state is PermitState.ISSUED,
        "outcome": outcome,
    }


def dismissed_by_edit(approval: ApprovalRequest) -> int:
    """How many votes another edit would dismiss."""
    return sum(
        vote.withdrawn_at is None and vote.revision == approval.revision
        for vote in approval.votes.all()
    )


def revised(approval: ApprovalRequest, arguments: Mapping[str, Any]) -> ApprovalRequest:
    """What an edit would make of it, stored nowhere; raises EditRefused."""
    candidate = copy.copy(approval)
    lifecycle.revise(candidate, arguments, now=timezone.now())
    return candidate
