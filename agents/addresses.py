"""Which addresses a callback may have, and which are never connected to. Pure."""

import re
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2000
"""Characters."""

_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE
)

# IANA special-purpose registries, RFC 6890 and what followed. is_global does not
# do: it is true for multicast, NAT64, 6to4 and more.
_NOT_PUBLIC = tuple(
    (ip_network(network), what)
    for network, what in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier (CGNAT)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4 in disguise (mapped)"),
        ("::/96", "IPv4 in disguise (compatible)"),
        ("64:ff9b::/96", "IPv4 in disguise (NAT64)"),
        ("64:ff9b:1::/48", "IPv4 in disguise (NAT64)"),
        ("2001::/32", "IPv4 in disguise (Teredo)"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "IPv4 in disguise (6to4)"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is handed out of IPv6 so far; anything outside is refused unseen."""


def check_url(url: str, *, allow_loopback: bool) -> None:
    """Pass an address that a callback may have; raise ValueError saying what is wrong.

    A name is not resolved here: what it means is checked at each connection.
    """
    if len(url) > MAX_URL:
        raise ValueError(f"The address is longer than {MAX_URL} characters.")
    if not re.fullmatch(r"[\x21-\x7e]+", url):
        raise ValueError(
            "The address must be plain ASCII without spaces: write a foreign name in"
            " its xn-- form and percent-encode the rest."
        )
    parts = _split(url)
    if "@" in parts.netloc:
        raise ValueError("The address must not carry a user name or password.")
    if "#" in url:
        raise ValueError("The address must not have a fragment (#).")
    _check_host(parts.hostname or "")
    _check_reach(parts.scheme, parts.hostname or "", allow_loopback)


def refusal(address: str, *, allow_loopback: bool) -> str | None:
    """What is wrong with connecting to this IP address, or None."""
    ip = ip_address(address)
    if ip.is_loopback and allow_loopback:
        return None
    for network, what in _NOT_PUBLIC:
        if ip in network:
            return f"{address} is {what}, not a public address"
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST:
        return f"{address} is not a public address"
    return None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("The address cannot be read: check host and port.") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("The address must begin with https://.")
    if port == 0:
        raise ValueError("Port 0 cannot be connected to.")
    return parts


def literal(host: str) -> str | None:
    """The host as an IP address in its usual form, or None when it is a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _check_host(host: str) -> None:
    if not (literal(host) or _HOST_NAME.fullmatch(host)):
        raise ValueError("The address has no valid host name.")


def _check_reach(scheme: str, host: str, allow_loopback: bool) -> None:
    own = literal(host)
    loopback = ip_address(own).is_loopback if own else host == "localhost"
    if loopback and not allow_loopback:
        raise ValueError("Addresses of this machine itself are not allowed here.")
    if scheme == "http" and not loopback:
        raise ValueError("The address must begin with https://.")
    if own and (problem := refusal(own, allow_loopback=allow_loopback)):
        raise ValueError(f"{problem}.")
