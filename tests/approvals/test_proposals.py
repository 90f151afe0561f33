"""With POLICY_SECOND_PERSON, what may lower risk needs another human's word."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals import humans, proposals, ruleset
from approvals.loosening import has_loosened
from approvals.models import ApprovalRequest, Policy, PolicyProposal
from approvals.proposals import NobodyNamed, NotYours, ProposalError
from approvals.ruleset import OutOfDate, ReasonMissing, SecondPersonNeeded
from audit.actions import Action
from audit.log import COMMAND_LINE, person
from audit.models import Entry
from audit.payloads import facts_of
from tests.approvals.conftest import TIERS
from tests.approvals.publishing import LOOSER, STRICTER, allow, anew
from tests.approvals.racing import Racers


@pytest.fixture(autouse=True)
def _second_person(settings: Settings, policy: Policy) -> None:
    settings.POLICY_SECOND_PERSON = True


@pytest.fixture
def alice(alice: User) -> User:
    allow(alice)
    return anew(alice)


@pytest.fixture
def bob(bob: User) -> User:
    allow(bob)
    return anew(bob)


def put_forward(
    source: str, user: User, reason: str = "We need it"
) -> Policy | PolicyProposal:
    return proposals.put_forward(
        source, actor=person(user), user=user, reason=reason, seen=None
    )


@pytest.fixture
def proposal(alice: User) -> PolicyProposal:
    found = put_forward(LOOSER, alice)
    assert isinstance(found, PolicyProposal)
    return found


def versions() -> list[int]:
    return list(Policy.objects.order_by("version").values_list("version", flat=True))


@pytest.mark.django_db
def test_what_may_lower_risk_becomes_a_proposal(
    proposal: PolicyProposal, alice: User
) -> None:
    assert versions() == [1]
    assert proposal.source == LOOSER
    entry = Entry.objects.get(action=Action.POLICY_PROPOSED)
    assert (entry.actor_name, entry.subject_id) == ("alice", str(proposal.pk))
    assert facts_of(entry) == {
        "reason": "We need it",
        "digest": ruleset.digest_of(LOOSER),
        "based_on": 1,
        "proposed_by": "alice",
    }


@pytest.mark.django_db
def test_what_lowers_nothing_is_published_at_once(alice: User) -> None:
    policy = put_forward(STRICTER, alice)
    assert isinstance(policy, Policy)
    assert (policy.version, policy.confirmed_by) == (2, None)
    assert not PolicyProposal.objects.exists()


@pytest.mark.django_db
def test_without_the_setting_one_person_is_enough(
    alice: User, settings: Settings
) -> None:
    settings.POLICY_SECOND_PERSON = False
    assert put_forward(LOOSER, alice).pk == 2


@pytest.mark.django_db
def test_there_is_no_way_round_it(alice: User) -> None:
    with pytest.raises(SecondPersonNeeded):
        ruleset.publish(LOOSER, actor=person(alice), user=alice, reason="x")
    with pytest.raises(SecondPersonNeeded):
        ruleset.publish(LOOSER, actor=COMMAND_LINE, reason="x")
    assert versions() == [1]


@pytest.mark.django_db
def test_rolling_back_needs_it_too(alice: User) -> None:
    put_forward(STRICTER, alice)
    assert isinstance(put_forward(TIERS, alice), PolicyProposal)
    assert versions() == [1, 2]


@pytest.mark.django_db
def test_what_is_in_force_and_cannot_be_read_needs_it_too(alice: User) -> None:
    Policy.objects.create(version=2, source="no", digest="x", reason="x")
    assert isinstance(put_forward(STRICTER, alice), PolicyProposal)


@pytest.mark.django_db
def test_another_human_puts_it_into_force(proposal: PolicyProposal, bob: User) -> None:
    policy = proposals.confirm(proposal.pk, actor=bob, reason="Looked at it")
    assert (policy.version, policy.source, policy.reason) == (2, LOOSER, "We need it")
    assert policy.published_by
    assert policy.published_by.username == "alice"
    assert (policy.confirmed_by, policy.confirmation) == (bob, "Looked at it")
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.decided_by) == ("confirmed", bob)
    assert proposal.published == policy
    entry = Entry.objects.filter(action=Action.POLICY_PUBLISHED).order_by("pk").last()
    assert entry
    assert entry.actor_name == "bob"
    assert entry.data["proposed_by"] == "alice"
    assert entry.data["confirmed_by"] == "bob"
    assert facts_of(entry)["confirmation"] == "Looked at it"
    assert facts_of(entry)["reason"] == "We need it"


@pytest.mark.django_db
def test_nobody_confirms_what_they_proposed(
    proposal: PolicyProposal, alice: User
) -> None:
    with pytest.raises(NotYours, match="somebody else"):
        proposals.confirm(proposal.pk, actor=alice, reason="I am sure")
    assert versions() == [1]


@pytest.mark.django_db
def test_another_account_of_theirs_confirms_nothing_either(
    proposal: PolicyProposal, alice: User, bob: User, admin: User
) -> None:
    humans.link(bob, alice, actor=admin)
    with pytest.raises(NotYours, match="somebody else"):
        proposals.confirm(proposal.pk, actor=bob, reason="I am sure")
    humans.unlink(bob, actor=admin)
    assert proposals.confirm(proposal.pk, actor=bob, reason="I am sure").version == 2


@pytest.mark.django_db
@pytest.mark.parametrize("write", [proposals.confirm, proposals.refuse])
def test_deciding_takes_the_right(
    proposal: PolicyProposal, charlie: User, write: Callable[..., object]
) -> None:
    with pytest.raises(NotYours, match="a right you do not have"):
        write(proposal.pk, actor=charlie, reason="x")
    allow(charlie)
    assert write(proposal.pk, actor=anew(charlie), reason="x")


@pytest.mark.django_db
def test_what_was_overtaken_cannot_be_confirmed(
    proposal: PolicyProposal, alice: User, bob: User
) -> None:
    put_forward(STRICTER, alice)
    with pytest.raises(OutOfDate, match="policy 2"):
        proposals.confirm(proposal.pk, actor=bob, reason="Late")
    assert versions() == [1, 2]
    assert proposals.refuse(proposal.pk, actor=bob, reason="Late").outcome == "refused"


@pytest.mark.django_db
def test_a_refusal_says_who_and_why(proposal: PolicyProposal, bob: User) -> None:
    proposals.refuse(proposal.pk, actor=bob, reason="Too much")
    assert versions() == [1]
    entry = Entry.objects.get(action=Action.POLICY_REFUSED)
    assert (entry.actor_name, facts_of(entry)["reason"]) == ("bob", "Too much")
    with pytest.raises(ProposalError, match="refused already"):
        proposals.confirm(proposal.pk, actor=bob, reason="Or not")


@pytest.mark.django_db
def test_a_proposal_can_be_taken_back_by_its_author(
    proposal: PolicyProposal, alice: User
) -> None:
    with pytest.raises(ProposalError, match="still waits"):
        put_forward(LOOSER + "# again\n", alice)
    proposals.refuse(proposal.pk, actor=alice, reason="My mistake")
    assert isinstance(put_forward(LOOSER + "# again\n", alice), PolicyProposal)


@pytest.mark.django_db
def test_every_word_needs_a_reason(
    proposal: PolicyProposal, alice: User, bob: User
) -> None:
    for say in (
        lambda: put_forward(LOOSER, bob, " "),
        lambda: proposals.confirm(proposal.pk, actor=bob, reason=" "),
        lambda: proposals.refuse(proposal.pk, actor=bob, reason="\n"),
    ):
        with pytest.raises(ReasonMissing):
            say()


@pytest.mark.django_db
def test_a_proposal_is_somebodys(alice: User) -> None:
    with pytest.raises(NobodyNamed):
        proposals.put_forward(LOOSER, actor=COMMAND_LINE, user=None, reason="x")


@pytest.mark.django_db
def test_there_is_nothing_to_say_of_a_missing_one(bob: User) -> None:
    with pytest.raises(PolicyProposal.DoesNotExist):
        proposals.confirm(uuid4(), actor=bob, reason="x")


@pytest.mark.django_db
def test_it_is_compared_with_what_its_author_saw(alice: User) -> None:
    put_forward(STRICTER, alice)
    for source in (LOOSER, STRICTER + "# more\n"):
        with pytest.raises(OutOfDate):
            proposals.put_forward(
                source, actor=person(alice), user=alice, reason="x", seen=1
            )
        with pytest.raises(OutOfDate):
            proposals.propose(
                source, actor=person(alice), user=alice, reason="x", seen=1
            )
    assert versions() == [1, 2]
    assert not PolicyProposal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_confirmations_and_refusals_at_once_decide_once(
    alice: User, bob: User, admin: User
) -> None:
    people = [bob, admin] * 3
    with Racers(6) as racers:
        for round_ in range(4):
            source = LOOSER + f"# {round_}\n"
            policy_before = ruleset.current()[0]
            made = proposals.propose(
                source, actor=person(alice), user=alice, reason="x"
            )
            writers = [proposals.confirm, proposals.refuse] * 3
            said = racers.at_once(
                [
                    lambda w=w, p=p, pk=made.pk: w(pk, actor=p, reason="x")  # type: ignore[operator]
                    for w, p in zip(writers, people, strict=True)
                ]
            )
            done = [one for one in said if not isinstance(one, Exception)]
            assert len(done) == 1
            assert sum(isinstance(one, ProposalError) for one in said) == 5
            published = ruleset.current()[0] - policy_before
            assert published == isinstance(done[0], Policy)


@pytest.mark.django_db
def test_proposer_and_confirmer_have_both_loosened(
    ask: Callable[..., ApprovalRequest],
    alice: User,
    bob: User,
    charlie: User,
    settings: Settings,
) -> None:
    found = put_forward(TIERS.replace("tier: two}", "tier: one}"), alice)
    proposals.confirm(found.pk, actor=bob, reason="Fine")
    approval = ask("two")
    assert approval.tier == "one"
    now = humans.current()
    guilty = [has_loosened(approval, p.pk, now) for p in (alice, bob, charlie)]
    assert guilty == [True, True, False]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"outcome": "confirmed"}, "proposal_is_decided_as_a_whole"),
        ({"decided_at": timezone.now()}, "proposal_is_decided_as_a_whole"),
        ({"decision": "own"}, "proposal_is_confirmed_by_another"),
    ],
    ids=["half", "undecided", "own"],
)
def test_the_database_refuses_half_decisions(
    proposal: PolicyProposal, alice: User, change: dict[str, object], name: str
) -> None:
    if change.get("decision"):
        change = {
            "outcome": "confirmed",
            "decided_by": alice,
            "decided_at": timezone.now(),
            "published": Policy.objects.get(),
        }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PolicyProposal.objects.filter(pk=proposal.pk).update(**change)


@pytest.mark.django_db
def test_the_database_refuses_two_open_ones_and_own_confirmations(
    proposal: PolicyProposal, alice: User
) -> None:
    proposal.pk = uuid4()
    with pytest.raises(IntegrityError, match="one_open_proposal_each"):  # noqa: SIM117
        with transaction.atomic():
            proposal.save(force_insert=True)
    with pytest.raises(IntegrityError, match="policy_is_confirmed_by_another"):  # noqa: SIM117
        with transaction.atomic():
            Policy.objects.create(
                version=9, source="x", digest="x", published_by=alice,
                confirmed_by=alice, reason="x",
            )  # fmt: skip


class TestCommandLine:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        found = tmp_path / "policy.yaml"
        found.write_text(LOOSER, encoding="utf-8")
        return found

    @pytest.mark.django_db
    def test_proposes_what_may_lower_risk(self, file: Path, alice: User) -> None:
        stdout = StringIO()
        arguments = ("policy", "publish", str(file), "--reason", "x", "--user", "alice")
        call_command(*arguments, stdout=stdout)
        proposal = PolicyProposal.objects.get()
        assert str(proposal.pk) in stdout.getvalue()
        assert "waits for a second person" in stdout.getvalue()
        assert (proposal.proposed_by, versions()) == (alice, [1])
        with pytest.raises(CommandError, match="last proposal still waits"):
            call_command(*arguments, stdout=stdout)

    @pytest.mark.django_db
    def test_wants_to_know_whose_it_is(self, file: Path) -> None:
        with pytest.raises(CommandError, match="--user: say who proposes it"):
            call_command("policy", "publish", str(file), "--reason", "x")
        assert versions() == [1]
