"""Signatures by Standard Webhooks 1.0.0, for what agents send and receive. Pure."""

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300
"""Seconds a timestamp may lie in the past or in the future."""
SECRET_BYTES = range(24, 65)
"""How long a secret may be, in bytes."""

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")
_UNIX_TIME = re.compile(r"0|[1-9][0-9]{0,11}")
_ENTRY = re.compile(r"([A-Za-z0-9]{1,16}),([A-Za-z0-9+/=_:-]+)")
_V1 = re.compile(r"[A-Za-z0-9+/]{43}=")


class SignatureError(Exception):
    """A message that is not proven to come from who it says; says why."""


class MissingHeader(SignatureError):
    """One of the three headers is not there."""


class MalformedId(SignatureError):
    """The id is not 1 to 255 visible ASCII characters."""


class MalformedTimestamp(SignatureError):
    """The timestamp is not Unix time in ASCII digits."""


class OutsideTolerance(SignatureError):
    """The timestamp lies more than five minutes away: possibly a replay."""


class MalformedSignature(SignatureError):
    """The list of signatures cannot be read."""


class UnknownVersion(SignatureError):
    """No signature of the one version understood here is in the list."""


class NoMatch(SignatureError):
    """No signature in the list was made with a secret in force."""


class BadSecret(SignatureError):
    """Our own side: a secret that is not ``whsec_`` + base64 of 24 to 64 bytes."""


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, ``v1,`` + base64 of the HMAC-SHA256; raises BadSecret."""
    return _signature(_key(secret), message_id, str(timestamp), body)


def headers(
    secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three headers, signed with every secret given; raises BadSecret."""
    signatures = (
        sign(secret, message_id=message_id, timestamp=timestamp, body=body)
        for secret in secrets
    )
    return {
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: " ".join(signatures),
    }


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: float
) -> str:
    """The id of a message signed with one of ``secrets`` around ``now`` (Unix time).

    Header names are taken in any case. Raises the subclass of SignatureError
    that says what is wrong, and nothing else.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id = _checked_id(_present(given, ID))
    timestamp = _checked_timestamp(_present(given, TIMESTAMP), now)
    signatures = _v1_signatures(_present(given, SIGNATURE))
    expected = [
        _signature(_key(secret), message_id, timestamp, body) for secret in secrets
    ]
    if not _any_equal(expected, signatures):
        raise NoMatch(
            f"No signature in {SIGNATURE} matches. Sign"
            " '{id}.{timestamp}.{body}' with the agent's current secret, over the"
            " body exactly as sent."
        )
    return message_id


def _present(given: Mapping[str, str], name: str) -> str:
    if not given.get(name):
        raise MissingHeader(f"The header {name} is missing.")
    return given[name]


def _checked_id(message_id: str) -> str:
    if not _VISIBLE_ASCII.fullmatch(message_id):
        raise MalformedId(f"{ID} must be 1 to 255 visible ASCII characters.")
    return message_id


def _checked_timestamp(timestamp: str, now: float) -> str:
    if not _UNIX_TIME.fullmatch(timestamp):
        raise MalformedTimestamp(
            f"{TIMESTAMP} must be whole seconds since 1970 in the digits 0 to 9."
        )
    if abs(now - int(timestamp)) > TOLERANCE:
        raise OutsideTolerance(
            f"{TIMESTAMP} is more than five minutes away from the server's clock."
        )
    return timestamp


def _v1_signatures(listed: str) -> list[str]:
    """The complete ``v1,…`` entries; whatever else is listed cannot match anyway."""
    entries = [_ENTRY.fullmatch(entry) for entry in listed.split(" ")]
    if not any(entries):
        raise MalformedSignature(
            f"{SIGNATURE} must be signatures like 'v1,<base64>', one space between."
        )
    known = [entry for entry in entries if entry and entry[1] == "v1"]
    if not known:
        raise UnknownVersion(f"{SIGNATURE} has no signature of version v1.")
    complete = [entry[0] for entry in known if _V1.fullmatch(entry[2])]
    if not complete:
        raise MalformedSignature(
            f"No v1 signature in {SIGNATURE} is the base64 of 32 bytes."
        )
    return complete


def _key(secret: str) -> bytes:
    prefix, _, encoded = secret.partition("_")
    try:
        key = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if prefix != "whsec" or len(key) not in SECRET_BYTES:
        raise BadSecret(
            "A webhook secret must be 'whsec_' and the base64 of 24 to 64 bytes."
        )
    return key


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()


def _any_equal(expected: Sequence[str], given: Sequence[str]) -> bool:
    """Each comparison in constant time, so that no signature can be felt out."""
    return any(
        hmac.compare_digest(ours, theirs) for ours in expected for theirs in given
    )
