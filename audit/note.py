"""Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint,
tlog-cosignature, tlog-proof; https://c2sp.org). Pure.

A note is text and signature lines. A log signs with type 0x01; a witness with type
0x04, over the time and the text. Whoever checks ignores signatures of unknown keys.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from audit.merkle import HASH_BYTES

LOG, WITNESS = 0x01, 0x04
"""Types of signatures: Ed25519 over the text; timestamped Ed25519 cosignature."""
MAX_NOTE, MAX_SIGNATURES = 65_536, 100
"""Characters of a note, signatures in it: enough for any, and little work."""
MAX_PROOF = 63
"""Hashes in a proof: no tree has more levels."""
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_DASH = "\N{EM DASH} "
_NAME = re.compile(r"[^\s+]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteError(ValueError):
    """A note, key, checkpoint or proof that cannot be read or is not signed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line: whose it says it is, and bytes that only its key can make."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """With the newline at its end."""
        return f"{_DASH}{self.name} {_text(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """Text, ending in a newline, and who signed it."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(one.line() for one in self.signatures)}"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Name, type and public key of who signs; reads ``name+id+base64``."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name || newline || type || key)."""
        material = self.name.encode() + b"\n" + bytes([self.type]) + self.public
        return sha256(material).digest()[:4]

    def __str__(self) -> str:
        material = _text(bytes([self.type]) + self.public)
        return f"{self.name}+{self.id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Raises NoteError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, material = rest.partition("+")
        key = _bytes(material)
        if len(key) != HASH_BYTES + 1 or key[0] not in (LOG, WITNESS):
            raise NoteError("Not a key of a log or of a witness")
        found = cls(_checked_name(name), key[0], key[1:])
        if found.id.hex() != key_id:
            raise NoteError("The id of this key is not that of its name and bytes")
        return found

    def signed(self, note: Note) -> Signature | None:
        """This key's valid signature; None when it signed nothing here.

        Raises NoteError for one that is not valid: then nothing of it is believed.
        """
        for one in note.signatures:
            if (one.name, one.key_id) == (self.name, self.id):
                self._check(one, note.text)
                return one
        return None

    def _check(self, signature: Signature, text: str) -> None:
        blob, message = signature.blob, text.encode()
        if self.type == WITNESS:
            blob, message = blob[8:], cosigned(text, time_of(signature))
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(blob, message)
        except (InvalidSignature, ValueError):
            reason = f"The signature of {self.name} does not fit the text"
            raise NoteError(reason) from None


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with the name it signs under."""

    name: str
    key: Ed25519PrivateKey
    type: int = LOG

    @property
    def verifier(self) -> VerifierKey:
        public = self.key.public_key().public_bytes_raw()
        return VerifierKey(_checked_name(self.name), self.type, public)

    def sign(self, text: str) -> Signature:
        """A log's signature over ``text``."""
        return Signature(self.name, self.verifier.id, self.key.sign(text.encode()))

    def cosign(self, text: str, time: int) -> Signature:
        """A witness's signature over ``text`` at ``time``, POSIX seconds."""
        blob = time.to_bytes(8, "big") + self.key.sign(cosigned(text, time))
        return Signature(self.name, self.verifier.id, blob)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree: how many leaves, and their root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text of the note."""
        return f"{self.origin}\n{self.size}\n{_text(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Raises NoteError; extension lines are let through and mean nothing."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteError("A checkpoint has an origin, a size and a root hash")
        return cls(lines[0], _number(lines[1]), _hash(lines[2]))


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf is in the tree of a checkpoint (C2SP tlog-proof)."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Note

    def __str__(self) -> str:
        hashes = lines_of(self.hashes)
        return f"{PROOF_HEADER}\nindex {self.index}\n{hashes}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> "InclusionProof":
        """Raises NoteError; opaque extra data is let through and means nothing."""
        head, _, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines.pop(0) != PROOF_HEADER:
            raise NoteError(f"A proof begins with {PROOF_HEADER}")
        if lines and lines[0].startswith("extra "):
            lines.pop(0)
        if not lines or not lines[0].startswith("index "):
            raise NoteError("A proof says the index of its entry")
        return cls(
            _number(lines[0].removeprefix("index ")), hashes_of(lines[1:]), parse(note)
        )


def parse(text: str) -> Note:
    """Split text from signatures; raises NoteError. Nothing is verified here."""
    if len(text) > MAX_NOTE or _CONTROL.search(text):
        raise NoteError("Not a signed note: too long, or with control characters")
    body, separator, lines = text.rpartition("\n\n")
    if not separator or not body or not lines.endswith("\n"):
        raise NoteError("Not a signed note: text, an empty line, signatures")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise NoteError("Not a signed note: too many signatures")
    return Note(f"{body}\n", signatures)


def signature_lines(text: str) -> tuple[Signature, ...]:
    """What a witness answers with; raises NoteError."""
    if len(text) > MAX_NOTE or not text.endswith("\n"):
        raise NoteError("Not lines of signatures")
    return tuple(_signature(line) for line in text[:-1].split("\n"))


def verified(note: Note, key: VerifierKey) -> Checkpoint:
    """The checkpoint in ``note``; raises NoteError unless ``key`` signed it."""
    if key.signed(note) is None:
        raise NoteError(f"Not signed by {key.name}")
    return Checkpoint.parse(note.text)


def add_signatures(note: Note, added: Iterable[Signature]) -> Note:
    """``note`` with further signatures at its end."""
    return Note(note.text, (*note.signatures, *added))


def cosigned(text: str, time: int) -> bytes:
    """What a witness signs (tlog-cosignature, Ed25519)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def time_of(cosignature: Signature) -> int:
    """POSIX seconds; raises NoteError for what is no cosignature."""
    if len(cosignature.blob) != 8 + 64:
        raise NoteError("Not a cosignature: time and signature are 72 bytes")
    return int.from_bytes(cosignature.blob[:8], "big")


def hashes_of(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Hashes of a proof, one a line; raises NoteError."""
    if len(lines) > MAX_PROOF:
        raise NoteError(f"A proof has at most {MAX_PROOF} hashes")
    return tuple(map(_hash, lines))


def lines_of(hashes: Iterable[bytes]) -> str:
    """The reverse: each in Base64, with a newline at its end."""
    return "".join(f"{_text(one)}\n" for one in hashes)


def _signature(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    blob = _bytes(encoded)
    if not line.startswith(_DASH) or not separator or len(blob) < 5:
        raise NoteError("Not a line of a signature")
    return Signature(_checked_name(name), blob[:4], blob[4:])


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NoteError("The name of a key has no spaces and no plus sign")
    return name


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise NoteError("Not a number of leaves")
    return int(text)


def _hash(text: str) -> bytes:
    found = _bytes(text)
    if len(found) != HASH_BYTES:
        raise NoteError(f"Not a hash: {HASH_BYTES} bytes in Base64")
    return found


def _bytes(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("Not Base64") from None
    if _text(found) != text:  # One way to write it, or a note could be varied.
        raise NoteError("Not canonical Base64")
    return found


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
