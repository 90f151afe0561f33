"""A published policy, an agent, and something to ask for."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.models import Agent
from agents.registry import Registration, register_agent
from approvals import lifecycle, ruleset
from approvals.models import ApprovalRequest, Policy
from approvals.submission import Submission
from audit.log import COMMAND_LINE

TIERS = """
default_tier: one
tiers:
  none: {rank: 10, route: auto, permit_lifetime: 5m}
  one:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    decide_within: 24h
    reason_required: never
  two:
    rank: 30
    route: review
    requirements: [{group: reviewers, count: 2}]
    reason_required: on_deny
  both:
    rank: 40
    route: review
    requirements: [{group: dba, count: 1}, {group: reviewers, count: 1}]
    reason_required: always
  never: {rank: 50, route: block}
rules:
  - {key: harmless, when: action.name == "none", tier: none}
  - {key: needs-two, when: action.name == "two", tier: two}
  - {key: needs-both, when: action.name == "both", tier: both}
  - {key: forbidden, when: action.name == "never", tier: never}
"""
"""Tiers by the action's name, so that a test can choose."""


@pytest.fixture
def policy(db: None) -> Policy:
    return ruleset.publish(TIERS, actor=COMMAND_LINE, reason="for tests")


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("olivia")


@pytest.fixture
def registration(db: None, owner: User) -> Registration:
    return register_agent("deploy-bot", actor=COMMAND_LINE, owner=owner)


@pytest.fixture
def agent(registration: Registration) -> Agent:
    return registration.agent


@pytest.fixture
def ask(policy: Policy, agent: Agent) -> Callable[..., ApprovalRequest]:
    """Submit a request; ``action`` chooses the tier: none, one, two, both, never."""

    def submit(action: str = "one", **members: Any) -> ApprovalRequest:
        members = {"arguments": {"n": 1}, **members}
        submission = Submission(action=action, **members)
        return lifecycle.submit(
            submission, agent=agent, key=agent.keys.first()
        ).approval

    return submit


@pytest.fixture
def ask_as(policy: Policy, owner: User) -> Callable[..., ApprovalRequest]:
    """The same as an agent of that name, with a key of its own."""

    def submit(name: str, action: str = "one", **members: Any) -> ApprovalRequest:
        agent = Agent.objects.filter(name=name).first()
        if agent is None:
            agent = register_agent(name, actor=COMMAND_LINE, owner=owner).agent
        members = {"arguments": {"n": 1}, **members}
        submission = Submission(action=action, **members)
        return lifecycle.submit(
            submission, agent=agent, key=agent.keys.first()
        ).approval

    return submit
