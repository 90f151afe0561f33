"""What waits from where one person sits: the tabs say what pages and buttons say."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from agents.registry import register_agent
from approvals import humans, lifecycle, queue, ruleset, splits
from approvals.access import Standing, actions_for
from approvals.models import ApprovalRequest
from approvals.search_syntax import Is, parse
from approvals.splits import Desk, Waiting
from audit.log import COMMAND_LINE
from tests.approvals.conftest import TIERS
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db


def numbers(person: User) -> dict[str, int]:
    counts = Desk(person).counts
    return {(split or "all"): count.number for split, count in counts.items()}


def listed(person: User, split: Is) -> set[ApprovalRequest]:
    page = queue.pending(person, query=parse(f"is:{split}"))
    return {row.approval for row in page.rows}


def approve(approval: ApprovalRequest, person: User, verdict: str = "approve") -> None:
    cast_vote(approval, person, verdict, message="So.")


@pytest.fixture
def dora(dba: Group) -> User:
    """A database administrator who is no reviewer."""
    person = User.objects.create_user("dora")
    person.groups.add(dba)
    return person


@pytest.fixture
def rita(reviewers: Group) -> User:
    """Another reviewer."""
    person = User.objects.create_user("rita")
    person.groups.add(reviewers)
    return person


def test_counts_nothing_where_nothing_waits(policy, alice) -> None:
    none = {"all": 0, "mine": 0, "group": 0, "second": 0, "expiring": 0}
    assert numbers(alice) == none


def test_counts_what_waits_up_to_a_limit(ask, alice, monkeypatch) -> None:
    for n, action in enumerate(("one", "one", "none")):
        ask(action, arguments={"n": n})
    assert Desk(alice).counts[None] == Waiting(2, is_capped=False)
    monkeypatch.setattr(splits, "COUNT_LIMIT", 1)
    assert Desk(alice).counts[None] == Waiting(1, is_capped=True)


def test_people_without_rights_have_nothing(ask, charlie) -> None:
    ask("one")
    assert set(numbers(charlie).values()) == {0}


def test_mine_is_what_is_assigned_to_me_or_claimed_by_me(ask, alice, bob) -> None:
    assigned, claimed, lapsed, others, _free = (
        ask("one", arguments={"n": n}) for n in range(5)
    )
    lifecycle.assign(assigned.pk, actor=bob, assignee=alice)
    lifecycle.claim(claimed.pk, actor=alice)
    lifecycle.claim(lapsed.pk, actor=alice)
    lifecycle.claim(others.pk, actor=bob)
    past = timezone.now() - timedelta(seconds=1)
    ApprovalRequest.objects.filter(pk=lapsed.pk).update(claimed_until=past)
    assert listed(alice, Is.MINE) == {assigned, claimed}
    assert numbers(alice)["mine"] == 2


def test_my_groups_are_what_the_buttons_allow(
    ask, ask_as, alice, bob, dora, owner, reviewers
) -> None:
    owner.groups.add(reviewers)
    for n, action in enumerate(("one", "two", "both")):
        ask(action, arguments={"n": n})
    register_agent("own-bot", actor=COMMAND_LINE, owner=alice)
    ask_as("own-bot", "one")
    for person in (alice, bob, dora, owner):
        person = User.objects.get(pk=person.pk)
        standing = Standing.of(timezone.now())
        allowed = {
            approval
            for approval in ApprovalRequest.objects.filter(state="pending")
            if actions_for(approval, person, standing).deny.allowed
        }
        assert listed(person, Is.GROUP) == allowed
        assert numbers(person)["group"] == len(allowed)
    assert numbers(dora)["group"] == 1
    assert (numbers(owner)["group"], numbers(owner)["all"]) == (1, 4)


def test_all_accounts_of_a_human_are_that_human(ask, alice, owner) -> None:
    ask("one")
    assert numbers(alice)["group"] == 1
    humans.link(alice, owner, actor=User.objects.create_user("root", is_staff=True))
    assert numbers(alice)["group"] == 0
    assert listed(alice, Is.GROUP) == set()


def test_further_groups_may_decide_once_it_is_escalated(ask, policy, dora) -> None:
    escalation = "escalation: {after: 50%, groups: [dba]}"
    source = TIERS.replace("decide_within:", f"{escalation}\n    decide_within:")
    ruleset.publish(source, actor=COMMAND_LINE, reason="escalates")
    approval = ask("one")
    assert numbers(dora)["group"] == 0
    past = timezone.now() - timedelta(seconds=1)
    ApprovalRequest.objects.filter(pk=approval.pk).update(escalates_at=past)
    assert numbers(dora)["group"] == 1
    assert listed(dora, Is.GROUP) == listed(dora, Is.ESCALATED) == {approval}


def test_needs_a_second_once_another_has_approved(ask, alice, bob, charlie) -> None:
    first, _untouched, single = ask("two"), ask("two", arguments={"n": 2}), ask("one")
    assert single.is_pending
    assert listed(alice, Is.SECOND) == set()
    approve(first, bob)
    assert listed(alice, Is.SECOND) == {first}
    assert listed(bob, Is.SECOND) == listed(charlie, Is.SECOND) == set()
    assert (numbers(alice)["second"], numbers(bob)["second"]) == (1, 0)


def test_a_vote_that_does_not_count_any_more_makes_no_first(ask, alice, bob) -> None:
    approval = ask("two")
    approve(approval, bob)
    assert listed(alice, Is.SECOND) == {approval}
    lifecycle.edit(
        approval.pk,
        actor=alice,
        revision=1,
        digest=approval.digest,
        arguments={"n": 9},
    )
    assert listed(alice, Is.SECOND) == set()
    fresh = ApprovalRequest.objects.get(pk=approval.pk)
    approve(fresh, bob)
    assert listed(alice, Is.SECOND) == {fresh}
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert listed(alice, Is.SECOND) == set()


def test_a_second_of_a_group_whose_places_are_taken_is_not_needed(
    ask, alice, rita, dora
) -> None:
    approval = ask("both")
    approve(approval, rita)
    assert listed(dora, Is.SECOND) == {approval}
    assert listed(alice, Is.SECOND) == set()


def test_says_where_more_votes_are_than_were_looked_at(
    ask, alice, bob, monkeypatch
) -> None:
    for n in range(2):
        approve(ask("two", arguments={"n": n}), bob)
    monkeypatch.setattr(splits, "SECOND_LIMIT", 1)
    assert Desk(alice).counts[Is.SECOND] == Waiting(1, is_capped=True)


def test_what_somebody_approved_themselves_does_not_hide_what_needs_them(
    ask, alice, bob, monkeypatch
) -> None:
    for n in range(3):
        approve(ask("two", arguments={"n": n}), alice)
    last = ask("two", arguments={"n": 3})
    approve(last, bob)
    monkeypatch.setattr(splits, "SECOND_LIMIT", 1)
    assert listed(alice, Is.SECOND) == {last}


def test_expiring_is_what_runs_out_within_a_quarter_of_an_hour(ask, alice) -> None:
    soon, _late = ask("one", expires_in=800), ask("two", expires_in=1000)
    assert listed(alice, Is.EXPIRING) == {soon}
    assert numbers(alice)["expiring"] == 1


def test_counts_other_searches_in_one_question(
    ask, alice, django_assert_num_queries
) -> None:
    for n, action in enumerate(("one", "two", "one")):
        ask(action, arguments={"n": n})
    desk = Desk(alice)
    one = queue.condition(parse("tier:one"), desk, queue.Where.QUEUE)
    text = queue.condition(parse('"two"'), desk, queue.Where.QUEUE)
    assert desk.counts[None].number == 3
    with django_assert_num_queries(1):
        found = desk.count({"one": one, "text": text})
    assert {name: count.number for name, count in found.items()} == {
        "one": 2,
        "text": 1,
    }
