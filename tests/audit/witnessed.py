"""A log in memory, and what it would send to a witness."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import merkle, note, witness
from audit.note import Signer

ORIGIN = "log.example/audit"
LOG = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
KEY = Ed25519PrivateKey.from_private_bytes(b"\2" * 32)
WITNESS = Signer("w.example/countersign", KEY, note.WITNESS)
LOGS = witness.trusted([str(LOG.verifier)])


class Tree:
    """Its leaves are ``{name}-0``, ``{name}-1`` … from ``fork`` on, ``-0`` before."""

    def __init__(self, name: str = "a", fork: int = 0) -> None:
        self.name, self.fork = name, fork

    def leaves(self, size: int) -> list[bytes]:
        return [
            merkle.leaf_hash(f"{self.name if i >= self.fork else 'a'}-{i}".encode())
            for i in range(size)
        ]

    def head(self, size: int) -> note.Checkpoint:
        return note.Checkpoint(ORIGIN, size, self._root(merkle.Range(0, size)))

    def signed(self, size: int, signer: Signer = LOG) -> str:
        text = self.head(size).text()
        return str(note.Note(text, (signer.sign(text),)))

    def proof(self, old: int, new: int) -> list[bytes]:
        ranges = merkle.consistency_ranges(old, new) if old else []
        return [self._root(leaves) for leaves in ranges]

    def request(self, old: int, new: int) -> bytes:
        """As an honest log sends it."""
        return witness.request(old, self.proof(old, new), self.signed(new)).encode()

    def submission(self, old: int, new: int) -> witness.Submission:
        return witness.read(self.request(old, new), LOGS)

    def _root(self, leaves: merkle.Range) -> bytes:
        tree = merkle.Frontier()
        for leaf in self.leaves(leaves.end)[leaves.start :]:
            tree.append(leaf)
        return tree.root()


def answer(
    body: bytes, last: note.Checkpoint | None, logs: witness.Logs = LOGS
) -> tuple[int, str, str]:
    """Status, type and body; 200 when it would be cosigned."""
    try:
        witness.check(witness.read(body, logs), last)
    except witness.Refused as refused:
        found = refused.answer
        return found.status, found.type, found.body
    return 200, "", ""


def joined(old: str, proof: Sequence[str], checkpoint: str) -> bytes:
    """A request written by hand."""
    lines = "".join(f"{line}\n" for line in (old, *proof))
    return f"{lines}\n{checkpoint}".encode()
