"""Whatever somebody does to the database, the offline verifier finds it.

The auditor holds one older checkpoint. Each case of the matrix is made by really
changing the database as its superuser, and where it needs that with the log's own
key; see ``tampering.py``.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import cryptography
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from uuid_utils.compat import uuid7

from agents.registry import register_agent
from approvals import lifecycle, ruleset
from approvals.models import ApprovalRequest
from approvals.submission import Submission
from audit import countersign_verify as offline
from audit import note, sequencer, tiles
from audit.actions import Action
from audit.export import Scope
from audit.log import COMMAND_LINE, SYSTEM, Sealed, person, record
from audit.models import Cosignature, Entry, Leaf, Payload
from audit.payloads import facts_of
from tests.approvals.conftest import TIERS
from tests.audit.bundles import checkpoint, exported, faults, members, packed, verified
from tests.audit.tampering import (
    dump,
    rewrite,
    sign_anew,
    sql,
    unreferenced,
    without_guards,
)

pytestmark = pytest.mark.django_db(transaction=True)


class House:
    """A request that is approved and redeemed, and one that waits."""

    def __init__(self, alice: User, bob: User) -> None:
        self.alice, self.bob = alice, bob
        ruleset.publish(TIERS, actor=COMMAND_LINE, reason="for tests")
        self.agent = register_agent("deploy-bot", actor=COMMAND_LINE).agent
        self.asked = self.ask("two")
        self.approve(self.asked, alice)
        self.approve(self.asked, bob)
        self.waiting = self.ask("one")
        self.old = checkpoint()
        self.go_on()

    def ask(self, action: str) -> ApprovalRequest:
        submission = Submission(action, {"n": 1}, justification="please")
        key = self.agent.keys.get()
        return lifecycle.submit(submission, agent=self.agent, key=key).approval

    def approve(self, approval: ApprovalRequest, who: User) -> None:
        lifecycle.vote(
            approval.pk, actor=who, verdict="approve", revision=approval.revision,
            digest=approval.digest, message=f"fine, says {who}",
        )  # fmt: skip

    def go_on(self) -> None:
        """What happens after the auditor's checkpoint."""
        lifecycle.redeem(self.asked.pk, agent=self.agent, digest=self.asked.digest)
        self.approve(self.waiting, self.alice)
        sequencer.sequence_due()

    def entry(self, action: str, approval: ApprovalRequest) -> Entry:
        return Entry.objects.filter(action=action, subject_id=str(approval.pk))[0]

    def index(self, action: str, approval: ApprovalRequest) -> int:
        return self.entry(action, approval).leaf.index


@pytest.fixture
def house(transactional_db: None, alice: User, bob: User) -> House:
    return House(alice, bob)


def test_what_nobody_touched_holds(house: House) -> None:
    found = verified(exported(), old=house.old)
    assert found.faults.shown == []
    assert found.sentence.startswith("INTACT: all ")
    assert "it goes on from the checkpoint of" in found.sentence


# The tamper matrix.


def test_an_edited_entry_is_found(house: House) -> None:
    index = house.index("request:voted", house.asked)
    with without_guards():
        rewrite(house.entry("request:voted", house.asked), actor_name="mallory")
    found = faults(exported(), old=house.old)
    assert f"Entry {index} is not the one that the tree was made of." in found
    assert any("History was changed" in sentence for sentence in found)


def test_a_deleted_entry_is_found(house: House) -> None:
    entry = house.entry("permit:redeemed", house.asked)
    index = entry.leaf.index
    with without_guards():
        Leaf.objects.filter(index=index).delete()
        Entry.objects.filter(pk=entry.pk).delete()
    words = f"Entry {index} is missing: {index + 1} follows {index - 1}."
    assert words in faults(exported(), old=house.old)


def test_a_cut_tail_is_found_also_when_the_log_has_grown_again(house: House) -> None:
    """The tree is made anew and signed with the log's key."""
    old = checkpoint()
    keep = list(Leaf.objects.values_list("entry", flat=True))[:-2]
    with unreferenced():
        sign_anew(keep)
        Entry.objects.exclude(pk__in=keep).delete()
    for _ in range(3):
        house.ask("one")
    found = faults(exported(), old=old)
    assert any(
        sentence.startswith("History was changed: the first") for sentence in found
    )


