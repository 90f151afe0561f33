"""The log, or a part of it, as a signed bundle that can be verified without us.

All of it is read in one REPEATABLE READ transaction with server-side cursors, so that
it is of one moment, and memory stays flat however long the log is.
"""

import base64
import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit import bundle, note, projections, sealing, sequencer, tiles
from audit.actions import Action
from audit.log import Actor, record
from audit.models import Checkpoint, Cosignature, Entry, Leaf, Pending
from audit.models.entries import rfc3339
from audit.payloads import contents_of

CHUNK = 2000
"""Entries read at a time."""


class ExportError(Exception):
    """Nothing is exported; the text is a sentence for who asked."""


class _Row(NamedTuple):
    """An entry, with its place and its subject."""

    place: int
    entry: UUID
    canonical: bytes
    subject_type: str
    subject_id: str

    @property
    def subject(self) -> tuple[str, str]:
        return self.subject_type, self.subject_id


@dataclass(frozen=True, slots=True)
class Scope:
    """Which entries: all of them, or by time, agent or request."""

    kind: str = "all"
    since: datetime | None = None
    until: datetime | None = None
    """Without this moment itself."""
    agent: str = ""
    request: str = ""
    old: str = ""
    """An older checkpoint that a part of the log is to be compared with."""

    @classmethod
    def of(
        cls,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        agent: str = "",
        request: str = "",
        old: str = "",
    ) -> "Scope":
        """The kind follows from what is given; raises ExportError for two of them."""
        given = {
            "time": since is not None or until is not None,
            "agent": bool(agent),
            "request": bool(request),
        }
        kinds = [kind for kind, is_given in given.items() if is_given]
        if len(kinds) > 1:
            raise ExportError("By time, by agent or by request: one at a time.")
        if since and until and since >= until:
            raise ExportError("The beginning has to lie before the end.")
        kind = kinds[0] if kinds else "all"
        return cls(kind, since, until, agent, _as_id(request), old)

    def document(self) -> dict[str, Any]:
        """As the manifest and the entry about the export say it."""
        match self.kind:
            case "time":
                limits = {"since": self.since, "until": self.until}
                texts = {name: at and rfc3339(at) for name, at in limits.items()}
                return {"kind": self.kind, **texts}
            case "agent":
                return {"kind": self.kind, "agent": self.agent}
            case "request":
                return {"kind": self.kind, "request": self.request}
        return {"kind": self.kind}


@dataclass(frozen=True, slots=True)
class Export:
    """One export that is under way."""

    scope: Scope
    checkpoint: Checkpoint
    actor: Actor
    at: datetime
    old_size: int

    @property
    def is_whole(self) -> bool:
        return self.scope.kind == "all"


def stream(scope: Scope, *, actor: Actor) -> Generator[bytes]:
    """The bundle, piece by piece.

    Records the export before the first byte, for what is sent cannot be called back.
    Raises ExportError, and RuntimeError within a transaction.
    """
    export = begin(scope, actor, "bundle")
    return _pieces(export)


def leaves_of(scope: Scope, size: int) -> QuerySet[Leaf]:
    """The leaves below ``size`` that a scope covers, in order; raises ExportError."""
    leaves = Leaf.objects.filter(index__lt=size).order_by("index")
    match scope.kind:
        case "time":
            if scope.since:
                leaves = leaves.filter(entry__at__gte=scope.since)
            if scope.until:
                leaves = leaves.filter(entry__at__lt=scope.until)
        case "request":
            leaves = leaves.filter(
                entry__subject_type="request", entry__subject_id=scope.request
            )
        case "agent":
            leaves = leaves.filter(_of_agent(scope.agent))
    return leaves


@transaction.atomic(durable=True)
def begin(scope: Scope, actor: Actor, form: str) -> Export:
    """Checked and recorded; raises ExportError."""
    checkpoint = sequencer.newest()
    if checkpoint is None:
        raise ExportError("Nothing is signed yet; try again in a moment.")
    old_size = _old_size(scope.old, checkpoint) if scope.old else 0
    if scope.kind != "all" and not leaves_of(scope, checkpoint.size).exists():
        raise ExportError("The log has no entries of that.")
    record(
        Action.AUDIT_EXPORTED,
        actor=actor,
        subject=("audit", "log"),
        data={"scope": scope.document(), "size": checkpoint.size, "form": form},
    )
    return Export(scope, checkpoint, actor, timezone.now(), old_size)


