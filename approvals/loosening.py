"""Who published the policy that made this action less risky. Reads only."""

from collections.abc import Iterable

from approvals.canonical import Action
from approvals.humans import Humans
from approvals.models import ApprovalRequest, Policy
from approvals.policy import evaluate
from approvals.risk import Assessment, assess
from approvals.ruleset import NoPolicy, ruleset_for


def has_loosened(approval: ApprovalRequest, user_id: int, humans: Humans) -> bool:
    """Whether this human published a version that lowered this action's tier.

    It counts while the lowering lasts: the version gave the action a lower tier
    than the one before it, and the action was judged below that one still
    (DESIGN.md, invariant 4). A version that cannot be read any more counts too.
    """
    versions = Policy.objects.filter(
        published_by__in=_accounts(user_id, humans),
        version__lte=approval.policy_id,
        version__gt=1,
    )
    published = list(versions.values_list("version", flat=True))
    if not published:
        return False
    action = action_of(approval)
    assessment = assess(action)
    try:
        return any(
            _lowered(approval, version, action, assessment) for version in published
        )
    except NoPolicy:
        return True


def action_of(approval: ApprovalRequest) -> Action:
    """The action as the digest covers it."""
    return Action(
        name=approval.action,
        agent=approval.agent.name,
        arguments=approval.arguments,
        environment=approval.environment,
        resource=approval.resource,
        subject=approval.subject,
    )


def _lowered(
    approval: ApprovalRequest, version: int, action: Action, assessment: Assessment
) -> bool:
    before, after = (
        evaluate(
            ruleset_for(number), action, assessment, now=approval.created_at
        ).tier.rank
        for number in (version - 1, version)
    )
    return after < before and approval.tier_rank < before


def _accounts(user_id: int, humans: Humans) -> Iterable[int]:
    human = humans.of(user_id)
    linked = [a for a, first in humans.first_account.items() if first == human]
    return [human, *linked]
