"""Who may see what and do what: one answer for rows, buttons, checks and sockets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet, prefetch_related_objects

from agents import brake
from approvals import humans as people
from approvals.humans import Humans
from approvals.loosening import has_loosened
from approvals.models import ApprovalRequest, Vote
from approvals.policy import Tier
from approvals.resolution import Ballot, helps
from approvals.ruleset import ruleset_for
from approvals.states import PermitState, State

_PREFETCHED = "_prefetched_objects_cache"


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
    edit: Permission
    ask: Permission
    grant: Permission
    take_back: Permission


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides, beside their groups, whose vote on a request counts at a moment."""

    humans: Humans
    now: datetime
    thorough: bool
    """Whether to look for who loosened the policy: for deciding, not for lists."""

    @classmethod
    def of(cls, now: datetime, *, thorough: bool = False) -> "Standing":
        return cls(people.current(), now, thorough)


def is_reviewer(user: User | AnonymousUser) -> bool:
    """Whether somebody may see requests at all: staff, or a member of any group."""
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(user.is_staff or group_names(user))


def visible_to(user: User | AnonymousUser) -> QuerySet[ApprovalRequest]:
    """The requests somebody may see."""
    requests = ApprovalRequest.objects.select_related("agent")
    return requests if is_reviewer(user) else requests.none()


def may_publish(user: User | AnonymousUser) -> Permission:
    """Whether somebody may write, publish and confirm policies."""
    if user.is_active and user.has_perm("approvals.publish_policy"):
        return Permission(True)
    return Permission(
        False,
        "Writing policies takes a right you do not have; an administrator gives it.",
    )


def actions_for(approval: ApprovalRequest, user: User, standing: Standing) -> Actions:
    """What ``user`` may do to ``approval`` now; whether they voted is not asked."""
    tier, deny = tier_of(approval), _may_vote(approval, user, standing)
    approve = deny if not deny.allowed else _may_approve(approval, user, standing)
    return Actions(
        approve=approve,
        deny=deny,
        edit=_unless(tier.editing, deny, "This tier does not allow editing."),
        ask=deny,
        grant=_unless(
            tier.grants is not None,
            approve,
            "This tier does not allow standing approvals.",
        ),
        take_back=_may_take_back(approval, user, standing.now),
    )


def tier_of(approval: ApprovalRequest) -> Tier:
    """The tier as the policy version that judged the request defines it."""
    return ruleset_for(approval.policy_id).tiers[approval.tier]


def conflict_of_interest(
    approval: ApprovalRequest, user_id: int, standing: Standing
) -> str:
    """Why this person must not decide on this request; empty when nothing is wrong.

    Invariant 4: nobody decides on what they asked for. The agent acts for its
    owner, whoever made its key can act as the agent, and whoever loosened the
    policy has decided already. All of a human's accounts are that human.
    """
    if not tier_of(approval).separation_of_duties:
        return ""
    same = standing.humans.same
    if same(approval.agent.owner_id, user_id):
        return "You own this agent; somebody else has to decide."
    if any(same(maker, user_id) for maker in _makers(approval)):
        return "You made the key this agent used; somebody else has to decide."
    if standing.thorough and has_loosened(approval, user_id, standing.humans):
        return (
            "You published the policy that put this action into a lower tier; "
            "somebody else has to decide."
        )
    return ""


def ballots_now(
    approval: ApprovalRequest, votes: Iterable[Vote], standing: Standing
) -> list[Ballot]:
    """The ballots of ``standing_votes``."""
    return [ballot for _, ballot in standing_votes(approval, votes, standing)]


def standing_votes(
    approval: ApprovalRequest, votes: Iterable[Vote], standing: Standing
) -> list[tuple[Vote, Ballot]]:
    """The votes that count at this moment, one for each human, as ballots.

    Somebody disabled, removed from the groups or in conflict since the vote
    does not count any more (invariant 3). A human whose accounts disagree
    denies. ``votes`` bring their voters' groups prefetched.
    """
    counting: dict[int, tuple[Vote, Ballot]] = {}
    for vote in votes:
        if not _stands(approval, vote, standing):
            continue
        human = standing.humans.of(vote.voter_id)
        groups = seats_of(approval, vote.voter, standing.now)
        if human not in counting or not vote.approves:
            counting[human] = (vote, Ballot(human, vote.approves, groups))
    return list(counting.values())


