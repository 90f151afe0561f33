"""The log's pages: proofs recomputed in the browser, and what keys and paper do."""

import base64
import json
import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import BrowserContext, Page, Route, expect

from audit import merkle, note
from audit.merkle import Node, leaf_hash, node_hash
from tests.browser.conftest import Server

Window = Callable[..., BrowserContext]

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


# Pages


@pytest.fixture
def cancelled(page: Page, server: Server) -> str:
    """A request with a story whose entries have their places."""
    made: str = server.submit("report.write", justification="Because")["id"]
    server.call(f"/requests/{made}/cancel", {"reason": "Changed\u202e my mind"})
    for _ in range(100):
        page.goto(f"/audit/?subject={made}")
        if not page.locator(".entry .badge").count():
            break
        page.wait_for_timeout(100)
    return made


@pytest.fixture
def entry(page: Page, cancelled: str) -> str:
    """The address of the page of its last entry."""
    page.goto(f"/audit/?subject={cancelled}")
    address = page.locator("[data-row]").first.get_attribute("href")
    assert address
    return address


def verdict(page: Page) -> Any:
    return expect(page.locator("#proof [data-verdict]"))


def test_entry_is_proven_in_the_browser(page: Page, entry: str) -> None:
    page.goto(entry)
    verdict(page).to_contain_text("Checked here: this entry is number")
    said = page.locator("#proof [data-verdict]").inner_text()
    origin, size, root = page.request.get("/audit/checkpoint").text().split("\n")[:3]
    assert said.endswith(f" under root {root}, signed by {origin}.")
    assert re.search(rf"number \d+ of {int(size):,} \(index \d+\)", said)
    expect(page.locator("#proof")).to_have_attribute("data-state", "holds")


def altered(route: Route, old: str, new: str) -> None:
    answer = route.fetch()
    assert old in answer.text()
    route.fulfill(response=answer, body=answer.text().replace(old, new))


@pytest.mark.parametrize(
    ("what", "old", "new", "reason"),
    [
        ("canonical", "demo-agent", "demo-agenT", "not in the tree at this place"),
        ("canonical", '"id":"0', '"id":"1', "that of another entry"),
        ("proof", "\nindex ", "\nindex 1", "not in the tree at this place"),
        ("proof", "tlog-proof@v1", "tlog-proof@v2", "A proof begins with"),
        ("proof", "/audit\n", "/audit/\n", "does not fit the text"),
        ("key", "/audit+", "/audiT+", "The id of this key"),
    ],
)
def test_what_was_changed_on_the_way_does_not_hold(
    page: Page, entry: str, what: str, old: str, new: str, reason: str
) -> None:
    address = "**/audit/key" if what == "key" else f"**{entry}/{what}"
    page.route(address, lambda route: altered(route, old, new))
    page.goto(entry)
    verdict(page).to_contain_text("Does not hold: ")
    verdict(page).to_contain_text(reason)
    expect(page.locator("#proof")).to_have_attribute("data-state", "failed")


def test_an_entry_without_a_place_is_looked_at_again(page: Page, entry: str) -> None:
    asked = []

    def late(route: Route) -> None:
        asked.append(route)
        if len(asked) < 3:
            route.fulfill(status=409, body="Not yet\n")
        else:
            route.continue_()

    page.route("**/proof", late)
    page.goto(entry)
    verdict(page).to_contain_text("Not in the tree yet")
    verdict(page).to_contain_text("Checked here")
    assert len(asked) == 3


def test_a_page_older_than_the_place_says_it_once_it_is_proven(
    page: Page, entry: str
) -> None:
    made = r"Entry \d+ of the log \(index \d+\)"
    older = "<span data-waiting>An entry without a place yet</span>"

    def as_it_was(route: Route) -> None:
        answer = route.fetch()
        body, changed = re.subn(made, older, answer.text())
        assert changed == 1
        route.fulfill(response=answer, body=body)

    page.route(f"**{entry}", as_it_was)
    page.goto(entry)
    expect(page.locator("[data-waiting]")).to_have_text(re.compile(made))


