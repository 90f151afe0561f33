"""Which witnesses the operator chose, and one exchange with one of them.

They are chosen by the operator, not by somebody who asks: any address may be one.
"""

import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpcore2

from audit import note
from audit.note import VerifierKey
from audit.witness import MAX_BODY

TIMEOUT = 5.0
"""Seconds for everything together, but for asking name servers."""
MAX_NAME = 200


class NoAnswer(Exception):
    """The witness could not be asked; says why."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Where it is, and the key by which it is believed."""

    url: str
    key: VerifierKey

    @property
    def name(self) -> str:
        return self.key.name


def parse(text: str) -> tuple[Witness, ...]:
    """``URL KEY`` pairs with commas between; raises ValueError."""
    pairs = [pair.split() for pair in text.split(",") if pair.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("a witness is an address and a key, with a space between")
    found = tuple(Witness(_address(url), _key(key)) for url, key in pairs)
    if len({one.name for one in found}) < len(found):
        raise ValueError("two witnesses have one name")
    return found


def ask(url: str, body: str, timeout: float = TIMEOUT) -> tuple[int, str]:
    """POST to a witness's ``add-checkpoint``: status and body of its answer.

    Redirects are answers. Raises NoAnswer.
    """
    backend = _Backend(time.monotonic() + timeout)
    address = f"{url}/add-checkpoint"
    headers = {
        "Host": urlsplit(url).netloc,
        "Content-Type": "text/plain; charset=utf-8",
        "Connection": "close",
    }
    try:
        with (
            httpcore2.HTTPConnection(
                origin=httpcore2.URL(address).origin,
                ssl_context=_system_trust(),
                network_backend=backend,
            ) as connection,
            connection.stream(
                "POST", address, headers=list(headers.items()), content=body.encode()
            ) as response,
        ):
            return response.status, _text(response.iter_stream())
    except httpcore2.TimeoutException:
        raise NoAnswer("no answer in time") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, ValueError) as error:
        raise NoAnswer(f"no answer: {error}") from error


def _address(url: str) -> str:
    parts = urlsplit(url)
    is_web = parts.scheme in ("http", "https") and parts.hostname
    if not is_web or not url.isascii():
        raise ValueError(f"{url} is no address of a witness")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("the address of a witness has neither ?, # nor @")
    _ = parts.port  # Raises ValueError for what is no port.
    return url.rstrip("/")


def _key(text: str) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.type != note.WITNESS:
        raise ValueError(f"{text} is the key of a log, not of a witness")
    if len(key.name) > MAX_NAME:
        raise ValueError(f"the name of a witness has at most {MAX_NAME} characters")
    return key


def _text(chunks: Iterable[bytes]) -> str:
    received = bytearray()
    for chunk in chunks:
        received += chunk
        if len(received) > MAX_BODY:
            raise NoAnswer("its answer is too long")
    return received.decode(errors="replace")


class _Stream(httpcore2.NetworkStream):
    """Cut off at one moment: a time-out for each read lets one byte a time pass."""

    def __init__(self, inner: httpcore2.NetworkStream, end: float) -> None:
        self._inner, self._end = inner, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._end))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._end))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(self._end)
        inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return _Stream(inner, self._end)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    def __init__(self, end: float) -> None:
        self._end = end

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        inner = super().connect_tcp(host, port, _left(self._end))
        return _Stream(inner, self._end)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout
    return left


@cache
def _system_trust() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()
