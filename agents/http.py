"""POST to an address that somebody else chose, without being used against our own net.

Every address a name resolves to is checked at the moment of connecting, and the
connection goes to the address that was checked: a name that changes its answer
in between (DNS rebinding) gains nothing. The core of httpx2 is used as it is:
it knows no proxies from the environment, no cookies, no redirects and no
decompression, so none of them has to be switched off.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from agents.addresses import check_url, literal, refusal

TIMEOUT = 15.0
"""Seconds for everything together: name, connection, request and answer."""
MAX_RESPONSE = 64 * 1024
"""Bytes of an answer that are read."""
EXCERPT = 2000
"""Characters of an answer that are kept."""

Resolver = Callable[[str, int], Sequence[str]]
"""Host name and port to IP addresses; raises OSError."""


class Failure(StrEnum):
    """Why no answer came."""

    URL = "url"
    NAME = "name"
    ADDRESS = "address"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"


class PostError(Exception):
    """No answer came; ``message`` says why, for people."""

    def __init__(self, kind: Failure, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body_excerpt: str
    retry_after: float | None
    """Seconds from now that the other side asked to wait, if it did."""
    duration_ms: int


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    allow_loopback: bool,
    timeout: float = TIMEOUT,
    resolve: Resolver | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """POST ``body`` and return the answer, whatever its status; redirects are answers.

    ``timeout`` bounds the whole exchange in seconds. A status counts as the
    answer even when the body after it is slow, broken or too long: then the
    excerpt ends early. ``trust`` replaces the system's certificates. Raises
    PostError when no answer came.
    """
    started = time.monotonic()
    try:
        check_url(url, allow_loopback=allow_loopback)
    except ValueError as error:
        raise PostError(Failure.URL, str(error)) from None
    parts = urlsplit(url)
    deadline = _Deadline(started + timeout)
    backend = _CheckedBackend(
        deadline,
        resolve=resolve or system_addresses,
        allow_loopback=allow_loopback,
        only_loopback=parts.scheme == "http",
    )
    connection = httpcore2.HTTPConnection(
        origin=httpcore2.URL(url).origin,
        ssl_context=trust or _system_trust(),
        network_backend=backend,
    )
    sent = {
        "Host": parts.netloc,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    with connection:
        return _exchange(connection, url, list(sent.items()), body, started)


def system_addresses(host: str, port: int) -> Sequence[str]:
    """The addresses the system's resolver gives."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class _Deadline:
    """One moment that every step of an exchange has to keep."""

    def __init__(self, moment: float) -> None:
        self._moment = moment

    def left(self) -> float:
        """Seconds left, more than 0; raises PostError when none are."""
        left = self._moment - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    @staticmethod
    def passed() -> PostError:
        return PostError(Failure.TIMEOUT, "No complete answer came in time.")


class _DeadlineStream(httpcore2.NetworkStream):
    """A socket whose every step is cut off at the one deadline.

    The library's own time-outs are per read, so that one byte every few seconds
    would hold a connection for ever.
    """

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._socket = sock
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._socket.settimeout(self._deadline.left())
            return self._socket.recv(max_bytes)
        except TimeoutError:
            raise self._deadline.passed() from None
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        unsent = memoryview(buffer)
        try:
            while unsent:
                self._socket.settimeout(self._deadline.left())
                unsent = unsent[self._socket.send(unsent) :]
        except TimeoutError:
            raise self._deadline.passed() from None
        except OSError as error:
            # The library then still reads: an early "413" comes before the reset.
            raise httpcore2.WriteError(str(error)) from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            self._socket.settimeout(self._deadline.left())
            secured = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname
            )
        except BaseException as error:
            self.close()
            raise self._tls_failure(error) from error
        return _DeadlineStream(secured, self._deadline)

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        return None

    def _tls_failure(self, error: BaseException) -> BaseException:
        if isinstance(error, TimeoutError):
            return self._deadline.passed()
        if isinstance(error, ssl.SSLCertVerificationError):
            return PostError(
                Failure.TLS, f"The certificate is not valid: {error.verify_message}"
            )
        if isinstance(error, OSError | ValueError):
            return PostError(Failure.TLS, f"No secure connection: {error}")
        return error


