"""Entries get their place without gaps, whatever is killed or broken meanwhile."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.db import connection, connections, transaction
from pytest_django.fixtures import Settings

from audit import merkle, note, sequencer, tiles
from audit.models import Checkpoint, Entry, Leaf, Pending, Tile
from tests.audit.conftest import Writes

pytestmark = pytest.mark.django_db(transaction=True)


def assert_sound(entries: int) -> None:
    """Every entry has one place; tiles and heads say the same as the leaves."""
    leaves = list(Leaf.objects.select_related("entry"))
    assert [leaf.index for leaf in leaves] == list(range(entries))
    assert all(bytes(leaf.hash) == bytes(leaf.entry.leaf_hash) for leaf in leaves)
    assert Entry.objects.count() == entries + Pending.objects.count()
    hashes = [bytes(leaf.hash) for leaf in leaves]
    for tile in Tile.objects.filter(level=0):
        first = tile.number * 256
        assert tiles.split(bytes(tile.hashes)) == hashes[first : first + 256]
    assert Tile.objects.filter(level=0).count() == entries // 256
    key = sequencer.verifier()
    for checkpoint in Checkpoint.objects.all():
        tree = merkle.Frontier()
        for one in hashes[: checkpoint.size]:
            tree.append(one)
        head = note.verified(note.parse(checkpoint.note), key)
        assert (head.size, head.root) == (checkpoint.size, tree.root())
        assert tiles.root(checkpoint.size) == tree.root()


def test_entries_get_their_place_in_the_order_they_were_written(writes: Writes) -> None:
    first = writes(3)
    assert sequencer.sequence_due() == 3
    second = writes(2)
    assert sequencer.sequence_due() == 2
    places = Leaf.objects.values_list("entry_id", flat=True)
    assert list(places) == [entry.pk for entry in (*first, *second)]
    assert list(Checkpoint.objects.values_list("size", flat=True)) == [5, 3]
    assert_sound(5)


def test_nothing_new_makes_no_new_checkpoint(writes: Writes) -> None:
    assert sequencer.sequence_due() == 0
    writes(1)
    sequencer.sequence_due()
    assert sequencer.sequence_due() == 0
    assert Checkpoint.objects.count() == 1


def test_more_than_a_batch_is_taken_in_batches(
    writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "BATCH", 100)
    writes(560)
    assert sequencer.sequence_due() == 560
    assert list(Checkpoint.objects.values_list("size", flat=True)) == [
        560, 500, 400, 300, 200, 100,
    ]  # fmt: skip
    assert_sound(560)


def test_what_is_committed_late_gets_the_later_place(writes: Writes) -> None:
    late: list[Entry] = []
    began, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                late.extend(writes(1))
                began.set()
                may_commit.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    began.wait(10)
    (quick,) = writes(1)
    assert sequencer.sequence_due() == 1
    may_commit.set()
    thread.join()
    assert sequencer.sequence_due() == 1
    places = list(Leaf.objects.values_list("entry_id", flat=True))
    assert places == [quick.pk, late[0].pk]


def test_what_is_rolled_back_leaves_no_gap(writes: Writes) -> None:
    writes(1)
    with transaction.atomic():
        writes(1)
        transaction.set_rollback(True)
    writes(1)
    assert sequencer.sequence_due() == 2
    assert_sound(2)


def test_while_one_is_at_it_another_does_nothing(writes: Writes) -> None:
    writes(2)
    found = []

    def other() -> None:
        try:
            found.append(sequencer.sequence_due())
        finally:
            connections.close_all()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sequencer._SEQUENCING])
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == [0]
    assert sequencer.sequence_due() == 2


def test_several_at_once_leave_no_gap_and_take_nothing_twice(writes: Writes) -> None:
    def work() -> None:
        try:
            for _ in range(10):
                writes(3)
                sequencer.sequence_due()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequencer.sequence_due()
    assert_sound(120)


STEPS = ["_head", "_grow", "_fill_tiles", "_publish", "signer"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_step_the_tree_is_whole(
    writes: Writes, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    writes(250)
    sequencer.sequence_due()
    writes(10)
    real: Callable[..., object] = getattr(sequencer, step)

    def killed(*arguments: object) -> object:
        if after:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sequencer, step, killed)
        with pytest.raises(KeyboardInterrupt):
            sequencer.sequence_due()
    assert_sound(250)
    assert Pending.objects.count() == 10
    assert sequencer.sequence_due() == 10
    assert_sound(260)


KILLED = """
import json, os, signal, sys
import django
django.setup()
from django.db import connection
from audit import sequencer

