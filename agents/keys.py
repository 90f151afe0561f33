"""Agent keys and webhook secrets: made, checked and hashed. Pure.

API.md, "Authentication": a key is ``csk_``, 30 random base62 characters and the
CRC32 of those 30 in 6 base62 characters, so that a mistyped or cut-off key is
refused without asking the database. A scanner can tell a real key the same way.
"""

import re
import secrets
from base64 import b64encode
from binascii import crc32
from hashlib import sha256

PREFIX = "csk_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(rf"{PREFIX}([0-9A-Za-z]{{30}})([0-9A-Za-z]{{6}})")


def new_key() -> str:
    """A new key, 40 characters, 178 random bits."""
    random_part = "".join(secrets.choice(ALPHABET) for _ in range(30))
    return f"{PREFIX}{random_part}{_checksum(random_part)}"


def is_well_formed(key: str) -> bool:
    """Whether the text has a key's form and its checksum is right."""
    match = _KEY.fullmatch(key)
    return match is not None and _checksum(match[1]) == match[2]


def digest(key: str) -> str:
    """SHA-256 of the key, 64 hex digits: what is stored instead of it.

    A plain hash is enough for 178 random bits; there is nothing to guess.
    """
    return sha256(key.encode()).hexdigest()


def last4(key: str) -> str:
    """The last four characters, by which people tell keys apart."""
    return key[-4:]


def new_webhook_secret() -> str:
    """``whsec_`` + base64 of 32 random bytes (Standard Webhooks 1.0.0)."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def _checksum(random_part: str) -> str:
    number = crc32(random_part.encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
