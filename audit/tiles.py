"""The tree's hashes as they are stored and served (C2SP tlog-tiles). Reads only.

Tiles that are full are rows. One that is not is put together: of the hashes of the
last leaves, or of the roots of the full tiles below it.
"""

from collections.abc import Iterable

from audit.merkle import (
    HASH_BYTES,
    Frontier,
    Lookup,
    Node,
    Range,
    complete_subtrees,
    consistency_ranges,
    inclusion_ranges,
    range_root,
)
from audit.models import Leaf, Tile

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile."""
Address = tuple[int, int]
"""Level and number of a tile."""


def tile(level: int, number: int, width: int) -> bytes | None:
    """The first ``width`` hashes of a tile, one after the other; None without them."""
    full = Tile.objects.filter(level=level, number=number)
    hashes = full.values_list("hashes", flat=True).first()
    found = bytes(hashes) if hashes else b"".join(parts(level, number, width))
    wanted = width * HASH_BYTES
    return found[:wanted] if len(found) >= wanted else None


def inclusion_proof(index: int, size: int) -> list[bytes]:
    """Of the leaf ``index`` in the tree of ``size`` leaves; raises ValueError."""
    return _roots(inclusion_ranges(index, size))


def consistency_proof(old: int, new: int) -> list[bytes]:
    """Of the tree of ``old`` leaves with that of ``new``; raises ValueError."""
    return _roots(consistency_ranges(old, new))


def root(size: int) -> bytes:
    """The root of the first ``size`` leaves."""
    return _roots([Range(0, size)])[0]


def subtree_root(hashes: Iterable[bytes]) -> bytes:
    """The root over hashes of equal height: of a full tile, or of a part of one."""
    tree = Frontier()
    for one in hashes:
        tree.append(one)
    return tree.root()


def split(hashes: bytes) -> list[bytes]:
    """One hash after the other."""
    return [
        hashes[start : start + HASH_BYTES]
        for start in range(0, len(hashes), HASH_BYTES)
    ]


def parts(level: int, number: int, width: int = WIDTH) -> list[bytes]:
    """What a tile is made of, from below: hashes of leaves, or roots of tiles."""
    start = number * WIDTH
    if level == 0:
        leaves = Leaf.objects.filter(index__range=(start, start + width - 1))
        return [bytes(leaf.hash) for leaf in leaves.order_by("index")]
    below = Tile.objects.filter(level=level - 1).only("number", "root")
    below = below.filter(number__range=(start, start + width - 1))
    return [bytes(each.root) for each in below.order_by("number")]


def _roots(ranges: list[Range]) -> list[bytes]:
    wanted = {node for leaves in ranges for node in complete_subtrees(leaves)}
    lookup = _lookup(wanted)
    return [range_root(leaves, lookup) for leaves in ranges]


def _lookup(nodes: set[Node]) -> Lookup:
    """Reads every tile that the nodes are in, each once."""
    tiles = _tiles({_place(node)[0] for node in nodes})

    def lookup(node: Node) -> bytes:
        address, start, end = _place(node)
        return subtree_root(tiles[address][start:end])

    return lookup


def _place(node: Node) -> tuple[Address, int, int]:
    """Which hashes of which tile a complete subtree is the root of."""
    level, height = divmod(node.level, HEIGHT)
    start = node.number << height
    number, offset = divmod(start, WIDTH)
    return (level, number), offset, offset + (1 << height)


def _tiles(addresses: set[Address]) -> dict[Address, list[bytes]]:
    """The full ones by one query for each level; of those that are not, one more."""
    found: dict[Address, list[bytes]] = {}
    for level in {level for level, _ in addresses}:
        numbers = [number for at, number in addresses if at == level]
        full = Tile.objects.filter(level=level, number__in=numbers)
        for number, hashes in full.values_list("number", "hashes"):
            found[level, number] = split(bytes(hashes))
    for level, number in addresses - found.keys():
        found[level, number] = parts(level, number, WIDTH)
    return found
