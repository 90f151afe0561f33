"""What stands in the way of an approval, in the words of who decides about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agents import brake
from approvals import ruleset
from approvals.access import Standing, actions_for
from approvals.checklist import Mark, checklist
from approvals.models import ApprovalRequest
from approvals.request_page import candidates
from audit.log import COMMAND_LINE
from tests.approvals.conftest import TIERS
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db


def lines(approval: ApprovalRequest, user: User, **more: Any) -> dict[str, Any]:
    standing = Standing.of(timezone.now(), thorough=True)
    found = checklist(
        approval,
        now=standing.now,
        actions=actions_for(approval, user, standing),
        brakes=brake.covering(approval.target),
        candidates=candidates(approval, standing),
        step_up_problem=more.get("step_up_problem", ""),
    )
    return {check.key: check for check in found}


def test_counts_the_places_and_names_who_may_still_vote(ask, alice, bob) -> None:
    approval = cast_vote(ask("two"), alice)
    found = lines(ApprovalRequest.objects.get(pk=approval.pk), bob)
    assert found["quorum"].words == "It takes 2 from reviewers; 1 of 2 so far"
    assert found["quorum"].mark is Mark.OPEN
    assert found["who"].words == "May still vote: bob"
    assert found["you"].mark is Mark.MET


def test_says_that_one_does_not_decide_on_ones_own(ask, owner, reviewers) -> None:
    owner.groups.add(reviewers)
    found = lines(ask("one"), owner)["you"]
    assert found.mark is Mark.BLOCKED
    assert found.words == "You own this agent; somebody else has to decide."


def test_says_that_the_brake_is_on(ask, alice) -> None:
    approval = ask("one")
    assert lines(approval, alice)["brake"].mark is Mark.MET
    brake.engage(scope="everything", reason="x", actor=COMMAND_LINE)
    assert lines(approval, alice)["brake"].mark is Mark.BLOCKED


def test_says_of_another_agents_brake_that_it_does_not_cover_this_one(
    ask, ask_as, alice
) -> None:
    ask_as("other-bot", "two")
    brake.engage(scope="agent", value="other-bot", reason="x", actor=COMMAND_LINE)
    found = lines(ask("one"), alice)["brake"]
    assert (found.mark, found.words) == (Mark.MET, "No brake covers this request")


def test_says_that_a_newer_policy_is_in_force(ask, alice) -> None:
    approval = ask("one")
    assert lines(approval, alice)["policy"].mark is Mark.MET
    newer = TIERS.replace("24h", "23h")
    ruleset.publish(newer, actor=COMMAND_LINE, reason="for this test")
    found = lines(approval, alice)["policy"]
    assert found.mark is Mark.NOTE
    assert found.words == "Judged by policy 1; policy 2 is in force by now"


def test_says_what_the_tier_wants_beside_the_verdict(ask, alice) -> None:
    strict = TIERS.replace(
        "    reason_required: always\n",
        "    reason_required: always\n    confirmation: type_target\n"
        "    step_up: recent_login\n",
    )
    ruleset.publish(strict, actor=COMMAND_LINE, reason="for this test")
    found = lines(ask("both"), alice, step_up_problem="Sign in again.")
    assert found["step_up"].words == "Sign in again."
    assert (found["typed"].mark, found["reason"].mark) == (Mark.OPEN, Mark.OPEN)
    assert lines(ask("both"), alice)["step_up"].mark is Mark.MET


def test_says_that_the_deadline_has_passed(ask, alice) -> None:
    approval = ask("one")
    approval.expires_at = timezone.now() - timedelta(seconds=1)
    assert lines(approval, alice)["deadline"].mark is Mark.BLOCKED


def test_says_nothing_of_what_is_decided(ask, alice) -> None:
    assert lines(cast_vote(ask("one"), alice), alice) == {}
