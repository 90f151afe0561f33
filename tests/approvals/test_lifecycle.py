"""Every change of state: who may cause it, and what it leaves behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.utils import timezone

from agents.models import Agent, Delivery
from agents.registry import (
    drop_previous_secret,
    issue_key,
    rotate_webhook_secret,
    set_callback,
)
from approvals import idempotency, lifecycle, permits
from approvals.models import ApprovalRequest, Permit, Vote
from approvals.ruleset import NoPolicy
from approvals.submission import Submission
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.voting import cast_vote as vote

pytestmark = pytest.mark.django_db
Ask = Callable[..., ApprovalRequest]


def verbs(approval: ApprovalRequest) -> list[str]:
    story = Entry.objects.filter(subject_type="request", subject_id=str(approval.id))
    return list(story.order_by("id").values_list("action", flat=True))


def stored(approval: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=approval.pk)


def test_waits_for_people_on_the_review_route(ask: Ask) -> None:
    approval = stored(ask("one"))
    assert (approval.state, approval.tier, approval.route) == (
        "pending",
        "one",
        "review",
    )
    assert verbs(approval) == ["request:submitted"]
    assert not Permit.objects.exists()


def test_approves_at_once_on_the_auto_route(ask: Ask) -> None:
    approval = stored(ask("none"))
    assert (approval.state, approval.decision_source) == ("approved", "policy")
    assert approval.decided_by == ["policy:1"]
    assert verbs(approval) == ["request:submitted", "request:decided"]
    claims = permits.verify(
        approval.permit.token, permits.load_key(settings.PERMIT_KEY), now=timezone.now()
    )
    assert (claims["apr"], claims["dig"]) == (["policy:1"], approval.digest)


def test_denies_at_once_on_the_block_route(ask: Ask) -> None:
    approval = stored(ask("never"))
    assert (approval.state, approval.decision_source) == ("denied", "policy")
    assert approval.decision_message == "Policy forbids this action."
    assert not Permit.objects.exists()


@pytest.mark.usefixtures("agent")
def test_stores_nothing_while_no_policy_is_published(agent: Agent) -> None:
    with pytest.raises(NoPolicy):
        lifecycle.submit(Submission("one", {}), agent=agent)
    assert not ApprovalRequest.objects.exists()


def test_the_deadline_is_the_tiers_unless_the_agent_can_only_wait_shorter(
    ask: Ask,
) -> None:
    day = timedelta(hours=24)
    for asked, granted in ((None, day), (60, timedelta(seconds=60)), (604_800, day)):
        approval = ask("one", expires_in=asked)
        assert approval.expires_at - approval.created_at == granted


def test_one_approval_decides_where_one_is_asked_for(ask: Ask, alice: User) -> None:
    approval = vote(ask("one"), alice, message=" go ahead ")
    assert (approval.state, approval.decided_by) == ("approved", ["alice"])
    assert approval.decision_message == "go ahead"
    assert approval.permit.expires_at > timezone.now()
    assert verbs(approval) == ["request:submitted", "request:voted", "request:decided"]


def test_first_of_two_approvals_leaves_it_pending(
    ask: Ask, alice: User, bob: User
) -> None:
    approval = ask("two")
    before = approval.change
    assert vote(approval, alice).state == "pending"
    assert stored(approval).change > before
    assert vote(approval, bob).decided_by == ["alice", "bob"]


def test_a_denial_carries_its_message_and_no_permit(ask: Ask, alice: User) -> None:
    approval = vote(
        ask("one"),
        alice,
        "deny",
        message="Use the staging copy.",
        reason_code="wrong-target",
    )
    assert (approval.state, approval.decision_message) == (
        "denied",
        "Use the staging copy.",
    )
    assert approval.decision_reason_code == "wrong-target"
    assert not Permit.objects.exists()


def test_refuses_second_vote_by_same_person(ask: Ask, alice: User) -> None:
    approval = ask("two")
    vote(approval, alice)
    with pytest.raises(lifecycle.VotedAlready):
        vote(approval, alice)
    assert Vote.objects.count() == 1


def test_refuses_votes_after_the_decision(ask: Ask, alice: User, bob: User) -> None:
    approval = vote(ask("one"), alice)
    with pytest.raises(lifecycle.AlreadyDecided, match="already approved"):
        vote(approval, bob, "deny")
    assert stored(approval).state == "approved"


def test_refuses_votes_after_the_deadline(ask: Ask, alice: User) -> None:
    approval = ask("one")
    overdue(approval)
    with pytest.raises(lifecycle.AlreadyDecided, match="past its deadline"):
        vote(approval, alice)


@pytest.mark.parametrize("change", [{"revision": 2}, {"digest": "sha256:" + "0" * 64}])
def test_refuses_a_vote_on_something_else(
    ask: Ask, alice: User, change: dict[str, Any]
) -> None:
    approval = ask("one")
    with pytest.raises(lifecycle.StaleRevision):
        vote(approval, alice, **change)
    assert not Vote.objects.exists()


def test_refuses_people_outside_the_groups_asked_for(ask: Ask, charlie: User) -> None:
    with pytest.raises(lifecycle.NotAllowed, match="Only members of reviewers"):
        vote(ask("one"), charlie)


def test_refuses_a_superuser_without_the_group(ask: Ask, admin: User) -> None:
    with pytest.raises(lifecycle.NotAllowed, match="members of"):
        vote(ask("one"), admin)


def test_refuses_the_agents_owner(ask: Ask, owner: User, reviewers: Group) -> None:
    owner.groups.add(reviewers)
    with pytest.raises(lifecycle.NotAllowed, match="own this agent"):
        vote(ask("one"), owner)


def test_refuses_whoever_made_the_key_in_use(
    ask: Ask, agent: Agent, alice: User, bob: User
) -> None:
    issue_key(agent, actor=COMMAND_LINE, created_by=alice)
    submission = Submission("one", {})
    made_by_alice = agent.keys.get(created_by=alice)
    approval = lifecycle.submit(submission, agent=agent, key=made_by_alice).approval
    with pytest.raises(lifecycle.NotAllowed, match="made the key"):
        vote(approval, alice)
    assert vote(approval, bob).state == "approved"


def test_refuses_a_disabled_person(ask: Ask, alice: User) -> None:
    approval = ask("one")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(lifecycle.NotAllowed, match="disabled"):
        vote(approval, alice)


def leave_groups(user: User) -> None:
    user.groups.clear()


def lose_account(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("lose_rights", [leave_groups, lose_account])
def test_a_vote_stops_counting_with_the_voters_rights(
    ask: Ask,
    alice: User,
    bob: User,
    reviewers: Group,
    lose_rights: Callable[[User], None],
) -> None:
    approval = ask("two")
    vote(approval, alice)
    lose_rights(alice)
    assert vote(approval, bob).state == "pending"
    dora = User.objects.create_user("dora")
    dora.groups.add(reviewers)
    assert vote(approval, dora).decided_by == ["bob", "dora"]


def test_somebody_in_both_groups_fills_one_place(
    ask: Ask, alice: User, bob: User
) -> None:
    approval = ask("both")
    assert vote(approval, bob, message="fine").state == "pending"
    assert vote(approval, alice, message="fine").state == "approved"


@pytest.mark.parametrize(
    ("action", "verdict", "asked"),
    [
        ("one", "deny", False),
        ("two", "approve", False),
        ("two", "deny", True),
        ("both", "approve", True),
    ],
)
def test_asks_for_a_reason_where_the_tier_does(
    ask: Ask, bob: User, action: str, verdict: str, asked: bool
) -> None:
    approval = ask(action)
    if not asked:
        vote(approval, bob, verdict)
        return
    with pytest.raises(lifecycle.ReasonMissing):
        vote(approval, bob, verdict, message="  ")
    assert vote(approval, bob, verdict, message="because").votes.count() == 1


def test_the_agent_takes_its_request_back(ask: Ask, agent: Agent, alice: User) -> None:
    approval = ask("one")
    answer = lifecycle.cancel(approval.id, agent=agent, reason="solved otherwise")
    assert (answer.approval.state, answer.approval.decision_source) == (
        "cancelled",
        "agent",
    )
    with pytest.raises(lifecycle.AlreadyDecided):
        lifecycle.cancel(approval.id, agent=agent)
    with pytest.raises(lifecycle.AlreadyDecided):
        vote(approval, alice)


def test_an_agent_cannot_take_back_anothers_request(ask: Ask) -> None:
    approval, other = ask("one"), Agent.objects.create(name="other")
    with pytest.raises(ApprovalRequest.DoesNotExist):
        lifecycle.cancel(approval.id, agent=other)
    assert stored(approval).is_pending


def overdue(approval: ApprovalRequest) -> None:
    past = timezone.now() - timedelta(minutes=1)
    ApprovalRequest.objects.filter(pk=approval.pk).update(
        created_at=past - timedelta(minutes=1), expires_at=past
    )


def test_no_answer_is_a_deny(ask: Ask) -> None:
    late, later = ask("one"), ask("one")
    overdue(late)
    assert lifecycle.expire_due() == 1
    expired = stored(late)
    assert (expired.state, expired.decision_source) == ("expired", "timeout")
    assert stored(later).is_pending
    assert verbs(late) == ["request:submitted", "request:decided"]


def test_expires_more_than_one_batch(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle.deadlines, "BATCH", 2)
    for _ in range(5):
        overdue(ask("one"))
    assert lifecycle.expire_due() == 5


def test_a_decision_enqueues_its_callback(ask: Ask, agent: Agent, alice: User) -> None:
    set_callback(agent, "https://agent.example/hook", actor=COMMAND_LINE)
    agent.refresh_from_db()
    approval = ask("one")
    assert not Delivery.objects.exists()
    vote(approval, alice)
    delivery = Delivery.objects.get()
    assert (delivery.type, delivery.subject_id) == (
        "request.approved",
        str(approval.id),
    )
    assert '"state":"approved"' in delivery.body


def test_same_idempotency_key_and_body_gives_the_same_request(
    policy: Any, agent: Agent
) -> None:
    call = idempotency.call(agent, "k1", name="submit", body=b"{}")
    first = lifecycle.submit(Submission("one", {}), agent=agent, call=call)
    again = lifecycle.submit(Submission("one", {}), agent=agent, call=call)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.approval == again.approval
    assert ApprovalRequest.objects.count() == 1


def test_same_idempotency_key_with_another_body_is_refused(
    policy: Any, agent: Agent
) -> None:
    for body in (b"1", b"2"):
        call = idempotency.call(agent, "k1", name="submit", body=body)
        if body == b"1":
            lifecycle.submit(Submission("one", {}), agent=agent, call=call)
            continue
        with pytest.raises(idempotency.Mismatch):
            lifecycle.submit(Submission("one", {}), agent=agent, call=call)
    assert ApprovalRequest.objects.count() == 1


def test_two_agents_may_use_the_same_idempotency_key(policy: Any, agent: Agent) -> None:
    other = Agent.objects.create(name="other")
    for caller in (agent, other):
        call = idempotency.call(caller, "k1", name="submit", body=b"")
        assert not lifecycle.submit(
            Submission("one", {}), agent=caller, call=call
        ).replayed


def test_forgets_idempotency_keys_only_after_the_promised_time(
    policy: Any, agent: Agent
) -> None:
    from approvals.models import IdempotentCall

    call = idempotency.call(agent, "k1", name="submit", body=b"")
    lifecycle.submit(Submission("one", {}), agent=agent, call=call)
    for age, forgotten in ((timedelta(days=7), 0), (timedelta(days=9), 1)):
        IdempotentCall.objects.update(created_at=timezone.now() - age)
        assert idempotency.forget_old() == forgotten


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"state": "denied"}, "decided_exactly_when_terminal"),
        ({"decision_source": "reviewer"}, "decided_exactly_when_terminal"),
        (
            {
                "state": "granted",
                "decided_at": timezone.now(),
                "decision_source": "reviewer",
            },
            "decided_exactly_when_terminal",
        ),
        ({"route": "open"}, "route_is_known"),
        ({"digest": "sha256:xyz"}, "digest_is_sha256"),
        ({"expires_at": "2000-01-01T00:00:00Z"}, "expires_after_creation"),
    ],
)
def test_database_refuses_what_cannot_be(
    ask: Ask, columns: dict[str, Any], constraint: str
) -> None:
    approval = ask("one")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ApprovalRequest.objects.filter(pk=approval.pk).update(**columns)


def test_database_refuses_a_second_vote_of_one_person(ask: Ask, alice: User) -> None:
    approval = ask("two")
    vote(approval, alice)
    again = Vote(
        approval=approval, voter=alice, verdict="deny", revision=1,
        digest=approval.digest, created_at=timezone.now(),
    )  # fmt: skip
    with (
        pytest.raises(IntegrityError, match="one_vote_per_person"),
        transaction.atomic(),
    ):
        again.save(force_insert=True)


def test_who_made_the_webhook_secret_decides_on_nothing_signed_with_it(
    policy: object, agent: Agent, alice: User, bob: User
) -> None:
    rotate_webhook_secret(agent, actor=COMMAND_LINE, created_by=alice)
    agent.refresh_from_db()
    signed = lifecycle.submit(Submission(action="one", arguments={}), agent=agent)
    with pytest.raises(lifecycle.NotAllowed, match="key this agent used"):
        vote(signed.approval, alice)
    # It still counts while the next secret is rotated in.
    rotate_webhook_secret(agent, actor=COMMAND_LINE, created_by=bob)
    for maker in (alice, bob):
        with pytest.raises(lifecycle.NotAllowed, match="key this agent used"):
            vote(signed.approval, maker)
    drop_previous_secret(agent, actor=COMMAND_LINE)
    assert vote(signed.approval, alice).state == "approved"