def needs_second(
    approval: ApprovalRequest, votes: Iterable[Vote], user: User, standing: Standing
) -> bool:
    """Whether somebody has approved and it still takes an approval of ``user``.

    ``votes`` as for ``standing_votes``.
    """
    ballots = ballots_now(approval, votes, standing)
    human = standing.humans.of(user.pk)
    if any(ballot.voter == human for ballot in ballots):
        return False
    if not any(ballot.approves for ballot in ballots):
        return False
    if not actions_for(approval, user, standing).approve.allowed:
        return False
    mine = Ballot(human, True, seats_of(approval, user, standing.now))
    return helps(mine, ballots, tier_of(approval).requirements)


def seats_of(approval: ApprovalRequest, user: User, now: datetime) -> frozenset[str]:
    """The groups of the tier whose places this person can fill now.

    Once escalated, members of the further groups can fill any of them.
    """
    tier, mine = tier_of(approval), group_names(user)
    asked = frozenset(need.group for need in tier.requirements)
    if is_escalated(approval, now) and tier.escalation:
        return asked if mine & set(tier.escalation.groups) else mine & asked
    return mine & asked


def is_escalated(approval: ApprovalRequest, now: datetime) -> bool:
    """Whether further groups may decide by now."""
    return approval.escalates_at is not None and approval.escalates_at <= now


def group_names(user: User) -> frozenset[str]:
    """The groups somebody is in now; read once per loaded user."""
    # Django looks through the whole user each time, and makes a manager for
    # ``user.groups``; lists ask hundreds of times.
    if "groups" not in getattr(user, _PREFETCHED, ()):
        prefetch_related_objects([user], "groups")
    return frozenset(group.name for group in getattr(user, _PREFETCHED)["groups"])


def _stands(approval: ApprovalRequest, vote: Vote, standing: Standing) -> bool:
    is_own_edit = vote.approves and _edited_alone(approval, vote.voter_id, standing)
    return (
        vote.withdrawn_at is None
        and (vote.revision, vote.digest) == (approval.revision, approval.digest)
        and vote.voter.is_active
        and bool(seats_of(approval, vote.voter, standing.now))
        and not is_own_edit
        and not conflict_of_interest(approval, vote.voter_id, standing)
    )


def _may_vote(approval: ApprovalRequest, user: User, standing: Standing) -> Permission:
    if not approval.is_pending:
        return Permission(False, f"This request is already {approval.state}.")
    if not user.is_active:
        return Permission(False, "Your account is disabled.")
    if reason := conflict_of_interest(approval, user.pk, standing):
        return Permission(False, reason)
    if not seats_of(approval, user, standing.now):
        tier = tier_of(approval)
        asked = {need.group for need in tier.requirements}
        if tier.escalation and is_escalated(approval, standing.now):
            asked |= set(tier.escalation.groups)
        names = " or ".join(sorted(asked)) or "nobody"
        return Permission(False, f"Only members of {names} may decide on this tier.")
    return Permission(True)


def _may_approve(
    approval: ApprovalRequest, user: User, standing: Standing
) -> Permission:
    if _edited_alone(approval, user.pk, standing):
        words = "You edited this action; this tier asks for somebody else's approval."
        return Permission(False, words)
    if standing.thorough and brake.covering(approval.target):
        words = "The brake is on: nothing can be approved until it is released."
        return Permission(False, words)
    return Permission(True)


def _makers(approval: ApprovalRequest) -> tuple[int | None, ...]:
    """Who made what the agent proved itself with: its key, or its webhook secret."""
    if approval.key is not None:
        return (approval.key.created_by_id,)
    agent = approval.agent
    return (agent.secret_made_by_id, agent.previous_secret_made_by_id)


def _edited_alone(approval: ApprovalRequest, user_id: int, standing: Standing) -> bool:
    """Whether this human made the revision at hand, where the tier minds."""
    mine = standing.humans.same(approval.edited_by_id, user_id)
    return mine and tier_of(approval).second_person_after_edit


def _may_take_back(approval: ApprovalRequest, user: User, now: datetime) -> Permission:
    """Stopping is for everybody who could have decided, whoever did."""
    if not is_reviewer(user):
        return Permission(False, "You may not see requests.")
    if approval.state != State.APPROVED:
        return Permission(False, "Only what is approved can be taken back.")
    state = approval.permit.state_at(now)
    if state is not PermitState.ISSUED:
        return Permission(False, f"Its permit is {state}; it cannot be taken back.")
    needs = tier_of(approval).requirements
    if needs and not user.is_staff and not seats_of(approval, user, now):
        names = " or ".join(sorted(need.group for need in needs))
        return Permission(False, f"Only members of {names} may take this back.")
    return Permission(True)


def _unless(allowed: bool, otherwise: Permission, why_not: str) -> Permission:
    return otherwise if allowed else Permission(False, why_not)