def test_entries_in_another_order_are_found(house: House) -> None:
    one, two = (
        house.entry(action, house.asked).leaf
        for action in ("request:submitted", "request:decided")
    )
    places = {one.index: two, two.index: one}
    with unreferenced():
        Leaf.objects.filter(index__in=places).delete()
        for index, leaf in places.items():
            Leaf.objects.create(index=index, entry_id=leaf.entry_id, hash=leaf.hash)
    found = faults(exported(), old=house.old)
    assert "entries do not make the tree that the checkpoint signs" in found[0]
    assert found[1].startswith("History was changed: the first")
    told = f"Entry {min(places)} (request:decided) is of a request never submitted."
    assert told in found


def test_a_duplicated_entry_is_found(house: House) -> None:
    """In a tree that is made for it, and signed with the log's key."""
    again = house.entry("permit:redeemed", house.asked)
    sql("ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_entry_id_key")
    try:
        first = again.leaf.index
        sql("INSERT INTO audit_pending (entry_id) VALUES (%s)", again.pk)
        found = faults(exported(), old=house.old)
    finally:
        with without_guards():
            Leaf.objects.filter(entry=again.pk).delete()
        sql("ALTER TABLE audit_leaf ADD UNIQUE (entry_id)")
    index = Leaf.objects.count() + 1
    assert f"Entry {index} is entry {first} once more: duplicated." in found
    assert f"Entry {index} (permit:redeemed) cannot be: its permit was redeemed" in (
        " ".join(found)
    )


def test_a_roll_back_to_an_older_dump_is_found(house: House) -> None:
    with dump() as restore:
        house.ask("one")
        old = checkpoint()
        restore()
        found = faults(exported(), old=old)
    assert any(
        sentence.startswith("The log was rolled back: it had") for sentence in found
    )


def test_a_fork_shown_to_two_auditors_is_found_by_either(house: House) -> None:
    with dump() as restore:
        house.ask("one")
        one_head, one_bundle = checkpoint(), exported()
        restore()
        house.ask("two")
        other_head, other_bundle = checkpoint(), exported()
    assert (
        faults(one_bundle, old=house.old) == faults(other_bundle, old=house.old) == []
    )
    for old, bundle in ((one_head, other_bundle), (other_head, one_bundle)):
        (sentence,) = faults(bundle, old=old)
        assert sentence.startswith("The log was forked: there are two signed trees of")


def test_a_swapped_key_is_found(house: House, settings: Settings) -> None:
    old_key = sequencer.verifier()
    settings.AUDIT_KEY = pem(Ed25519PrivateKey.generate())
    with without_guards():
        sign_anew()
    new_key = sequencer.verifier()
    words = "The key was swapped: the older checkpoint is signed by"
    told = f"{words} {old_key.id.hex()}, not by {new_key.id.hex()}."
    assert told in faults(exported(), old=house.old)
    known = faults(exported(), key=offline.Key.parse(str(old_key)))
    words = "The key was swapped: the checkpoint is signed by"
    assert f"{words} {new_key.id.hex()}, not by {old_key.id.hex()}." in known


def test_a_back_dated_entry_is_found(house: House) -> None:
    """Written like any other, with the id of the time that it claims."""
    at = timezone.now() - timedelta(days=3)
    early = UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)
    entry = Entry(
        id=early, at=at, action=Action.AGENT_PAUSED, actor_type="user", actor_id="1",
        actor_name="alice", subject_type="agent", subject_id="1", data={},
    )  # fmt: skip
    rewrite(entry)
    entry.save(force_insert=True)
    bundle = exported()
    (sentence,) = faults(bundle, old=house.old)
    assert sentence.startswith(f"Entry {entry.leaf.index} is dated 43")
    assert sentence.endswith(": back-dated.")


def test_an_id_of_another_time_than_the_entry_claims_is_found(house: House) -> None:
    entry = house.entry("permit:redeemed", house.asked)
    with without_guards():
        rewrite(entry, at=entry.at - timedelta(minutes=6))
        sign_anew()
    found = faults(exported(), old=house.old)
    assert any("as its id shows: back-dated." in sentence for sentence in found)


