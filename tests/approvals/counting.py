"""A policy with windows, and what they held; for the tests of counters."""

from typing import Any

from agents.models import Agent
from approvals import lifecycle, ruleset
from approvals.models import ApprovalRequest, Policy
from approvals.submission import Submission
from audit.log import COMMAND_LINE
from audit.models import Entry

TIERS = """
default_tier: one
tiers:
  none: {rank: 10, route: auto}
  one: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
  two: {rank: 30, route: review, requirements: [{group: reviewers, count: 2}]}
  never: {rank: 50, route: block}
"""
WINDOWS = """
windows:
  - {key: spent, measure: sum, of: /arguments/amount, per: [agent], within: 1h,
     actions: [refund]}
  - {key: asked, measure: count, per: [session], within: 10m}
  - {key: reached, measure: distinct, of: /arguments/to, per: [agent, subject],
     within: 24h, actions: [mail]}
"""
RULES = """
rules:
  - {key: small, when: 'action.name in ["refund", "mail", "note"]', tier: none}
  - {key: careful, when: action.name == "slow", tier: one}
  - {key: much, when: window.spent > 500.0, tier: two}
  - {key: far, when: window.reached > 3.0, tier: two}
"""
SPENT = """
windows:
  - {key: spent, measure: sum, of: /arguments/amount, per: [agent], within: 1h}
rules:
  - {key: small, when: action.name == "refund", tier: none}
  - {key: much, when: window.spent > 500.0, tier: never}
"""


def publish(source: str = TIERS + WINDOWS + RULES, **more: Any) -> Policy:
    return ruleset.publish(
        source, **{"actor": COMMAND_LINE, "reason": "for tests", **more}
    )


def ask(
    agent: Agent, action: str, arguments: dict[str, Any], **more: Any
) -> ApprovalRequest:
    submission = Submission(action=action, arguments=arguments, **more)
    return lifecycle.submit(submission, agent=agent).approval


def refund(agent: Agent, amount: Any, **more: Any) -> ApprovalRequest:
    return ask(agent, "refund", {"amount": amount}, **more)


def mail(agent: Agent, to: Any, **more: Any) -> ApprovalRequest:
    return ask(agent, "mail", {"to": to}, **more)


def logged(approval: ApprovalRequest, action: str) -> dict[str, Any]:
    """The data of the newest entry of this kind about it."""
    entries = Entry.objects.filter(subject_id=str(approval.pk), action=action)
    data: dict[str, Any] = entries.latest("id").data
    return data
