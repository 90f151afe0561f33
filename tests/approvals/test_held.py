"""What policy would have approved at once, after a hold that is over."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from agents.models import Brake
from approvals import humans, lifecycle, ruleset
from approvals.models import ApprovalRequest
from audit.log import COMMAND_LINE, SYSTEM
from tests.approvals.conftest import TIERS

pytestmark = pytest.mark.django_db
Ask = Callable[..., ApprovalRequest]


@pytest.fixture
def hold(policy: object) -> Brake:
    return lifecycle.engage_brake(
        scope="everything", reason="odd things happen", actor=SYSTEM
    )


def released(brake: Brake, *people: str) -> Brake:
    for human in people or ("user:1", "user:2"):
        brake = lifecycle.release_brake(
            brake.pk, human=human, actor=SYSTEM, reason="looked at"
        )
    return brake


def publish(**tiers: str) -> None:
    """The policy of these tests, with the action ``none`` elsewhere."""
    source = TIERS
    for action, tier in tiers.items():
        old = f'action.name == "{action}", tier: none'
        assert old in source
        source = source.replace(old, f'action.name == "{action}", tier: {tier}')
    ruleset.publish(source, actor=COMMAND_LINE, reason="stricter")


def test_waits_under_the_hold_and_is_approved_after_it(hold: Brake, ask: Ask) -> None:
    approval = ask("none")
    assert (approval.state, approval.route) == ("pending", "auto")
    released(hold)
    approval.refresh_from_db()
    assert (approval.state, approval.decision_source) == ("approved", "policy")


def test_is_judged_anew_when_policy_changed_meanwhile(hold: Brake, ask: Ask) -> None:
    approval = ask("none")
    publish(none="two")
    released(hold)
    approval.refresh_from_db()
    assert (approval.state, approval.tier, approval.route) == (
        "pending",
        "two",
        "review",
    )
    assert approval.policy_id == 2
    assert approval.tier_floor == approval.tier_rank


def test_is_denied_when_policy_forbids_it_by_now(hold: Brake, ask: Ask) -> None:
    approval = ask("none")
    publish(none="never")
    released(hold)
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == ("denied", ["policy:2"])


def test_stays_held_while_another_brake_covers_it(hold: Brake, ask: Ask) -> None:
    other = lifecycle.engage_brake(
        scope="action", value="no*", reason="this one too", actor=SYSTEM
    )
    approval = ask("none")
    released(hold)
    approval.refresh_from_db()
    assert approval.is_pending
    released(other)
    approval.refresh_from_db()
    assert approval.state == "approved"


def test_two_who_turned_out_to_be_one_human_release_nothing(
    hold: Brake, alice: User, bob: User, admin: User
) -> None:
    released(hold, f"user:{alice.pk}")
    humans.link(bob, alice, actor=admin)
    with pytest.raises(Exception, match="somebody else"):
        released(hold, f"user:{humans.current().of(bob.pk)}")
    assert Brake.objects.get(pk=hold.pk).released_at is None


def test_agreements_of_one_human_count_once_when_linked_later(
    hold: Brake, alice: User, bob: User, admin: User, settings: object
) -> None:
    first = humans.current()
    assert first.of(alice.pk) != first.of(bob.pk)
    released(hold, f"user:{bob.pk}")
    humans.link(bob, alice, actor=admin)
    with pytest.raises(Exception, match="somebody else"):
        released(hold, f"user:{alice.pk}")
    brake = released(hold, f"user:{admin.pk}")
    assert brake.released_at is not None
