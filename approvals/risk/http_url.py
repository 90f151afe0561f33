"""Addresses of the web, taken apart as browsers do, and where they really lead."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

MAX_LENGTH = 8000
_SCHEME = re.compile(r"\s{0,50}([a-z][a-z0-9+.-]{0,30}):", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"\b(?:https?|ftp|gopher|dict|ldaps?|jar)://[^\s\"'<>`]{1,4000}", re.I
)
_OPAQUE = frozenset({"data", "file", "javascript", "jar", "vbscript", "view-source"})
_NUMBER = re.compile(r"(?:0x[0-9a-f]{0,16}|\d{1,20})\Z", re.IGNORECASE)
_BARE = re.compile(
    r"\s{0,20}(?=[^\s]{4,})((?:[\w-]{1,63}\.){1,8}[a-z]{2,24}|localhost|\d{1,3}(?:\.\d{1,3}){3})"
    r"(?=[:/?#]|\Z)",
    re.IGNORECASE,
)
_LOCAL_NAMES = (
    ".localhost",
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".corp",
    ".home",
)
_METADATA = frozenset(
    {
        "100.100.100.200",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "192.0.0.192",
        "fd00:ec2::254",
        "instance-data",
        "metadata",
        "metadata.azure.com",
        "metadata.goog",
        "metadata.google.internal",
    }
)
_REBINDING = re.compile(
    r"(?:nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me|rbndr\.us|1u\.ms"
    r"|localhost\.run)\Z"
)
_CLOUD = ipaddress.ip_network("fd00:ec2::/32")


@dataclass(frozen=True, slots=True)
class Url:
    """``host`` is in small letters, decoded, without brackets and port.

    ``userinfo`` is what stands before ``@``; ``is_twisted``: two readers can
    disagree about the host (a backslash, a control character, a second ``@``).
    """

    scheme: str
    host: str
    userinfo: str
    path: str
    query: str
    is_twisted: bool

    @property
    def is_opaque(self) -> bool:
        """Whether it has no host but the scheme says all."""
        return self.scheme in _OPAQUE


@lru_cache(maxsize=1024)
def parse(text: str) -> Url | None:
    """The address that the whole of ``text`` is; None for anything else.

    A host alone (``example.com/x``) is taken for HTTPS, as browsers do.
    """
    said = text[:MAX_LENGTH].strip()
    plain = "".join(char for char in said if char not in "\t\r\n")
    scheme = _SCHEME.match(plain)
    if scheme is None or (_BARE.match(plain) and "://" not in plain[:60]):
        return _bare(plain)
    name, rest = scheme[1].lower(), plain[scheme.end() :]
    if name in _OPAQUE:
        return Url(name, "", "", rest, "", is_twisted=False)
    if not rest.startswith(("//", "\\\\", "/\\", "\\/")):
        return None
    return _of_authority(name, rest[2:], len(plain) < len(said))


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """Spans of addresses with a scheme in running text."""
    if "://" not in text:
        return
    for number, found in enumerate(_IN_TEXT.finditer(text)):
        if number >= 200:
            return
        yield found.span()


def _bare(plain: str) -> Url | None:
    if " " in plain or not _BARE.match(plain):
        return None
    return _of_authority("", plain, False)


def _of_authority(scheme: str, rest: str, has_breaks: bool) -> Url:
    flat = rest.replace("\\", "/")
    end = min((at for at in map(flat.find, "/?#") if at >= 0), default=len(flat))
    authority, tail = flat[:end], flat[end:]
    userinfo, at, place = authority.rpartition("@")
    host = unquote(_without_port(place)).strip("[]").rstrip(".").lower()
    path, _, query = tail.partition("?")
    is_twisted = (
        has_breaks
        or "\\" in rest[: end + 2]
        or "@" in userinfo
        or (path.startswith("/") and "%40" in authority and not at)
        or any(ord(char) <= 32 or char in "/@#?\\" for char in host)
    )
    return Url(scheme, host, userinfo, path, query.partition("#")[0], is_twisted)


def _without_port(place: str) -> str:
    if place.startswith("["):
        return place.partition("]")[0]
    return place.partition(":")[0] if place.count(":") == 1 else place


def is_internal(host: str) -> str:
    """Why the host is one of this machine or network; empty where it is not."""
    if host in _METADATA:
        return "the cloud's own metadata, which hands out credentials"
    if host == "localhost" or host.endswith(_LOCAL_NAMES):
        return "this machine or its network"
    if _REBINDING.search(host):
        return "a name that leads to any address, also to this machine"
    number = ip_of(host)
    if number is None:
        return ""
    mapped = getattr(number, "ipv4_mapped", None) or number
    if str(mapped) in _METADATA or mapped.is_link_local or mapped in _CLOUD:
        return "the cloud's own metadata, which hands out credentials"
    is_public = mapped.is_global and not (mapped.is_multicast or mapped.is_reserved)
    return "" if is_public else "this machine or its network"


def ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The number that a host is, also as ``2130706433`` or ``0x7f.1``."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host.partition("%")[0])
        except ValueError:
            return None
    return _ipv4(host)


def is_odd_number(host: str) -> bool:
    """Whether the host is a number that is not written as numbers of hosts are."""
    number = ip_of(host)
    return number is not None and ":" not in host and str(number) != host


def _ipv4(host: str) -> ipaddress.IPv4Address | None:
    """As inet_aton reads it: decimal, octal and hexadecimal, one to four parts."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.match(part) for part in parts):
        return None
    try:
        values = [_value(part) for part in parts]
    except ValueError:
        return None
    *first, last = values
    if any(value > 255 for value in first) or last >= 256 ** (5 - len(parts)):
        return None
    whole = last + sum(value << (24 - 8 * at) for at, value in enumerate(first))
    return ipaddress.IPv4Address(whole)


def _value(part: str) -> int:
    if part.lower().startswith("0x"):
        return int(part[2:] or "0", 16)
    is_octal = len(part) > 1 and part.startswith("0")
    return int(part, 8 if is_octal else 10)