def test_a_swapped_payload_is_found(house: House) -> None:
    entry = house.entry("request:voted", house.asked)
    with without_guards():
        kept = Payload.objects.get(entry_id=entry.pk)
        at = kept.members.index("message") + 1
        swap = f"UPDATE audit_payload SET contents[{at}] = %s WHERE entry_id = %s"
        sql(swap, '"never!"', entry.pk)
    words = f"Entry {entry.leaf.index} does not commit to what is shown as its message."
    assert words in faults(exported(), old=house.old)


def test_a_payload_that_is_gone_without_an_erasure_is_found(house: House) -> None:
    with without_guards():
        Payload.objects.filter(subject_id=str(house.asked.pk)).delete()
    index = house.index("permit:redeemed", house.asked)
    told = f"Entry {index} commits to something that is not there, and nothing says"
    assert any(sentence.startswith(told) for sentence in faults(exported()))


def test_a_superuser_who_drops_triggers_edits_and_signs_anew_is_found(
    house: House,
) -> None:
    """Nothing in the bundle gives it away: the older checkpoint does."""
    entry = house.entry("request:submitted", house.asked)
    with without_guards():
        rewrite(entry, data={**entry.data, "environment": "staging"})
        sign_anew()
    bundle = exported()
    assert faults(bundle) == []
    (sentence,) = faults(bundle, old=house.old)
    assert sentence.startswith("History was changed: the first")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("state", "denied", "says state is 'denied', the log says 'approved'"),
        ("canonical", "{}", "is not what its digest covers"),
        ("justification", "I had to", "the agent's claims in the request table"),
        ("decided_by", ["bob"], "says decided_by is ['bob'], the log says"),
        ("canonical", "", "its content is gone, and no entry says that it was"),
    ],
)
def test_an_edited_request_table_is_found(
    house: House, column: str, value: object, told: str
) -> None:
    ApprovalRequest.objects.filter(pk=house.asked.pk).update(**{column: value})
    (first, *_) = faults(exported(), old=house.old)
    assert first.startswith(f"Request {house.asked.pk} (entry ")
    assert told in first


def test_a_permit_that_was_reset_in_the_table_is_found(house: House) -> None:
    sql(
        "UPDATE approvals_permit SET state = 'issued', closed_at = NULL,"
        " outcome_due_at = NULL"
    )
    assert "says permit is 'issued', the log says 'redeemed'" in faults(exported())[0]


# Decisions that the rules do not allow, by somebody who has the log's key.


def forge(house: House, action: Action, **data: Any) -> list[str]:
    """An entry as the application could have written it."""
    data = {"digest": Sealed(house.waiting.digest), "revision": 1, **data}
    subject = ("request", str(house.waiting.pk))
    with transaction.atomic():
        record(action, actor=SYSTEM, subject=subject, data=data)
    return faults(exported(), old=house.old)


DECISION = {"state": "denied", "source": "brake", "decided_by": [], "counted": []}


@pytest.mark.parametrize(
    ("action", "data", "told"),
    [
        (Action.REQUEST_DECIDED, DECISION, "the request is approved already"),
        (Action.REQUEST_VOTED, {"verdict": "deny"}, "the request is approved already"),
        (Action.REQUEST_SUBMITTED, {}, "submits a request that was submitted before"),
        (
            Action.PERMIT_REDEEMED,
            {"digest": Sealed("sha256:" + "0" * 64)},
            "the permit is for another digest",
        ),
        (Action.OUTCOME_OVERDUE, {}, "no outcome was due"),
    ],
)
def test_what_cannot_follow_is_found(
    house: House, action: Action, data: dict[str, Any], told: str
) -> None:
    assert told in " ".join(forge(house, action, **data))


