"""Tampering behind the application's back is found and named."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit import sequencer
from audit.actions import Action
from audit.log import SYSTEM, Sealed, record
from audit.merkle import leaf_hash
from audit.models import Checkpoint, Entry, Leaf, Payload, Pending, Tile
from audit.verification import verify_log

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = ("entry", "leaf", "tile", "checkpoint", "payload", "pending")


def write(number: int) -> list[Entry]:
    with transaction.atomic():
        return [
            record(
                Action.REQUEST_SUBMITTED,
                actor=SYSTEM,
                subject=("request", str(each)),
                data={"n": each, "half": 0.5, "text": Sealed(f"\u2028 é 😀 {each}")},
            )
            for each in range(number)
        ]


@pytest.fixture
def entries() -> list[Entry]:
    """Five with their places, and one that waits for its own."""
    written = write(5)
    sequencer.sequence_due()
    return [*written, *write(1)]


def tamper(act: Callable[[], object]) -> None:
    """Change rows as somebody with the database's superuser rights could."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE audit_{table} DISABLE TRIGGER USER")
        try:
            act()
        finally:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE audit_{table} ENABLE TRIGGER USER")
            cursor.execute(ALWAYS)


ALWAYS = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT tgrelid::regclass AS held_by, tgname FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'audit_%' LOOP
        EXECUTE format(
            'ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', one.held_by, one.tgname
        );
    END LOOP;
