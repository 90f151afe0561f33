import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import repeat
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import http
from agents.http import Failure, PostError
from tests.agents.endpoint import certified, serving, status


def post(url, *, body=b"{}", headers=None, allow_loopback=True, **options):
    options = {"timeout": 5.0, **options}
    return http.post(
        url, body=body, headers=headers or {}, allow_loopback=allow_loopback, **options
    )


def failure_of(url, **options):
    with pytest.raises(PostError) as caught:
        post(url, **options)
    assert caught.value.message
    return caught.value


def to(*addresses):
    return lambda host, port: addresses


def drip(connection):
    """One byte after the other, for as long as somebody listens."""
    pause = Event()
    for byte in repeat(b"x"):
        connection.sendall(byte)
        pause.wait(0.02)


def test_posts_the_body_and_headers_and_returns_the_answer():
    with serving(status(202, "X-A: b", body=b"thanks")) as endpoint:
        answer = post(endpoint.url + "?a=1", body=b"\x00\xff", headers={"x-y": "z"})
    (received,) = endpoint.received
    assert received.line == "POST /hook?a=1 HTTP/1.1"
    assert received.body == b"\x00\xff"
    assert received.headers["x-y"] == "z"
    assert received.headers["host"] == f"127.0.0.1:{endpoint.port}"
    assert (answer.status, answer.body_excerpt) == (202, "thanks")
    assert answer.retry_after is None
    assert answer.duration_ms >= 0


def test_a_body_larger_than_the_socket_s_buffers_arrives_whole():
    body = b"a" * 3_000_000
    with serving() as endpoint:
        post(endpoint.url, body=body)
    assert endpoint.received[0].body == body


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(code):
    with serving() as target, serving(status(code, f"Location: {target.url}")) as first:
        answer = post(first.url)
    assert answer.status == code
    assert target.received == []


def test_a_cookie_is_not_sent_back():
    with serving(status(200, "Set-Cookie: a=b")) as endpoint:
        post(endpoint.url)
        post(endpoint.url)
    assert all("cookie" not in received.headers for received in endpoint.received)


def test_a_proxy_in_the_environment_is_not_used(monkeypatch):
    with serving() as proxy, serving() as endpoint:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        post(endpoint.url)
    assert proxy.received == []
    assert len(endpoint.received) == 1


def test_a_huge_answer_is_read_no_further_than_the_cap():
    sent = []

    def flood(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while len(sent) < 1000:
            sent.append(connection.send(b"y" * 65536))

    with serving(flood) as endpoint:
        answer = post(endpoint.url)
    assert answer.body_excerpt == "y" * http.EXCERPT
    # The rest of the 64 MB was cut off; some of it lay in the sockets' buffers.
    assert sum(sent) < 30_000_000


def test_an_excerpt_is_text_that_postgresql_can_store():
    with serving(status(200, body=b"a\x00b\xff")) as endpoint:
        assert post(endpoint.url).body_excerpt == "a\ufffdb\ufffd"


def test_a_dripped_body_ends_the_excerpt_but_the_status_counts():
    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        drip(connection)

    with serving(answer) as endpoint:
        assert post(endpoint.url, timeout=0.3).status == 200


def test_a_body_cut_short_does_not_undo_the_status():
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab") as endpoint:
        assert post(endpoint.url).body_excerpt == "ab"


def test_a_dripped_head_is_cut_off():
    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        drip(connection)

    with serving(answer) as endpoint:
        assert failure_of(endpoint.url, timeout=0.3).kind == Failure.TIMEOUT


def test_endless_interim_answers_are_cut_off():
    def answer(connection):
        while True:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    with serving(answer) as endpoint:
        assert failure_of(endpoint.url, timeout=0.3).kind == Failure.TIMEOUT


def test_silence_is_cut_off():
    with serving(lambda connection: connection.recv(1)) as endpoint:
        assert failure_of(endpoint.url, timeout=0.2).kind == Failure.TIMEOUT


def test_an_endpoint_that_does_not_read_is_cut_off():
    hold = Event()
    with serving(before_reading=lambda connection: hold.wait(10)) as endpoint:
        error = failure_of(endpoint.url, body=b"a" * 20_000_000, timeout=0.3)
        hold.set()
    assert error.kind == Failure.TIMEOUT


def test_a_handshake_that_never_ends_is_cut_off(tmp_path):
    server, client = certified(tmp_path, "localhost")
    hold = Event()
    with serving(
        tls=server, before_reading=lambda connection: hold.wait(10)
    ) as endpoint:
        error = failure_of(endpoint.url, timeout=0.3, trust=client)
        hold.set()
    assert error.kind == Failure.TIMEOUT


def test_a_resolver_that_never_answers_is_cut_off():
    hold = Event()

    def resolve(host, port):
        hold.wait(10)
        return ["127.0.0.1"]

    error = failure_of("https://slow.example/", timeout=0.2, resolve=resolve)
    hold.set()
    assert error.kind == Failure.TIMEOUT


def test_no_time_left_means_no_connection():
    with serving() as endpoint:
        assert failure_of(endpoint.url, timeout=0).kind == Failure.TIMEOUT
    assert endpoint.received == []


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 200_000]
)
def test_what_is_not_http_is_an_error(answer):
    with serving(answer) as endpoint:
        kind = failure_of(endpoint.url).kind
    assert kind in (Failure.PROTOCOL, Failure.CONNECTION)