class _CheckedBackend(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, and to nothing else."""

    def __init__(
        self,
        deadline: _Deadline,
        *,
        resolve: Resolver,
        allow_loopback: bool,
        only_loopback: bool,
    ) -> None:
        self._deadline = deadline
        self._resolve = resolve
        self._allow_loopback = allow_loopback
        self._only_loopback = only_loopback

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failure = PostError(Failure.NAME, f"{host} has no address.")
        addresses = self._checked_addresses(host, port)
        for untried, address in zip(
            range(len(addresses), 0, -1), addresses, strict=True
        ):
            # Shared out, so that one dead address leaves time for the next.
            share = self._deadline.left() / untried
            try:
                sock = socket.create_connection((address, port), share)
            except OSError as error:
                failure = _cannot_connect(address, error)
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _DeadlineStream(sock, self._deadline)
        raise failure

    def _checked_addresses(self, host: str, port: int) -> Sequence[str]:
        """All addresses of the host; one bad one among them refuses all."""
        own = literal(host)
        addresses = [own] if own else self._resolved(host, port)
        for address in addresses:
            problem = refusal(address, allow_loopback=self._allow_loopback)
            if problem is None and self._only_loopback:
                problem = _beyond_loopback(address)
            if problem:
                raise PostError(Failure.ADDRESS, f"Refused to connect: {problem}.")
        return addresses

    def _resolved(self, host: str, port: int) -> Sequence[str]:
        """Resolved in a thread that can be left behind: resolvers know no time-out."""
        results: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def look_up() -> None:
            try:
                results.put(self._resolve(host, port))
            except Exception as error:
                results.put(error)

        Thread(target=look_up, name="resolve", daemon=True).start()
        try:
            result = results.get(timeout=self._deadline.left())
        except Empty:
            raise self._deadline.passed() from None
        if isinstance(result, Exception):
            raise PostError(Failure.NAME, f"{host} does not resolve.") from result
        return result


def _beyond_loopback(address: str) -> str | None:
    if ip_address(address).is_loopback:
        return None
    return f"{address} is another machine, and plain http is for this one only"


def _cannot_connect(address: str, error: OSError) -> PostError:
    if isinstance(error, TimeoutError):
        return PostError(Failure.TIMEOUT, f"{address} did not answer in time.")
    reason = error.strerror or error
    return PostError(Failure.CONNECTION, f"Cannot connect to {address}: {reason}.")


def _exchange(
    connection: httpcore2.HTTPConnection,
    url: str,
    headers: list[tuple[str, str]],
    body: bytes,
    started: float,
) -> Answer:
    try:
        with connection.stream("POST", url, headers=headers, content=body) as response:
            excerpt = _excerpt(response)
    except httpcore2.NetworkError as error:
        raise PostError(
            Failure.CONNECTION, f"The connection broke: {error}."
        ) from error
    except httpcore2.ProtocolError as error:
        raise PostError(Failure.PROTOCOL, f"Not an HTTP answer: {error}") from error
    return Answer(
        status=response.status,
        body_excerpt=excerpt,
        retry_after=_retry_after(response.headers),
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _excerpt(response: httpcore2.Response) -> str:
    """The beginning of the body as text; U+0000 has no place in PostgreSQL."""
    received = bytearray()
    try:
        for chunk in response.iter_stream():
            received += chunk
            if len(received) >= MAX_RESPONSE:
                break
    except (PostError, httpcore2.NetworkError, httpcore2.ProtocolError):
        pass
    text = received[:MAX_RESPONSE].decode(errors="replace")
    return text[:EXCERPT].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> float | None:
    """Seconds from a Retry-After in either form of RFC 9110, section 10.2.3."""
    values = [value for name, value in headers if name.lower() == b"retry-after"]
    text = values[0].decode("latin-1").strip() if values else ""
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


@cache
def _system_trust() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()