@pytest.fixture
def pending(house: House) -> Callable[..., str]:
    """Decides a new request that takes two votes, and tells what is said of it."""

    def decided(by: User | None, votes: dict[str, str], **data: Any) -> str:
        approval = house.ask("two")
        people = {user.username: user for user in (house.alice, house.bob)}
        subject = ("request", str(approval.pk))
        digest = {"digest": Sealed(approval.digest), "revision": 1}
        with transaction.atomic():
            for name, verdict in votes.items():
                record(
                    Action.REQUEST_VOTED, subject=subject,
                    actor=person(people[name]),
                    data={**digest, "verdict": verdict},
                )  # fmt: skip
            record(
                Action.REQUEST_DECIDED, subject=subject,
                actor=person(by) if by else SYSTEM,
                data={**digest, **DECISION, **data},
            )  # fmt: skip
        return " ".join(faults(exported()))

    return decided


def test_an_approval_without_a_vote_is_found(pending: Any, alice: User) -> None:
    told = pending(alice, {}, state="approved", source="reviewer")
    assert "it is approved without a vote" in told


def test_an_approval_without_quorum_is_found(pending: Any, alice: User) -> None:
    counted = [{"voter": str(alice.pk), "groups": ["reviewers"]}]
    told = pending(
        alice,
        {"alice": "approve"},
        state="approved",
        source="reviewer",
        counted=counted,
    )
    assert "it is approved without the quorum that its tier requires" in told


def test_an_approval_that_counts_somebody_who_denied_is_found(
    pending: Any, alice: User, bob: User
) -> None:
    counted = [{"voter": str(who.pk), "groups": ["reviewers"]} for who in (alice, bob)]
    votes = {"alice": "approve", "bob": "deny"}
    told = pending(alice, votes, state="approved", source="reviewer", counted=counted)
    assert f"Account {bob.pk} was counted and has no vote that says so" in told


def test_the_same_person_twice_is_found(pending: Any, alice: User) -> None:
    counted = [{"voter": str(alice.pk), "groups": ["reviewers"]}] * 2
    told = pending(
        alice,
        {"alice": "approve"},
        state="approved",
        source="reviewer",
        counted=counted,
    )
    assert "somebody was counted twice" in told


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("policy", "policy decides alone on the route auto, and this is review"),
        ("grant", "it is approved by a grant that was not used for it"),
        ("timeout", "nothing is approved by timeout"),
    ],
)
def test_an_approval_from_nowhere_is_found(
    pending: Any, source: str, told: str
) -> None:
    assert told in pending(None, {}, state="approved", source=source)


def test_a_redemption_without_an_approval_is_found(house: House) -> None:
    house.waiting = house.ask("one")
    assert "the request is pending, not approved" in " ".join(
        forge(house, Action.PERMIT_REDEEMED)
    )


def test_a_digest_of_something_else_than_was_written_is_found(house: House) -> None:
    made = house.ask("one")
    first = house.entry("request:submitted", made)
    data = {**facts_of(first), "required": [], "deny_threshold": 1}
    sealed = ("digest", "content", "claims", "reasons", "findings")
    data |= {name: Sealed(data[name]) for name in sealed}
    data["content"] = Sealed({**facts_of(first)["content"], "agent": "other"})
    other = ("request", str(uuid7()))
    with transaction.atomic():
        record(
            Action.REQUEST_SUBMITTED, actor=made.agent.actor, subject=other, data=data
        )
    told = " ".join(faults(exported()))
    assert "its digest is not that of the action that was written" in told


def test_the_log_keeps_the_whole_action_and_what_was_claimed(house: House) -> None:
    made = house.ask("one")
    said = facts_of(house.entry("request:submitted", made))
    assert said["content"]["arguments"] == made.arguments
    assert said["claims"]["evidence"] == made.evidence


# Parts, erasures, witnesses.


@pytest.mark.parametrize("kind", ["request", "agent", "time"])
def test_a_part_is_proven_to_be_in_the_log(house: House, kind: str) -> None:
    scope = {
        "request": lambda: Scope.of(request=str(house.asked.pk), old=house.old),
        "agent": lambda: Scope.of(agent="deploy-bot", old=house.old),
        "time": lambda: Scope.of(since=house.asked.created_at, old=house.old),
    }[kind]()
    bundle = exported(scope)
    found = verified(bundle, old=house.old)
    assert found.faults.shown == []
    assert "entries of the log" in found.sentence
    first = next(name for name in members(bundle) if name.startswith("entries/"))
    lines = members(bundle)[first]
    changed = lines.replace(b"deploy-bot", b"deploy-cat", 1)
    files = {**members(bundle), first: changed}
    told = " ".join(faults(packed(files.items())))
    assert "is not in the tree that the checkpoint signs" in told


