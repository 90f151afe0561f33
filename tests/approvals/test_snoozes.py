"""What people put aside for themselves: nobody else notices, and no clock stops."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import queue, snoozes
from approvals.models import ApprovalRequest, Snooze
from approvals.search_syntax import Is
from approvals.splits import Desk, Hidden
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def hide(approval: ApprovalRequest, user, lasts: timedelta = HOUR):
    return snoozes.hide(approval, user=user, lasts=lasts, now=timezone.now())


def listed(user) -> list[ApprovalRequest]:
    return [row.approval for row in queue.pending(user).rows]


def test_is_hidden_from_ones_own_lists_and_counts_alone(alice, bob, ask) -> None:
    hidden, other = ask("one"), ask("one", arguments={"n": 2})
    hide(hidden, alice)
    assert listed(alice) == [other]
    assert listed(bob) == [hidden, other]
    for split in (None, Is.GROUP):
        assert [Desk(user).counts[split].number for user in (alice, bob)] == [1, 2]
    assert queue.next_waiting(alice, other) is None
    of_alice, of_bob = queue.row(alice, hidden.pk), queue.row(bob, hidden.pk)
    assert of_alice is not None
    assert of_bob is not None
    assert (of_alice.fits, of_bob.fits) == (False, True)
    assert [row.approval for row in queue.hidden(alice)] == [hidden]
    assert Desk(alice).hidden.number == 1


def test_comes_back_when_its_time_is_over(alice, ask) -> None:
    approval = ask("one")
    until = hide(approval, alice)
    assert abs(until - timezone.now() - HOUR) < timedelta(minutes=1)
    with time_machine.travel(until - timedelta(seconds=1)):
        assert listed(alice) == []
    with time_machine.travel(until + timedelta(seconds=1)):
        assert listed(alice) == [approval]
        assert snoozes.until(approval, alice, timezone.now()) is None


def test_never_stays_away_until_its_deadline(alice, ask) -> None:
    approval = ask("one")
    until = hide(approval, alice, timedelta(days=6))
    assert until == approval.expires_at - snoozes.BEFORE_THE_END


def test_cannot_be_hidden_shortly_before_its_deadline(alice, ask) -> None:
    approval = ask("one")
    with (
        time_machine.travel(approval.expires_at - timedelta(minutes=4)),
        pytest.raises(snoozes.SnoozeRefused, match="too near"),
    ):
        hide(approval, alice)
    assert not Snooze.objects.exists()


def test_what_is_decided_cannot_be_hidden_and_is_hidden_no_longer(
    alice, bob, ask
) -> None:
    approval = ask("one")
    hide(approval, alice)
    decided = cast_vote(approval, bob)
    assert snoozes.until(decided, alice, timezone.now()) is None
    assert Desk(alice).hidden == Hidden()
    with pytest.raises(snoozes.SnoozeRefused, match="already approved"):
        hide(decided, alice)


def test_hiding_stops_no_clock_and_changes_nothing_of_the_request(alice, ask) -> None:
    approval = ask("one")
    before = ApprovalRequest.objects.filter(pk=approval.pk).values().get()
    hide(approval, alice)
    assert ApprovalRequest.objects.filter(pk=approval.pk).values().get() == before


def test_hiding_anew_moves_the_end_and_forgets_what_is_over(alice, bob, ask) -> None:
    old, approval = ask("one"), ask("one")
    hide(old, alice, timedelta(minutes=1))
    hide(old, bob, timedelta(minutes=1))
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        hide(approval, alice)
        later = hide(approval, alice, 2 * HOUR)
    mine = Snooze.objects.filter(user=alice)
    assert [(one.approval_id, one.until) for one in mine] == [(approval.pk, later)]
    assert Snooze.objects.filter(user=bob).count() == 1


def test_can_be_shown_again_at_once(alice, bob, ask) -> None:
    approval = ask("one")
    hide(approval, alice)
    hide(approval, bob)
    snoozes.show(approval, user=alice)
    assert (listed(alice), listed(bob)) == ([approval], [])


def test_is_there_once_for_a_person_and_a_request(alice, ask) -> None:
    approval, until = ask("one"), timezone.now()
    Snooze.objects.create(user=alice, approval=approval, until=until)
    with (
        pytest.raises(IntegrityError, match="one_snooze_per_person_and_request"),
        transaction.atomic(),
    ):
        Snooze.objects.create(user=alice, approval=approval, until=until)