step, settings = sys.argv[1], json.loads(sys.argv[2])
connection.settings_dict.update(settings)
real = getattr(sequencer, step)

def killed(*arguments):
    real(*arguments)
    print("reached", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(sequencer, step, killed)
sequencer.sequence_due()
"""


@pytest.mark.parametrize("step", ["_grow", "_publish"])
def test_a_process_that_is_killed_leaves_the_tree_whole(
    writes: Writes, step: str
) -> None:
    writes(250)
    sequencer.sequence_due()
    writes(10)
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    database = json.dumps({name: connection.settings_dict[name] for name in names})
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, step, database],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "reached\n")
    assert_sound(250)
    assert sequencer.sequence_due() == 10
    assert_sound(260)


GUARD = "ALTER TABLE audit_checkpoint {} TRIGGER checkpoint_is_final"


def tampered(**columns: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(GUARD.format("DISABLE"))
        Checkpoint.objects.update(**columns)
        cursor.execute(GUARD.format("ENABLE ALWAYS"))


@pytest.mark.parametrize(
    "columns",
    [
        {"frontier": bytes(64)},
        {"frontier": bytes(32)},
        {"size": 5},
        {"note": "example.com\n3\nAAAA\n"},
    ],
)
def test_nothing_is_signed_that_does_not_go_on_from_the_last_head(
    writes: Writes, columns: dict[str, object]
) -> None:
    writes(3)
    sequencer.sequence_due()
    tampered(**columns)
    writes(1)
    with pytest.raises(sequencer.BrokenTree):
        sequencer.sequence_due()
    assert Checkpoint.objects.count() == 1
    assert Pending.objects.count() == 1


def test_another_key_signs_nothing(writes: Writes, settings: Settings) -> None:
    writes(3)
    sequencer.sequence_due()
    other = Ed25519PrivateKey.generate()
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    settings.AUDIT_KEY = pem.decode()
    writes(1)
    with pytest.raises(sequencer.BrokenTree, match="Not signed by"):
        sequencer.sequence_due()


def test_the_log_keeps_its_name_when_the_address_changes(
    writes: Writes, settings: Settings
) -> None:
    writes(1)
    sequencer.sequence_due()
    settings.AUDIT_ORIGIN = "elsewhere.example/audit"
    writes(1)
    sequencer.sequence_due()
    notes = Checkpoint.objects.values_list("note", flat=True)
    origins = {note.parse(one).text.split("\n")[0] for one in notes}
    assert origins == {"127.0.0.1:8000/audit"}


def test_the_database_refuses_to_change_the_tree(writes: Writes) -> None:
    writes(256)
    sequencer.sequence_due()
    for model in (Leaf, Tile, Checkpoint):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            model.objects.all().delete()


def test_proofs_hold_at_every_size(writes: Writes) -> None:
    writes(600)
    sequencer.sequence_due()
    hashes = [bytes(one) for one in Leaf.objects.values_list("hash", flat=True)]
    places = ((0, 1), (0, 600), (255, 256), (256, 600), (599, 600), (300, 512))
    for index, size in places:
        proof = tiles.inclusion_proof(index, size)
        root = tiles.root(size)
        assert merkle.verify_inclusion(hashes[index], index, size, proof, root)
    for old, new in ((1, 600), (256, 600), (255, 257), (512, 513), (600, 600), (3, 7)):
        proof = tiles.consistency_proof(old, new)
        roots = tiles.root(old), tiles.root(new)
        assert merkle.verify_consistency(old, new, proof, *roots)
