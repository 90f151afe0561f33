"""Wallet addresses of crypto-currencies, by their formats and checksums."""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

MAX_CANDIDATES = 300
"""So much that could be an address is checked: each takes some 60 µs."""
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# Ethereum's own checksum (EIP-55) is left out: most wallets take addresses in small
# letters, which have none, and a mistyped one is not better.
_CANDIDATE = re.compile(
    r"(?<![0-9A-Za-z])(?:(0x[0-9a-fA-F]{40})|([13][1-9A-HJ-NP-Za-km-z]{25,34})"
    r"|((?:bc1|tb1|BC1|TB1)[02-9AC-HJ-NP-Zac-hj-np-z]{11,71}))(?![0-9A-Za-z])"
)
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CHECKS = (1, 0x2BC830A3)
"""The constants of bech32 (BIP 173) and bech32m (BIP 350)."""


def wallets_in(text: str) -> Iterator[tuple[int, int]]:
    """Spans of Bitcoin and Ethereum addresses among the first MAX_CANDIDATES."""
    if "0x" not in text and "1" not in text and "3" not in text:
        return
    for found in islice(_CANDIDATE.finditer(text), MAX_CANDIDATES):
        ethereum, base58, bech32 = found.groups()
        if (
            ethereum
            or (base58 and _is_base58(base58))
            or (bech32 and _is_bech32(bech32))
        ):
            yield found.span()


def _is_base58(text: str) -> bool:
    """Base58Check: the last four bytes are the start of a double SHA-256."""
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    try:
        data = number.to_bytes(25, "big")
    except OverflowError:
        return False
    return sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def _is_bech32(text: str) -> bool:
    if text.lower() != text and text.upper() != text:
        return False
    prefix, _, data = text.lower().partition("1")
    values = [ord(char) >> 5 for char in prefix] + [0]
    values += [ord(char) & 31 for char in prefix]
    values += [_BECH32.index(char) for char in data]
    return _polymod(values) in _BECH32_CHECKS


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(_GENERATOR):
            check ^= term if top >> bit & 1 else 0
    return check
