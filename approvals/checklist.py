"""What stands between a request and its approval, one line each. Reads only.

It draws what ``access`` answers and what lifecycle will ask for, and decides nothing:
whether a verb can be pressed is ``Actions``' word alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import User

from agents.models import Brake
from approvals.access import Actions, tier_of
from approvals.models import ApprovalRequest
from approvals.policy import Confirmation, ReasonRequired, StepUp
from approvals.resource import votes_of
from approvals.ruleset import current

MOST_NAMES = 6


class Mark(StrEnum):
    """How one line stands; each has an icon and a word of its own."""

    MET = "met"
    OPEN = "open"
    """Somebody has to do something yet."""
    BLOCKED = "blocked"
    """This person, or nobody, can approve as it is."""
    NOTE = "note"
    """Good to know; in nobody's way."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line; ``key`` tells the page which further words belong to it."""

    key: str
    mark: Mark
    words: str


def checklist(
    approval: ApprovalRequest,
    *,
    now: datetime,
    actions: Actions,
    brakes: Sequence[Brake],
    candidates: Sequence[User],
    step_up_problem: str,
) -> list[Check]:
    """For one that waits; nothing for one that is decided."""
    if not approval.is_pending:
        return []
    return [
        _quorum(approval),
        _who(approval, candidates),
        _you(approval, actions),
        *_step_up(approval, step_up_problem),
        *_by_hand(approval),
        _brake(brakes),
        _policy(approval),
        _deadline(approval, now),
    ]


def _quorum(approval: ApprovalRequest) -> Check:
    votes, tier = votes_of(approval), tier_of(approval)
    places = sum(need.count for need in tier.requirements)
    if not places:
        return Check("quorum", Mark.BLOCKED, "Nobody may approve this tier")
    needs = " and ".join(
        f"{need.count} from {need.group}" for need in tier.requirements
    )
    words = f"It takes {needs}; {votes['approvals']} of {places} so far"
    return Check(
        "quorum", Mark.MET if votes["approvals"] >= places else Mark.OPEN, words
    )


def _who(approval: ApprovalRequest, candidates: Sequence[User]) -> Check:
    voted = {
        vote.voter_id
        for vote in approval.votes.all()
        if vote.withdrawn_at is None and vote.revision == approval.revision
    }
    names = [one.get_username() for one in candidates if one.pk not in voted]
    if not names:
        return Check("who", Mark.BLOCKED, "Nobody else may vote now")
    more = len(names) - MOST_NAMES
    listed = ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return Check("who", Mark.NOTE, f"May still vote: {listed}")


def _you(approval: ApprovalRequest, actions: Actions) -> Check:
    if not actions.deny.allowed:
        return Check("you", Mark.BLOCKED, actions.deny.why_not)
    if not tier_of(approval).separation_of_duties:
        words = "You may decide; this tier does not ask whose agent it is"
        return Check("you", Mark.MET, words)
    words = "You may decide: neither the request nor its agent is yours"
    return Check("you", Mark.MET, words)


def _step_up(approval: ApprovalRequest, problem: str) -> list[Check]:
    asked = tier_of(approval).step_up
    if asked is StepUp.NONE:
        return []
    if problem:
        return [Check("step_up", Mark.OPEN, problem)]
    if asked is StepUp.PASSKEY:
        return [Check("step_up", Mark.OPEN, "Your passkey signs your verdict")]
    return [Check("step_up", Mark.MET, "You signed in lately")]


def _by_hand(approval: ApprovalRequest) -> list[Check]:
    tier, found = tier_of(approval), []
    if tier.must_view:
        words = "To approve, look at all of what would run, folded parts as well"
        found.append(Check("viewed", Mark.OPEN, words))
    if tier.confirmation is Confirmation.TYPE_TARGET:
        words = "To approve, type the target below the verbs"
        found.append(Check("typed", Mark.OPEN, words))
    if tier.reason_required is ReasonRequired.ALWAYS:
        words = "Both verbs take a reason"
        found.append(Check("reason", Mark.OPEN, words))
    return found


def _brake(brakes: Sequence[Brake]) -> Check:
    if brakes:
        return Check("brake", Mark.BLOCKED, "The brake is on: nothing can be approved")
    return Check("brake", Mark.MET, "No brake covers this request")


def _policy(approval: ApprovalRequest) -> Check:
    newest, _ = current()
    if newest == approval.policy_id:
        return Check(
            "policy", Mark.MET, f"Judged by policy {newest}, which is in force"
        )
    words = f"Judged by policy {approval.policy_id}; policy {newest} is in force by now"
    return Check("policy", Mark.NOTE, words)


def _deadline(approval: ApprovalRequest, now: datetime) -> Check:
    if approval.expires_at > now:
        return Check("deadline", Mark.MET, "The deadline has not passed")
    return Check("deadline", Mark.BLOCKED, "The deadline has passed: it will be denied")
