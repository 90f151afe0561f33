"""Proofs checked in the browser: the same verdicts as Python's, one by one."""

import base64
import json
import random
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page

from audit import merkle, note
from audit.merkle import Node, leaf_hash, node_hash

PROOFS = 10_000
DOCUMENTS = 1_500
SMALL, LARGE = 400, 1 << 53
"""Leaves of most trees; of the others, of which all leaves but one are alike."""

CHECK_PROOFS = """async (cases) => {
  const proofs = await import("/static/js/audit_proof.js");
  const byte = (two) => parseInt(two, 16);
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], byte);
  return Promise.all(cases.map(([kind, one, other, hexed, first, second]) => {
    const [hashes, sizes] = [hexed.map(bytes), [BigInt(one), BigInt(other)]];
    return kind === "inclusion"
      ? proofs.verifyInclusion(bytes(first), ...sizes, hashes, bytes(second))
      : proofs.verifyConsistency(...sizes, hashes, bytes(first), bytes(second));
  }));
}"""
CHECK_DOCUMENTS = """async (cases) => {
  const { ProofError, checkEntry } = await import("/static/js/audit_proof.js");
  const verdicts = [];
  for (const { id, canonical, proof, key } of cases) {
    const bytes = Uint8Array.from(atob(canonical), (one) => one.charCodeAt(0));
    try {
      const found = await checkEntry({ id, canonical: bytes, proof, key });
      verdicts.push([true, found.isSigned, String(found.index), String(found.size)]);
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      verdicts.push([false]);
    }
  }
  return verdicts;
}"""

CHANGES = (
    "bits", "one", "other", "drop", "add", "double", "swap", "cut", "first", "second",
)  # fmt: skip

Case = tuple[str, int, int, list[bytes], bytes, bytes]
"""Kind; index and size, or both sizes; hashes; leaf and root, or both roots."""


@cache
def alike(level: int) -> bytes:
    """The hash of a subtree whose leaves are all the same."""
    if level == 0:
        return leaf_hash(b"like others")
    return node_hash(alike(level - 1), alike(level - 1))


class Tree:
    """Any number of leaves, all alike but the one at ``special``."""

    def __init__(self, special: int) -> None:
        self.special = special
        self.hash = cache(self._hash)

    def _hash(self, node: Node) -> bytes:
        first = node.number << node.level
        is_special = first <= self.special < first + (1 << node.level)
        if not is_special:
            return alike(node.level)
        if node.level == 0:
            return leaf_hash(b"special")
        left = Node(node.level - 1, node.number * 2)
        right = Node(node.level - 1, node.number * 2 + 1)
        return node_hash(self.hash(left), self.hash(right))

    def root(self, size: int) -> bytes:
        return merkle.range_root(merkle.Range(0, size), self.hash)

    def proof(self, ranges: list[merkle.Range]) -> list[bytes]:
        return [merkle.range_root(leaves, self.hash) for leaves in ranges]


class SmallTree(Tree):
    """All leaves differ."""

    def _hash(self, node: Node) -> bytes:
        if node.level == 0:
            return leaf_hash(b"%d" % node.number)
        left = Node(node.level - 1, node.number * 2)
        right = Node(node.level - 1, node.number * 2 + 1)
        return node_hash(self.hash(left), self.hash(right))


def valid_case(rng: random.Random, small: Tree) -> Case:
    if rng.random() < 0.15:
        size = rng.randrange(1, LARGE)
        special = rng.randrange(size)
        tree: Tree = Tree(special)
        at, old = special, rng.randrange(1, size + 1)
    else:
        tree, size = small, rng.randrange(1, SMALL)
        at, old = rng.randrange(size), rng.randrange(1, size + 1)
    if rng.random() < 0.5:
        hashes = tree.proof(merkle.inclusion_ranges(at, size))
        return "inclusion", at, size, hashes, tree.hash(Node(0, at)), tree.root(size)
    hashes = tree.proof(merkle.consistency_ranges(old, size))
    return "consistency", old, size, hashes, tree.root(old), tree.root(size)


def changed(rng: random.Random, case: Case) -> Case:
    """The same with one thing different."""
    kind, one, other, hashes, first, second = case
    hashes = list(hashes)
    at = rng.randrange(len(hashes)) if hashes else 0
    match rng.choice(
        [
            "bits",
            "one",
            "other",
            "drop",
            "add",
            "double",
            "swap",
            "cut",
            "first",
            "second",
        ]
    ):
        case "one":
            one = max(0, one + rng.choice([-2, -1, 1, 2, other]))
        case "other":
            other = max(0, other + rng.choice([-2, -1, 1, 2, other]))
        case "first":
            first = flipped(rng, first)
        case "second":
            second = flipped(rng, second)
        case "drop" if hashes:
            del hashes[at]
        case "add":
            hashes.insert(rng.randrange(len(hashes) + 1), rng.randbytes(32))
        case "double" if hashes:
            hashes.insert(at, hashes[at])
        case "swap" if len(hashes) > 1:
            hashes[at - 1], hashes[at] = hashes[at], hashes[at - 1]
        case "cut" if hashes:
            hashes[at] = hashes[at][:-1]
        case _ if hashes:
            hashes[at] = flipped(rng, hashes[at])
        case _:
            first = flipped(rng, first)
    return kind, one, other, hashes, first, second