def test_an_early_refusal_is_heard_although_the_body_was_not_read():
    def refuse(connection):
        connection.sendall(status(413))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with serving(before_reading=refuse) as endpoint:
        assert post(endpoint.url, body=b"a" * 3_000_000).status == 413


def test_a_closed_port_is_an_error_that_names_the_address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = failure_of(f"http://127.0.0.1:{port}/")
    assert error.kind == Failure.CONNECTION
    assert "127.0.0.1" in error.message


def test_a_header_that_would_split_the_request_is_refused():
    with serving() as endpoint:
        error = failure_of(endpoint.url, headers={"x": "a\r\nevil: b"})
    assert error.kind == Failure.PROTOCOL
    assert endpoint.received == []


def test_loopback_is_refused_where_it_is_not_allowed():
    with serving() as endpoint:
        assert failure_of(endpoint.url, allow_loopback=False).kind == Failure.URL
    assert endpoint.received == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"],
)
def test_a_name_that_means_an_inner_address_is_refused(address):
    with serving() as endpoint:
        url = f"https://innocent.example:{endpoint.port}/"
        error = failure_of(url, allow_loopback=False, resolve=to(address))
    assert error.kind == Failure.ADDRESS
    assert address in error.message


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_loopback_in_an_odd_spelling_is_refused(host):
    with serving() as endpoint:
        url = f"https://{host}:{endpoint.port}/"
        error = failure_of(url, allow_loopback=False)
    assert error.kind in (Failure.ADDRESS, Failure.NAME)


def test_one_inner_address_among_public_ones_refuses_the_name():
    resolve = to("93.184.215.14", "10.0.0.1")
    error = failure_of("https://mixed.example/", resolve=resolve)
    assert error.kind == Failure.ADDRESS


def test_plain_http_goes_to_this_machine_only_even_by_name():
    error = failure_of("http://localhost/", resolve=to("93.184.215.14"))
    assert error.kind == Failure.ADDRESS


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(tmp_path):
    server, client = certified(tmp_path, "callback.example")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with serving(tls=server) as endpoint:
        url = f"https://callback.example:{endpoint.port}/"
        answer = post(url, resolve=lambda host, port: next(answers), trust=client)
    assert answer.status == 200
    assert endpoint.received[0].headers["host"] == f"callback.example:{endpoint.port}"
    assert list(answers) == [["10.0.0.1"]]


def test_the_next_address_is_tried_when_one_does_not_answer(tmp_path):
    server, client = certified(tmp_path, "callback.example")
    with serving(tls=server) as endpoint:
        url = f"https://callback.example:{endpoint.port}/"
        # The endpoint listens on IPv4 only.
        resolve = to("::1", "127.0.0.1")
        assert post(url, resolve=resolve, trust=client).status == 200


def test_a_certificate_for_another_name_is_refused(tmp_path):
    server, client = certified(tmp_path, "other.example")
    with serving(tls=server) as endpoint:
        url = f"https://callback.example:{endpoint.port}/"
        error = failure_of(url, resolve=to("127.0.0.1"), trust=client)
    assert error.kind == Failure.TLS
    assert endpoint.received == []


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    server, _ = certified(tmp_path, "callback.example")
    with serving(tls=server) as endpoint:
        url = f"https://callback.example:{endpoint.port}/"
        error = failure_of(url, resolve=to("127.0.0.1"))
    assert error.kind == Failure.TLS


def test_plain_http_behind_an_https_address_is_a_tls_error():
    def greet(connection):
        connection.sendall(status(400))

    with serving(before_reading=greet) as endpoint:
        url = endpoint.url.replace("http:", "https:")
        assert failure_of(url).kind == Failure.TLS


@pytest.mark.parametrize("error", [OSError("no"), UnicodeError("bad label")])
def test_a_name_that_does_not_resolve_is_an_error(error):
    def resolve(host, port):
        raise error

    failure = failure_of("https://nowhere.example/", resolve=resolve)
    assert failure.kind == Failure.NAME


def test_a_name_without_addresses_is_an_error():
    failure = failure_of("https://empty.example/", resolve=to())
    assert failure.kind == Failure.NAME


def test_the_system_s_resolver_knows_localhost():
    assert "127.0.0.1" in http.system_addresses("localhost", 80)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("0", 0.0), ("soon", None), ("-5", None), ("", None)],
)
def test_a_wait_in_seconds_is_understood(value, seconds):
    with serving(status(503, f"Retry-After: {value}")) as endpoint:
        assert post(endpoint.url).retry_after == seconds


def test_a_wait_until_a_moment_is_understood():
    moment = datetime.now(UTC) + timedelta(hours=1)
    header = f"Retry-After: {format_datetime(moment, usegmt=True)}"
    with serving(status(503, header)) as endpoint:
        assert 3500 < post(endpoint.url).retry_after <= 3600


def test_a_moment_that_has_passed_means_no_wait():
    header = "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"
    with serving(status(503, header)) as endpoint:
        assert post(endpoint.url).retry_after == 0


@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
def test_no_retry_after_makes_the_answer_fail(value):
    wait = http._retry_after([(b"Retry-After", value)])
    assert wait is None or wait >= 0
