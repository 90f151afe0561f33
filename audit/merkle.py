"""Hashing of the log's leaves (RFC 9162, section 2.1.1). Pure."""

from hashlib import sha256

LEAF_PREFIX = b"\x00"
"""Separates leaves from inner nodes, so that neither can pass for the other."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 over 0x00 and the leaf, 32 bytes."""
    return sha256(LEAF_PREFIX + leaf).digest()
