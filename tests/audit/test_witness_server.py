"""A witness over HTTP: what it answers, and what it does not put up with."""

import http.client
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from audit import note, witness_server, witness_state
from audit.witness import MAX_BODY
from audit.witness_server import Server, Witness
from tests.audit.witnessed import LOGS, ORIGIN, Tree

TREE = Tree()


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Witness]:
    with witness_state.opened(tmp_path / "w") as folder:
        yield Witness(folder, folder.signer("w.example/x", ""), LOGS)


@pytest.fixture
def server(found: Witness) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), found) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(server: Server) -> Iterator[http.client.HTTPConnection]:
    client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    yield client
    client.close()


Said = tuple[int, str, str]


def ask(
    client: http.client.HTTPConnection,
    body: bytes | None = None,
    path: str = "/add-checkpoint",
    method: str = "POST",
) -> Said:
    client.request(method, path, body)
    answer = client.getresponse()
    return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()


def raw(server: Server, sent: bytes) -> bytes:
    """Everything that comes back until the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as connection:
        connection.sendall(sent)
        received = b""
        with suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
    return received


def test_cosigns_over_one_connection_that_is_kept_open(
    client: http.client.HTTPConnection, found: Witness
) -> None:
    for old, new in ((0, 5), (5, 9)):
        before = int(time.time())
        status, kind, line = ask(client, TREE.request(old, new))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        (cosignature,) = note.signature_lines(line)
        signed = note.Note(TREE.head(new).text(), (cosignature,))
        assert found.signer.verifier.signed(signed) == cosignature
        assert before <= note.time_of(cosignature) <= time.time()
    assert ask(client, TREE.request(0, 9)) == (409, "text/x.tlog.size", "9\n")
    assert ask(client, b"nonsense")[0] == 400
    assert ask(client, TREE.request(9, 12))[0] == 200


def test_tells_people_who_it_is_and_what_it_cosigned(
    client: http.client.HTTPConnection, found: Witness
) -> None:
    key = found.signer.verifier
    said = f"witness: w.example/x\nkey: {key}\n\n{ORIGIN}: "
    assert ask(client, None, "/", "GET") == (
        200,
        "text/plain; charset=utf-8",
        f"{said}nothing cosigned yet\n",
    )
    ask(client, TREE.request(0, 5))
    assert ask(client, None, "/", "GET")[2] == f"{said}size 5\n"
    ask(client, Tree("b").request(5, 5))
    assert "size 5; heads that contradicted: " in ask(client, None, "/", "GET")[2]


def test_a_contradiction_is_an_error_in_its_log(
    client: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        ask(client, TREE.request(0, 5))
        ask(client, TREE.request(0, 6))
        assert not caplog.records
        ask(client, Tree("b").request(5, 5))
    assert "Refused a checkpoint: 409" in caplog.text


def test_cosigns_nothing_while_its_folder_is_damaged(
    client: http.client.HTTPConnection,
    found: Witness,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ask(client, TREE.request(0, 5))
    (file,) = found.folder.path.glob("*.checkpoint")
    file.write_text("")
    for old in (0, 5):
        status, _, said = ask(client, TREE.request(old, 9))
        assert (status, said) == (500, "This witness cannot use its folder\n")
    assert "damaged" in caplog.text
    assert "nothing is cosigned" in ask(client, None, "/", "GET")[2]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 404),
        ("POST", "/add-checkpoint/", 404),
        ("POST", "/add-checkpoint?x=1", 404),
        ("GET", "/add-checkpoint", 404),
        ("GET", "/../witness.pem", 404),
        ("PUT", "/add-checkpoint", 501),
    ],
)
def test_there_is_nothing_else(
    client: http.client.HTTPConnection, method: str, path: str, status: int
) -> None:
    body = TREE.request(0, 5) if method != "GET" else None
    assert ask(client, body, path, method)[0] == status


POST = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"", 411),
        (b"Content-Length: -1\r\n", 411),
        (b"Content-Length: 1e3\r\n", 411),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", 411),
        (b"Transfer-Encoding: chunked\r\n", 411),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 411),
        (b"Content-Length: %d\r\n" % (MAX_BODY + 1), 413),
        (b"Content-Length: 999999999999999999\r\n", 413),
    ],
)
def test_a_body_without_a_length_or_too_long_is_not_read(
    server: Server, headers: bytes, status: int
) -> None:
    # What follows must not be taken for a second request.
    received = raw(server, POST + headers + b"\r\n" + b"GET / HTTP/1.1\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert received.count(b"HTTP/1.1") == 1


def test_a_body_where_none_belongs_is_no_second_request(server: Server) -> None:
    inner = b"GET / HTTP/1.1\r\n\r\n"
    received = raw(server, b"GET / HTTP/1.1\r\nContent-Length: 18\r\n\r\n" + inner)
    assert received.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01 what\r\n\r\n", b"a b c d\r\n\r\n", b"\r\n", b"\xff" * 9000]
)
def test_what_is_no_http_ends_only_its_connection(
    server: Server, client: http.client.HTTPConnection, sent: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert b"Traceback" not in connection.recv(65536)
    assert ask(client, TREE.request(0, 5))[0] == 200


def test_a_body_that_ends_early_is_not_answered(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as connection:
        connection.sendall(POST + b"Content-Length: 500\r\n\r\nold 0\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""


def test_who_sends_a_byte_at_a_time_is_cut_off(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_server, "PATIENCE", 0.3)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as connection:
        with suppress(OSError):
            while time.monotonic() - began < 5:
                connection.sendall(b"x")
                time.sleep(0.02)
        with suppress(OSError):
            assert connection.recv(10) == b""
    assert time.monotonic() - began < 3
    deadline = time.monotonic() + 5
    while server.ends and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.ends == {}


def test_more_connections_than_it_has_threads_for_are_closed(
    server: Server, client: http.client.HTTPConnection
) -> None:
    with ExitStack() as stack:
        for _ in range(witness_server.MAX_CONNECTIONS):
            stack.enter_context(
                socket.create_connection(("127.0.0.1", server.server_port), 10)
            )
        deadline = time.monotonic() + 10
        while len(server.ends) < witness_server.MAX_CONNECTIONS:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises((http.client.HTTPException, OSError)):
            ask(client, TREE.request(0, 5))
    client.close()
    while server.ends:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.05)
    assert ask(client, TREE.request(0, 5))[0] == 200


def test_listens_on_ipv6_too(found: Witness) -> None:
    with Server(("::1", 0), found) as server:
        assert server.server_port
