"""A permit is good for one redemption and a grant for its limits, whoever races."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from agents.models import Agent
from approvals import lifecycle, ruleset
from approvals.conditions import Condition, Kind
from approvals.lifecycle.grants import Terms
from approvals.models import ApprovalRequest, Grant, Permit, Policy
from approvals.submission import Submission
from audit.log import COMMAND_LINE, SYSTEM
from audit.models import Entry
from tests.approvals.racing import Racers
from tests.approvals.voting import cast_vote
from tests.rounds import rounds

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., ApprovalRequest]

PERMITS, REDEMPTIONS = rounds(1000), 20
GRANTS, SUBMISSIONS = 50, 40
MAX_USES = 10

GRANTING = """
default_tier: one
tiers:
  one:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    grants: {max_uses: 10, max_duration: 1h, max_sum: 100000}
  never: {rank: 50, route: block}
rules: []
"""


@pytest.fixture
def granting(db: None) -> Policy:
    return ruleset.publish(GRANTING, actor=COMMAND_LINE, reason="for tests")


@pytest.mark.long
def test_permits_are_redeemed_once_each_by_20_threads_at_once(
    ask: Ask, agent: Agent
) -> None:
    with Racers(REDEMPTIONS) as racers:
        for _ in range(PERMITS):
            approval = ask("none")
            redeem = partial(
                lifecycle.redeem, approval.id, agent=agent, digest=approval.digest
            )
            results = Counter(type(r) for r in racers.at_once([redeem] * REDEMPTIONS))
            assert results == {
                lifecycle.Answer: 1,
                lifecycle.AlreadyRedeemed: REDEMPTIONS - 1,
            }
    redeemed = Entry.objects.filter(action="permit:redeemed")
    subjects = Counter(redeemed.values_list("subject_id", flat=True))
    assert len(subjects) == PERMITS
    assert set(subjects.values()) == {1}
    assert Permit.objects.filter(state="redeemed").count() == PERMITS


def amounts(chance: random.Random) -> list[Decimal]:
    """Of one cent up to ten; the sums of some rounds end below the limit of uses."""
    most = chance.choice([200, 500, 1000])
    return [Decimal(chance.randint(1, most)) / 100 for _ in range(SUBMISSIONS)]


def give_grant(agent: Agent, alice: User, resource: str, max_sum: Decimal) -> Grant:
    """Alice approves one transfer and the like of it; nothing is used of it yet."""
    asked = Submission("transfer", {"amount": 0.01}, resource=resource)
    approval = lifecycle.submit(asked, agent=agent).approval
    terms = Terms(
        conditions=[Condition("amount", Kind.AT_MOST, 10)],
        max_uses=MAX_USES,
        lasts=timedelta(hours=1),
        sum_argument="amount",
        max_sum=max_sum,
    )
    cast_vote(approval, alice, grant=terms)
    return Grant.objects.get(origin=approval)


@pytest.mark.long
def test_a_grant_never_allows_more_than_its_uses_and_its_sum(
    granting: Policy, agent: Agent, alice: User
) -> None:
    chance = random.Random(40)
    ended_by: Counter[str] = Counter()
    with Racers(SUBMISSIONS, keep_connections=False) as racers:
        for number in range(GRANTS):
            resource, max_sum = f"account-{number}", Decimal(chance.choice([7, 20, 99]))
            grant = give_grant(agent, alice, resource, max_sum)
            asked = amounts(chance)
            submissions = [
                Submission("transfer", {"amount": float(amount)}, resource=resource)
                for amount in asked
            ]
            results = racers.at_once(
                [partial(lifecycle.submit, s, agent=agent) for s in submissions]
            )
            allowed = [
                amount
                for amount, answer in zip(asked, results, strict=True)
                if answer.approval.state == "approved"
            ]
            ended_by[check_limits(grant, allowed, asked)] += 1
    print(dict(ended_by))
    assert set(ended_by) == {"uses", "sum"}


def check_limits(grant: Grant, allowed: list[Decimal], asked: list[Decimal]) -> str:
    """Both limits are kept, the sum is exact, and one of them was reached."""
    grant.refresh_from_db()
    used = Entry.objects.filter(
        action="grant:used", subject_type="grant", subject_id=str(grant.pk)
    )
    assert len(allowed) == grant.uses == used.count() <= MAX_USES
    assert sum(allowed) == grant.spent <= grant.max_sum
    assert grant.used_by.filter(state="approved").count() == grant.uses
    if grant.uses == MAX_USES:
        return "uses"
    refused = Counter(asked) - Counter(allowed)
    assert all(grant.spent + amount > grant.max_sum for amount in refused)
    return "sum"


SLOW = 0.4
"""Seconds for which a statement is held up, so that two always overlap."""


@contextmanager
def slow(statement: str, *, inside: bool) -> Iterator[None]:
    """In this thread, hold up what begins with ``statement`` and is about permits.

    Before it begins; or ``inside`` PostgreSQL, once it has taken its view of the
    data, so that it does not see what commits meanwhile.
    """

    def slowly(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(statement) and "approvals_permit" in sql:
            if not inside:
                time.sleep(SLOW)
            elif "FOR UPDATE" in sql:
                wait = f" WHERE pg_sleep({SLOW}) IS NOT NULL AND "
                sql = sql.replace(" WHERE ", wait, 1)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(slowly):
        yield


def overtaken(sweep: Callable[[], object], act: Callable[[], object]) -> list[Any]:
    """The results of ``act``, and of a ``sweep`` that begins just before it commits.

    By the time the sweep reaches the row, ``act`` has committed and its lock is gone;
    but the sweep's view of the permit is from before.
    """

    def acting() -> None:
        with slow("UPDATE", inside=False):
            act()

    def sweeping() -> None:
        time.sleep(SLOW * 0.6)
        with slow("SELECT", inside=True):
            sweep()

    with Racers(2) as racers:
        return racers.at_once([acting, sweeping])


def test_a_permit_redeemed_at_the_last_moment_does_not_lapse(
    ask: Ask, agent: Agent
) -> None:
    approval = ask("none")
    last_moment = timezone.now() + timedelta(seconds=SLOW / 4)
    Permit.objects.filter(approval=approval).update(expires_at=last_moment)
    redeem = partial(lifecycle.redeem, approval.id, agent=agent, digest=approval.digest)

    assert overtaken(lifecycle.lapse_due, redeem) == [None, None]

    assert Permit.objects.get(approval=approval).state == "redeemed"
    assert not Entry.objects.filter(action="permit:lapsed").exists()


def test_a_brake_that_denies_revokes_the_rest_when_one_was_just_redeemed(
    ask: Ask, agent: Agent
) -> None:
    approval, other = ask("none"), ask("none")
    redeem = partial(lifecycle.redeem, approval.id, agent=agent, digest=approval.digest)
    engage = partial(
        lifecycle.engage_brake,
        scope="everything",
        mode="deny",
        reason="stop",
        actor=SYSTEM,
    )

    assert overtaken(engage, redeem) == [None, None]

    assert Permit.objects.get(approval=approval).state == "redeemed"
    assert Permit.objects.get(approval=other).state == "revoked"


def test_an_outcome_reported_at_the_last_moment_is_not_overdue(
    ask: Ask, agent: Agent
) -> None:
    approval = ask("none")
    lifecycle.redeem(approval.id, agent=agent, digest=approval.digest)
    permit = Permit.objects.filter(approval=approval)
    permit.update(outcome_due_at=timezone.now() + timedelta(seconds=SLOW / 4))
    report = partial(
        lifecycle.report_outcome,
        approval.id,
        agent=agent,
        status="succeeded",
        digest=approval.digest,
    )

    assert overtaken(lifecycle.mark_overdue, report) == [None, None]

    assert permit.get().overdue_at is None
    assert not Entry.objects.filter(action="outcome:overdue").exists()