def erase(approval: ApprovalRequest) -> None:
    subject = ("request", str(approval.pk))
    with transaction.atomic():
        sql("SELECT audit_erase(%s, %s)", *subject)
        table = ApprovalRequest.objects.filter(pk=approval.pk)
        table.update(canonical="", justification=None)
        # By its name only: this is about what an entry so called means.
        record("request:erased", actor=SYSTEM, subject=subject)  # type: ignore[arg-type]


def test_what_was_erased_is_said_and_no_fault(house: House) -> None:
    erase(house.asked)
    found = verified(exported(), old=house.old)
    assert found.faults.shown == []
    assert "texts were erased" in found.sentence


def test_what_is_erased_during_an_export_is_no_fault_either(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry that says so has no place in the tree yet."""
    sequencer.sequence_due()
    erase(house.asked)
    monkeypatch.setattr(sequencer, "sequence_due", lambda: 0)
    found = verified(exported(), old=house.old)
    assert found.faults.shown == []
    assert "1 requests changed since" in found.sentence


def test_witnesses_count_when_they_signed(house: House) -> None:
    signers = [
        note.Signer(name, Ed25519PrivateKey.generate(), note.WITNESS)
        for name in ("w1.example", "w2.example")
    ]
    keys = [offline.Key.parse(str(one.verifier)) for one in signers]
    bundle = exported()
    head = sequencer.newest()
    assert head is not None
    line = signers[0].cosign(note.parse(head.note).text, 1_800_000_000).line()
    Cosignature.objects.create(
        checkpoint=head, witness="w1.example", line=line, at=timezone.now()
    )
    sql("DELETE FROM audit_pending")  # The same head once more.
    told = faults(bundle, witnesses=keys, needed=1)
    assert told[0].startswith("Only 0 of the 1 witnesses that are needed")
    bundle = exported()
    found = verified(bundle, witnesses=keys, needed=1)
    assert found.facts["witnesses"] == ["w1.example"]
    assert found.faults.shown == []
    assert faults(bundle, witnesses=keys, needed=2)[0].startswith("Only 1 of the 2")


def test_a_request_that_changed_after_the_checkpoint_is_no_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = house.ask("one")
    sequencer.sequence_due()
    house.approve(waiting, house.bob)
    monkeypatch.setattr(sequencer, "sequence_due", lambda: 0)
    found = verified(exported(), old=house.old)
    assert found.faults.shown == []
    assert "1 requests changed since" in found.sentence


def test_what_another_policy_judged_during_a_hold_is_followed(
    house: House, settings: Settings
) -> None:
    """Submitted where nobody decides, approved where two people do."""
    settings.BRAKE_RELEASE_PEOPLE = 1
    hold = lifecycle.engage_brake(scope="everything", reason="!", actor=COMMAND_LINE)
    asked = house.ask("none")
    stricter = TIERS.replace('"none", tier: none', '"none", tier: two')
    ruleset.publish(stricter, actor=COMMAND_LINE, reason="for tests")
    lifecycle.release_brake(hold.pk, human="1", actor=COMMAND_LINE, reason="over")
    for who in (house.alice, house.bob):
        house.approve(asked, who)
    assert house.entry("request:judged_anew", asked).data["route"] == "review"
    found = verified(exported(), old=house.old)
    assert found.faults.shown == []
    assert ApprovalRequest.objects.get(pk=asked.pk).state == "approved"


OLD_FORM = {
    "agent": "deploy-bot", "key": "1", "action": "one", "environment": None,
    "revision": 1, "tier": "one", "policy_version": 1, "reasons": [],
    "route": "review", "windows": {},
}  # fmt: skip


def as_it_was_before_seals(house: House, approval: ApprovalRequest) -> None:
    """Entries of version 0.3, about a request that one person approved."""
    subject = ("request", str(approval.pk))
    digest = {"digest": approval.digest, "revision": 1}
    decided = {"state": "approved", "source": "reviewer", "decided_by": ["alice"]}
    alice, agent = person(house.alice), house.agent.actor
    with transaction.atomic():
        for action, actor, data in (
            (Action.REQUEST_SUBMITTED, agent, OLD_FORM),
            (Action.REQUEST_VOTED, alice, {"verdict": "approve"}),
            (Action.REQUEST_DECIDED, alice, decided),
            (Action.PERMIT_REDEEMED, agent, {}),
        ):
            record(action, actor=actor, subject=subject, data={**digest, **data})


def forget(approval: ApprovalRequest) -> None:
    """Let the log know nothing of a request."""
    entries = Entry.objects.filter(subject_id=str(approval.pk))
    with unreferenced():
        for table in ("audit_payload", "audit_subjectkey"):
            sql(f"DELETE FROM {table} WHERE subject_id = %s", str(approval.pk))
        Leaf.objects.filter(entry__in=entries).delete()
        entries.delete()
        sql("DELETE FROM audit_pending")


def test_requests_of_before_seals_are_no_fault(house: House) -> None:
    """An upgraded log begins with them."""
    forget(house.asked)
    later = list(Leaf.objects.values_list("entry", flat=True))
    table = ApprovalRequest.objects.filter(pk=house.asked.pk)
    table.update(tier="one", decided_by=["alice"])
    as_it_was_before_seals(house, house.asked)
    old = Entry.objects.filter(subject_id=str(house.asked.pk)).order_by("id")
    with unreferenced():
        sql("DELETE FROM audit_pending")
        sign_anew([*(entry.pk for entry in old), *later])
    assert faults(exported()) == []


def test_an_entry_of_before_seals_after_them_is_found(house: House) -> None:
    """Or the rules could be left by writing as before."""
    later = house.ask("one")
    forget(later)
    as_it_was_before_seals(house, later)
    told = " ".join(faults(exported()))
    assert "shows a digest openly, as no entry does any more" in told
    assert "it does not say what approval takes" in told


# As auditors run it.


def pem(key: Ed25519PrivateKey) -> str:
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return encoded.decode()


ALONE = """
import runpy, sys
sys.path.append(sys.argv[1])
sys.argv = sys.argv[2:]
for name in ("django", "rfc8785", "audit"):
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    sys.exit(f"{name} is here")
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def alone(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The one file, in a Python that has nothing but ``cryptography``."""
    packages = tmp_path / "packages"
    if not packages.exists():
        packages.mkdir()
        installed = Path(cryptography.__file__).parent.parent
        for found in (*installed.glob("cryptography"), *installed.glob("*cffi*")):
            (packages / found.name).symlink_to(found)
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(packages)]
    return subprocess.run(
        [*command, offline.__file__, *arguments],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_it_runs_alone(house: House, tmp_path: Path) -> None:
    bundle, old = tmp_path / "bundle.tar", tmp_path / "old"
    bundle.write_bytes(exported())
    old.write_text(house.old)
    key = str(sequencer.verifier())
    done = alone(tmp_path, str(bundle), "--checkpoint", str(old), "--key", key)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("INTACT: all ")
    bundle.write_bytes(bundle.read_bytes().replace(b"deploy-bot", b"deploy-cat"))
    done = alone(tmp_path, str(bundle), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    assert told["verdict"].startswith("NOT INTACT: ")
    assert told["faults"]


def test_a_proof_of_one_entry(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = house.entry("permit:redeemed", house.asked)
    head = sequencer.newest()
    assert head is not None
    hashes = tuple(tiles.inclusion_proof(entry.leaf.index, head.size))
    proof = note.InclusionProof(entry.leaf.index, hashes, note.parse(head.note))
    (tmp_path / "x.tlog-proof").write_text(str(proof))
    text = tmp_path / "entry.json"
    text.write_bytes(bytes(entry.canonical))
    key = str(sequencer.verifier())
    arguments = [str(tmp_path / "x.tlog-proof"), "--entry", str(text), "--key", key]
    assert offline.main(arguments) == 0
    assert f"this is entry {entry.leaf.index} of the log" in capsys.readouterr().out
    text.write_bytes(bytes(entry.canonical).replace(b"redeemed", b"revoked."))
    assert offline.main(arguments) == 1
    assert "it is not in the signed tree" in capsys.readouterr().out
