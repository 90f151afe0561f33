"""Who may see what and do what: one answer for rows, buttons, checks and sockets."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet, prefetch_related_objects

from approvals.models import ApprovalRequest, Vote
from approvals.policy import Tier
from approvals.resolution import Ballot
from approvals.ruleset import ruleset_for


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether somebody may; when not, why, as a sentence for them."""

    allowed: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Actions:
    """What one person may do to one request now."""

    approve: Permission
    deny: Permission


def is_reviewer(user: User | AnonymousUser) -> bool:
    """Whether somebody may see requests at all: staff, or a member of any group."""
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(user.is_staff or group_names(user))


def visible_to(user: User | AnonymousUser) -> QuerySet[ApprovalRequest]:
    """The requests somebody may see."""
    requests = ApprovalRequest.objects.select_related("agent")
    return requests if is_reviewer(user) else requests.none()


def actions_for(approval: ApprovalRequest, user: User) -> Actions:
    """What ``user`` may do to ``approval`` now."""
    permission = _may_vote(approval, user)
    return Actions(approve=permission, deny=permission)


def tier_of(approval: ApprovalRequest) -> Tier:
    """The tier as the policy version that judged the request defines it."""
    return ruleset_for(approval.policy_id).tiers[approval.tier]


def conflict_of_interest(approval: ApprovalRequest, user_id: int) -> str:
    """Why this person must not decide on this request; empty when nothing is wrong.

    Invariant 4: nobody decides on what they asked for. The agent acts for its
    owner, and whoever made its key can act as the agent.
    """
    if not tier_of(approval).separation_of_duties:
        return ""
    if approval.agent.owner_id == user_id:
        return "You own this agent; somebody else has to decide."
    if approval.key is not None and approval.key.created_by_id == user_id:
        return "You made the key this agent used; somebody else has to decide."
    return ""


def ballots_now(approval: ApprovalRequest, votes: Iterable[Vote]) -> list[Ballot]:
    """The votes that count at this moment, with each voter's groups of this moment.

    Somebody disabled, removed from the groups or in conflict since the vote
    does not count any more (invariant 3). ``votes`` bring their voters' groups
    prefetched.
    """
    asked = {need.group for need in tier_of(approval).requirements}
    return [
        Ballot(vote.voter_id, vote.verdict == Vote.Verdict.APPROVE, groups & asked)
        for vote in votes
        if vote.revision == approval.revision
        and vote.digest == approval.digest
        and vote.voter.is_active
        and not conflict_of_interest(approval, vote.voter_id)
        and (groups := group_names(vote.voter)) & asked
    ]


def group_names(user: User) -> frozenset[str]:
    """The groups somebody is in now; read once per loaded user."""
    prefetch_related_objects([user], "groups")
    return frozenset(group.name for group in user.groups.all())


def _may_vote(approval: ApprovalRequest, user: User) -> Permission:
    if not approval.is_pending:
        return Permission(False, f"This request is already {approval.state}.")
    if not user.is_active:
        return Permission(False, "Your account is disabled.")
    if reason := conflict_of_interest(approval, user.pk):
        return Permission(False, reason)
    asked = {need.group for need in tier_of(approval).requirements}
    if not asked & group_names(user):
        names = " or ".join(sorted(asked)) or "nobody"
        return Permission(False, f"Only members of {names} may decide on this tier.")
    return Permission(True)
