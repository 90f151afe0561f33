// Checks the log's proofs: a second implementation, after RFC 9162 (2.1) and C2SP's
// signed-note, tlog-checkpoint and tlog-proof. Needs Web Crypto and nothing else.
// Sizes and indexes are BigInt, hashes Uint8Array.
const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;
const LOG = 0x01;
const MAX_NOTE = 65536;
const MAX_SIGNATURES = 100;
const MAX_PROOF = 63;
const HEADER = "c2sp.org/tlog-proof@v1";
const DASH = "\u2014 ";
const NAME = /^[^\s+]+$/;
const NUMBER = /^(0|[1-9][0-9]{0,18})$/;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;

// What does not hold, as a sentence.
export class ProofError extends Error {}

const bytesOf = (text) => new TextEncoder().encode(text);

async function sha256(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

export const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
export const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

export function isEqual(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

const areHashes = (...found) => found.every((one) => one.length === HASH_BYTES);

// The largest power of two that is smaller than the number of leaves, two or more.
function split(size) {
  return 1n << BigInt((size - 1n).toString(2).length - 1);
}

// Whether the leaf with this hash is the index-th of the tree: the definition of the
// tree from its root down (2.1.3), the last hash of the proof being the uppermost.
export async function verifyInclusion(leaf, index, size, proof, root) {
  if (index < 0n || index >= size || !areHashes(leaf, root, ...proof)) return false;
  const left = [...proof];
  const found = await rootWith(leaf, index, size, left);
  return found !== null && left.length === 0 && isEqual(found, root);
}

async function rootWith(leaf, index, size, proof) {
  if (size === 1n) return leaf;
  const sibling = proof.pop();
  if (!sibling) return null;
  const middle = split(size);
  const isLeft = index < middle;
  const own = isLeft
    ? await rootWith(leaf, index, middle, proof)
    : await rootWith(leaf, index - middle, size - middle, proof);
  if (own === null) return null;
  return isLeft ? nodeHash(own, sibling) : nodeHash(sibling, own);
}

// Whether the tree of so many leaves is the beginning of the other (2.1.4). Never from
// none: every tree begins with nothing.
export async function verifyConsistency(old, size, proof, oldRoot, root) {
  if (old <= 0n || old > size || !areHashes(oldRoot, root, ...proof)) return false;
  const left = [...proof];
  const roots = await rootsWith(old, size, left, oldRoot);
  return roots !== null && left.length === 0 && isEqual(roots[0], oldRoot) && isEqual(roots[1], root);
}

// Both roots of a subtree; ``known`` where the older tree is this subtree's beginning
// from the first leaf on, so that its root need not be in the proof.
async function rootsWith(old, size, proof, known) {
  if (old === size) {
    const same = known ?? proof.pop();
    return same ? [same, same] : null;
  }
  const sibling = proof.pop();
  if (!sibling) return null;
  const middle = split(size);
  if (old <= middle) {
    const roots = await rootsWith(old, middle, proof, known);
    return roots && [roots[0], await nodeHash(roots[1], sibling)];
  }
  const roots = await rootsWith(old - middle, size - middle, proof, null);
  return roots && [await nodeHash(sibling, roots[0]), await nodeHash(sibling, roots[1])];
}

// Base64 in the one way to write it.
function decoded(text) {
  let binary;
  try {
    binary = atob(text);
  } catch {
    throw new ProofError("Not Base64");
  }
  if (btoa(binary) !== text) throw new ProofError("Not canonical Base64");
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export const encoded = (bytes) => btoa(String.fromCharCode(...bytes));

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function hashOf(line) {
  const found = decoded(line);
  if (found.length !== HASH_BYTES) throw new ProofError("Not a hash: 32 bytes in Base64");
  return found;
}

function numberOf(text) {
  if (!NUMBER.test(text)) throw new ProofError("Not a number of leaves");
  return BigInt(text);
}

function nameOf(text) {
  if (!NAME.test(text)) throw new ProofError("The name of a key has no spaces and no plus sign");
  return text;
}

// Text and signatures of a signed note; nothing is verified here.
export function parseNote(text) {
  if (text.length > MAX_NOTE || CONTROL.test(text)) throw new ProofError("Not a signed note: too long, or with control characters");
  const end = text.lastIndexOf("\n\n");
  if (end < 1 || !text.endsWith("\n") || end + 2 >= text.length) throw new ProofError("Not a signed note: text, an empty line, signatures");
  const lines = text.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new ProofError("Not a signed note: too many signatures");
  return { text: text.slice(0, end + 1), signatures: lines.map(signatureOf) };
}

function signatureOf(line) {
  const space = line.indexOf(" ", DASH.length);
  if (!line.startsWith(DASH) || space < 0) throw new ProofError("Not a line of a signature");
  const blob = decoded(line.slice(space + 1));
  if (blob.length <= KEY_ID_BYTES) throw new ProofError("Not a line of a signature");
  const name = nameOf(line.slice(DASH.length, space));
  return { name, id: blob.slice(0, KEY_ID_BYTES), blob: blob.slice(KEY_ID_BYTES) };
}

// Origin, size and root that a note's text says; further lines mean nothing.
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() !== "" || !lines.every(Boolean)) throw new ProofError("A checkpoint has an origin, a size and a root hash");
  return { origin: lines[0], size: numberOf(lines[1]), root: hashOf(lines[2]) };
}

// Index, hashes and checkpoint of an inclusion proof.
export function parseProof(text) {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(end, 0)).split("\n");
  if (lines.shift() !== HEADER) throw new ProofError(`A proof begins with ${HEADER}`);
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = lines.shift();
  if (!index?.startsWith("index ")) throw new ProofError("A proof says the index of its entry");
  if (lines.length > MAX_PROOF) throw new ProofError("A proof has at most 63 hashes");
  return { index: numberOf(index.slice("index ".length)), hashes: lines.map(hashOf), note: parseNote(text.slice(end + 2)) };
}

