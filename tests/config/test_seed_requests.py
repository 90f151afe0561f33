"""Requests that nobody asked for look real, and the log says that they are not."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import Count
from pytest_django.fixtures import Settings

from agents.models import AgentKey
from agents.registry import register_agent
from approvals import decided, lifecycle, queue, ruleset
from approvals.canonical import Action, digest
from approvals.models import ApprovalRequest, Permit, Vote
from approvals.risk import assess
from approvals.splits import Desk
from approvals.states import PermitState, State
from approvals.submission import Submission
from audit import sequencer
from audit.actions import Action as Verb
from audit.log import COMMAND_LINE
from audit.models import Entry
from audit.verification import verify_log
from tests.audit.bundles import exported, faults

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shipped(transactional_db: None) -> None:
    source = ruleset.SHIPPED.read_text(encoding="utf-8")
    ruleset.publish(source, actor=COMMAND_LINE, reason="for tests")


def seed(*words: str) -> str:
    stdout = StringIO()
    sizes = ("--pending=60", "--decided=400", "--agents=3", "--people=4")
    call_command("seed_requests", *sizes, *words, stdout=stdout, stderr=StringIO())
    return stdout.getvalue()


def real_request() -> None:
    agent = register_agent("deploy-bot", actor=COMMAND_LINE).agent
    lifecycle.submit(Submission("email.send", {"to": "ana@example.com"}), agent=agent)


def test_seeded_requests_are_what_the_real_way_would_have_made() -> None:
    said = seed()
    assert "460 requests" in said
    assert "will not verify" in said
    requests = ApprovalRequest.objects.all()
    states = dict(requests.order_by().values_list("state").annotate(Count("pk")))
    assert states["pending"] == 60
    assert set(states) >= {State.APPROVED, State.DENIED, State.CANCELLED}
    assert len(set(requests.values_list("tier", flat=True))) == 5
    agents = requests.order_by().values_list("agent").annotate(n=Count("pk"))
    counts = sorted(number for _, number in agents)
    assert counts[-1] > 2 * counts[0]
    context = ruleset.current()[1].context
    for approval in requests.select_related("agent")[::7]:
        action = Action(
            approval.action, approval.agent.name, approval.arguments,
            approval.environment, approval.resource, approval.subject,
        )  # fmt: skip
        assert approval.canonical == action.canonical()
        assert approval.digest == digest(approval.canonical)
        found = [finding.as_dict() for finding in assess(action, context).findings]
        assert approval.findings == found
        assert (approval.decided_at or approval.created_at) >= approval.created_at
    alice = User.objects.create_user("alice", is_staff=True)
    desk = Desk(alice)
    assert desk.counts[None].number == queue.pending(alice).number == 60
    assert len(decided.history(desk).rows) == decided.HISTORY_PAGE


def test_approved_takes_as_many_people_as_the_tier_asks_for() -> None:
    seed()
    approved = ApprovalRequest.objects.filter(state=State.APPROVED, route="review")
    for approval in approved.prefetch_related("votes__voter"):
        votes = [vote for vote in approval.votes.all() if vote.approves]
        names = sorted(vote.voter.username for vote in votes)
        assert names == sorted(approval.decided_by)
        assert len(names) == queue.places_of(approval)
    assert Vote.objects.filter(approval__state=State.PENDING).exists()


def test_nothing_seeded_opens_a_door() -> None:
    seed()
    assert not AgentKey.objects.filter(revoked_at=None).exists()
    assert not Permit.objects.filter(state=PermitState.ISSUED).exists()
    assert set(Permit.objects.values_list("token", flat=True)) == {
        "seeded: not a permit"
    }
    people = User.objects.filter(username__startswith="seeded-")
    assert not any(person.has_usable_password() for person in people)


def test_the_log_says_that_they_were_seeded_and_an_export_that_it_knows_none() -> None:
    seed("--pending=3", "--decided=0")
    entry = Entry.objects.get(action=Verb.REQUESTS_SEEDED)
    assert (entry.data["pending"], entry.data["decided"]) == (3, 0)
    assert not Entry.objects.filter(subject_type="request").exists()
    sequencer.sequence_due()
    assert verify_log().fault is None
    found = faults(exported())
    assert len([f for f in found if "the log knows nothing of it" in f]) == 3


def test_refuses_beside_real_requests_unless_forced() -> None:
    real_request()
    with pytest.raises(CommandError, match="real requests"):
        seed()
    assert ApprovalRequest.objects.count() == 1
    seed("--force", "--decided=0")
    assert ApprovalRequest.objects.count() == 61


@pytest.mark.parametrize("name", ["redis", "address"])
def test_refuses_in_production_whatever_is_forced(
    name: str, settings: Settings
) -> None:
    if name == "redis":
        settings.REDIS_URL = "redis://cache:6379/0"
    else:
        address = {"base_url": "https://countersign.example.com"}
        settings.ENV = settings.ENV.model_validate(address)
    with pytest.raises(CommandError, match="production"):
        seed("--force")
    assert not ApprovalRequest.objects.exists()


def test_refuses_senseless_numbers() -> None:
    with pytest.raises(CommandError, match="--people: 2 to 100"):
        seed("--people=1")
