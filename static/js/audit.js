// The log's pages: proofs and heads checked here, hashes copied, keys.
import { ProofError, checkEntry, checkNote, encoded, hex, parseKey, parseNote } from "./audit_proof.js";
import { onKey } from "./keys.js";
import { notify } from "./notice.js";
import { focused } from "./rows.js";

const AGAIN = 1000;
const TRIES = 30;
const NO_CRYPTO = "Not checked: this browser checks proofs only over HTTPS or on this machine itself.";

export function watchAudit() {
  const proof = document.querySelector("[data-proof]");
  const head = document.querySelector("[data-head]");
  if (proof) run(() => showProof(proof, TRIES), proof);
  if (head) run(() => showHead(head), head);
  document.addEventListener("click", copy);
  // On other pages the key is theirs, and a row has no proof.
  if (document.querySelector("[data-proof], .entries, .story")) onKey("p", toProof);
  for (const button of document.querySelectorAll("[data-copy], [data-print]")) button.hidden = false;
}

// ``data-copy`` holds what is copied.
async function copy(event) {
  const button = event.target.closest("[data-copy], [data-print]");
  if (!button) return;
  if ("print" in button.dataset) {
    window.print();
    return;
  }
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    notify("Copied.");
  } catch {
    notify("This browser does not let the page copy; mark the text and copy it.");
  }
}

// The proof of the selected entry, or of the entry at hand.
function toProof() {
  const place = document.getElementById("proof");
  const row = focused();
  if (place) {
    place.scrollIntoView();
    place.focus({ preventScroll: true });
  } else if (row) location.assign(`${row.href}#proof`);
  else return false;
  return undefined;
}

async function run(check, place) {
  try {
    if (!globalThis.crypto?.subtle) say(place, "unknown", NO_CRYPTO);
    else await check();
  } catch (error) {
    if (error instanceof ProofError) say(place, "failed", `Does not hold: ${error.message}.`);
    else say(place, "unknown", `Not checked: ${error.message}. Load the page again.`);
  }
}

async function showProof(place, tries) {
  const { id, proof, canonical, key } = place.dataset;
  const answer = await fetch(proof, { cache: "no-store" });
  if (answer.status === 409 && tries > 0) {
    say(place, "waiting", "Not in the tree yet: entries get their place within about a second. Looking again…");
    setTimeout(() => run(() => showProof(place, tries - 1), place), AGAIN);
    return;
  }
  if (answer.status === 409) {
    say(place, "unknown", "Still not in the tree. The sequencer may have stopped: tell who runs this server.");
    return;
  }
  const text = await textOf(answer);
  const bytes = new Uint8Array(await (await fetched(canonical)).arrayBuffer());
  const found = await checkEntry({ id, canonical: bytes, proof: text, key: await textOf(await fetch(key)) });
  say(place, found.isSigned ? "holds" : "unknown", words(found));
  showPlace(found);
  fill(place, { leaf: encoded(found.leaf), root: encoded(found.root), key: keyWords(found.key) });
}

function words(found) {
  const number = `this entry is number ${grouped(found.index + 1n)} of ${grouped(found.size)} (index ${found.index})`;
  const root = `under root ${encoded(found.root)}`;
  if (found.isSigned) return `Checked here: ${number} ${root}, signed by ${found.key.name}.`;
  return `Checked here: ${number} ${root}. The signature of ${found.key.name} was not: this browser has no Ed25519.`;
}

async function showHead(place) {
  const key = await parseKey(await textOf(await fetch(place.dataset.key)));
  const note = parseNote(await textOf(await fetch(place.dataset.head, { cache: "no-store" })));
  const head = await checkNote(note, key);
  if (head.size < BigInt(place.dataset.size)) throw new ProofError("The head is older than the one that this page shows");
  if (head.isSigned) say(place, "holds", `Signature checked here, by key ${keyWords(key)}.`);
  else say(place, "unknown", "Signature not checked: this browser has no Ed25519.");
}

// It had none yet when the page was made.
function showPlace(found) {
  const waiting = document.querySelector("[data-waiting]");
  if (waiting) waiting.textContent = `Entry ${grouped(found.index + 1n)} of the log (index ${found.index})`;
}

const keyWords = (key) => `${key.name}+${hex(key.id)}`;

const grouped = (number) => number.toLocaleString("en");

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer;
}

async function textOf(answer) {
  if (!answer.ok) throw new Error((await answer.text()).trim().slice(0, 200) || `the server answered ${answer.status}`);
  return answer.text();
}

function say(place, state, text) {
  place.dataset.state = state;
  place.querySelector("[data-verdict]").textContent = text;
}

function fill(place, values) {
  for (const [name, value] of Object.entries(values)) {
    const cell = place.querySelector(`[data-found="${name}"]`);
    if (cell) cell.textContent = value;
  }
  place.querySelector("[data-details]").hidden = false;
}
