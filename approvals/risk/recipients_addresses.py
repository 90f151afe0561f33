"""E-mail addresses in values and in running text, however they are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from approvals.risk.tables import names

MAX_ADDRESSES = 2000
"""Of one text; what has more is mass mail or a list of people in any case."""
_BREAKS = re.compile(r"[\s<>()\[\],;:\"\\|=]+")
_TRIM = ".,'`*!?{}“”’‘«»/&#-_~"
_DOMAIN = re.compile(r"[^\W_][\w-]{0,62}(?:\.[^\W_][\w-]{0,62}){1,8}\.?\Z")
_ENDING = re.compile(r"(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})\Z", re.IGNORECASE)
_VERSION = re.compile(r"v?\d{1,2}[a-z]?\.", re.IGNORECASE)
"""``pkg@1.0.beta`` and ``icon@2x.wide`` are none; ``qq@163.com`` is an address."""
_ENCODED = (("%40", "@"), ("＠", "@"), ("﹫", "@"))
_FILES = names(
    "css gif html jpeg jpg js json md mjs pdf png py svg ts tsx txt webp yaml yml"
)


@dataclass(frozen=True, slots=True)
class Address:
    """``written`` as it stands in the text; the others in small letters."""

    written: str
    local: str
    domain: str

    @property
    def whole(self) -> str:
        return f"{self.local}@{self.domain}"


def addresses_in(text: str) -> Iterator[Address]:
    """Every address, at most MAX_ADDRESSES; in linear time.

    Knows display names, lists in one string, ``mailto:``, plus-addressing and
    internationalised domains. A version (``react@18.2``) is no address.
    """
    for mark, sign in _ENCODED:
        if mark in text:
            text = text.replace(mark, sign)
    if "@" not in text:
        return
    found = 0
    for word in _BREAKS.split(text):
        address = _address(word) if "@" in word and len(word) <= 400 else None
        if address is not None:
            yield address
            found += 1
            if found >= MAX_ADDRESSES:
                return


@lru_cache(maxsize=2048)
def _address(word: str) -> Address | None:
    trimmed = word.partition("?")[0].strip(_TRIM)
    local, _, domain = trimmed.rpartition("@")
    if not local or "//" in local or len(local) > 64 or not _DOMAIN.match(domain):
        return None
    domain = domain.rstrip(".").lower()
    ending = domain.rpartition(".")[2]
    if not _ENDING.match(ending) or ending in _FILES or _VERSION.match(domain):
        return None
    return Address(trimmed, local.lower(), domain)
