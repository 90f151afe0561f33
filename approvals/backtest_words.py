"""What a back-test found, as sentences and a table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approvals.comparison import Kind
from approvals.policy import Route

Result = Mapping[str, Any]
"""What ``backtesting.compare`` gives."""

TITLES = {
    Kind.APPROVES_DENIED: "Approved by itself, though people denied it",
    Kind.APPROVES: "Approved by itself, where it was not",
    Kind.UNBLOCKS: "Left to people, where policy blocked it",
    Kind.BLOCKS_APPROVED: "Blocked, though people approved it",
    Kind.BLOCKS: "Blocked, where it was not",
    Kind.ASKS: "Left to people, where policy approved it",
    Kind.FEWER_PEOPLE: "Fewer people needed",
    Kind.MORE_PEOPLE: "More people needed",
}
ROUTES = {
    Route.AUTO: "at once",
    Route.REVIEW: "by people",
    Route.BLOCK: "blocked",
}
"""How a tier goes, beside its key."""
DIRECTIONS = {
    "up": "stricter",
    "down": "milder",
    "same": "the same",
    "mixed": "both",
}
ARROWS = {"up": "▲", "down": "▼", "same": "=", "mixed": "◆"}


@dataclass(frozen=True, slots=True)
class Cell:
    """So many requests went from one tier to another; ``key`` is for addresses."""

    key: str
    count: int
    direction: str
    ids: list[str]

    @property
    def number(self) -> str:
        return number(self.count)

    @property
    def words(self) -> str:
        return DIRECTIONS[self.direction]

    @property
    def arrow(self) -> str:
        return ARROWS[self.direction]


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier as it heads a row or a column."""

    key: str
    route: str


@dataclass(frozen=True, slots=True)
class Row:
    """What became of an old tier, by column; None: nothing."""

    tier: Tier
    cells: list[Cell | None]


def headline(result: Result) -> str:
    """What matters most, in one or two sentences."""
    total, same = result["requests"], _same(result)
    kept = (
        f"{number(same)} of {number(total)} requests would get the tier that they got."
    )
    if same == total:
        every = "The one request" if total == 1 else f"All {number(total)} requests"
        kept = f"{every} would get the tier that {_they(total)} got."
    return " ".join(filter(None, (_approves(result), kept)))


def sentences(result: Result) -> list[str]:
    """Everything else that is different, in the order of ``Kind``."""
    lists = result["lists"]
    return [
        text.format(requests(lists[kind]["count"]), decided=_decided(lists[kind]))
        for kind, text in _SENTENCES.items()
        if lists[kind]["count"]
    ]


def caveats(result: Result, *, is_cut: bool) -> list[str]:
    """What this back-test does not know."""
    found = []
    if is_cut:
        words = f"Only the newest {number(result['requests'])} were replayed."
        found.append(f"There were more requests in that time. {words}")
    if result["windows_cut"]:
        before = number(result["windows_cut"])
        found.append(f"Windows knew no more than the {before} requests before.")
    if result["errors"]:
        failed = requests(result["errors"])
        found.append(f"{failed} could not be judged, and count at the highest tier.")
    return found


def matrix(result: Result) -> tuple[list[Tier], list[Row]]:
    """The columns (as it would be) and the rows (as it was), gentlest first."""
    columns = [_tier(tier) for tier in result["new"]]
    rows = [Row(_tier(tier), [None] * len(columns)) for tier in result["old"]]
    for cell in result["cells"]:
        old, new = cell["old"], cell["new"]
        rows[old].cells[new] = Cell(
            f"{old}-{new}", cell["count"], cell["direction"], cell["ids"]
        )
    return columns, rows


def number(value: int) -> str:
    """``10,000``."""
    return f"{value:,}"


def requests(count: int) -> str:
    """``1 request``, ``2,000 requests``."""
    return f"{number(count)} request{'' if count == 1 else 's'}"


def span(days: int | None, total: int) -> str:
    """What was replayed, in words."""
    if days is None:
        return f"the last {requests(total)}" if total != 1 else "the last request"
    back = "the last day" if days == 1 else f"the last {days} days"
    return f"{requests(total)} of {back}"


_SENTENCES = {
    Kind.UNBLOCKS: "It would leave {} to people that policy blocked.",
    Kind.BLOCKS_APPROVED: "It would block {} that people approved.",
    Kind.BLOCKS: "It would block {} that no person approved{decided}.",
    Kind.ASKS: "It would ask people about {} that policy approved.",
    Kind.FEWER_PEOPLE: "It would need fewer people for {}{decided}.",
    Kind.MORE_PEOPLE: "It would need more people for {}{decided}.",
}


def _approves(result: Result) -> str:
    found = result["lists"][Kind.APPROVES]
    if not found["count"]:
        return ""
    denied = result["lists"][Kind.APPROVES_DENIED]["count"]
    but = f"people denied {number(denied)}" if denied else "people denied none"
    return f"It would approve {number(found['count'])} by itself, of which {but}."


def _decided(found: Mapping[str, int]) -> str:
    said = [
        f"approved {number(found['approved'])}" if found["approved"] else "",
        f"denied {number(found['denied'])}" if found["denied"] else "",
    ]
    words = " and ".join(filter(None, said))
    return f"; people {words}" if words else ""


def _same(result: Result) -> int:
    cells = result["cells"]
    return sum(cell["count"] for cell in cells if cell["direction"] == "same")


def _they(count: int) -> str:
    return "it" if count == 1 else "they"


def _tier(tier: Mapping[str, Any]) -> Tier:
    if not tier["tier"]:
        return Tier("others", "")
    return Tier(tier["tier"], ROUTES[Route(tier["route"])])
