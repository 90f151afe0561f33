"""The log as a bundle and as CSV, for whom it is asked."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit import export, sequencer, spreadsheet
from audit.actions import Action
from audit.export import ExportError, Scope
from audit.log import COMMAND_LINE, SYSTEM, Actor, Sealed, record
from audit.models import Entry
from tests.audit.bundles import checkpoint, exported, faults, members
from tests.audit.conftest import Writes

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_unpacked_tar_is_a_log_that_others_can_read(writes: Writes) -> None:
    """C2SP tlog-tiles: checkpoint, tiles and bundles of entries."""
    written = writes(300)
    files = members(exported())
    assert set(files) == {
        "manifest.json", "checkpoint", "entries/000000.jsonl", "SIGNED", "tile/0/000",
        "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000",
        "tile/entries/001.p/44",
    }  # fmt: skip
    first = bytes(written[0].canonical)
    assert files["tile/entries/000"].startswith(len(first).to_bytes(2, "big") + first)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["size"], manifest["scope"]) == (300, {"kind": "all"})
    assert manifest["exported_by"] == {"type": "system", "name": "command line"}


def test_a_part_brings_the_tiles_it_needs(writes: Writes) -> None:
    written = writes(600)
    old = checkpoint()
    writes(300)
    sequencer.sequence_due()
    early = Scope.of(until=written[10].at)
    tiles = [name for name in members(exported(early)) if name.startswith("tile/")]
    assert tiles == ["tile/0/000", "tile/0/003.p/132", "tile/1/000.p/3"]
    early = Scope.of(until=written[10].at, old=old)
    bundle = exported(early)
    tiles = [name for name in members(bundle) if name.startswith("tile/")]
    assert "tile/0/002" in tiles
    assert faults(bundle, old=old) == []
    without = faults(exported(Scope.of(until=written[10].at)), old=old)
    assert "export it with --since" in without[0]


def test_an_export_is_recorded_before_its_first_byte(writes: Writes) -> None:
    writes(2)
    sequencer.sequence_due()
    pieces = export.stream(Scope(), actor=Actor("user", "7", "ada"))
    entry = Entry.objects.get(action=Action.AUDIT_EXPORTED)
    assert entry.actor_name == "ada"
    assert entry.data == {"scope": {"kind": "all"}, "size": 2, "form": "bundle"}
    pieces.close()  # type: ignore[attr-defined]


def test_what_is_written_meanwhile_does_not_mix_in(writes: Writes) -> None:
    writes(5)
    sequencer.sequence_due()
    pieces = export.stream(Scope(), actor=COMMAND_LINE)
    begun = next(pieces)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT max(size) FROM audit_checkpoint")
            assert cursor.fetchone() == (5,)
    finally:
        other.close()
    assert faults(begun + b"".join(pieces)) == []


def test_memory_stays_flat(writes: Writes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never are more entries held than were read at a time."""
    writes(50)
    sequencer.sequence_due()
    held: list[int] = []
    real = export._with_written

    def watched(chunk: list[Any]) -> Any:
        held.append(len(chunk))
        return real(chunk)

    monkeypatch.setattr(export, "CHUNK", 20)
    monkeypatch.setattr(export, "_with_written", watched)
    assert faults(exported()) == []
    assert held == [20, 20, 10]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"agent": "a", "request": "b"}, "one at a time"),
        ({"request": "nonsense"}, "not the id of a request"),
        ({"agent": "nobody"}, "The log knows no agent nobody."),
        ({"request": "019b7730-d000-7000-8000-000000000000"}, "no entries of that"),
        ({"since_time": "yesterday"}, "is not a time like"),
        ({"since_time": "2026-01-02", "until_time": "2026-01-01"}, "before the end"),
        ({"since_time": "2999-01-01"}, "no entries of that"),
        ({"since": Path("/nowhere")}, "/nowhere is not a checkpoint."),
    ],
)
def test_wrong_arguments_get_one_sentence(
    options: dict[str, Any], told: str, writes: Writes, tmp_path: Path
) -> None:
    writes(1)
    with pytest.raises(CommandError, match=told) as caught:
        call_command("export_audit", str(tmp_path / "x.tar"), **options)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_log_and_a_checkpoint_of_another_are_refused(writes: Writes) -> None:
    with pytest.raises(ExportError, match="Nothing is signed yet"):
        export.stream(Scope(), actor=COMMAND_LINE)
    writes(1)
    sequencer.sequence_due()
    with pytest.raises(ExportError, match="no checkpoint of this log"):
        export.stream(Scope.of(old="x\n\n— y AAAAAAA=\n"), actor=COMMAND_LINE)


def test_a_file_is_there_as_a_whole_or_not_at_all(
    writes: Writes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes(3)
    call_command("export_audit", str(tmp_path / "log.tar"))
    assert faults((tmp_path / "log.tar").read_bytes()) == []

    def broken(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_tile_members", broken)
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("export_audit", str(tmp_path / "other.tar"))
    assert [path.name for path in tmp_path.iterdir()] == ["log.tar"]


def test_standard_output_takes_it_too(
    writes: Writes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    writes(3)
    call_command("export_audit", "-")
    assert faults(capfdbinary.readouterr().out) == []


@pytest.fixture
def said(transactional_db: None) -> Callable[[str], None]:
    def say(text: str) -> None:
        with transaction.atomic():
            record(
                Action.REQUEST_ASKED,
                actor=Actor("user", "1", text),
                subject=("request", "1"),
                data={"message": Sealed(text)},
            )

    return say


def test_csv_is_for_people(said: Callable[[str], None], tmp_path: Path) -> None:
    said("why, “this”?")
    call_command("export_audit", str(tmp_path / "log.csv"), csv=True)
    header, row = csv.reader(io.StringIO((tmp_path / "log.csv").read_text()))
    assert header == ["time", "action", "actor", "subject", "data"]
    assert row[1:4] == ["request:asked", "user:why, “this”?", "request:1"]
    assert json.loads(row[4]) == {"message": "why, “this”?"}
    (entry,) = Entry.objects.filter(action=Action.AUDIT_EXPORTED)
    assert entry.data["form"] == "csv"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert spreadsheet.cell(f"{start}cmd|' /C calc'!A0").startswith("'")


def test_no_character_is_hidden() -> None:
    assert (
        spreadsheet.cell("a\u202eb\u00a0c\0\n") == "a⟦U+202E⟧b⟦U+00A0⟧c⟦U+0000⟧⟦U+000A⟧"
    )


def test_what_was_erased_is_said_in_csv(said: Callable[[str], None]) -> None:
    said("secret")
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_erase('request', '1')")
    sequencer.sequence_due()
    text = b"".join(spreadsheet.stream(Scope(), actor=SYSTEM)).decode()
    assert "[erased]" in text