// A public key, ``name+id+base64``, whose id has to be that of its name and bytes.
export async function parseKey(text) {
  const [name, id, ...rest] = text.trim().split("+");
  const material = decoded(rest.join("+"));
  if (material.length !== HASH_BYTES + 1 || material[0] !== LOG) throw new ProofError("Not a key of a log");
  const digest = await sha256(bytesOf(`${nameOf(name)}\n`), material);
  const own = digest.slice(0, KEY_ID_BYTES);
  if (hex(own) !== id) throw new ProofError("The id of this key is not that of its name and bytes");
  return { name, id: own, public: material.slice(1) };
}

// The checkpoint in a note. ``isSigned`` is true, or null where this browser cannot
// check Ed25519; throws where the key did not sign it.
export async function checkNote(note, key) {
  const found = note.signatures.find((one) => one.name === key.name && isEqual(one.id, key.id));
  if (!found) throw new ProofError(`Not signed by ${key.name}`);
  const isSigned = await signs(key.public, found.blob, bytesOf(note.text));
  if (isSigned === false) throw new ProofError(`The signature of ${key.name} does not fit the text`);
  const others = note.signatures.length - 1;
  return { ...parseCheckpoint(note.text), isSigned, others };
}

async function signs(publicKey, signature, message) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    return false;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
}

// Everything about one entry: its bytes are those of this id, they are a leaf of the
// tree at this index, and the tree's head is signed. Throws ProofError.
export async function checkEntry({ id, canonical, proof, key }) {
  const parsed = parseProof(proof);
  const signer = await parseKey(key);
  const head = await checkNote(parsed.note, signer);
  if (head.origin !== signer.name) throw new ProofError("The head is of another log than the key");
  if (idOf(canonical) !== id) throw new ProofError("The text is that of another entry");
  const leaf = await leafHash(canonical);
  if (!(await verifyInclusion(leaf, parsed.index, head.size, parsed.hashes, head.root))) {
    throw new ProofError("This text is not in the tree at this place");
  }
  return { ...head, index: parsed.index, leaf, key: signer };
}

function idOf(canonical) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(canonical)).id;
  } catch {
    throw new ProofError("The text of the entry is not JSON");
  }
}
