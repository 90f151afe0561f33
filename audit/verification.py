"""Does the log still say what was written? Recomputes everything, to the first fault.

From inside, with the database at hand. Somebody who does not trust this server takes
an export and checks that with ``countersign_verify.py`` instead.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from audit import note, sealing, tiles
from audit.merkle import Frontier, leaf_hash
from audit.models import Checkpoint, Entry, Leaf, Tile
from audit.sealing import Payload
from audit.sequencer import newest, verifier

CHUNK = 2000
"""Rows read at a time: memory stays flat however long the log is."""
_WITHOUT_PLACE = """
SELECT id FROM audit_entry
WHERE NOT EXISTS (SELECT FROM audit_leaf WHERE entry_id = audit_entry.id)
AND NOT EXISTS (SELECT FROM audit_pending WHERE entry_id = audit_entry.id)
ORDER BY id LIMIT 1
"""
_PAYLOADS = """
SELECT audit_payload.subject_type, audit_payload.subject_id, member, content, secret,
    coalesce(data -> member ->> 'sealed', '')
FROM audit_payload
LEFT JOIN audit_subjectkey USING (subject_type, subject_id)
LEFT JOIN audit_entry ON audit_entry.id = entry_id
CROSS JOIN unnest(members, contents) AS written (member, content)
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that does not hold: where, and why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many entries hold and the head of their tree, up to the first fault."""

    entries: int
    size: int
    root: str
    """Of the newest signed head, in hexadecimal digits."""
    fault: Fault | None = None


class _Found(Exception):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(where, reason)


def verify_log(older: str | None = None) -> Report:
    """Check entries, places, tiles, head and payloads; ``older`` is a checkpoint.

    With one, also that the log still begins as it did then.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return _verify(older)


def _verify(older: str | None) -> Report:
    head, tree, entries = newest(), Frontier(), 0
    size, root = (head.size, bytes(head.root).hex()) if head else (0, tree.root().hex())
    try:
        before = _read(older) if older is not None else None
        signed = _signed_head(head)
        if before is not None and before.size > size:
            lost = f"the log has {size} entries, and had {before.size} then"
            raise _Found("checkpoint", f"it was cut or rolled back: {lost}")
        for leaf in _leaves():
            _check_leaf(leaf, tree)
            entries += 1
            _compare(tree, before, "it is not the log that this checkpoint is of")
            _compare(tree, signed, "its tree is not the one that was signed")
        if tree.size != size:
            raise _Found("tree", f"{tree.size} entries have a place, not {size}")
        _check_tiles(tree.size)
        entries += _check_pending()
        _check_payloads()
    except _Found as found:
        return Report(entries, size, root, found.fault)
    return Report(entries, size, root)


def _read(text: str) -> note.Checkpoint:
    try:
        return note.verified(note.parse(text), verifier())
    except note.NoteError as error:
        raise _Found("checkpoint", f"it is none of this log: {error}") from None


def _signed_head(head: Checkpoint | None) -> note.Checkpoint | None:
    if head is None:
        return None
    try:
        signed = note.verified(note.parse(head.note), verifier())
    except note.NoteError as error:
        raise _Found(f"checkpoint {head.size}", str(error)) from None
    if (signed.size, signed.root) != (head.size, bytes(head.root)):
        raise _Found(f"checkpoint {head.size}", "it is not what was signed")
    return signed


def _compare(tree: Frontier, head: note.Checkpoint | None, reason: str) -> None:
    if head is not None and tree.size == head.size and tree.root() != head.root:
        raise _Found("tree", f"at {head.size} entries {reason}")


def _leaves() -> Iterator[Leaf]:
    found = Leaf.objects.select_related("entry").order_by("index")
    yield from found.iterator(chunk_size=CHUNK)


def _check_leaf(leaf: Leaf, tree: Frontier) -> None:
    if leaf.index != tree.size:
        raise _Found(f"entry {tree.size}", "nothing has its place")
    _check_entry(leaf.entry)
    if bytes(leaf.hash) != bytes(leaf.entry.leaf_hash):
        raise _Found(f"entry {leaf.entry_id}", "its place is of another entry")
    tree.append(bytes(leaf.hash))


def _check_entry(entry: Entry) -> None:
    if reason := _fault_in(entry):
        raise _Found(f"entry {entry.pk}", reason)


def _fault_in(entry: Entry) -> str:
    canonical = bytes(entry.canonical)
    if entry.canonical_bytes() != canonical:
        return "its columns do not say what was written"
    if leaf_hash(canonical) != bytes(entry.leaf_hash):
        return "its leaf hash does not match its bytes"
    return ""


def _check_tiles(size: int) -> None:
    """Every full tile is there, and is of the hashes below it."""
    level, width = 0, size
    while width := width // tiles.WIDTH:
        stored = Tile.objects.filter(level=level).order_by("number")
        for number, tile in enumerate(stored.iterator(chunk_size=CHUNK)):
            hashes = tiles.split(bytes(tile.hashes))
            below = tiles.parts(level, number)
            root = tiles.subtree_root(hashes)
            is_whole = (hashes, root) == (below, bytes(tile.root))
            if tile.number != number or not is_whole:
                raise _Found(f"tile {level}/{number}", "it is not of the tree below it")
        if stored.count() != width:
            raise _Found(f"tiles of level {level}", f"there are not {width}")
        level += 1


def _check_pending() -> int:
    """Entries that have no place yet, of which each has to wait for one."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_PLACE)
        if found := cursor.fetchone():
            raise _Found(f"entry {found[0]}", "it has no place and waits for none")
    waiting = Entry.objects.filter(leaf=None).order_by("id")
    number = 0
    for entry in waiting.iterator(chunk_size=CHUNK):
        _check_entry(entry)
        number += 1
    return number


def _check_payloads() -> None:
    for kind, subject, payload, secret in _stored_payloads():
        if secret is None or not sealing.holds(payload, secret):
            raise _Found(f"payload of {kind} {subject}", "it is not what was sealed")


def _stored_payloads() -> Iterable[tuple[str, str, Payload, bytes | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_PAYLOADS)
        while rows := cursor.fetchmany(CHUNK):
            for kind, subject, member, content, secret, commitment in rows:
                key = None if secret is None else bytes(secret)
                yield kind, subject, Payload(member, commitment, content), key
