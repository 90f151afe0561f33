"""What tells a key from text that only has a key's shape."""

import json
import math
import re
from base64 import urlsafe_b64decode
from binascii import crc32
from collections import Counter
from functools import lru_cache

from approvals.risk.scanning import Scanner

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM_SIZE = 6
_FILLER = Scanner(
    *("xxxx", r"\*\*\*", r"\.\.\.", "…", "example", "placeholder", "change[-_]?me"),
    *("redacted", "dummy", "sample", "insert", "replace", "your[-_ ]", r"[-_]here\b"),
    *("your(?:key|token|secret|pass|api)", "foobar", "fake", "not[-_]?a?[-_]?real"),
    ignore_case=True,
)
_SEQUENCE = Scanner("1234567", "abcdefg", "987654321", "deadbeef", ignore_case=True)
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"(.)\1{5}")
_REFERENCE = re.compile(
    r"\$[{(\w]|\{\{|%[({\w]+[)}%]|<[^<>]{1,60}>|\[[^\[\]]{1,60}\]\Z"
    r"|\A(?:env|vault|arn|op|ref|secret|ssm|file|https?|s3|gs)s?:"
    r"|environ|process\.env|getenv|secretKeyRef|\A@"
)
_ADDRESS = re.compile(r"\A(?:[A-Za-z]:\\|\.{0,2}/|~/|https?:)|\A[\w.+-]+@[\w-]+\.\w+\Z")
_UUID = re.compile(r"\A\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?\Z", re.I)
_HEX = re.compile(r"\A(?:sha\d{1,3}[:-])?[0-9a-f]{7,128}\Z", re.I)
_DIGEST = re.compile(r"\Asha\d{1,3}[:-]", re.I)


def has_base62_checksum(token: str) -> bool:
    """Whether the last six characters are the CRC32 of those before them.

    GitHub and npm write it so ("Behind GitHub's new authentication token formats",
    2021), and we do (``agents/keys.py``); it covers what follows the last ``_``.
    """
    random_part = token.rpartition("_")[2]
    body, checksum = random_part[:-_CHECKSUM_SIZE], random_part[-_CHECKSUM_SIZE:]
    return _base62(crc32(body.encode())) == checksum


def _base62(number: int) -> str:
    digits = ""
    for _ in range(_CHECKSUM_SIZE):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


def is_jose_header(token: str) -> bool:
    """Whether the part before the first dot is the header of a JWS or JWE."""
    part = token.partition(".")[0][:2000]
    try:
        header = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and ("alg" in header or "typ" in header)


def is_filler(text: str) -> bool:
    """Whether the text stands for a secret instead of being one."""
    end = text[-24:]
    return _FILLER.is_in(text[:200]) or bool(_RUN.search(end)) or len(set(end)) < 5


def is_sequence(text: str) -> bool:
    """Whether the text counts up, as keys that somebody made up do."""
    return _SEQUENCE.is_in(text[:200])


def is_reference(text: str) -> bool:
    """Whether the text names where a secret is, or will be put in."""
    return bool(_REFERENCE.search(text[:100]) or _ADDRESS.search(text[:100]))


def is_public(text: str) -> bool:
    """Identifiers that are made to be shown: UUIDs and named digests."""
    return bool(_UUID.match(text) or _DIGEST.match(text))


def is_random(text: str) -> bool:
    """Whether nobody would choose the text: digits among letters, hardly any twice."""
    return has_digit(text) and entropy(text) >= 3.5


def is_uuid(text: str) -> bool:
    return bool(_UUID.match(text))


def is_hex(text: str) -> bool:
    return bool(_HEX.match(text))


@lru_cache(maxsize=512)
def entropy(text: str) -> float:
    """Shannon entropy in bits for each character of the first 200."""
    counts = Counter(text[:200])
    size = sum(counts.values())
    return -sum(n / size * math.log2(n / size) for n in counts.values()) if size else 0


def kinds_of_characters(text: str) -> int:
    """How many of: small letters, capitals, digits, other characters."""
    has_small, has_capital = text != text.upper(), text != text.lower()
    return has_small + has_capital + has_digit(text) + (not text.isalnum())


def has_digit(text: str) -> bool:
    return bool(_DIGIT.search(text))


def ending(secret: str) -> str:
    """The last four characters, where they give nothing away."""
    return f" ending in {secret[-4:]}" if len(secret) >= 20 else ""