def flipped(rng: random.Random, data: bytes) -> bytes:
    """With one bit changed."""
    at = rng.randrange(len(data) * 8)
    whole = int.from_bytes(data) ^ 1 << at
    return whole.to_bytes(len(data))


def python_says(case: Case) -> bool:
    kind, one, other, hashes, first, second = case
    if kind == "inclusion":
        return merkle.verify_inclusion(first, one, other, hashes, second)
    return merkle.verify_consistency(one, other, hashes, first, second)


def as_json(case: Case) -> list[Any]:
    kind, one, other, hashes, first, second = case
    hexed = [hash.hex() for hash in hashes]
    return [kind, str(one), str(other), hexed, first.hex(), second.hex()]


def test_browser_and_python_agree_on_random_proofs(page: Page) -> None:
    rng = random.Random(9162)
    small = SmallTree(0)
    cases = [valid_case(rng, small) for _ in range(PROOFS)]
    cases = [one if rng.random() < 0.4 else changed(rng, one) for one in cases]
    wanted = [python_says(case) for case in cases]
    page.goto("/audit/verify")
    found = page.evaluate(CHECK_PROOFS, [as_json(case) for case in cases])
    assert len(found) == PROOFS
    differing = [c for c, w, f in zip(cases, wanted, found, strict=True) if w != f]
    assert differing == []
    for kind in ("inclusion", "consistency"):
        said = [w for c, w in zip(cases, wanted, strict=True) if c[0] == kind]
        assert min(said.count(True), said.count(False)) > PROOFS / 8


def document(rng: random.Random, small: Tree, signer: note.Signer) -> dict[str, str]:
    """An entry's text with its proof, as the server gives them."""
    size = rng.randrange(1, SMALL)
    at = rng.randrange(size)
    text = json.dumps({"id": f"id-{at}", "n": rng.random()}).encode()
    hashes = small.proof(merkle.inclusion_ranges(at, size))
    root = leaf_hash(text)
    position, last = at, size - 1
    for one in hashes:  # The tree in which just this leaf is another.
        if position & 1 or position == last:
            root = node_hash(one, root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, one)
        position, last = position >> 1, last >> 1
    head = note.Checkpoint(signer.name, size, root).text()
    witness = note.Signer("w.example", signer.key, note.WITNESS)
    signed = note.Note(head, (witness.cosign(head, 17), signer.sign(head)))
    proof = note.InclusionProof(at, tuple(hashes), signed)
    return {
        "id": f"id-{at}",
        "canonical": base64.b64encode(text).decode(),
        "proof": str(proof),
        "key": f"{signer.verifier}\n",
    }


def misprinted(rng: random.Random, found: dict[str, str]) -> dict[str, str]:
    """With one character of one part changed, left out, doubled or put in."""
    part = rng.choice(["proof", "proof", "proof", "key", "id", "canonical"])
    text = found[part]
    if part == "canonical":
        text = flipped(rng, base64.b64decode(text)).decode("latin-1")
        changed = base64.b64encode(text.encode("latin-1")).decode()
        return {**found, part: changed}
    at = rng.randrange(len(text))
    other = rng.choice(["", text[at] * 2, "A", "0", "\n", " ", "+", "=", "\u2014", "é"])
    return {**found, part: text[:at] + other + text[at + 1 :]}


def python_checks(found: dict[str, str]) -> list[Any]:
    canonical = base64.b64decode(found["canonical"])
    try:
        proof = note.InclusionProof.parse(found["proof"])
        key = note.VerifierKey.parse(found["key"])
        head = note.verified(proof.checkpoint, key)
        is_it = json.loads(canonical)["id"] == found["id"]
    except (ValueError, KeyError, TypeError):
        return [False]
    holds = merkle.verify_inclusion(
        leaf_hash(canonical), proof.index, head.size, proof.hashes, head.root
    )
    if not (holds and is_it and head.origin == key.name and key.type == note.LOG):
        return [False]
    return [True, True, str(proof.index), str(head.size)]


def test_browser_and_python_read_the_same_documents(page: Page) -> None:
    rng = random.Random(8785)
    signer = note.Signer("log.example/audit", Ed25519PrivateKey.generate())
    small = SmallTree(0)
    cases = [document(rng, small, signer) for _ in range(DOCUMENTS)]
    cases = [one if rng.random() < 0.2 else misprinted(rng, one) for one in cases]
    wanted = [python_checks(case) for case in cases]
    page.goto("/audit/verify")
    found = page.evaluate(CHECK_DOCUMENTS, cases)
    differing = [c for c, w, f in zip(cases, wanted, found, strict=True) if w != f]
    assert differing == []
    assert DOCUMENTS / 8 < sum(one[0] for one in wanted) < DOCUMENTS / 2