def test_who_is_not_answered_is_told_that_nothing_was_checked(
    page: Page, entry: str
) -> None:
    page.route("**/proof", lambda route: route.fulfill(status=503, body="damaged\n"))
    page.goto(entry)
    verdict(page).to_have_text("Not checked: damaged. Load the page again.")
    expect(page.locator("#proof")).to_have_attribute("data-state", "unknown")


def test_without_ed25519_the_signature_is_said_to_be_unchecked(
    page: Page, entry: str
) -> None:
    page.add_init_script(
        "const own = crypto.subtle.importKey.bind(crypto.subtle);"
        "crypto.subtle.importKey = (...all) => all[2].name === 'Ed25519'"
        " ? Promise.reject(new DOMException('no', 'NotSupportedError')) : own(...all);"
    )
    page.goto(entry)
    verdict(page).to_contain_text("was not: this browser has no Ed25519")
    expect(page.locator("#proof")).to_have_attribute("data-state", "unknown")


def test_head_is_checked_and_its_root_can_be_copied(window: Window) -> None:
    context = window("alice")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/audit/")
    head = page.locator(".log-head")
    expect(head.locator("[data-verdict]")).to_contain_text("Signature checked here")
    head.get_by_role("button", name="Copy the root").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied in page.request.get("/audit/checkpoint").text()
    assert len(base64.b64decode(copied)) == 32
    head.locator("summary").click()
    expect(head.get_by_text(copied).first).to_be_visible()


def test_keys_move_open_prove_and_explain(page: Page, cancelled: str) -> None:
    page.goto(f"/audit/?subject={cancelled}")
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    address = rows.nth(1).get_attribute("href")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("p")
    page.wait_for_url(f"**{address}#proof")
    expect(page.locator("#proof")).to_be_in_viewport()
    page.keyboard.press("]")
    page.wait_for_url(lambda url: "#" not in url and str(address) not in url)
    page.keyboard.press("v")
    page.wait_for_url("**/audit/verify")
    page.go_back()
    page.keyboard.press("Escape")
    page.wait_for_url("**/audit/")
    page.keyboard.press("j")
    first = page.locator("[data-row]").first.get_attribute("href")
    page.keyboard.press("o")
    page.wait_for_url(f"**{first}")


def test_filters_find_by_who_what_and_when(page: Page, cancelled: str) -> None:
    page.goto("/audit/")
    page.get_by_label("Who, by name").fill("demo-agent")
    page.get_by_label("What").select_option("request")
    page.get_by_label("From (UTC)").fill("2020-01-01T00:00:01")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("[data-row]").first).to_have_text("request:decided")
    expect(page.get_by_label("From (UTC)")).to_have_value("2020-01-01T00:00:01")
    page.get_by_label("Until (UTC)").fill("2020-01-02T00:00:00")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Nothing matches this filter")).to_be_visible()


def test_a_story_on_paper_is_evidence_without_navigation(
    page: Page, cancelled: str
) -> None:
    page.goto(f"/audit/requests/{cancelled}")
    expect(page.locator(".story-entry")).to_have_count(2)
    expect(page.locator(".written.of-agent")).to_contain_text("The agent says")
    expect(page.locator(".written.of-agent")).to_contain_text("⟦U+202E⟧")
    root = page.request.get("/audit/checkpoint").text().split("\n")[2]
    page.emulate_media(media="print")
    for hidden in (".topbar", ".back", ".log-head .links", ".log-head summary"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".hash .print-only")).to_be_visible()
    expect(page.locator(".hash .print-only")).to_have_text(root)
    unbroken = "getComputedStyle(document.querySelector('.story-entry')).breakInside"
    assert page.evaluate(unbroken) == "avoid"
    assert page.pdf(format="A4").startswith(b"%PDF")
