"""Before and after a request in the queue's order; beside it in its session."""

import pytest

from approvals import lifecycle, neighbours, queue
from approvals.models import ApprovalRequest

pytestmark = pytest.mark.django_db


def test_walks_the_queue_in_its_own_order_and_back(ask, alice) -> None:
    for number, action in enumerate(("one", "two", "one", "both", "two")):
        ask(action, arguments={"n": number})
    # Two with the same deadline: then their ids decide.
    first, second = ApprovalRequest.objects.filter(action="one").order_by("id")
    ApprovalRequest.objects.filter(pk=second.pk).update(expires_at=first.expires_at)
    order = [row.approval for row in queue.pending(alice).rows]
    ids = [None, *(approval.pk for approval in order), None]
    waiting = queue.waiting(alice)
    found = [neighbours.neighbours(waiting, approval) for approval in order]
    assert [one.before for one in found] == ids[:-2]
    assert [one.after for one in found] == ids[2:]


def test_a_decided_one_still_has_its_place_and_is_nobodys_neighbour(ask, alice) -> None:
    first, middle, last = ask("one"), ask("one"), ask("one")
    lifecycle.cancel(middle.pk, agent=middle.agent)
    middle = ApprovalRequest.objects.get(pk=middle.pk)
    found = neighbours.neighbours(queue.waiting(alice), middle)
    assert (found.before, found.after) == (first.pk, last.pk)
    assert neighbours.neighbours(queue.waiting(alice), first).after == last.pk


def test_shows_nobody_what_they_may_not_see(ask, charlie) -> None:
    approval = ask("one")
    ask("one")
    assert neighbours.neighbours(queue.waiting(charlie), approval).after is None


def test_walks_only_what_a_search_finds(ask, alice) -> None:
    asked = [ask(action) for action in ("one", "two", "one", "two", "one")]
    ones = queue.waiting(alice, "action:one")
    found = neighbours.neighbours(ones, asked[2])
    assert (found.before, found.after) == (asked[0].pk, asked[4].pk)


def test_a_session_is_of_one_agent_and_bounded(ask, alice, monkeypatch) -> None:
    monkeypatch.setattr(neighbours, "MOST_OF_SESSION", 2)
    others = [ask("one", session="s") for _ in range(3)]
    ask("one", session="t")
    approval = ask("one", session="s")
    found = neighbours.session_of(alice, approval)
    assert found is not None
    assert [one.pk for one in found.requests] == [others[2].pk, others[1].pk]
    assert found.is_capped
    assert neighbours.session_of(alice, ask("one")) is None
