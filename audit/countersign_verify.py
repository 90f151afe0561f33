"""``countersign-verify``: is this bundle of the audit log what was once written?

One file on purpose: whoever does not trust the server can read it from top to bottom
and run it with nothing but Python 3.11 and the ``cryptography`` package. It shares no
code with the server, so it is a second implementation of the hashes, the notes and the
rules by which requests are decided. The format is described in docs/audit.md.

Sections: tree, notes, archive, entries, requests, request table, tiles, bundle, proof,
command line.
"""

import argparse
import base64
import binascii
import gc
import hmac
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, BinaryIO, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "countersign-audit-bundle/1"
SHOWN = 20
"""Faults that are told; more are counted."""
MINUTES = 5
"""How far the time of an entry may lie before that of one before it."""


class Refused(Exception):
    """It cannot be verified at all; the text is one sentence."""


class Faults:
    """What does not hold, as sentences."""

    def __init__(self) -> None:
        self.count = 0
        self._grave: list[str] = []
        self._others: list[str] = []

    @property
    def shown(self) -> list[str]:
        """The first, those about the log as a whole before those about entries."""
        return [*self._grave, *self._others][:SHOWN]

    def grave(self, sentence: str) -> None:
        """About the log as a whole."""
        self._keep(self._grave, sentence)

    def add(self, sentence: str) -> None:
        self._keep(self._others, sentence)

    def at(self, index: int, sentence: str) -> None:
        self.add(f"Entry {index} {sentence}")

    def _keep(self, sentences: list[str], sentence: str) -> None:
        self.count += 1
        if len(sentences) < SHOWN:
            sentences.append(sentence)


# --- Tree (RFC 9162, section 2.1) -----------------------------------------------------

HASH = 32
WIDTH, HEIGHT = 256, 8
"""Hashes in a full tile, and levels of the tree that it covers."""
Tiles = dict[tuple[int, int], bytes]
"""Level and number of a tile, to its hashes one after the other."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def parents(hashes: bytes) -> bytes:
    """The level above; the last of an odd number goes up as it is."""
    pair = 2 * HASH
    whole = len(hashes) - len(hashes) % pair
    joined = b"".join(
        [
            sha256(b"\x01" + hashes[at : at + pair]).digest()
            for at in range(0, whole, pair)
        ]
    )
    return joined + hashes[whole:]


def root_of(hashes: bytes) -> bytes:
    """The root over these leaf hashes."""
    if not hashes:
        return sha256(b"").digest()
    while len(hashes) > HASH:
        hashes = parents(hashes)
    return hashes


def tile_level_above(hashes: bytes | bytearray) -> bytes:
    """The roots of the full tiles that these hashes make, tile by tile."""
    tile = WIDTH * HASH
    whole = len(hashes) - len(hashes) % tile
    return b"".join(
        root_of(bytes(hashes[at : at + tile])) for at in range(0, whole, tile)
    )


def root_by_tiles(size: int, tiles: Tiles) -> bytes | None:
    """The root over the first ``size`` leaves; None when tiles for it are missing."""
    parts, start = [], 0
    while start < size:
        level = (size - start).bit_length() - 1
        part = _subtree(level, start >> level, tiles)
        if part is None:
            return None
        parts.append(part)
        start += 1 << level
    if not parts:
        return sha256(b"").digest()
    result = parts.pop()
    while parts:
        result = sha256(b"\x01" + parts.pop() + result).digest()
    return result


def _subtree(level: int, number: int, tiles: Tiles) -> bytes | None:
    tile_level, height = divmod(level, HEIGHT)
    tile, offset = divmod(number << height, WIDTH)
    hashes = tiles.get((tile_level, tile), b"")
    end = (offset + (1 << height)) * HASH
    return root_of(hashes[offset * HASH : end]) if len(hashes) >= end else None


def root_by_proof(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes]
) -> bytes | None:
    """The root that an inclusion proof leads to (2.1.3.2)."""
    if not 0 <= index < size:
        return None
    at, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            result = sha256(b"\x01" + sibling + result).digest()
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            result = sha256(b"\x01" + result + sibling).digest()
        at, last = at >> 1, last >> 1
    return result if last == 0 else None


# --- Notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ----------------------

MAX_NOTE = 65_536
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def unbase64(text: str) -> bytes:
    """Raises Refused for what is not canonical Base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise Refused(f"{text[:40]!a} is not Base64")
    return data


@dataclass(frozen=True)
class Key:
    """Who signs: ``name+id+base64``; type 1 is a log's key, type 4 a witness's."""

    name: str
    id: str
    type: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "Key":
        name, _, rest = text.strip().partition("+")
        known, _, material = rest.partition("+")
        key = unbase64(material)
        if not name or " " in name or len(key) != HASH + 1 or key[0] not in (1, 4):
            raise Refused(f"{text[:80]!a} is not a key of a log or of a witness")
        digest = sha256(name.encode() + b"\n" + key).hexdigest()
        if digest[:8] != known:
            raise Refused(f"The id of the key {name[:80]!a} is not that of its bytes")
        return cls(name, known, key[0], key[1:])


@dataclass(frozen=True)
class Note:
    """Text, and its signatures as name, key id and bytes."""

    text: str
    signatures: tuple[tuple[str, str, bytes], ...]

    @classmethod
    def parse(cls, text: str, what: str, limit: int = MAX_NOTE) -> "Note":
        body, separator, lines = text.rpartition("\n\n")
        if (
            len(text) > limit
            or _CONTROL.search(text)
            or not (separator and body and lines.endswith("\n"))
        ):
            raise Refused(f"{what} is not a signed note")
        found = []
        for line in lines[:-1].split("\n")[:100]:
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            blob = unbase64(encoded) if encoded else b""
            if dash != "\N{EM DASH}" or not name or len(blob) < 5:
                raise Refused(f"{what} has a line that is no signature")
            found.append((name, blob[:4].hex(), blob[4:]))
        return cls(f"{body}\n", tuple(found))

    def is_signed_by(self, key: Key) -> bool:
        """Whether ``key`` signed it; raises Refused for a signature that is wrong."""
        for name, known, blob in self.signatures:
            if (name, known) == (key.name, key.id):
                if not _fits(key, blob, self.text):
                    raise Refused(f"The signature of {name} does not fit its text")
                return True
        return False

    def other_key(self, key: Key) -> str:
        """The id of another key that signed under the same name; else empty."""
        ids = [known for name, known, _ in self.signatures if name == key.name]
        return next((known for known in ids if known != key.id), "")


