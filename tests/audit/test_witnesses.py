"""Witnesses as the operator names them, and how one of them is asked."""

import socket
import time
from pathlib import Path

import pytest

from audit import note, witnesses
from audit.models import Cosignature, WitnessTrouble
from audit.witnesses import NoAnswer, ask, parse
from tests.agents.endpoint import certified, serving, status
from tests.audit.witnessed import LOG, WITNESS, Tree

KEY = str(WITNESS.verifier)
BODY = Tree().request(0, 5).decode()


def test_reads_addresses_and_keys() -> None:
    other = f"w2.example/x+{KEY.partition('+')[2]}"
    assert parse("") == parse(" , ") == ()
    (one,) = parse(f"https://w.example/  {KEY},\n")
    assert (one.url, one.name, one.key) == (
        "https://w.example",
        WITNESS.name,
        WITNESS.verifier,
    )
    with pytest.raises(ValueError, match="id of this key"):
        parse(f"https://w.example {KEY}, https://w2.example {other}")


@pytest.mark.parametrize(
    "text",
    [
        "https://w.example",
        KEY,
        f"{KEY} https://w.example",
        f"https://w.example {KEY} x",
        f"ftp://w.example {KEY}",
        f"https:// {KEY}",
        f"https://w.example:port {KEY}",
        f"https://w.example:99999 {KEY}",
        f"https://me:secret@w.example {KEY}",
        f"https://w.example?a=b {KEY}",
        f"https://w.example#a {KEY}",
        f"https://wé.example {KEY}",
        f"https://w.example {LOG.verifier}",
        f"https://w.example {KEY[:-4]}",
        f"https://w.example {KEY}, https://w2.example {KEY}",
    ],
)
def test_refuses_what_names_no_witness(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_posts_to_add_checkpoint_and_returns_the_answer() -> None:
    with serving(status(409, body=b"5\n")) as endpoint:
        url = endpoint.url.removesuffix("/hook")
        assert ask(f"{url}/prefix", BODY) == (409, "5\n")
    (received,) = endpoint.received
    assert received.line == "POST /prefix/add-checkpoint HTTP/1.1"
    assert received.body == BODY.encode()


def test_does_not_follow_redirects() -> None:
    with serving(status(302, "Location: http://127.0.0.1:1/")) as endpoint:
        assert ask(endpoint.url, BODY)[0] == 302


def test_a_slow_answer_is_cut_off_as_a_whole() -> None:
    def trickle(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"H")
            time.sleep(0.05)

    began = time.monotonic()
    with serving(trickle) as endpoint, pytest.raises(NoAnswer, match="in time"):
        ask(endpoint.url, BODY, timeout=0.3)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"nonsense\r\n\r\n", "no answer"),
        (b"", "no answer"),
        (status(200, body=b"x" * 70_000), "too long"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(answer: bytes, reason: str) -> None:
    with serving(answer) as endpoint, pytest.raises(NoAnswer, match=reason):
        ask(endpoint.url, BODY)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://.example"]
)
def test_nobody_there_is_no_answer(url: str) -> None:
    with pytest.raises(NoAnswer):
        ask(url, BODY)


def test_a_witness_is_asked_by_tls_when_its_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = certified(tmp_path, "localhost")
    with serving(status(200, body=b"x\n"), tls=server) as endpoint:
        url = f"https://localhost:{endpoint.port}"
        with pytest.raises(NoAnswer, match="certificate"):
            ask(url, BODY)
        monkeypatch.setattr(witnesses, "_system_trust", lambda: client)
        assert ask(url, BODY) == (200, "x\n")


def test_answers_in_other_encodings_are_read_all_the_same() -> None:
    with serving(status(200, body=b"\xff\n")) as endpoint:
        assert ask(endpoint.url, BODY) == (200, "\N{REPLACEMENT CHARACTER}\n")


def test_a_name_is_no_longer_than_its_column() -> None:
    long = note.VerifierKey("w" * 201, note.WITNESS, WITNESS.verifier.public)
    with pytest.raises(ValueError, match="at most 200"):
        parse(f"https://w.example {long}")
    for model in (Cosignature, WitnessTrouble):
        field = model._meta.get_field("witness")
        assert field.max_length == witnesses.MAX_NAME
