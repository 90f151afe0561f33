"""``/audit/checkpoint``, ``key``, ``tile/…``: what auditors and witnesses fetch."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import merkle, note, sequencer, tile_views
from audit.actions import Action
from audit.log import SYSTEM, record
from audit.models import Checkpoint, Cosignature, Entry, Leaf
from tests.audit.conftest import Writes, changed_by_force

pytestmark = pytest.mark.django_db(transaction=True)

FULL, PARTIAL = 2, 88
SIZE = 256 * FULL + PARTIAL
PUBLIC = ["checkpoint", "key", "tile/0/000"]


@pytest.fixture
def tree(transactional_db: None) -> list[bytes]:
    """A log of 600 entries; the hashes of its leaves."""
    with transaction.atomic():
        for each in range(SIZE):
            subject = ("agent", str(each))
            record(Action.AGENT_PAUSED, actor=SYSTEM, subject=subject)
    sequencer.sequence_due()
    return [bytes(one) for one in Leaf.objects.values_list("hash", flat=True)]


@pytest.fixture
def alices(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def hashes(content: bytes) -> list[bytes]:
    return [content[at : at + 32] for at in range(0, len(content), 32)]


def entries_in(bundle: bytes) -> Iterator[bytes]:
    while bundle:
        end = 2 + int.from_bytes(bundle[:2])
        yield bundle[2:end]
        bundle = bundle[end:]


def root_of(leaves: list[bytes]) -> bytes:
    tree = merkle.Frontier()
    for one in leaves:
        tree.append(one)
    return tree.root()


def test_checkpoint_is_signed_by_the_key_and_covers_everything(
    client: Client, tree: list[bytes]
) -> None:
    answer = client.get("/audit/checkpoint")
    key = note.VerifierKey.parse(client.get("/audit/key").text)
    head = note.verified(note.parse(answer.text), key)
    assert (head.size, head.root) == (SIZE, root_of(tree))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"


def test_checkpoint_carries_the_cosignatures_of_its_witnesses(
    client: Client, writes: Writes
) -> None:
    writes(1)
    sequencer.sequence_due()
    head = Checkpoint.objects.get()
    text = note.parse(head.note).text
    for name in ("witness.example/a", "witness.example/b"):
        witness = note.Signer(name, Ed25519PrivateKey.generate(), note.WITNESS)
        line = witness.cosign(text, 1_700_000_000).line()
        Cosignature.objects.create(
            checkpoint=head, witness=name, line=line, at=timezone.now()
        )
        found = note.parse(client.get("/audit/checkpoint").text)
        assert witness.verifier.signed(found)
    assert len(found.signatures) == 3
    assert sequencer.verifier().signed(found)


def test_there_is_a_key_but_no_checkpoint_before_the_first(
    client: Client, transactional_db: None
) -> None:
    assert note.VerifierKey.parse(client.get("/audit/key").text)
    answer = client.get("/audit/checkpoint")
    assert (answer.status_code, answer.text) == (
        404, "The log has no checkpoint yet.\n",
    )  # fmt: skip
    assert client.get("/audit/tile/0/000.p/1").status_code == 404


def test_tiles_hold_the_hashes_of_the_tree(client: Client, tree: list[bytes]) -> None:
    first = client.get("/audit/tile/0/000")
    assert hashes(first.content) == tree[:256]
    assert first["Content-Type"] == "application/octet-stream"
    assert first["Cache-Control"] == "public, max-age=31536000, immutable"
    assert hashes(client.get("/audit/tile/0/002.p/88").content) == tree[512:]
    above = client.get("/audit/tile/1/000.p/2").content
    assert hashes(above) == [root_of(tree[:256]), root_of(tree[256:512])]


PUBLISHED = [
    "0/000.p/255", "0/001.p/1", "0/002.p/88", "0/002.p/87", "1/000.p/2", "1/000.p/1",
]  # fmt: skip
NOT_YET = ["0/002.p/89", "0/002", "0/003.p/1", "1/000.p/3", "1/000", "2/000.p/1"]
MISSPELT = [
    "64/000.p/1", "00/000", "-1/000", "x/000", "0/0", "0/00", "0/0000", "0/-01",
    "0/x000/000", "0/001/000", "0/X001/000", "0/x001x000", "0/000/", "0/000%0A",
    "0/٠٠٠", "0/000.p/256", "0/000.p/0", "0/000.p/01", "0/000.p/-1", "0/000.p/",
    "0/000.p/1%0A", "0/000.p", "0//000", "entries/0", "entries/x000/000",
]  # fmt: skip
FAR = ["63/000.p/1", "0/x001/000", "0/x001/x234/067", "0/" + "x999/" * 6 + "999"]
ENDLESS = "0/" + "x999/" * 2000 + "999"


def test_answers_tiles_by_one_spelling_and_only_published_ones(
    client: Client, tree: list[bytes]
) -> None:
    for path in PUBLISHED:
        assert client.get(f"/audit/tile/{path}").status_code == 200, path
    for path in (*NOT_YET, *MISSPELT, *FAR, ENDLESS):
        answer = client.get(f"/audit/tile/{path}")
        assert answer.status_code == 404, path
        assert "immutable" not in answer.get("Cache-Control", ""), path


def test_number_of_a_tile_is_read_in_groups_of_three_digits() -> None:
    assert tile_views._number("x001/x234/067") == 1_234_067
    assert tile_views._number("067") == 67


def test_bundles_hold_the_entries_below_a_tile(
    alices: Client, tree: list[bytes]
) -> None:
    answer = alices.get("/audit/tile/entries/000")
    assert [merkle.leaf_hash(one) for one in entries_in(answer.content)] == tree[:256]
    assert answer["Content-Type"] == "application/octet-stream"
    assert "no-store" in answer["Cache-Control"]
    last = alices.get("/audit/tile/entries/002.p/88").content
    assert [merkle.leaf_hash(one) for one in entries_in(last)] == tree[512:600]
    for path in ("002", "002.p/90", "003.p/1", "0", "x000/000"):
        assert alices.get(f"/audit/tile/entries/{path}").status_code == 404


def test_bundles_are_for_people_who_may_read_the_log(
    client: Client, writes: Writes, charlie: User
) -> None:
    writes(1)
    sequencer.sequence_due()
    assert client.get("/audit/tile/entries/000.p/1").status_code == 403
    client.force_login(charlie)
    refused = client.get("/audit/tile/entries/000.p/1")
    assert refused.status_code == 403
    assert "may read the log" in refused.text


@pytest.mark.parametrize(("length", "status"), [(0xFFFF, 200), (0x10000, 409)])
def test_a_bundle_refuses_what_its_form_cannot_hold(
    alices: Client, transactional_db: None, length: int, status: int
) -> None:
    def write(text: str) -> Entry:
        subject = ("agent", "1")
        with transaction.atomic():
            return record(
                Action.AGENT_PAUSED, actor=SYSTEM, subject=subject, data={"n": text}
            )

    around = len(write("").canonical)
    entry = write("x" * (length - around))
    assert len(entry.canonical) == length
    sequencer.sequence_due()
    answer = alices.get(f"/audit/tile/entries/000.p/{Entry.objects.count()}")
    assert answer.status_code == status
    if status == 200:
        assert list(entries_in(answer.content))[-1] == entry.canonical
    else:
        assert "too long for a bundle" in answer.text


def test_a_damaged_checkpoint_is_said_to_be_so(client: Client, writes: Writes) -> None:
    writes(1)
    sequencer.sequence_due()
    changed_by_force("UPDATE audit_checkpoint SET note = 'x'")
    answer = client.get("/audit/checkpoint")
    assert answer.status_code == 503
    assert "cannot be read" in answer.text


@pytest.mark.parametrize("path", [*PUBLIC, "tile/entries/000.p/3"])
def test_head_answers_and_other_methods_do_not(
    alices: Client, writes: Writes, path: str
) -> None:
    writes(256)
    sequencer.sequence_due()
    before = Entry.objects.count()
    headers = dict(alices.get(f"/audit/{path}").headers)
    answer = alices.head(f"/audit/{path}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert dict(answer.headers) == headers
    for refused in ("post", "put", "delete", "patch"):
        assert getattr(alices, refused)(f"/audit/{path}").status_code == 405
    assert Entry.objects.count() == before


def test_public_answers_ask_few_questions_and_no_session(
    alices: Client, tree: list[bytes]
) -> None:
    most = {"checkpoint": 2, "key": 1, "tile/0/000": 2, "tile/0/002.p/88": 3}
    for path, number in {**most, "tile/1/000.p/2": 3}.items():
        with CaptureQueriesContext(connection) as queries:
            answer = alices.get(f"/audit/{path}")
        assert answer.status_code == 200
        assert len(queries) <= number, path
        assert "Cookie" not in answer.get("Vary", "")
        assert not answer.cookies


def test_a_bundle_asks_few_questions(alices: Client, tree: list[bytes]) -> None:
    with CaptureQueriesContext(connection) as queries:
        alices.get("/audit/tile/entries/000")
    assert len(queries) <= 5
