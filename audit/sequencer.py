"""Gives entries their place in the tree, and publishes its signed head.

Nobody who writes waits for it. One at a time takes what was committed, in the order
in which it was written, adds leaves and full tiles, and signs. It is one transaction,
so that a crash at any point leaves the tree as it was before or as it is after.
"""

from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit import note, tiles
from audit.merkle import Frontier
from audit.models import Checkpoint, Tile

BATCH = 1000
"""Entries that one checkpoint adds at most."""
_SEQUENCING = 5_117_023_884_601_774_919
"""Key of the advisory lock; only has to be ours."""
_TAKE = """
WITH taken AS (
    DELETE FROM audit_pending WHERE id IN (
        SELECT id FROM audit_pending ORDER BY id LIMIT %s
    ) RETURNING id, entry_id
)
SELECT taken.entry_id, audit_entry.leaf_hash
FROM taken JOIN audit_entry ON audit_entry.id = taken.entry_id
ORDER BY taken.id
"""
_ADD = """
INSERT INTO audit_leaf (index, entry_id, hash)
SELECT %s + place, entry_id, hash
FROM unnest(%s::uuid[], %s::bytea[]) WITH ORDINALITY AS taken (entry_id, hash, place)
"""


class BrokenTree(Exception):
    """What is stored does not go on from what was signed last: nothing is signed."""


@dataclass(frozen=True, slots=True)
class Head:
    """The tree that the newest checkpoint is of."""

    origin: str
    frontier: Frontier


def sequence_due() -> int:
    """Integrate everything that waits; returns how many entries that were.

    Nothing when another process is at it. Raises BrokenTree.
    """
    done = 0
    while taken := _sequence_batch():
        done += taken
        if taken < BATCH:
            break
    return done


def signer(origin: str) -> note.Signer:
    """The log's own key, under the name of its origin."""
    key = load_pem_private_key(settings.AUDIT_KEY.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("AUDIT_KEY has to be an Ed25519 key")
    return note.Signer(origin, key)


def newest() -> Checkpoint | None:
    """The newest checkpoint; None before the first."""
    return Checkpoint.objects.order_by("-size").first()


def verifier() -> note.VerifierKey:
    """The public key of the log, by which its checkpoints are checked."""
    found = newest()
    return signer(_origin(found)).verifier


@transaction.atomic(durable=True)
def _sequence_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEQUENCING])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAKE, [BATCH])
        taken = [(entry, bytes(hash)) for entry, hash in cursor.fetchall()]
    if taken:
        head = _head()
        _grow(head.frontier, taken)
        _publish(head)
    return len(taken)


def _head() -> Head:
    """Where to go on; only from a checkpoint that we signed and that fits its root.

    So a head is never signed that does not go on from the one before, whatever
    somebody did to the tables meanwhile.
    """
    found = newest()
    if found is None:
        return Head(_origin(None), Frontier())
    try:
        frontier = Frontier(found.size, tiles.split(bytes(found.frontier)))
        origin = _origin(found)
        signed = note.verified(note.parse(found.note), signer(origin).verifier)
    except ValueError as error:  # A NoteError is one.
        raise BrokenTree(f"Checkpoint {found.size} cannot be used: {error}") from error
    if (signed.size, signed.root) != (found.size, frontier.root()):
        raise BrokenTree(f"Checkpoint {found.size} is not of the tree that is stored")
    return Head(origin, frontier)


def _origin(found: Checkpoint | None) -> str:
    """Chosen with the first checkpoint and kept: it is who the log is."""
    if found is None:
        return str(settings.AUDIT_ORIGIN)
    return found.note.partition("\n")[0]


def _grow(frontier: Frontier, taken: list[tuple[UUID, bytes]]) -> None:
    start = frontier.size
    entries, hashes = zip(*taken, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [start - 1, list(entries), list(hashes)])
    for hash in hashes:
        frontier.append(hash)
    _fill_tiles(0, start, frontier.size)


def _fill_tiles(level: int, before: int, now: int) -> None:
    """Store the tiles of ``level`` that became full, then those above.

    ``before`` and ``now``: how many hashes this level had and has.
    """
    full = range(before // tiles.WIDTH, now // tiles.WIDTH)
    for number in full:
        hashes = tiles.tile(level, number, tiles.WIDTH)
        if hashes is None:
            raise BrokenTree(f"Tile {level}/{number} lacks hashes")
        root = tiles.subtree_root(tiles.split(hashes))
        Tile.objects.create(level=level, number=number, hashes=hashes, root=root)
    if full:
        _fill_tiles(level + 1, full.start, full.stop)


def _publish(head: Head) -> None:
    tree = head.frontier
    text = note.Checkpoint(head.origin, tree.size, tree.root()).text()
    signed = note.Note(text, (signer(head.origin).sign(text),))
    Checkpoint.objects.create(
        size=tree.size,
        root=tree.root(),
        frontier=b"".join(tree.hashes),
        note=str(signed),
        at=timezone.now(),
    )
