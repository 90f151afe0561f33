"""``/audit/entries/<id>``: the page, the text that is hashed, and the proof."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import merkle, note, sequencer
from audit.actions import Action
from audit.log import SYSTEM, Actor, Sealed, record
from audit.models import Entry, Leaf, Payload
from tests.audit.conftest import Writes, changed_by_force

pytestmark = pytest.mark.django_db(transaction=True)

AGENT = Actor(type="agent", id="7", name="deploy-bot")
Write = Callable[..., Entry]


@pytest.fixture
def write(transactional_db: None) -> Write:
    def write(action: Action = Action.REQUEST_REPLIED, **data: object) -> Entry:
        subject = ("request", "0199aaaa-0000-7000-8000-000000000001")
        with transaction.atomic():
            return record(action, actor=AGENT, subject=subject, data=data)

    return write


@pytest.fixture
def reader(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def page_of(reader: Client, entry: Entry) -> str:
    answer = reader.get(f"/audit/entries/{entry.pk}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 515])
def test_proof_holds_for_every_entry_at_the_edges(
    reader: Client, writes: Writes, size: int
) -> None:
    writes(size - Entry.objects.count())  # To sign in was one.
    sequencer.sequence_due()
    for at in {0, size // 2, size - 1}:
        entry = Leaf.objects.get(index=at).entry_id
        answer = reader.get(f"/audit/entries/{entry}/proof")
        found = note.InclusionProof.parse(answer.text)
        head = note.verified(found.checkpoint, sequencer.verifier())
        text = reader.get(f"/audit/entries/{entry}/canonical").content
        leaf = merkle.leaf_hash(text)
        proven = merkle.verify_inclusion(
            leaf, found.index, head.size, found.hashes, head.root
        )
        assert proven
        assert found.index == at
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert f"{entry}.tlog-proof" in answer["Content-Disposition"]


def test_an_entry_without_a_place_has_no_proof_yet(
    reader: Client, write: Write
) -> None:
    entry = write()
    answer = reader.get(f"/audit/entries/{entry.pk}/proof")
    assert answer.status_code == 409
    assert "no place in the tree yet" in answer.text
    assert answer["Retry-After"] == "1"
    assert "without a place yet" in page_of(reader, entry)
    sequencer.sequence_due()
    assert reader.get(f"/audit/entries/{entry.pk}/proof").status_code == 200


def test_an_entry_that_there_is_not_is_not_found(reader: Client, write: Write) -> None:
    write()
    for path in ("", "/proof", "/canonical"):
        assert reader.get(f"/audit/entries/{uuid4()}{path}").status_code == 404
    assert reader.get("/audit/entries/x").status_code == 404


def test_a_damaged_tree_is_said_to_be_so(reader: Client, write: Write) -> None:
    entry = write()
    sequencer.sequence_due()
    changed_by_force("UPDATE audit_checkpoint SET note = 'x'")
    answer = reader.get(f"/audit/entries/{entry.pk}/proof")
    assert answer.status_code == 503
    assert "damaged" in answer.text


def test_everything_is_for_people_who_may_read_the_log(
    client: Client, write: Write, charlie: User
) -> None:
    entry = write()
    paths = [f"/audit/entries/{entry.pk}{end}" for end in ("", "/proof", "/canonical")]
    assert [client.get(path).status_code for path in paths] == [302, 403, 403]
    client.force_login(charlie)
    assert [client.get(path).status_code for path in paths] == [403, 403, 403]


def test_other_methods_are_refused_and_nothing_changes(
    reader: Client, write: Write
) -> None:
    entry = write()
    before = Entry.objects.count()
    for end in ("", "/proof", "/canonical"):
        path = f"/audit/entries/{entry.pk}{end}"
        assert reader.post(path).status_code == 405
        assert reader.head(path).status_code == reader.get(path).status_code
    assert Entry.objects.count() == before


def test_page_shows_what_was_written_and_its_commitment(
    reader: Client, write: Write
) -> None:
    entry = write(question="q1", message=Sealed("Because\u202e of <b>that</b>"))
    sequencer.sequence_due()
    page = page_of(reader, entry)
    assert "Because" in page
    assert "⟦U+202E⟧" in page
    assert "<b>that" not in page
    assert "a claim, not checked" in page
    assert f"committed to as {entry.data['message']['sealed']}" in page
    assert f"Entry {entry.leaf.index + 1} of the log" in page
    assert "hmac-sha256:" in page.split("The text that its hash covers")[1]


def test_page_marks_what_was_erased(reader: Client, write: Write) -> None:
    entry = write(message=Sealed("Her address is Elm Street 1"))
    changed_by_force("DELETE FROM audit_payload")
    changed_by_force("DELETE FROM audit_subjectkey")
    page = page_of(reader, entry)
    assert '<p class="erased">[erased]</p>' in page
    assert "Elm Street" not in page
    assert "Does not fit its commitment" not in page


def test_what_an_agent_wrote_as_erased_is_not_taken_for_it(
    reader: Client, write: Write
) -> None:
    page = page_of(reader, write(message=Sealed("[erased]")))
    assert 'class="erased"' not in page
    assert '<p class="written-text">[erased]</p>' in page


def test_page_says_when_a_text_was_swapped(reader: Client, write: Write) -> None:
    entry = write(message=Sealed("Delete staging"))
    assert "Does not fit its commitment" not in page_of(reader, entry)
    changed_by_force(
        "UPDATE audit_payload SET contents = ARRAY[%s]", '"Delete production"'
    )
    assert Payload.objects.get().contents == ['"Delete production"']
    assert "Does not fit its commitment" in page_of(reader, entry)


def test_a_text_whose_key_is_gone_cannot_be_shown_to_be_it(
    reader: Client, write: Write
) -> None:
    entry = write(message=Sealed("Delete staging"))
    changed_by_force("DELETE FROM audit_subjectkey")
    assert "Does not fit its commitment" in page_of(reader, entry)


@pytest.mark.parametrize(
    "change",
    [
        "actor_name = 'mallory'",
        "at = at - interval '1 day'",
        """data = '{"question": "other"}'""",
        "canonical = canonical || ' '",
        "leaf_hash = sha256('')",
        "data = '{\"n\": 9007199254740993}'",
    ],
)
def test_page_says_when_the_row_was_changed(
    reader: Client, write: Write, change: str
) -> None:
    entry = write(question="q1")
    assert "does not say what was written" not in page_of(reader, entry)
    changed_by_force(f"UPDATE audit_entry SET {change}")
    assert "does not say what was written" in page_of(reader, entry)


def test_pages_lead_to_the_entries_beside(reader: Client, writes: Writes) -> None:
    first, second, third = writes(3)
    sequencer.sequence_due()
    page = page_of(reader, second)
    assert f'href="/audit/entries/{first.pk}" data-key="["' in page
    assert f'href="/audit/entries/{third.pk}" data-key="]"' in page
    assert 'data-key="]"' not in page_of(reader, third)


def test_page_and_proof_ask_few_questions(reader: Client, writes: Writes) -> None:
    with transaction.atomic():
        for each in range(700):
            record(Action.AGENT_PAUSED, actor=SYSTEM, subject=("agent", str(each)))
    sequencer.sequence_due()
    entry = Leaf.objects.get(index=300).entry_id
    with CaptureQueriesContext(connection) as queries:
        assert reader.get(f"/audit/entries/{entry}/proof").status_code == 200
    assert len(queries) <= 11
    with CaptureQueriesContext(connection) as queries:
        reader.get(f"/audit/entries/{entry}")
    assert len(queries) <= 9
