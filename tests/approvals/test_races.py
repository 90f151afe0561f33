"""Whatever happens at once: one terminal decision, one row, one entry for each fact."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from agents.models import Agent
from approvals import lifecycle
from approvals.models import ApprovalRequest, Permit, Vote
from audit.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., ApprovalRequest]

REFUSED = (
    lifecycle.AlreadyDecided,
    lifecycle.VotedAlready,
)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of ``works``, started together in threads, returned or raised."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        barrier.wait()
        try:
            results[place] = works[place]()
        except REFUSED as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def voting(
    approval: ApprovalRequest, user: User, verdict: str
) -> Callable[[], ApprovalRequest]:
    return lambda: lifecycle.vote(
        approval.id,
        actor=user,
        verdict=verdict,
        revision=1,
        digest=approval.digest,
        message="because",
    )


def decisions(approval: ApprovalRequest) -> int:
    return Entry.objects.filter(
        action="request:decided", subject_id=str(approval.id)
    ).count()


def holds_together(approval: ApprovalRequest) -> str:
    """One decision, one entry of it, and a permit exactly when it was approved."""
    approval.refresh_from_db()
    assert decisions(approval) == 1
    has_permit = Permit.objects.filter(approval=approval).exists()
    assert has_permit == (approval.state == "approved")
    return approval.state


def test_two_reviewers_at_once_decide_once_in_200_rounds(
    ask: Ask, alice: User, bob: User
) -> None:
    states: Counter[str] = Counter()
    for _ in range(200):
        approval = ask("one")
        results = at_once(
            voting(approval, alice, "approve"), voting(approval, bob, "deny")
        )
        refused = [r for r in results if isinstance(r, lifecycle.AlreadyDecided)]
        assert len(refused) == 1
        states[holds_together(approval)] += 1
    assert set(states) <= {"approved", "denied"}
    assert Vote.objects.count() == 200


def test_two_approvals_at_once_fill_a_quorum_of_two(
    ask: Ask, alice: User, bob: User
) -> None:
    for _ in range(30):
        approval = ask("two")
        at_once(voting(approval, alice, "approve"), voting(approval, bob, "approve"))
        assert holds_together(approval) == "approved"


def test_one_person_clicking_twice_votes_once(ask: Ask, alice: User) -> None:
    for _ in range(30):
        approval = ask("two")
        at_once(*[voting(approval, alice, "approve")] * 3)
        assert approval.votes.count() == 1
        approval.refresh_from_db()
        assert approval.is_pending


def test_voting_cancelling_and_expiring_at_once_decide_once(
    ask: Ask, agent: Agent, alice: User, bob: User
) -> None:
    seen = Counter[str]()
    for _ in range(60):
        approval = ask("one")
        soon = timezone.now() + timedelta(milliseconds=random.uniform(5, 25))
        ApprovalRequest.objects.filter(pk=approval.pk).update(expires_at=soon)
        at_once(
            voting(approval, alice, "approve"),
            voting(approval, bob, "deny"),
            lambda approval=approval: lifecycle.cancel(approval.id, agent=agent),
            lifecycle.expire_due,
            lifecycle.expire_due,
        )
        if ApprovalRequest.objects.get(pk=approval.pk).is_pending:
            # Nobody came before the deadline: the next sweep does.
            ApprovalRequest.objects.filter(pk=approval.pk).update(
                created_at=soon - timedelta(minutes=2),
                expires_at=soon - timedelta(minutes=1),
            )
            assert lifecycle.expire_due() == 1
        seen[holds_together(approval)] += 1
    assert len(seen) > 1


def test_somebody_demoted_while_voting_counts_or_does_not_but_never_half(
    ask: Ask, alice: User, bob: User, reviewers: Group
) -> None:
    for _ in range(30):
        alice.groups.add(reviewers)
        approval = ask("two")
        voting(approval, alice, "approve")()
        at_once(
            voting(approval, bob, "approve"), lambda: alice.groups.remove(reviewers)
        )
        approval.refresh_from_db()
        if approval.is_pending:
            assert not Permit.objects.filter(approval=approval).exists()
        else:
            assert approval.decided_by == ["alice", "bob"]
