"""Roots and proofs of RFC 9162, against its definitions and public vectors."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    Range,
    complete_subtrees,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    range_root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(
    os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"), "vectors"
)
# Certificate Transparency's well-known example (RFC 6962): these leaves, these roots.
LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(number.to_bytes(2, "big")) for number in range(300)]


def root(leaves: list[bytes]) -> bytes:
    """The definition itself (2.1.1)."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def lookup(node: Node) -> bytes:
    return root(HASHES[node.number << node.level : (node.number + 1) << node.level])


def cases(kind: str) -> Iterator[dict[str, Any]]:
    path = VECTORS / f"merkle_{kind}.jsonl"
    if not path.exists():
        pytest.skip("the public vectors are not here")
    yield from map(json.loads, path.read_text().splitlines())


def decoded(text: str) -> bytes:
    return base64.b64decode(text)


def test_gives_the_well_known_roots() -> None:
    tree = Frontier()
    for leaf, expected in zip(LEAVES, ROOTS, strict=True):
        tree.append(leaf_hash(bytes.fromhex(leaf)))
        assert tree.root().hex() == expected


def test_an_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert Frontier().root() == EMPTY_ROOT == range_root(Range(0, 0), lookup)


def test_a_frontier_that_is_not_of_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3 leaves"):
        Frontier(3, [HASHES[0]])
    with pytest.raises(ValueError, match="-1 leaves"):
        Frontier(-1, [])


def test_every_size_has_the_root_of_the_definition() -> None:
    tree = Frontier()
    for size in range(len(HASHES) + 1):
        expected = root(HASHES[:size])
        assert tree.root() == range_root(Range(0, size), lookup) == expected
        assert Frontier(size, tree.hashes).root() == expected
        if size < len(HASHES):
            tree.append(HASHES[size])


@given(st.integers(1, 300), st.data())
def test_a_proof_of_inclusion_holds_for_its_leaf_alone(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size))
    head = root(HASHES[:size])
    proof = [range_root(one, lookup) for one in inclusion_ranges(index, size)]
    assert verify_inclusion(HASHES[index], index, size, proof, head)
    assert verify_inclusion(HASHES[index], other, size, proof, head) == (other == index)
    assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, head)
    assert not verify_inclusion(HASHES[index], index, size, [*proof, head], head)
    if proof:
        assert not verify_inclusion(HASHES[index], index, size, proof[:-1], head)


@given(st.integers(1, 300), st.data())
def test_a_proof_of_consistency_holds_for_its_trees_alone(
    new: int, data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, new))
    heads = root(HASHES[:old]), root(HASHES[:new])
    proof = [range_root(one, lookup) for one in consistency_ranges(old, new)]
    assert verify_consistency(old, new, proof, *heads)
    assert not verify_consistency(old, new, [*proof, heads[0]], *heads)
    assert not verify_consistency(old, new, proof, EMPTY_ROOT, heads[1])
    assert not verify_consistency(old, new, proof, heads[0], EMPTY_ROOT)
    if proof:
        assert not verify_consistency(old, new, proof[1:], *heads)


def test_subtrees_are_the_largest_from_left_to_right() -> None:
    assert list(complete_subtrees(Range(0, 7))) == [(2, 0), (1, 2), (0, 6)]
    assert list(complete_subtrees(Range(256, 300))) == [(5, 8), (3, 36), (2, 74)]


def test_nothing_can_be_proven_of_an_empty_tree() -> None:
    with pytest.raises(ValueError, match="from 0 to 5"):
        consistency_ranges(0, 5)
    with pytest.raises(ValueError, match="from 6 to 5"):
        consistency_ranges(6, 5)
    with pytest.raises(ValueError, match="no leaf 0"):
        inclusion_ranges(0, 0)
    assert not verify_consistency(0, 5, [], EMPTY_ROOT, root(HASHES[:5]))
    assert not verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)


def test_agrees_with_the_public_vectors_of_inclusion() -> None:
    for case in cases("inclusion"):
        proof = [decoded(one) for one in case["proof"] or []]
        leaf, head = decoded(case["leafHash"]), decoded(case["root"])
        size = case["treeSize"]
        holds = verify_inclusion(leaf, case["leafIdx"], size, proof, head)
        assert holds is not case["wantErr"], case["name"]


def test_agrees_with_the_public_vectors_of_consistency() -> None:
    for case in cases("consistency"):
        proof = [decoded(one) for one in case["proof"] or []]
        heads = decoded(case["root1"]), decoded(case["root2"])
        holds = verify_consistency(case["size1"], case["size2"], proof, *heads)
        assert holds is not case["wantErr"], case["name"]
