"""The format of bundles: a tar that can be written as a stream (docs/audit.md). Pure.

Everything that goes into one is given as bytes; which bytes, ``audit.export`` knows.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from tarfile import BLOCKSIZE, RECORDSIZE, USTAR_FORMAT, TarInfo
from typing import Any

from audit.merkle import Node, Range, complete_subtrees, inclusion_ranges
from audit.note import Note, Signer

FORMAT = "countersign-audit-bundle/1"
LINES, BYTES = 10_000, 16 << 20
"""After how many a member of entries or requests ends."""
HEIGHT, WIDTH = 8, 256
"""Levels of the tree in a tile, and hashes in a full one."""
MAX_IN_ENTRY_BUNDLE = 0xFFFF
"""Bytes of an entry that C2SP's entry bundles can hold."""
Address = tuple[int, int]
"""Level and number of a tile."""


@dataclass(slots=True)
class Writer:
    """Writes members and remembers their hashes, for the list that ends a bundle."""

    time: int
    """POSIX seconds, of every member."""
    listed: list[str] = field(default_factory=list)
    written: int = 0

    def member(self, name: str, content: bytes) -> Iterator[bytes]:
        """Header, content, and zeros up to the next block."""
        self.listed.append(f"sha256:{sha256(content).hexdigest()} {name}")
        yield from self._plain(name, content)

    def lines(self, folder: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """``folder/000000.jsonl`` and so on; ``lines`` without their newlines."""
        chunk, count, number = bytearray(), 0, 0
        for line in lines:
            chunk += line
            chunk += b"\n"
            count += 1
            if count == LINES or len(chunk) >= BYTES:
                yield from self.member(f"{folder}/{number:06}.jsonl", bytes(chunk))
                chunk, count, number = bytearray(), 0, number + 1
        if count:
            yield from self.member(f"{folder}/{number:06}.jsonl", bytes(chunk))

    def signed(self, origin: str, signer: Signer) -> Iterator[bytes]:
        """The signed list of all members, and the end of the tar."""
        text = "\n".join([FORMAT, origin, *self.listed]) + "\n"
        note = Note(text, (signer.sign(text),))
        yield from self._plain("SIGNED", str(note).encode())
        end = 2 * BLOCKSIZE
        yield bytes(end + -(self.written + end) % RECORDSIZE)

    def _plain(self, name: str, content: bytes) -> Iterator[bytes]:
        info = TarInfo(name)
        info.size, info.mtime, info.mode = len(content), self.time, 0o444
        padded = content + bytes(-len(content) % BLOCKSIZE)
        self.written += BLOCKSIZE + len(padded)
        yield info.tobuf(USTAR_FORMAT)
        yield padded


def line(document: dict[str, Any]) -> bytes:
    """One JSON object on one line."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


def tile_path(level: int | str, number: int, width: int) -> str:
    """``tile/0/x001/067``; ``tile/0/x001/067.p/8`` of one that is not full.

    ``level`` is ``entries`` for bundles of entries.
    """
    rest, parts = number // 1000, [f"{number % 1000:03}"]
    while rest:
        rest, part = divmod(rest, 1000)
        parts.append(f"x{part:03}")
    end = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(parts))}{end}"


def width_of(address: Address, size: int) -> int:
    """How many hashes this tile has in a tree of ``size`` leaves."""
    level, number = address
    return max(0, min(WIDTH, (size >> HEIGHT * level) - number * WIDTH))


def all_tiles(size: int) -> Iterator[Address]:
    """Of a tree of ``size`` leaves, the lowest level first."""
    level, hashes = 0, size
    while hashes:
        yield from ((level, number) for number in range(-(-hashes // WIDTH)))
        level, hashes = level + 1, hashes >> HEIGHT


def tiles_of(indexes: Iterable[int], size: int) -> set[Address]:
    """The tiles that show that these leaves are in the tree of ``size``.

    All leaves of one tile have the same way up from there.
    """
    found: set[Address] = set()
    for number in {index // WIDTH for index in indexes}:
        found.add((0, number))
        for part in inclusion_ranges(number * WIDTH, size):
            found.update(map(_address, complete_subtrees(part)))
    return found | tiles_of_tree(size) if found else found


def tiles_of_tree(size: int) -> set[Address]:
    """The tiles that the root of the first ``size`` leaves comes from."""
    return set(map(_address, complete_subtrees(Range(0, size))))


def entry_bundle(entries: Iterable[bytes]) -> bytes | None:
    """Each after its length in two bytes (C2SP); None where one is longer than that."""
    entries = list(entries)
    if any(len(entry) > MAX_IN_ENTRY_BUNDLE for entry in entries):
        return None
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def _address(node: Node) -> Address:
    level, height = divmod(node.level, HEIGHT)
    return level, node.number >> (HEIGHT - height)