END $$
"""


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue()
    return 0, out.getvalue()


def fault() -> tuple[str, str]:
    found = verify_log().fault
    assert found is not None
    return found.where, found.reason


def test_an_untouched_log_holds_and_says_its_head(entries: list[Entry]) -> None:
    head = Checkpoint.objects.get()
    root = bytes(head.root).hex()
    assert run() == (0, f"All 6 entries hold. Size 5, root {root}.\n")
    status, printed = run("--json")
    assert status == 0
    assert json.loads(printed) == {
        "ok": True,
        "entries": 6,
        "size": 5,
        "root": root,
        "fault": None,
    }


def test_an_empty_log_holds() -> None:
    assert verify_log().entries == 0
    assert verify_log().fault is None


@pytest.mark.parametrize(
    "columns",
    [
        {"action": "request:decided"},
        {"actor_name": "mallory"},
        {"actor_id": "1"},
        {"subject_id": "other"},
        {"data": {"n": 3}},
        {"at": "2020-01-01T00:00:00Z"},
        {"canonical": b"{}"},
        {"leaf_hash": bytes(32)},
    ],
)
def test_finds_the_first_entry_that_was_touched(
    entries: list[Entry], columns: dict[str, Any]
) -> None:
    touched = Entry.objects.filter(pk__in=[entries[3].pk, entries[4].pk])
    tamper(lambda: touched.update(**columns))
    status, printed = run("--json")
    report = json.loads(printed)
    assert (status, report["ok"], report["entries"]) == (1, False, 3)
    assert report["fault"]["where"] == f"entry {entries[3].pk}"
    assert str(entries[3].pk) in run()[1]


def test_finds_a_touched_entry_that_has_no_place_yet(entries: list[Entry]) -> None:
    last = Entry.objects.filter(pk=entries[5].pk)
    tamper(lambda: last.update(actor_name="mallory"))
    assert fault()[0] == f"entry {entries[5].pk}"


def test_finds_an_entry_that_was_made_to_wait_for_ever(entries: list[Entry]) -> None:
    tamper(lambda: Pending.objects.all().delete())
    assert fault() == (
        f"entry {entries[5].pk}",
        "it has no place and waits for none",
    )


def rewrite(entry: Entry) -> None:
    """As if it had been written so from the start."""
    entry.actor_name = "mallory"
    entry.canonical = entry.canonical_bytes()
    entry.leaf_hash = leaf_hash(bytes(entry.canonical))
    entry.save(force_update=True)
    Leaf.objects.filter(entry=entry).update(hash=entry.leaf_hash)


def test_finds_what_was_rewritten_without_a_trace_in_its_row(
    entries: list[Entry],
) -> None:
    tamper(lambda: rewrite(entries[2]))
    where, reason = fault()
    assert where == "tree"
    assert "not the one that was signed" in reason


def test_finds_a_place_that_is_gone_or_moved(entries: list[Entry]) -> None:
    tamper(lambda: Leaf.objects.filter(index=2).delete())
    assert fault() == ("entry 2", "nothing has its place")
    tamper(lambda: Leaf.objects.filter(index=4).delete())
    assert fault() == ("entry 2", "nothing has its place")


def test_finds_a_cut_tail(entries: list[Entry]) -> None:
    tamper(lambda: Leaf.objects.filter(index=4).delete())
    assert fault() == ("tree", "4 entries have a place, not 5")


def test_finds_a_head_that_is_not_what_was_signed(entries: list[Entry]) -> None:
    tamper(lambda: Checkpoint.objects.update(root=bytes(32)))
    assert fault() == ("checkpoint 5", "it is not what was signed")


def test_finds_a_swapped_payload(entries: list[Entry]) -> None:
    tamper(lambda: Payload.objects.filter(subject_id="3").update(contents=['"x"']))
    assert fault() == ("payload of request 3", "it is not what was sealed")


def test_finds_a_tile_that_is_not_of_its_leaves() -> None:
    write(520)
    sequencer.sequence_due()
    assert verify_log().fault is None
    tamper(lambda: Tile.objects.filter(number=1).update(root=bytes(32)))
    assert fault() == ("tile 0/1", "it is not of the tree below it")
    tamper(lambda: Tile.objects.filter(number=1).delete())
    assert fault() == ("tiles of level 0", "there are not 2")


@pytest.fixture
def older(entries: list[Entry], tmp_path: Path) -> Path:
    """A checkpoint from before the last entries."""
    kept = tmp_path / "checkpoint"
    kept.write_text(Checkpoint.objects.get().note)
    sequencer.sequence_due()
    return kept


def test_the_log_goes_on_from_an_older_checkpoint(older: Path) -> None:
    assert run("--checkpoint", str(older))[0] == 0


def forget_tree() -> None:
    for model in (Leaf, Tile, Checkpoint):
        model.objects.all().delete()
    Pending.objects.all().delete()


def test_a_history_that_was_made_anew_is_found_by_an_older_checkpoint(
    entries: list[Entry], older: Path
) -> None:
    def make_anew() -> None:
        forget_tree()
        Payload.objects.filter(entry_id=entries[1].pk).delete()
        entries[1].delete()
        for entry in Entry.objects.order_by("id"):
            Pending.objects.create(entry_id=entry.pk)

    tamper(make_anew)
    sequencer.sequence_due()
    assert run()[0] == 0
    status, printed = run("--checkpoint", str(older))
    assert status == 1
    assert "not the log that this checkpoint is of" in printed


def test_a_log_that_was_rolled_back_is_found_by_an_older_checkpoint(
    entries: list[Entry], older: Path
) -> None:
    def roll_back() -> None:
        forget_tree()
        Payload.objects.exclude(entry_id=entries[0].pk).delete()
        Entry.objects.exclude(pk=entries[0].pk).delete()
        Pending.objects.create(entry_id=entries[0].pk)

    tamper(roll_back)
    sequencer.sequence_due()
    assert run()[0] == 0
    status, printed = run("--checkpoint", str(older))
    assert (status, "rolled back" in printed) == (1, True)


def test_what_is_no_checkpoint_of_this_log_is_said_in_a_line(
    entries: list[Entry], tmp_path: Path
) -> None:
    for text in ("", "x", "other.example\n5\nAAAA\n\n— x YQ==\n"):
        kept = tmp_path / "checkpoint"
        kept.write_text(text)
        status, printed = run("--checkpoint", str(kept))
        assert (status, printed.count("\n")) == (1, 1)
        assert "none of this log" in printed
    with pytest.raises(CommandError, match="cannot be read"):
        run("--checkpoint", str(tmp_path / "missing"))