def _pieces(export: Export) -> Generator[bytes]:
    with one_moment():
        writer = bundle.Writer(time=int(export.at.timestamp()))
        head = _signed_head(export.checkpoint)
        origin = head.text.partition("\n")[0]
        signer = sequencer.signer(origin)
        manifest = _manifest(export, origin, signer.verifier)
        yield from writer.member("manifest.json", manifest)
        yield from writer.member("checkpoint", str(head).encode())
        seen = _Seen(indexes=set(), subjects={})
        yield from writer.lines("entries", _entry_lines(export, seen))
        for name, subject_type, reader in projections.registered():
            lines = _projection_lines(export, subject_type, reader, seen)
            yield from writer.lines(name, lines)
        yield from _tile_members(export, seen, writer)
        yield from writer.signed(origin, signer)


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction in which everything that is read is of one moment."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the entries of a part were, for what follows them."""

    indexes: set[int]
    """One of each tile that they are in."""
    subjects: dict[str, set[str]]
    """Ids by type."""

    def take(self, chunk: list[_Row]) -> None:
        for row in chunk:
            self.indexes.add(row.place // tiles.WIDTH * tiles.WIDTH)
            self.subjects.setdefault(row.subject_type, set()).add(row.subject_id)


def _manifest(export: Export, origin: str, key: note.VerifierKey) -> bytes:
    document = {
        "format": bundle.FORMAT,
        "origin": origin,
        "key": str(key),
        "size": export.checkpoint.size,
        "scope": export.scope.document(),
        "exported_at": rfc3339(export.at),
        "exported_by": {"type": export.actor.type, "name": export.actor.name},
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _signed_head(checkpoint: Checkpoint) -> note.Note:
    lines = Cosignature.objects.filter(checkpoint=checkpoint).order_by("id")
    found = "".join(
        line if line.endswith("\n") else f"{line}\n"
        for line in lines.values_list("line", flat=True)
    )
    signed = note.parse(checkpoint.note)
    return note.add_signatures(signed, note.signature_lines(found)) if found else signed


def _entry_lines(export: Export, seen: _Seen) -> Iterator[bytes]:
    leaves = leaves_of(export.scope, export.checkpoint.size).values_list(
        "index",
        "entry_id",
        "entry__canonical",
        "entry__subject_type",
        "entry__subject_id",
    )
    rows = leaves.iterator(chunk_size=CHUNK)
    while some := list(islice(rows, CHUNK)):
        chunk = [_Row(index, id, bytes(text), *of) for index, id, text, *of in some]
        if not export.is_whole:
            seen.take(chunk)
        yield from map(bundle.line, _with_written(chunk))


def _with_written(chunk: list[_Row]) -> Iterator[dict[str, Any]]:
    """The lines of these entries, with what they commit to where it is there."""
    texts = [row.canonical.decode(errors="replace") for row in chunk]
    sealed = [_commitments(text) for text in texts]
    wanted = [row for row, found in zip(chunk, sealed, strict=True) if found]
    contents = contents_of((*row.subject, row.entry) for row in wanted)
    keys = _keys({row.subject for row in wanted})
    for row, text, commitments in zip(chunk, texts, sealed, strict=True):
        document: dict[str, Any] = {"index": row.place, "entry": text}
        if commitments:
            written = contents.get(row.entry, {})
            document["key"] = keys.get(row.subject)
            document["written"] = {
                commitment: written[member]
                for member, commitment in commitments
                if member in written
            }
        yield document


def _commitments(canonical: str) -> list[tuple[str, str]]:
    """Members and commitments; none where somebody made an entry something else."""
    if f'{{"{sealing.MEMBER}":' not in canonical:
        return []
    try:
        return list(sealing.commitments(json.loads(canonical)["data"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


_KEYS = """
SELECT subject_type, subject_id, secret
FROM unnest(%s::text[], %s::text[]) AS wanted (subject_type, subject_id)
JOIN audit_subjectkey USING (subject_type, subject_id)
"""


def _keys(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """In Base64."""
    columns = [[kind for kind, _ in wanted], [name for _, name in wanted]]
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, columns)
        return {
            (kind, name): base64.b64encode(secret).decode()
            for kind, name, secret in cursor.fetchall()
        }


def _projection_lines(
    export: Export, subject_type: str, reader: projections.Reader, seen: _Seen
) -> Iterator[bytes]:
    """A row that changed after the checkpoint says so: it can be ahead of the log."""
    ahead = _ahead(subject_type, export.checkpoint.size)
    known = None if export.is_whole else sorted(seen.subjects.get(subject_type, ()))
    for row in reader(known):
        bundle_row = {**row, "ahead": True} if row["id"] in ahead else row
        yield bundle.line(bundle_row)


def _ahead(subject_type: str, size: int) -> set[str]:
    """Subjects with entries that this checkpoint does not cover yet."""
    later = Leaf.objects.filter(index__gte=size).values("entry_id")
    waiting = Pending.objects.values("entry_id")
    entries = Entry.objects.filter(pk__in=later.union(waiting, all=True))
    newer = entries.filter(subject_type=subject_type)
    return set(newer.values_list("subject_id", flat=True))


def _tile_members(
    export: Export, seen: _Seen, writer: bundle.Writer
) -> Iterator[bytes]:
    size = export.checkpoint.size
    if export.is_whole:
        addresses: Iterable[bundle.Address] = bundle.all_tiles(size)
    else:
        part = bundle.tiles_of(seen.indexes, size)
        part |= bundle.tiles_of_tree(export.old_size)
        addresses = sorted(part)
    for level, number in addresses:
        width = bundle.width_of((level, number), size)
        # One that is missing is for the verifier to say.
        if hashes := tiles.tile(level, number, width):
            path = bundle.tile_path(level, number, width)
            yield from writer.member(path, hashes)
    if export.is_whole:
        yield from _entry_bundles(size, writer)


def _entry_bundles(size: int, writer: bundle.Writer) -> Iterator[bytes]:
    leaves = leaves_of(Scope(), size).values_list("entry__canonical", flat=True)
    entries = map(bytes, leaves.iterator(chunk_size=CHUNK))
    number = 0
    while some := list(islice(entries, tiles.WIDTH)):
        path = bundle.tile_path("entries", number, len(some))
        if (content := bundle.entry_bundle(some)) is not None:
            yield from writer.member(path, content)
        number += 1


def _of_agent(name: str) -> Q:
    """What the agent did, what was done to it, and all of its requests."""
    named = Entry.objects.filter(action=Action.AGENT_REGISTERED, data__agent=name)
    ids = list(named.values_list("subject_id", flat=True))
    if not ids:
        raise ExportError(f"The log knows no agent {name}.")
    requests = Entry.objects.filter(
        action=Action.REQUEST_SUBMITTED, actor_type="agent", actor_id__in=ids
    )
    return (
        Q(entry__actor_type="agent", entry__actor_id__in=ids)
        | Q(entry__subject_type="agent", entry__subject_id__in=ids)
        | Q(
            entry__subject_type="request",
            entry__subject_id__in=requests.values("subject_id"),
        )
    )


def _old_size(text: str, newest: Checkpoint) -> int:
    """Of an older checkpoint of this log; raises ExportError."""
    try:
        signed = note.parse(text)
        key = sequencer.verifier()
        old = note.verified(signed, key)
    except note.NoteError as error:
        raise ExportError(f"That is no checkpoint of this log: {error}.") from None
    if not 0 < old.size <= newest.size:
        raise ExportError(
            f"The log has {newest.size} entries; it cannot be shown how it goes on"
            f" from {old.size}."
        )
    return old.size


def _as_id(text: str) -> str:
    if not text:
        return ""
    try:
        return str(UUID(text))
    except ValueError:
        raise ExportError(f"{text!a} is not the id of a request.") from None


def moment(text: str) -> datetime:
    """A time as people type it, UTC where they say nothing; raises ExportError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ExportError(f"{text!a} is not a time like 2026-01-31T23:59Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
