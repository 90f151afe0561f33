"""The log's Merkle tree: hashes, roots and proofs (RFC 9162, section 2.1). Pure.

A tree is made of complete subtrees: ``Node(level, number)`` covers the leaves
``number * 2**level`` to ``(number + 1) * 2**level``. Whoever stores the hashes of
complete subtrees can answer for every size, so proofs are asked for as ranges of
leaves, and roots come from a ``Lookup`` of complete subtrees.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

LEAF_PREFIX, NODE_PREFIX = b"\x00", b"\x01"
"""Separate leaves from inner nodes, so that neither can pass for the other."""
HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


class Range(NamedTuple):
    """The leaves from ``start`` up to, but not including, ``end``."""

    start: int
    end: int


class Node(NamedTuple):
    """A complete subtree of ``2**level`` leaves, the ``number``-th of its size."""

    level: int
    number: int


Lookup = Callable[[Node], bytes]
"""The hash of a complete subtree that the tree has."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 over 0x00 and the leaf, 32 bytes."""
    return sha256(LEAF_PREFIX + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 over 0x01 and both children, 32 bytes."""
    return sha256(NODE_PREFIX + left + right).digest()


class Frontier:
    """The complete subtrees that a tree is made of, largest first; grows by leaves.

    All that is needed to append and to know the root: at most 64 hashes.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Raises ValueError when ``size`` is not made of that many subtrees."""
        if size < 0 or size.bit_count() != len(hashes):
            raise ValueError(f"A tree of {size} leaves has other subtrees")
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Take the hash of the next leaf."""
        whole, rest = leaf, self.size
        while rest & 1:
            whole = node_hash(self.hashes.pop(), whole)
            rest >>= 1
        self.hashes.append(whole)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _joined(self.hashes) if self.hashes else EMPTY_ROOT


def complete_subtrees(leaves: Range) -> Iterator[Node]:
    """The largest complete subtrees that make up ``leaves``, from left to right.

    ``leaves`` is what RFC 9162 hashes as one: it begins at a multiple of the smallest
    power of two that it fits in.
    """
    start = leaves.start
    while start < leaves.end:
        level = (leaves.end - start).bit_length() - 1
        yield Node(level, start >> level)
        start += 1 << level


def range_root(leaves: Range, lookup: Lookup) -> bytes:
    """The Merkle tree hash of ``leaves``, from the subtrees that they consist of."""
    hashes = [lookup(node) for node in complete_subtrees(leaves)]
    return _joined(hashes) if hashes else EMPTY_ROOT


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """What an inclusion proof consists of, from the leaf's sibling upwards (2.1.3.1).

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}")
    path, leaves = [], Range(0, size)
    while leaves.end - leaves.start > 1:
        left, right = _halves(leaves)
        leaves, other = (left, right) if index < right.start else (right, left)
        path.append(other)
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """What a consistency proof from ``old`` to ``new`` leaves consists of (2.1.4.1).

    Raises ValueError unless 0 < old <= new: nothing can be proven of an empty tree.
    """
    if not 0 < old <= new:
        raise ValueError(f"There is no consistency proof from {old} to {new} leaves")
    path, leaves, is_known = [], Range(0, new), True
    while old != leaves.end:
        left, right = _halves(leaves)
        if old <= right.start:
            leaves, other = left, right
        else:
            leaves, other, is_known = right, left, False
        path.append(other)
    return path[::-1] if is_known else [leaves, *path[::-1]]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the leaf of hash ``leaf`` is the ``index``-th of the tree (2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    at, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node_hash(sibling, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the tree of ``old`` leaves is the beginning of the other (2.1.4.2).

    Never from 0: every tree begins with nothing, so it would prove nothing.
    """
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if not _are_hashes(old_root, new_root, *proof):
        return False
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    of_old = of_new = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            of_old, of_new = node_hash(each, of_old), node_hash(each, of_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            of_new = node_hash(of_new, each)
        at, last = at >> 1, last >> 1
    return last == 0 and of_old == old_root and of_new == new_root


def _are_hashes(*found: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in found)


def _halves(leaves: Range) -> tuple[Range, Range]:
    """Split at the largest power of two that is smaller than the number of leaves."""
    middle = leaves.start + (1 << (leaves.end - leaves.start - 1).bit_length() - 1)
    return Range(leaves.start, middle), Range(middle, leaves.end)


def _joined(hashes: Sequence[bytes]) -> bytes:
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result
