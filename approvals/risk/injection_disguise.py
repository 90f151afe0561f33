"""Text as a model would read it: without what hides it from a pattern."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from functools import cache, cached_property
from urllib.parse import unquote_plus

from approvals.risk.injection_patterns import SQUEEZED
from approvals.risk.scanning import Scanner
from approvals.risk.unicode_lookalikes import table

_DROPPED = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063"
)
_DROPPED += "\u2064\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_NOT_ASCII = re.compile("[^\x00-\x7f]+")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_IS_LEET = Scanner(r"[A-Za-z][013457@$!|]+[A-Za-z]")
_SPACED = Scanner(r"\b[A-Za-z](?:[ .*_-]+[A-Za-z]){7}(?:[ .*_-]+[A-Za-z])*\b")
_ENCODED = Scanner("[A-Za-z0-9+/_-]{24}[A-Za-z0-9+/_-]*={0,2}")
_MOST = 150
_MOST_DECODED = 8000


@cache
def _folding() -> dict[int, str | None]:
    """Look-alikes to what they look like; tag characters to what they say."""
    # A capital I looks like a small l, and stands for one in the table.
    folds: dict[int, str | None] = {
        ord(char): "I" if ascii == "l" and char.isupper() else ascii
        for char, ascii in table().items()
    }
    folds |= {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
    return folds | dict.fromkeys(map(ord, _DROPPED))


class Offsets:
    """Where the characters of a folded text stood; worked out when asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _kept(self) -> list[int]:
        dropped = frozenset(_DROPPED)
        return [at for at, char in enumerate(self._text) if char not in dropped]

    def __getitem__(self, position: int) -> int:
        return self._kept[position]


def folded(text: str) -> tuple[str, Offsets | None]:
    """The text in ASCII as far as it looks so, and where its characters stood.

    None: everything is where it was.
    """
    if text.isascii():
        return "", None
    folding = _folding()
    plain = _NOT_ASCII.sub(lambda found: found[0].translate(folding), text)
    return plain, None if len(plain) == len(text) else Offsets(text)


def unleeted(text: str) -> str:
    """The text with the digits of l33t turned into letters, or nothing."""
    return text.translate(_LEET) if _IS_LEET.is_in(text) else ""


def spaced(text: str) -> Iterator[tuple[int, int]]:
    """Where an instruction is written l i k e  t h i s."""
    for start, end in _SPACED.places(text, _MOST)[0]:
        if SQUEEZED.is_in(re.sub(r"[ .*_-]+", "", text[start:end])):
            yield start, end


def encoded(text: str) -> tuple[list[tuple[int, int]], bool]:
    """Where base64 or hexadecimal digits stand, and whether that is everywhere."""
    return _ENCODED.places(text, _MOST)


def decoded(encoded: str) -> str:
    """What such digits say, where that is text again; else nothing."""
    encoded = encoded[:_MOST_DECODED]
    digits = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        if re.fullmatch("(?:[0-9A-Fa-f]{2})+", encoded):
            raw = bytes.fromhex(encoded)
        else:
            raw = b64decode(digits[: len(digits) // 4 * 4] + _rest(digits))
        plain = raw.decode("utf-8", errors="ignore")
    except (binascii.Error, ValueError):
        return ""
    readable = sum(char.isprintable() or char.isspace() for char in plain[:200])
    return plain if " " in plain and readable >= 0.9 * min(len(raw), 200) else ""


def _rest(digits: str) -> str:
    rest = digits[len(digits) // 4 * 4 :]
    return rest + "=" * (4 - len(rest)) if len(rest) > 1 else ""


def unquoted(address: str) -> str:
    """A web address as its server reads it, or nothing where it reads the same."""
    return unquote_plus(address[:_MOST_DECODED]) if "%" in address else ""
