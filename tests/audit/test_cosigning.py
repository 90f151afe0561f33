"""The log shows its heads to witnesses, and hears when one saw another history."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django.fixtures import Settings

from audit import (
    cosigning,
    note,
    sequencer,
    tasks,
    tiles,
    witness,
    witness_state,
    witnesses,
)
from audit.actions import Action
from audit.models import (
    Checkpoint,
    Cosignature,
    Entry,
    Leaf,
    WitnessTrouble,
)
from audit.note import Signer
from audit.witness_server import Server
from audit.witness_server import Witness as Serving
from audit.witnesses import Witness
from tests.agents.endpoint import serving, status
from tests.audit.conftest import Writes
from tests.conftest import _alter, _guards

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def running(path: Path, name: str, port: int = 0) -> Iterator[Witness]:
    """A witness of this log, by HTTP."""
    logs = witness.trusted([str(sequencer.verifier())])
    with witness_state.opened(path) as folder:
        signer = folder.signer(name, "")
        with Server(("127.0.0.1", port), Serving(folder, signer, logs)) as server:
            thread = Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield Witness(f"http://127.0.0.1:{server.server_port}", signer.verifier)
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def one(tmp_path: Path, settings: Settings) -> Iterator[Witness]:
    with running(tmp_path / "one", "w.example/one") as found:
        settings.AUDIT_WITNESSES = (found,)
        yield found


@pytest.fixture
def grows(writes: Writes) -> Callable[[int], Checkpoint]:
    """Adds so many entries to the log and to its tree."""

    def grow(number: int) -> Checkpoint:
        writes(number)
        sequencer.sequence_due()
        found = sequencer.newest()
        assert found
        return found

    return grow


Grows = Callable[[int], Checkpoint]


@contextmanager
def unguarded(*names: str) -> Iterator[None]:
    """As the owner of the tables could."""
    guards = [(table, name) for table, name in _guards() if table[6:] in names]
    _alter(guards, "DISABLE")
    try:
        yield
    finally:
        _alter(guards, "ENABLE ALWAYS")


def cut(size: int) -> None:
    """Put the log back to what it was at this size, as an older backup would."""
    gone = Leaf.objects.filter(index__gte=size).values_list("entry_id", flat=True)
    entries = list(gone)
    with unguarded("entry", "leaf", "tile", "checkpoint", "cosignature"):
        Cosignature.objects.filter(checkpoint__size__gt=size).delete()
        Checkpoint.objects.filter(size__gt=size).delete()
        Leaf.objects.filter(index__gte=size).delete()
        Entry.objects.filter(pk__in=entries).delete()


def ask_again() -> int:
    """After the pause that a failure is followed by."""
    WitnessTrouble.objects.update(next_try="2000-01-01T00:00:00Z")
    return cosigning.cosign_due()


def test_the_newest_head_is_cosigned_once(grows: Grows, one: Witness) -> None:
    grows(3)
    grows(4)
    assert cosigning.cosign_due() == 1
    assert cosigning.cosign_due() == 0
    head = grows(300)
    assert tasks.cosign() == 1
    assert list(Cosignature.objects.values_list("checkpoint_id", "witness")) == [
        (7, one.name),
        (307, one.name),
    ]
    signed = cosigning.cosigned(head)
    assert note.verified(signed, sequencer.verifier()).size == 307
    assert one.key.signed(signed)
    assert cosigning.cosigned(Checkpoint.objects.get(size=3)) == note.parse(
        Checkpoint.objects.get(size=3).note
    )


def test_without_witnesses_nothing_is_asked(
    grows: Grows, django_assert_num_queries: Callable[..., object]
) -> None:
    grows(1)
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        assert cosigning.cosign_due() == 0


def test_an_empty_log_has_nothing_to_show(
    settings: Settings, transactional_db: None
) -> None:
    key = Signer("w", sequencer.signer("x").key, note.WITNESS).verifier
    settings.AUDIT_WITNESSES = (Witness("http://127.0.0.1:1", key),)
    assert cosigning.cosign_due() == 0
    assert WitnessTrouble.objects.count() == 0


def test_several_witnesses_are_asked_each(
    grows: Grows, tmp_path: Path, settings: Settings
) -> None:
    grows(2)
    with ExitStack() as stack:
        both = [
            stack.enter_context(running(tmp_path / name, f"w.example/{name}"))
            for name in ("a", "b")
        ]
        nobody = Witness("http://127.0.0.1:1", both[0].key)
        down = Signer("w.example/c", sequencer.signer("x").key, note.WITNESS).verifier
        settings.AUDIT_WITNESSES = (Witness(nobody.url, down), *both)
        assert cosigning.cosign_due() == 2
    signed = cosigning.cosigned(Checkpoint.objects.get())
    assert [each.name for each in signed.signatures[1:]] == [
        "w.example/a",
        "w.example/b",
    ]
    a, b, c = (cosigning.conditions()[at] for at in (1, 2, 0))
    assert (a.size, b.size, c.size) == (2, 2, None)
    assert a.at
    assert (a.trouble, c.trouble.startswith("no answer"), c.disagrees) == (
        "",
        True,
        False,
    )


def test_a_log_that_forgot_what_was_cosigned_asks_from_where_the_witness_is(
    grows: Grows, one: Witness
) -> None:
    grows(3)
    cosigning.cosign_due()
    with unguarded("cosignature"):
        Cosignature.objects.all().delete()
    assert cosigning.cosign_due() == 1
    assert WitnessTrouble.objects.count() == 0


def test_a_log_that_was_rolled_back_is_an_alarm(
    grows: Grows, one: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    grows(3)
    cosigning.cosign_due()
    grows(4)
    cosigning.cosign_due()
    cut(3)
    grows(2)
    assert cosigning.cosign_due() == 0
    assert "SAW ANOTHER HISTORY" in caplog.text
    (condition,) = cosigning.conditions()
    assert condition.disagrees
    assert condition.trouble == "it cosigned 7 entries of this log, which has 5"
    assert condition.size == 3


@pytest.mark.parametrize("more", [4, 5])
def test_a_log_that_was_forked_is_an_alarm(
    grows: Grows, one: Witness, caplog: pytest.LogCaptureFixture, more: int
) -> None:
    grows(3)
    cosigning.cosign_due()
    grows(4)
    cosigning.cosign_due()
    cut(3)
    head = grows(more)
    with caplog.at_level(logging.ERROR):
        assert cosigning.cosign_due() == 0
    assert caplog.text.count("SAW ANOTHER HISTORY") == 1
    (condition,) = cosigning.conditions()
    assert condition.disagrees
    assert condition.trouble == "the first 7 entries it cosigned are others than ours"
    assert not head.cosignatures.exists()


def test_an_alarm_is_one_entry_and_stays_while_the_witness_is_away(
    grows: Grows, tmp_path: Path, settings: Settings
) -> None:
    grows(3)
    with running(tmp_path / "w", "w.example/w") as found:
        settings.AUDIT_WITNESSES = (found,)
        grows(4)
        cosigning.cosign_due()
        cut(3)
        grows(9)
        for _ in range(3):
            ask_again()
            sequencer.sequence_due()
    for _ in range(2):
        ask_again()
    assert cosigning.conditions()[0].disagrees
    assert "others than ours" in cosigning.conditions()[0].trouble
    (entry,) = Entry.objects.filter(action=Action.WITNESS_DISAGREED)
    assert (entry.subject_type, entry.subject_id) == ("witness", found.key.id.hex())
    assert entry.data["name"] == "w.example/w"


def test_a_witness_that_is_down_is_asked_again_later_and_later(
    grows: Grows, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    grows(1)
    key = Signer("w", sequencer.signer("x").key, note.WITNESS).verifier
    asked = []
    with serving(lambda connection: asked.append(1)) as endpoint:
        settings.AUDIT_WITNESSES = (Witness(endpoint.url, key),)
        with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
            for _ in range(300):
                cosigning.cosign_due()
                clock.shift(1)
        assert len(endpoint.received) == 9
    # 0, 2, 6, 14, 30, 62, 126, 190, 254 s; once a minute at most is it told.
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 5
    condition = cosigning.conditions()[0]
    assert condition.since
    assert condition.since.isoformat() == "2030-01-01T00:00:00+00:00"


def test_a_witness_that_is_back_catches_up_with_the_newest_head(
    grows: Grows, one: Witness, tmp_path: Path, settings: Settings
) -> None:
    grows(2)
    cosigning.cosign_due()
    settings.AUDIT_WITNESSES = (Witness("http://127.0.0.1:1", one.key),)
    for _ in range(3):
        grows(5)
        ask_again()
    assert cosigning.conditions()[0].size == 2
    settings.AUDIT_WITNESSES = (one,)
    assert ask_again() == 1
    assert cosigning.conditions()[0].size == 17
    assert cosigning.conditions()[0].trouble == ""
    assert Cosignature.objects.count() == 2


def other_line(head: Checkpoint) -> str:
    other = Signer("w", sequencer.signer("x").key, note.WITNESS)
    return other.cosign(note.parse(head.note).text, 1).line()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(404, body=b"unknown"), "it does not know this log"),
        (status(403), "it knows this log by another key"),
        (
            status(500, body=b"out\n\x1b[31mof \x00order"),
            "it answers 500 out [31mof order",
        ),
        (status(400), "it answers 400 "),
        (status(200, body=b"well done"), "no cosignature"),
        (status(200, body="— w AAAA\n".encode()), "no cosignature"),
        (status(409, body=b"07\n"), "it names no size, but 07"),
        (status(409, body=b"7"), "it names no size, but 7"),
        (status(409, body=b""), "it names no size"),
        (status(409, body=b"99999999999999999999\n"), "it names no size"),
    ],
)
def test_an_answer_that_is_no_cosignature_is_told_and_not_stored(
    grows: Grows, settings: Settings, answer: bytes, reason: str
) -> None:
    grows(9)
    key = Signer("w", sequencer.signer("x").key, note.WITNESS).verifier
    with serving(answer) as endpoint:
        settings.AUDIT_WITNESSES = (Witness(endpoint.url, key),)
        assert cosigning.cosign_due() == 0
    (condition,) = cosigning.conditions()
    assert reason in condition.trouble
    assert not condition.disagrees
    assert Cosignature.objects.count() == 0


def test_only_the_key_that_is_configured_is_believed(
    grows: Grows, one: Witness, settings: Settings, tmp_path: Path
) -> None:
    grows(3)
    other = Signer(one.name, sequencer.signer("x").key, note.WITNESS).verifier
    settings.AUDIT_WITNESSES = (Witness(one.url, other),)
    assert cosigning.cosign_due() == 0
    assert "not by the key that is configured" in cosigning.conditions()[0].trouble
    line = note.Signature(one.name, one.key.id, bytes(72)).line().encode()
    with serving(status(200, body=line)) as endpoint:
        settings.AUDIT_WITNESSES = (Witness(endpoint.url, one.key),)
        assert ask_again() == 0
    assert "does not fit" in cosigning.conditions()[0].trouble
    assert Cosignature.objects.count() == 0


def test_a_cosignature_that_somebody_planted_is_left_out(
    grows: Grows, one: Witness, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    head = grows(3)
    planted = note.Signature(one.name, one.key.id, bytes(72)).line()
    for name, line in ((one.name, planted), ("gone", other_line(head)), ("x", "—")):
        Cosignature.objects.create(checkpoint=head, witness=name, line=line, at=head.at)
    signed = cosigning.cosigned(head)
    assert [each.name for each in signed.signatures[1:]] == ["w"]
    assert caplog.text.count("is not valid") == 2
    # Under the name of ours, but by another key.
    later = grows(1)
    Cosignature.objects.create(
        checkpoint=later, witness=one.name, line=other_line(later), at=later.at
    )
    assert len(cosigning.cosigned(later).signatures) == 1


def test_while_one_process_asks_another_does_not(grows: Grows, one: Witness) -> None:
    grows(1)
    found = []

    def other() -> None:
        try:
            found.append(cosigning.cosign_due())
        finally:
            connections.close_all()

    with cosigning._alone() as is_alone:
        assert is_alone
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert found == [0]
    assert cosigning.cosign_due() == 1


def test_an_answer_that_was_lost_is_no_alarm(grows: Grows, one: Witness) -> None:
    old = grows(2)
    cosigning.cosign_due()
    head = grows(3)
    proof = tiles.consistency_proof(2, 5)
    assert witnesses.ask(one.url, witness.request(2, proof, head.note))[0] == 200
    # Also where the head at hand is not the newest any more.
    assert cosigning._cosign(one, old)
    assert cosigning.conditions()[0].size == 5
    assert WitnessTrouble.objects.count() == 0


def test_the_key_that_a_witness_is_given_is_printed(grows: Grows) -> None:
    with pytest.raises(CommandError, match="no head yet"):
        call_command("audit_key")
    grows(1)
    out = StringIO()
    call_command("audit_key", stdout=out)
    assert out.getvalue() == f"{sequencer.verifier()}\n"
