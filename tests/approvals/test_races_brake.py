"""A brake that is pulled while a request is being decided."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from agents.models import Agent
from approvals import lifecycle, ruleset
from approvals.conditions import Condition, Kind
from approvals.lifecycle.grants import Terms
from approvals.models import ApprovalRequest, Grant
from approvals.submission import Submission
from audit.log import COMMAND_LINE, SYSTEM
from audit.models import Entry
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., ApprovalRequest]

GRANTING = """
default_tier: one
tiers:
  one:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    grants: {max_uses: 10, max_duration: 1h}
  never: {rank: 50, route: block}
rules: []
"""


@contextmanager
def pulled_before_the_second_look(mode: str) -> Iterator[None]:
    """Somebody else engages it between two looks at the brakes in this thread."""
    looks: list[str] = []

    def pull() -> None:
        try:
            lifecycle.engage_brake(
                scope="everything", mode=mode, reason="now", actor=SYSTEM
            )
        finally:
            connection.close()

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "agents_brake" in sql:
            looks.append(sql)
            if len(looks) == 2:
                somebody = threading.Thread(target=pull)
                somebody.start()
                somebody.join()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield
    assert len(looks) >= 2


@pytest.mark.parametrize(("mode", "state"), [("hold", "pending"), ("deny", "denied")])
def test_what_policy_would_approve_is_kept_and_braked(
    ask: Ask, mode: str, state: str
) -> None:
    with pulled_before_the_second_look(mode):
        approval = ask("none")

    approval.refresh_from_db()
    assert approval.state == state
    assert Entry.objects.filter(action="request:submitted").count() == 1


@pytest.mark.parametrize(("mode", "state"), [("hold", "pending"), ("deny", "denied")])
def test_what_a_grant_would_approve_is_braked_and_does_not_use_it_up(
    agent: Agent, alice: User, mode: str, state: str
) -> None:
    ruleset.publish(GRANTING, actor=COMMAND_LINE, reason="for tests")
    grant = give_grant(agent, alice)
    with pulled_before_the_second_look(mode):
        again = lifecycle.submit(Submission("mail", {"to": "ana"}), agent=agent)

    assert again.approval.state == state
    grant.refresh_from_db()
    assert grant.uses == 0
    assert not Entry.objects.filter(action="grant:used").exists()


def give_grant(agent: Agent, alice: User) -> Grant:
    asked = Submission("mail", {"to": "ana"})
    approval = lifecycle.submit(asked, agent=agent).approval
    terms = Terms(
        conditions=[Condition("to", Kind.EXACT, "ana")],
        max_uses=3,
        lasts=timedelta(hours=1),
    )
    cast_vote(approval, alice, grant=terms)
    return Grant.objects.get(origin=approval)
