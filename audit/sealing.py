"""What somebody wrote, kept apart from the log that proves it. Pure.

An entry holds only a commitment to a text: HMAC-SHA-256 under a random key of its
subject. With text and key anybody can check it; once both are erased, the entry
still stands, and no guess at what was written can be confirmed from it.
"""

import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from audit import jcs

KEY_BYTES = 32
MEMBER, SCHEME = "sealed", "hmac-sha256:"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value of an entry's data that is stored as a commitment."""

    value: Any
    content: str = ""
    """Its RFC 8785 JSON, where that is known already."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The RFC 8785 JSON of a sealed member, and the commitment to it."""

    member: str
    commitment: str
    content: str


def new_key() -> bytes:
    """A subject's key."""
    return secrets.token_bytes(KEY_BYTES)


def commitment(content: str, key: bytes) -> str:
    """Equal contents of one subject have equal commitments, those of two never."""
    return SCHEME + hmac.digest(key, content.encode(), "sha256").hex()


def holds(payload: Payload, key: bytes) -> bool:
    """Whether this is what was committed to."""
    return hmac.compare_digest(payload.commitment, commitment(payload.content, key))


def content_of(value: Any) -> str:
    """The RFC 8785 JSON that stands for a value."""
    return jcs.dumps(value).decode()


def opened(content: str) -> Any:
    """The value that a payload's content is."""
    return json.loads(content)


def needs_key(data: Mapping[str, Any]) -> bool:
    """Whether anything in ``data`` is to be sealed."""
    return any(isinstance(value, Sealed) and value.value for value in data.values())


def sealed(data: Mapping[str, Any], key: bytes) -> tuple[dict[str, Any], list[Payload]]:
    """``data`` with commitments in place of what is sealed, and their payloads.

    Nothing written is nothing to hide: an empty text stays as it is.
    """
    plain: dict[str, Any] = {}
    payloads: list[Payload] = []
    for name, value in data.items():
        if isinstance(value, Sealed) and value.value:
            content = value.content or content_of(value.value)
            payloads.append(Payload(name, commitment(content, key), content))
            plain[name] = {MEMBER: payloads[-1].commitment}
        else:
            plain[name] = value.value if isinstance(value, Sealed) else value
    return plain, payloads


def commitments(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and commitment of each sealed member of an entry's data."""
    for name, value in data.items():
        if isinstance(value, dict) and set(value) == {MEMBER}:
            yield name, str(value[MEMBER])
