"""Who published or confirmed the policy that lowered an action's tier. Reads only."""

from collections.abc import Iterable

from django.db.models import Q

from approvals.canonical import Action
from approvals.humans import Humans
from approvals.models import ApprovalRequest, Policy
from approvals.policy import Ruleset, evaluate
from approvals.risk import assess
from approvals.ruleset import NoPolicy, ruleset_for
from approvals.windows import Values


def has_loosened(approval: ApprovalRequest, user_id: int, humans: Humans) -> bool:
    """Whether this human published or confirmed a version that lowered its tier.

    It counts while the lowering lasts: the version gave the action a lower tier
    than the one before it, and the action was judged below that one still
    (DESIGN.md, invariant 4). A version that cannot be read any more counts too.
    """
    accounts = list(_accounts(user_id, humans))
    versions = Policy.objects.filter(
        Q(published_by__in=accounts) | Q(confirmed_by__in=accounts),
        version__lte=approval.policy_id,
        version__gt=1,
    )
    published = list(versions.values_list("version", flat=True))
    if not published:
        return False
    action = action_of(approval)
    try:
        return any(_lowered(approval, version, action) for version in published)
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


def _lowered(approval: ApprovalRequest, version: int, action: Action) -> bool:
    before, after = (
        _rank(ruleset_for(number), action, approval)
        for number in (version - 1, version)
    )
    return after < before and approval.tier_rank < before


def _rank(ruleset: Ruleset, action: Action, approval: ApprovalRequest) -> int:
    """Versions can tell the analysers different things, too."""
    assessment = assess(action, ruleset.context)
    held = _held(ruleset, action, approval)
    now = approval.created_at
    return evaluate(ruleset, action, assessment, now=now, windows=held).tier.rank


def _held(ruleset: Ruleset, action: Action, approval: ApprovalRequest) -> Values:
    """What the windows of a version held for this request, by the count of its own.

    At most as much as a window of its own that counts at least the same. Else nobody
    knows, which is None: whoever took a window out, or let it count less, has
    loosened the policy for what it counted.
    """
    own = ruleset_for(approval.policy_id).windows
    held: Values = {}
    for window in ruleset.windows:
        found = [w.key for w in own if w.holds_at_least(window)]
        known = [approval.window_values.get(key) for key in found]
        held[window.key] = min(known, default=None) if None not in known else None
        if not window.fits(action.name):
            held[window.key] = 0.0
    return held


def _accounts(user_id: int, humans: Humans) -> Iterable[int]:
    human = humans.of(user_id)
    linked = [a for a, first in humans.first_account.items() if first == human]
    return [human, *linked]