def _fits(key: Key, blob: bytes, text: str) -> bool:
    message = text.encode()
    if key.type == 4:
        time, blob = int.from_bytes(blob[:8], "big"), blob[8:]
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(blob, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Head:
    """Size and root of a tree, as a checkpoint says."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def of(cls, note: Note, what: str) -> "Head":
        lines = note.text.split("\n")
        if len(lines) < 4 or not lines[0] or not _NUMBER.fullmatch(lines[1]):
            raise Refused(f"{what} has no origin, size and root")
        root = unbase64(lines[2])
        if len(root) != HASH:
            raise Refused(f"{what} has no root hash of {HASH} bytes")
        return cls(lines[0], int(lines[1]), root)


# --- Archive (a tar of plain files, as ustar) -----------------------------------------

BLOCK, READ = 512, 1 << 20
MAX_SMALL, MAX_MEMBER, MAX_LINE = 1 << 16, 1 << 28, 1 << 25
"""Bytes of a manifest or note, of any other member, of a line in it."""
MAX_LIST = 1 << 27
"""Bytes of the signed list: more than a million members."""
NAME = re.compile(
    r"manifest\.json|checkpoint|SIGNED|(?:entries|requests)/[0-9]{6,9}\.jsonl"
    r"|tile/(?:[0-9]|[1-5][0-9]|entries)/(?:x[0-9]{3}/){0,5}[0-9]{3}"
    r"(?:\.p/[0-9]{1,3})?"
)
_PLACES = ("manifest.json", "checkpoint", "entries/", "requests/", "tile/", "SIGNED")


class Archive:
    """The members of a tar, one after the other; each is hashed as it is read."""

    def __init__(self, file: BinaryIO, tell: Callable[[int], None]) -> None:
        self._file, self._tell = file, tell
        self._left = self._pad = self._done = 0
        self.name = ""
        self._hash = sha256()
        self.listed: list[str] = []
        """``sha256:<hex> <name>`` of every member that was read."""

    def next(self) -> bool:
        """Go to the next member; False at the end. What is left is read first."""
        if self.name:
            for _ in self._blocks():
                pass
            self._exactly(self._pad)
            self.listed.append(f"sha256:{self._hash.hexdigest()} {self.name}")
            self.name = ""
        header = self._file.read(BLOCK)
        if not header.strip(b"\0"):
            return False
        self.name, self._left = _member(header)
        self._pad, self._hash = -self._left % BLOCK, sha256()
        return True

    def text(self, limit: int = MAX_SMALL) -> str:
        """All of this member."""
        if self._left > limit:
            raise Refused(f"{self.name} is too large")
        try:
            return b"".join(self._blocks()).decode()
        except UnicodeDecodeError:
            raise Refused(f"{self.name} is not UTF-8") from None

    def data(self) -> bytes:
        if self._left > 1 << 25:
            raise Refused(f"{self.name} is too large")
        return b"".join(self._blocks())

    def lines(self) -> Iterator[bytes]:
        """Lines of this member, without their newlines."""
        rest = b""
        for block in self._blocks():
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if len(rest) > MAX_LINE:
                raise Refused(f"{self.name} has a line that is too long")
            yield from lines
        if rest:
            raise Refused(f"{self.name} ends within a line")

    def _blocks(self) -> Iterator[bytes]:
        while self._left:
            block = self._exactly(min(READ, self._left))
            self._left -= len(block)
            self._hash.update(block)
            self._done += len(block)
            self._tell(self._done)
            yield block

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise Refused(f"The bundle was cut off within {self.name}")
        return data


def _member(header: bytes) -> tuple[str, int]:
    """Name and size; raises Refused for all that is not a plain file of a bundle."""
    if len(header) != BLOCK or header[257:262] != b"ustar":
        raise Refused("This is not a bundle: no tar archive, or one that was cut off")
    try:
        name = header[:100].rstrip(b"\0").decode("ascii")
        size = int(header[124:136].strip(b" \0"), 8)
        claimed = int(header[148:156].strip(b" \0"), 8)
    except ValueError:
        raise Refused("This is not a bundle: its archive is malformed") from None
    if sum(header[:148]) + 8 * 32 + sum(header[156:]) != claimed:
        raise Refused("This is not a bundle: its archive is damaged")
    if header[156:157] not in (b"0", b"\0") or header[345:500].strip(b"\0"):
        raise Refused(f"A member of the archive is no plain file: {name[:80]!a}")
    if not NAME.fullmatch(name):
        raise Refused(f"A member of the archive has an odd name: {name[:80]!a}")
    if not 0 <= size <= MAX_MEMBER:
        raise Refused(f"{name} is too large")
    return name, size


def _place(name: str) -> int:
    """Of this kind of member among the others."""
    return next(n for n, start in enumerate(_PLACES) if name.startswith(start))


# --- Entries --------------------------------------------------------------------------

WINDOW = 600_000
"""Milliseconds in which a repeated id is recognised; an older one is back-dated."""
_SCHEME = "hmac-sha256:"


_decode = json.JSONDecoder().raw_decode


def parsed(text: str) -> Any:
    """Strictly one JSON value; raises ValueError. Quicker than ``json.loads``."""
    value, end = _decode(text)
    if end != len(text):
        raise ValueError("more than one value")
    return value


class Entries:
    """Goes through the log once, entry by entry.

    Keeps a hash for each entry, what requests have become, and what was erased.
    """

    def __init__(self, scope: str, size: int, faults: Faults) -> None:
        self.faults, self.size, self.is_whole = faults, size, scope == "all"
        self.requests = Requests(scope, faults)
        self.leaves = bytearray()
        self.places: list[int] = []
        """Indexes of the leaves, where they are only a part."""
        self.count = self.expected = self.missing = 0
        self._newest, self._newest_at = 0.0, 0
        self._ids: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._ids_since = 0
        self._gone: dict[tuple[str, str], int] = {}
        self._erased: dict[tuple[str, str], int] = {}

    def take(self, line: bytes) -> None:
        """One line of ``entries/``; raises Refused for one that cannot be read."""
        try:
            row = parsed(line.decode())
            index, text = row["index"], row["entry"]
            canonical = text.encode()
            entry = parsed(text)
            if type(index) is not int or type(entry) is not dict:
                raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            where = f"after entry {self.expected - 1}" if self.count else "first"
            raise Refused(f"The line {where} is not an entry") from None
        self._check_index(index)
        self.count += 1
        self.leaves += sha256(b"\x00" + canonical).digest()
        try:
            self._check_time(index, entry["id"], entry["at"])
            written = self._opened(index, entry, row)
            self.requests.take(index, entry, written)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            self.faults.at(index, "does not have the form of an entry.")

    def finish(self) -> None:
        """What can only be said after the last one."""
        if self.is_whole and self.expected != self.size:
            self.faults.add(
                f"Entries are missing at the end: the checkpoint is of {self.size},"
                f" and the last one here is {self.expected - 1}."
            )
        self.requests.finish()

    def check_erased(self, just_now: set[str]) -> None:
        """``just_now``: requests that were erased after the checkpoint."""
        for subject, index in self._gone.items():
            is_said = subject[0] == "request" and subject[1] in just_now
            if not is_said and self._erased.get(subject, -1) < index:
                self.faults.at(
                    index,
                    "commits to something that is not there, and nothing says that"
                    f" {' '.join(subject)} was erased.",
                )

    def _check_index(self, index: int) -> None:
        if index < self.expected or (self.is_whole and index != self.expected):
            last = self.expected - 1
            if index <= last:
                self.faults.at(index, f"is out of its order: it follows entry {last}.")
            elif index == self.expected + 1:
                self.faults.at(self.expected, f"is missing: {index} follows {last}.")
            else:
                words = f"to {index - 1} are missing: {index} follows {last}."
                self.faults.add(f"Entries {self.expected} {words}")
        if index >= self.size:
            self.faults.at(index, f"lies beyond the checkpoint, of {self.size}.")
        if not self.is_whole:
            self.places.append(index)
        self.expected = index + 1

    def _check_time(self, index: int, name: str, at: str) -> None:
        moment = datetime.fromisoformat(at).timestamp()
        made = int(name[:8] + name[9:13], 16)
        if abs(made / 1000 - moment) > MINUTES * 60:
            self.faults.at(index, f"was not made at {at}, as its id shows: back-dated.")
        if moment > self._newest:
            self._newest, self._newest_at = moment, index
        elif self._newest - moment > MINUTES * 60:
            minutes = int((self._newest - moment) // 60)
            self.faults.at(
                index,
                f"is dated {minutes} minutes before entry {self._newest_at}:"
                " back-dated.",
            )
        current, before = self._ids
        if name in current or name in before:
            first = current.get(name, before.get(name))
            self.faults.at(index, f"is entry {first} once more: duplicated.")
        current[name] = index
        if made - self._ids_since > WINDOW:
            self._ids, self._ids_since = ({}, current), made

    def _opened(
        self, index: int, entry: dict[str, Any], row: dict[str, Any]
    ) -> dict[str, str]:
        """What the seals of this entry cover, by commitment, each checked."""
        written: dict[str, str] = row.get("written") or {}
        key: bytes | None = None
        for name, value in entry["data"].items():
            if type(value) is not dict or len(value) != 1 or "sealed" not in value:
                continue
            commitment = value["sealed"]
            content = written.get(commitment)
            if content is None:
                subject = entry["subject"]
                self._gone[subject["type"], subject["id"]] = index
                self.missing += 1
                continue
            if key is None:
                key = binascii.a2b_base64(row["key"])
            digest = hmac.digest(key, content.encode(), "sha256").hex()
            if len(key) != HASH or _SCHEME + digest != commitment:
                self.faults.at(
                    index, f"does not commit to what is shown as its {name}."
                )
        if entry["action"].endswith(":erased"):
            subject = entry["subject"]
            self._erased[subject["type"], subject["id"]] = index
        return written


# --- Requests -------------------------------------------------------------------------

MAX_PLACES = 200
"""More than any quorum has."""
UNFLAGGED_DIGEST, UNFLAGGED_REDEMPTION = 1, 2
"""What an outcome has to be followed by."""


class Request:
    """What the log says of one request, as far as it was read."""

    __slots__ = (
        "agent", "by", "claims", "digest", "erased", "first", "flags", "mark",
        "outcome", "permit", "places", "revision", "route", "seen", "source", "state",
        "threshold", "tier", "votes",
    )  # fmt: skip

    def __init__(self, first: int) -> None:
        self.first = first
        self.state, self.source = "pending", ""
        self.permit: str | None = None
        self.by: tuple[str, ...] = ()
        self.revision = self.flags = 0
        self.erased = self.outcome = self.seen = False
        self.agent: str = ""
        self.tier: str | None = None
        self.route: str | None = None
        self.places: tuple[str, ...] | None = None
        """The group of each place that has to be filled; None: not known."""
        self.threshold = 1
        self.votes: dict[str, str] | None = None
        """Who voted what on this revision, by account."""
        self.mark: bytes | None = None
        """The commitment to the digest."""
        self.digest: bytes | None = None
        self.claims: bytes | None = None


@dataclass
class Grant:
    """A standing approval."""

    left: int
    revoked: bool = False


class Requests:
    """Follows each request from its submission, and says what cannot be."""

    def __init__(self, scope: str, faults: Faults) -> None:
        self.scope, self.faults = scope, faults
        self.known: dict[int, Request] = {}
        self.sealed_since: int | None = None
        """The first entry in today's form; requests of before can say less."""
        self._humans: dict[str, set[str]] = {}
        """Accounts to the humans that they were ever linked to."""
        self._grants: dict[str, Grant] = {}
        self._used: dict[str, str] = {}
        """Requests that a grant was just used for, to the grant."""
        self._same: dict[Any, Any] = {}

    def take(self, index: int, entry: dict[str, Any], written: dict[str, str]) -> None:
        """Raises KeyError, TypeError or ValueError for what is not formed so."""
        action = entry["action"]
        if other := _OTHERS.get(action):
            other(self, entry)
            return
        step = _STEPS.get(action)
        if step is None:
            return
        request = self.known.get(number := _number(entry["subject"]["id"]))
        data = entry["data"]
        if action == "request:submitted":
            if request is not None:
                self.faults.at(index, "submits a request that was submitted before.")
                return
            request = self.known[number] = Request(index)
        elif request is None:
            if self.scope != "time":
                self.faults.at(index, f"({action}) is of a request never submitted.")
            return
        if reason := step(self, request, entry, data, written):
            self.faults.at(index, f"({action}) cannot be: {reason}.")
        if self.sealed_since is not None and type(data.get("digest")) is str:
            self.faults.at(index, "shows a digest openly, as no entry does any more.")

    def finish(self) -> None:
        if self.scope == "time":
            return
        for request in self.known.values():
            if request.flags:
                self.faults.at(
                    request.first,
                    "begins a request with an outcome that does not fit, and no entry"
                    " says so.",
                )

    def same(self, value: Any) -> Any:
        """One object for equal values: most requests have the same."""
        return self._same.setdefault(value, value)

    # What happens to other subjects.

    def link(self, entry: dict[str, Any]) -> None:
        data = entry["data"]
        for account in (entry["subject"]["id"], *data.get("moved_along", ())):
            self._humans.setdefault(account, set()).add(data["human"])

    def give(self, entry: dict[str, Any]) -> None:
        most = entry["data"]["max_uses"]
        self._grants[entry["subject"]["id"]] = Grant(most)

    def use(self, entry: dict[str, Any]) -> None:
        self._used[entry["data"]["request"]] = entry["subject"]["id"]

    def revoke_grant(self, entry: dict[str, Any]) -> None:
        if grant := self._grants.get(entry["subject"]["id"]):
            grant.revoked = True

    # What happens to a request. Each says why it cannot be, or nothing.

    def submit(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        request.revision = data["revision"]
        request.agent = self.same(entry["actor"]["id"])
        request.route = self.same(data.get("route"))
        request.mark, request.digest = _sealed(data["digest"], written)
        if "claims" in data:
            request.claims = _digest_of(data["claims"], written)
        if reason := self._other_content(request, data, written):
            return reason
        if "required" in data and self.sealed_since is None:
            self.sealed_since = request.first
        if "required" not in data and self.sealed_since is not None:
            return "it does not say what approval takes"
        self._judge(request, data)
        return ""

    def _other_content(self, request: Request, data: Any, written: Any) -> str:
        """The action that was written has to be the one that its digest covers."""
        content = _digest_of(data.get("content"), written)
        if None in (content, request.digest) or content == request.digest:
            return ""
        return "its digest is not that of the action that was written"

    def _judge(self, request: Request, data: Any) -> None:
        request.tier = self.same(data["tier"])
        request.votes = None
        if "required" in data:
            needs = [(need["group"], need["count"]) for need in data["required"]]
            if sum(count for _, count in needs) > MAX_PLACES:
                raise ValueError("no tier asks for so many people")
            places = tuple(group for group, count in needs for _ in range(count))
            request.places = self.same(places)
            request.threshold = data["deny_threshold"]
        else:
            request.places = None

    def judge_anew(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if request.state != "pending":
            return _decided(request)
        votes = request.votes
        self._judge(request, data)
        request.votes, request.route = votes, self.same(data["route"])
        return ""

    def edit(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if request.state != "pending":
            return _decided(request)
        if data["revision"] != request.revision + 1:
            return f"revision {data['revision']} does not follow {request.revision}"
        if self._is_other(request, data["replaces"], written):
            return "it replaces another action than this request's"
        request.revision += 1
        request.mark, request.digest = _sealed(data["digest"], written)
        request.route = self.same("review")
        self._judge(request, data)
        return self._other_content(request, data, written)

    def vote(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if request.state != "pending":
            return _decided(request)
        if reason := self._other_revision(request, data, written):
            return reason
        voter, verdict = entry["actor"]["id"], data["verdict"]
        if entry["actor"]["type"] != "user" or verdict not in ("approve", "deny"):
            return "only people vote, and only approve or deny"
        votes = request.votes = request.votes or {}
        if voter in votes:
            return f"{entry['actor']['name']} has voted on this revision already"
        votes[voter] = verdict
        return ""

    def withdraw(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if request.state != "pending":
            return _decided(request)
        if data["revision"] != request.revision:
            return "the vote was on another revision"
        if not request.votes or entry["actor"]["id"] not in request.votes:
            return f"{entry['actor']['name']} has no vote to take back"
        del request.votes[entry["actor"]["id"]]
        return ""

    def wait(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        return "" if request.state == "pending" else _decided(request)

    def decide(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if request.state != "pending":
            return _decided(request)
        state, source = data["state"], data["source"]
        reason = self._other_revision(request, data, written)
        reason = reason or self._why_not(request, entry, data)
        request.state, request.source = self.same(state), self.same(source)
        request.by = self.same(tuple(data["decided_by"]))
        request.votes = request.places = None
        if state == "approved":
            request.permit = "issued"
        return reason

    def _why_not(self, request: Request, entry: Any, data: Any) -> str:
        """Why the decision cannot come from where it says it does."""
        match data["state"], data["source"]:
            case "approved" | "denied", "reviewer":
                return self._why_not_by_votes(request, entry, data)
            case "approved", "policy":
                return _unless_route(request, "auto")
            case "denied", "policy":
                return _unless_route(request, "block")
            case "approved", "grant":
                return self._why_not_by_grant(entry["subject"]["id"], data)
            case ("denied", "brake") | ("expired", "timeout"):
                return ""
            case "cancelled", "agent":
                if entry["actor"]["id"] != request.agent:
                    return "another agent than the one that asked takes it back"
                return ""
        return f"nothing is {data['state']} by {data['source']}"

    def _why_not_by_votes(self, request: Request, entry: Any, data: Any) -> str:
        votes = request.votes or {}
        approves = data["state"] == "approved"
        wanted = "approve" if approves else "deny"
        cast = {who for who, verdict in votes.items() if verdict == wanted}
        if not cast:
            return f"it is {data['state']} without a vote"
        if entry["actor"]["id"] not in cast:
            return f"{entry['actor']['name']}, who decided, has no vote that says so"
        if "counted" not in data:
            old = self.sealed_since is None
            return "" if old else "it does not say which votes were counted"
        if request.places is None:
            return ""
        counted = {one["voter"]: frozenset(one["groups"]) for one in data["counted"]}
        if len(counted) != len(data["counted"]):
            return "somebody was counted twice"
        if stranger := self._without_vote(counted, cast):
            return f"{stranger} was counted and has no vote that says so"
        if not approves:
            enough = len(counted) >= max(1, request.threshold)
            return "" if enough else "it is denied without enough votes"
        if not request.places or _filled(request.places, counted) < len(request.places):
            return "it is approved without the quorum that its tier requires"
        return ""

    def _without_vote(self, counted: Any, cast: set[str]) -> str:
        """A human who was counted, but none of whose accounts voted so."""
        free = cast - counted.keys()
        for voter in sorted(counted.keys() - cast):
            accounts = (a for a in free if voter in self._humans.get(a, ()))
            account = next(accounts, None)
            if account is None and self.scope != "all":
                account = next(iter(free), None)  # The links are not in this part.
            if account is None:
                return f"Account {voter}"
            free.discard(account)
        return ""

    def _why_not_by_grant(self, request_id: str, data: Any) -> str:
        name = self._used.pop(request_id, "")
        if self.scope != "all":
            return ""
        if data["decided_by"] != [f"grant:{name}"]:
            return "it is approved by a grant that was not used for it"
        grant = self._grants.get(name)
        if grant is None:
            return "" if self.sealed_since is None else "the grant was never given"
        grant.left -= 1
        if grant.revoked:
            return "the grant was revoked before"
        return "the grant was used up before" if grant.left < 0 else ""

    def redeem(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if reason := _unless_issued(request):
            return reason
        request.permit = "redeemed"
        if self._is_other(request, data["digest"], written):
            return "the permit is for another digest"
        if entry["actor"]["id"] != request.agent:
            return "another agent than the one that asked redeems it"
        return ""

    def close(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if reason := _unless_issued(request):
            return reason
        request.permit = self.same(entry["action"].partition(":")[2])
        return ""

    def report(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if request.outcome:
            return "an outcome was reported before"
        request.outcome = True
        if self._is_other(request, data["digest"], written):
            request.flags |= UNFLAGGED_DIGEST
        if request.permit != "redeemed":
            request.flags |= UNFLAGGED_REDEMPTION
        return ""

    def flag_digest(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        request.flags &= ~UNFLAGGED_DIGEST
        return ""

    def flag_redemption(
        self, request: Request, entry: Any, data: Any, written: Any
    ) -> str:
        request.flags &= ~UNFLAGGED_REDEMPTION
        return ""

    def overdue(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        if request.permit != "redeemed" or request.outcome:
            return "no outcome was due"
        return ""

    def erase(self, request: Request, entry: Any, data: Any, written: Any) -> str:
        request.erased = True
        return ""

    def _other_revision(self, request: Request, data: Any, written: Any) -> str:
        if data["revision"] != request.revision:
            return f"it is about revision {data['revision']}, not {request.revision}"
        if self._is_other(request, data["digest"], written):
            return "it is about another digest than the request's"
        return ""

    def _is_other(self, request: Request, value: Any, written: Any) -> bool:
        """By the commitments while they are under one key; else by what they cover."""
        mark, digest = _sealed(value, written)
        if mark is not None and request.mark is not None and not request.erased:
            return mark != request.mark
        return None not in (digest, request.digest) and digest != request.digest


def _number(text: str) -> int:
    return int(text.replace("-", ""), 16)


def _sealed(value: Any, written: dict[str, str]) -> tuple[bytes | None, bytes | None]:
    """The commitment to a digest, and the digest where it is there."""
    if type(value) is str:
        return None, bytes.fromhex(value[7:])
    commitment = value["sealed"]
    content = written.get(commitment)
    mark = bytes.fromhex(commitment[len(_SCHEME) :])
    return mark, None if content is None else bytes.fromhex(content[8:-1])


def _digest_of(value: Any, written: dict[str, str]) -> bytes | None:
    """The digest of a sealed text, where that is there."""
    content = None if value is None else written.get(value["sealed"])
    return None if content is None else sha256(content.encode()).digest()


def _decided(request: Request) -> str:
    return f"the request is {request.state} already"


def _unless_route(request: Request, route: str) -> str:
    if request.route in (route, None):
        return ""
    return f"policy decides alone on the route {route}, and this is {request.route}"


def _unless_issued(request: Request) -> str:
    if request.state != "approved":
        return f"the request is {request.state}, not approved"
    if request.permit != "issued":
        return f"its permit was {request.permit} before"
    return ""


def _filled(places: Sequence[str], people: dict[str, frozenset[str]]) -> int:
    """How many places these people can fill at once, each one at most (Kuhn 1955)."""
    seat_of: dict[str, int] = {}
    return sum(
        _seat(place, places, people, seat_of, set()) for place in range(len(places))
    )


def _seat(
    place: int,
    places: Sequence[str],
    people: dict[str, frozenset[str]],
    seat_of: dict[str, int],
    tried: set[str],
) -> bool:
    for who, groups in people.items():
        if places[place] not in groups or who in tried:
            continue
        tried.add(who)
        if who not in seat_of or _seat(seat_of[who], places, people, seat_of, tried):
            seat_of[who] = place
            return True
    return False


Step = Callable[[Requests, Request, Any, Any, Any], str]
_STEPS: dict[str, Step] = {
    "request:submitted": Requests.submit,
    "request:judged_anew": Requests.judge_anew,
    "request:edited": Requests.edit,
    "request:voted": Requests.vote,
    "request:vote_withdrawn": Requests.withdraw,
    "request:asked": Requests.wait,
    "request:replied": Requests.wait,
    "request:claimed": Requests.wait,
    "request:assigned": Requests.wait,
    "request:escalated": Requests.wait,
    "request:deadline_moved": Requests.wait,
    "request:decided": Requests.decide,
    "request:erased": Requests.erase,
    "permit:redeemed": Requests.redeem,
    "permit:revoked": Requests.close,
    "permit:lapsed": Requests.close,
    "outcome:reported": Requests.report,
    "outcome:other_digest": Requests.flag_digest,
    "outcome:without_redemption": Requests.flag_redemption,
    "outcome:overdue": Requests.overdue,
}
_OTHERS: dict[str, Callable[[Requests, Any], None]] = {
    "user:linked": Requests.link,
    "grant:given": Requests.give,
    "grant:used": Requests.use,
    "grant:revoked": Requests.revoke_grant,
}


# --- Request table --------------------------------------------------------------------


class Table:
    """Compares the request table with what the log says of the same requests."""

    def __init__(self, requests: Requests, knows_end: bool, faults: Faults) -> None:
        self.requests, self.faults, self.knows_end = requests, faults, knows_end
        self.ahead = 0
        """Requests that changed after the checkpoint, and can say less."""
        self.erased_ahead: set[str] = set()

    def take(self, line: bytes) -> None:
        """One line of ``requests/``; raises Refused for one that cannot be read."""
        try:
            row = parsed(line.decode())
            request = self.requests.known.get(_number(row["id"]))
            is_ahead = row.get("ahead") is True
            self.ahead += is_ahead
            if is_ahead and not row["canonical"]:
                self.erased_ahead.add(row["id"])
            if request is None:
                if not is_ahead and self.requests.scope != "time":
                    words = "is in the request table, and the log knows nothing of it."
                    self.faults.add(f"Request {row['id'][:36]!s} {words}")
                return
            for reason in self._differences(row, request, is_ahead):
                self.faults.add(
                    f"Request {row['id'][:36]} (entry {request.first}): {reason}."
                )
            request.seen = True
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused("A line of the request table is not a request") from None

    def finish(self) -> None:
        for number, request in self.requests.known.items():
            if not request.seen and not request.erased:
                name = f"{number:032x}"
                name = "-".join(
                    (name[:8], name[8:12], name[12:16], name[16:20], name[20:])
                )
                self.faults.add(
                    f"Request {name} (entry {request.first}) is missing in the"
                    " request table."
                )

    def _differences(
        self, row: dict[str, Any], request: Request, is_ahead: bool
    ) -> Iterator[str]:
        is_open = request.state == "pending"
        if is_open and (is_ahead or not self.knows_end):
            return
        facts = [("state", request.state), ("revision", request.revision)]
        if request.tier is not None:
            facts.append(("tier", request.tier))
        facts += [("source", request.source), ("decided_by", list(request.by))]
        is_final = self.knows_end and not is_ahead
        if is_final or request.permit not in (None, "issued"):
            facts.append(("permit", request.permit))
        for name, said in facts:
            if row[name] != said:
                yield (
                    f"the request table says {name} is {_short(row[name])}, the log"
                    f" says {_short(said)}"
                )
        if row["canonical"] or not (request.erased or is_ahead):
            yield from self._other_content(row, request)

    def _other_content(self, row: dict[str, Any], request: Request) -> Iterator[str]:
        if not row["canonical"]:
            yield "its content is gone, and no entry says that it was erased"
            return
        digest = sha256(row["canonical"].encode())
        if row["digest"] != f"sha256:{digest.hexdigest()}":
            yield "the action in the request table is not what its digest covers"
        if request.digest is not None and digest.digest() != request.digest:
            yield "the action in the request table is not the one in the log"
        claims = sha256(row["claims"].encode()).digest()
        if request.claims is not None and claims != request.claims:
            yield "the agent's claims in the request table are not those in the log"


def _short(value: Any) -> str:
    return ascii(value)[:60]


# --- Tiles (C2SP tlog-tiles) ----------------------------------------------------------


def tile_path(level: int | str, number: int, width: int) -> str:
    """``tile/0/x001/067`` or, when it is not full, ``tile/0/x001/067.p/8``."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    end = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(parts))}{end}"


class Tree:
    """The tiles of a bundle, compared with its entries and with each other."""

    def __init__(self, entries: Entries, size: int, faults: Faults) -> None:
        self.entries, self.size, self.faults = entries, size, faults
        self.tiles: Tiles = {}
        self._levels: list[bytes | bytearray] = [entries.leaves]
        self._seen = 0

    def take(self, name: str, data: bytes) -> None:
        """One member of ``tile/``."""
        level, number, width = _address(name)
        place = 0 if level is None else level
        if width != self._width(place, number) or not width:
            self.faults.add(f"{name} is not a tile of a log of {self.size} entries.")
        elif level is None:
            self._check_bundle(name, number, width, data)
        elif len(data) != width * HASH:
            self.faults.add(f"{name} does not hold {width} hashes.")
        elif self.entries.is_whole:
            self._compare(name, level, number, data)
        else:
            self.tiles[level, number] = data

    def _width(self, level: int, number: int) -> int:
        return max(0, min(WIDTH, (self.size >> HEIGHT * level) - number * WIDTH))

    def _compare(self, name: str, level: int, number: int, data: bytes) -> None:
        """With the same tile made from the entries."""
        self._seen += 1
        start = number * WIDTH * HASH
        ours = self._level(level)[start : start + len(data)]
        if ours == data:
            return
        if level:
            self.faults.add(f"{name} is not a tile of these entries.")
        for at in range(0, len(data) if not level else 0, HASH):
            if data[at : at + HASH] != ours[at : at + HASH]:
                words = "is not the one that the tree was made of."
                self.faults.at(number * WIDTH + at // HASH, words)

    def _level(self, level: int) -> bytes | bytearray:
        """The hashes of a level of tiles, made from the entries."""
        while len(self._levels) <= level:
            self._levels.append(tile_level_above(self._levels[-1]))
        return self._levels[level]

    def _check_bundle(self, name: str, number: int, width: int, data: bytes) -> None:
        """Entries, each after its length in two bytes."""
        at, found = 0, bytearray()
        while at < len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            found += leaf_hash(data[at + 2 : end])
            at = end
        start = number * WIDTH * HASH
        ours = self.entries.leaves[start : start + width * HASH]
        if at != len(data) or found != ours:
            self.faults.add(f"{name} holds other entries than the bundle.")

    def finish(self, head: Head) -> None:
        """Whether the entries are those of the signed tree."""
        if self.entries.is_whole:
            self._finish_whole(head)
        else:
            self._finish_part(head)

    def _finish_whole(self, head: Head) -> None:
        if self.root(self.entries.count) != head.root:
            self.faults.grave(
                f"The {self.entries.count} entries do not make the tree that the"
                " checkpoint signs."
            )
        wanted, hashes = 0, self.size
        while hashes:
            wanted += -(-hashes // WIDTH)
            hashes >>= HEIGHT
        if self._seen != wanted:
            self.faults.add(f"{self._seen} of the {wanted} tiles are there.")

    def _finish_part(self, head: Head) -> None:
        for (level, number), data in self.tiles.items():
            above, slot = divmod(number, WIDTH)
            if len(data) != WIDTH * HASH or not self._width(level + 1, above):
                continue
            parent = self.tiles.get((level + 1, above), b"")
            at = slot * HASH
            if at < len(parent) and parent[at : at + HASH] != root_of(data):
                self.faults.add(
                    f"{tile_path(level, number, WIDTH)} is not in the tree."
                )
            elif at >= len(parent):
                self.faults.add(
                    f"The tile above {tile_path(level, number, WIDTH)} is missing."
                )
        if root_by_tiles(self.size, self.tiles) != head.root:
            self.faults.grave(
                "The tiles do not make the tree that the checkpoint signs."
            )
        leaves = self.entries.leaves
        for at, index in enumerate(self.entries.places):
            tile, slot = divmod(index, WIDTH)
            ours = leaves[at * HASH : (at + 1) * HASH]
            held = self.tiles.get((0, tile), b"")
            if held[slot * HASH : (slot + 1) * HASH] != ours:
                self.faults.at(index, "is not in the tree that the checkpoint signs.")

    def root(self, size: int) -> bytes | None:
        """Of the first ``size`` leaves; None where it is not to be had from here."""
        if self.entries.is_whole:
            tile = WIDTH * HASH
            whole, end = size * HASH // tile * tile, size * HASH
            if end > len(self.entries.leaves):
                return None
            rest = bytes(self.entries.leaves[whole:end])
            tiles = bytes(self._level(1)[: whole // WIDTH])
            return root_of(tiles + root_of(rest) if rest else tiles)
        return root_by_tiles(size, self.tiles)


def _address(name: str) -> tuple[int | None, int, int]:
    """Level (None: entries), number and width of a tile."""
    level, _, rest = name.removeprefix("tile/").partition("/")
    path, _, width = rest.partition(".p/")
    number = int(path.replace("x", "").replace("/", ""))
    found = (None if level == "entries" else int(level), number, int(width or WIDTH))
    if tile_path(level, number, found[2]) != name:
        raise Refused(f"A member of the archive has an odd name: {name!a}")
    return found


# --- Bundle ---------------------------------------------------------------------------


@dataclass
class Options:
    """What the auditor holds, beside the bundle."""

    old: str | None = None
    """An older checkpoint, as it was kept."""
    key: Key | None = None
    witnesses: Sequence[Key] = ()
    needed: int = 0
    tell: Callable[[int], None] = lambda done: None


@dataclass
class Verdict:
    """What was found."""

    faults: Faults
    sentence: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    origin: str
    key: Key
    size: int
    scope: dict[str, Any]

    @classmethod
    def parse(cls, text: str) -> "Manifest":
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise Refused(f"The format of this bundle is not {FORMAT}")
            scope = found["scope"]
            if scope["kind"] not in ("all", "time", "agent", "request"):
                raise ValueError
            if type(found["size"]) is not int or type(found["origin"]) is not str:
                raise TypeError
            key = Key.parse(found["key"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused("manifest.json is not that of a bundle") from None
        return cls(found["origin"], key, found["size"], scope)

    @property
    def knows_end(self) -> bool:
        """Whether later entries of the same requests are here, too."""
        return self.scope["kind"] != "time" or self.scope.get("until") is None


def verify(file: BinaryIO, options: Options) -> Verdict:
    """Check a bundle; raises Refused for what is none."""
    archive, faults = Archive(file, options.tell), Faults()
    _expect(archive, "manifest.json")
    manifest = Manifest.parse(archive.text())
    key = options.key or manifest.key
    _expect(archive, "checkpoint")
    note = Note.parse(archive.text(), "The checkpoint")
    head = Head.of(note, "The checkpoint")
    _check_signature(note, key, "checkpoint", faults)
    if not head.origin == manifest.origin == key.name or head.size != manifest.size:
        faults.add("The manifest does not speak of the checkpoint beside it.")
    entries = Entries(manifest.scope["kind"], head.size, faults)
    table = Table(entries.requests, manifest.knows_end, faults)
    tree = Tree(entries, head.size, faults)
    _read_members(archive, entries, table, tree)
    _check_list(archive, key, manifest, faults)
    tree.finish(head)
    old = _check_old(options.old, key, head, tree, faults) if options.old else None
    seen = _check_witnesses(note, options, faults)
    facts: dict[str, Any] = {
        "origin": head.origin,
        "size": head.size,
        "root": base64.b64encode(head.root).decode(),
        "scope": manifest.scope,
        "entries": entries.count,
        "erased": entries.missing,
        "changed_since": table.ahead,
        "consistent_from": old and old.size,
        "witnesses": seen,
    }
    return Verdict(faults, _sentence(faults, facts), facts)


def _expect(archive: Archive, name: str) -> None:
    if not archive.next() or archive.name != name:
        raise Refused(f"This is not a bundle: {name} is not where it has to be")


def _read_members(archive: Archive, entries: Entries, table: Table, tree: Tree) -> None:
    """Up to SIGNED; raises Refused for an order that no bundle has."""
    last, is_done = "checkpoint", [False, False]

    def finish(place: int) -> None:
        if place > _place("entries/") and not is_done[0]:
            is_done[0] = True
            entries.finish()
        if place > _place("requests/") and not is_done[1]:
            is_done[1] = True
            table.finish()
            entries.check_erased(table.erased_ahead)

    while archive.next():
        name, place = archive.name, _place(archive.name)
        before = _place(last)
        is_again = place == before and place != _place("tile/") and name <= last
        if place < before or is_again:
            raise Refused(f"{name} is not where it has to be")
        last = name
        finish(place)
        if name == "SIGNED":
            return
        if name.startswith("entries/"):
            for line in archive.lines():
                entries.take(line)
        elif name.startswith("requests/"):
            for line in archive.lines():
                table.take(line)
        else:
            tree.take(name, archive.data())
    raise Refused("The bundle was cut off: its signed list is missing")


def _check_list(archive: Archive, key: Key, manifest: Manifest, faults: Faults) -> None:
    """Whether the members are those that the log signed when it was written."""
    note = Note.parse(archive.text(MAX_LIST), "The signed list", MAX_LIST)
    found, count = set(archive.listed), len(archive.listed)
    if archive.next():
        faults.add(f"{archive.name} was added to the bundle after it was signed.")
    _check_signature(note, key, "list of its members", faults)
    lines = note.text.split("\n")
    if lines[:2] != [FORMAT, manifest.origin] or lines.pop():
        faults.add("The signed list is not that of this bundle.")
    for line in lines[2:]:
        if line not in found:
            words = "is not what was signed, or is missing."
            faults.add(f"{line.partition(' ')[2][:80]!s} {words}")
    if len(lines) - 2 != count:
        faults.add(f"The signed list has {len(lines) - 2} members, not {count}.")


def _check_signature(note: Note, key: Key, what: str, faults: Faults) -> None:
    if note.is_signed_by(key):
        return
    if other := note.other_key(key):
        faults.grave(
            f"The key was swapped: the {what} is signed by {other}, not by {key.id}."
        )
    else:
        faults.grave(f"The {what} is not signed by {key.name}.")


def _check_old(
    text: str, key: Key, head: Head, tree: Tree, faults: Faults
) -> Head | None:
    """Whether the log goes on from an older checkpoint."""
    note = Note.parse(text, "The older checkpoint")
    old = Head.of(note, "The older checkpoint")
    if old.origin != head.origin:
        faults.grave(f"The older checkpoint is of another log: {_short(old.origin)}.")
        return None
    _check_signature(note, key, "older checkpoint", faults)
    if not old.size:
        raise Refused("An older checkpoint of no entries proves nothing")
    if old.size > head.size:
        faults.grave(
            f"The log was rolled back: it had {old.size} entries, and now it has"
            f" {head.size}."
        )
        return None
    if old.size == head.size and old.root != head.root:
        faults.grave(
            f"The log was forked: there are two signed trees of {old.size} entries."
        )
        return None
    root = tree.root(old.size)
    if root is None:
        faults.grave(
            "The bundle does not hold what is needed to compare it with the older"
            " checkpoint; export it with --since."
        )
    elif root != old.root:
        faults.grave(
            f"History was changed: the first {old.size} entries are not those of the"
            " older checkpoint."
        )
    return old if root == old.root else None


def _check_witnesses(note: Note, options: Options, faults: Faults) -> list[str]:
    seen = []
    for key in options.witnesses:
        try:
            if note.is_signed_by(key):
                seen.append(key.name)
        except Refused as error:
            faults.grave(f"{error}.")
    if len(set(seen)) < options.needed:
        faults.grave(
            f"Only {len(set(seen))} of the {options.needed} witnesses that are needed"
            " have cosigned the checkpoint."
        )
    return seen


def _sentence(faults: Faults, facts: dict[str, Any]) -> str:
    name = facts["origin"]
    if faults.count:
        some = "1 fault" if faults.count == 1 else f"{faults.count:,} faults"
        return f"NOT INTACT: {some} in the log {name}."
    whole = facts["scope"]["kind"] == "all"
    what = f"{'all ' if whole else ''}{facts['entries']:,} entries of the log {name}"
    parts = [f"INTACT: {what} hold"]
    if not whole:
        parts.append(f"a part of its {facts['size']:,}")
    if facts["consistent_from"] is not None:
        parts.append(f"it goes on from the checkpoint of {facts['consistent_from']:,}")
    if facts["witnesses"]:
        parts.append(f"witnessed by {', '.join(facts['witnesses'])}")
    if facts["erased"]:
        parts.append(f"{facts['erased']:,} texts were erased")
    if facts["changed_since"]:
        count = facts["changed_since"]
        parts.append(f"{count:,} requests changed since and were not compared in full")
    return "; ".join(parts) + "."


# --- Proof (C2SP tlog-proof) ----------------------------------------------------------

PROOF = "c2sp.org/tlog-proof@v1"


def verify_proof(text: str, entry: bytes, options: Options) -> Verdict:
    """Check that one entry is in the log; raises Refused for what is no proof."""
    head_lines, _, rest = text.partition("\n\n")
    lines = head_lines.split("\n")[1:]
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    index = lines.pop(0).removeprefix("index ") if lines else ""
    if not _NUMBER.fullmatch(index) or len(lines) > 63:
        raise Refused("This is not a proof")
    proof = [unbase64(line) for line in lines]
    note = Note.parse(rest, "The checkpoint")
    head, faults = Head.of(note, "The checkpoint"), Faults()
    if options.key is None:
        raise Refused("A proof has to be checked with the log's key: --key")
    _check_signature(note, options.key, "checkpoint", faults)
    if head.origin != options.key.name:
        faults.add("The checkpoint is of another log than the key.")
    if any(len(one) != HASH for one in proof) or head.root != root_by_proof(
        leaf_hash(entry), int(index), head.size, proof
    ):
        faults.at(int(index), "is not this text: it is not in the signed tree.")
    seen = _check_witnesses(note, options, faults)
    words = f"INTACT: this is entry {index} of the log {head.origin}."
    if faults.count:
        words = f"NOT INTACT: this is not proven to be entry {index}."
    facts = {"origin": head.origin, "size": head.size, "index": int(index)}
    return Verdict(faults, words, {**facts, "witnesses": seen})


# --- Command line ---------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, like every other refusal."""
        raise Refused(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 when everything holds, else 1."""
    try:
        options = _parser().parse_args(arguments)
        verdict = _verified(options)
    except (Refused, OSError) as error:
        print(_visible(f"CANNOT BE VERIFIED: {error}."))
        return 1
    except KeyboardInterrupt:
        return 1
    except Exception as error:  # Whatever somebody made up to confuse us.
        print(f"CANNOT BE VERIFIED: {type(error).__name__} while it was read.")
        return 1
    _print(verdict, options)
    return 1 if verdict.faults.count else 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="countersign-verify",
        description="Verify a bundle of the audit log, without trusting its server.",
    )
    parser.add_argument("bundle", metavar="BUNDLE.tar", help="or a .tlog-proof")
    parser.add_argument("--checkpoint", metavar="OLD", help="one that you kept")
    parser.add_argument("--key", metavar="VKEY", help="the log's, as you know it")
    parser.add_argument("--witness", metavar="VKEY", action="append", default=[])
    parser.add_argument("--witnesses-needed", metavar="N", type=int)
    parser.add_argument("--entry", metavar="FILE", help="the text that a proof is of")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="the verdict alone")
    return parser


def _verified(given: argparse.Namespace) -> Verdict:
    witnesses = [Key.parse(text) for text in given.witness]
    needed = given.witnesses_needed
    options = Options(
        old=_text(given.checkpoint) if given.checkpoint else None,
        key=Key.parse(given.key) if given.key else None,
        witnesses=witnesses,
        needed=len(witnesses) if needed is None else needed,
    )
    with open(given.bundle, "rb") as file:
        if file.read(len(PROOF)) == PROOF.encode():
            if not given.entry:
                raise Refused("Which entry is the proof of? --entry FILE")
            with open(given.entry, "rb") as entry:
                return verify_proof(_text(given.bundle), entry.read(), options)
        size = file.seek(0, 2)
        file.seek(0)
        has_bar = sys.stderr.isatty() and not (given.quiet or given.json)
        if has_bar:
            options.tell = _bar(size)
        # Nothing here is circular, and there is much of it.
        gc.disable()
        try:
            return verify(file, options)
        finally:
            gc.enable()
            if has_bar:
                print(f"\r{'':40}\r", end="", file=sys.stderr)


def _text(path: str) -> str:
    with open(path, "rb") as file:
        data = file.read(MAX_NOTE + 1)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused(f"{path} is not text") from None


def _bar(size: int) -> Callable[[int], None]:
    """Draws how far it is, on the terminal's last line."""
    shown = -1

    def tell(done: int) -> None:
        nonlocal shown
        percent = min(100, done * 100 // max(1, size))
        if percent > shown:
            shown = percent
            print(f"\r[{'#' * (percent // 4):25}] {percent} %", end="", file=sys.stderr)
            sys.stderr.flush()

    return tell


def _visible(text: str) -> str:
    """Names come from the bundle: none of them may move the cursor."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _print(verdict: Verdict, given: argparse.Namespace) -> None:
    faults = verdict.faults
    if given.json:
        found = {"ok": not faults.count, "verdict": verdict.sentence, **verdict.facts}
        print(json.dumps({**found, "faults": faults.shown, "count": faults.count}))
        return
    print(_visible(verdict.sentence))
    for sentence in () if given.quiet else faults.shown:
        print(_visible(sentence))
    if faults.count > SHOWN and not given.quiet:
        print(f"And {faults.count - SHOWN:,} more.")


if __name__ == "__main__":
    sys.exit(main())
