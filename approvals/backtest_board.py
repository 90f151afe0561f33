"""Back-tests as people see them: how far one is, what it found. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from approvals import backtest_words as words
from approvals.access import visible_to
from approvals.comparison import Kind
from approvals.models import ApprovalRequest, Backtest

RECENT = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """Requests of a kind, newest first; ``count``: how many there are in all."""

    kind: str
    title: str
    count: int
    approved: int
    denied: int
    requests: Sequence[ApprovalRequest]

    @property
    def unlisted(self) -> int:
        return self.count - len(self.requests)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One cell of the matrix, and some of its requests."""

    cell: words.Cell
    old: words.Tier
    new: words.Tier
    requests: Sequence[ApprovalRequest]

    @property
    def unlisted(self) -> int:
        return self.cell.count - len(self.requests)


@dataclass(frozen=True, slots=True)
class Board:
    """What one back-test found."""

    headline: str
    sentences: list[str]
    caveats: list[str]
    columns: list[words.Tier]
    rows: list[words.Row]
    lists: list[Listed]
    rules: list[dict[str, Any]]
    """Those that match, fail or did so before; the rest is ``silent``."""
    silent: list[str]
    chosen: Chosen | None


def recent(user: User) -> QuerySet[Backtest]:
    """Somebody's own, newest first."""
    mine = Backtest.objects.filter(owner=user).defer("source", "result")
    return mine.order_by("-id")[:RECENT]


def active(user: User) -> Backtest | None:
    """The one that is under way, of which everybody has one at most."""
    return (
        Backtest.objects.filter(owner=user, state__in=Backtest.ACTIVE)
        .defer("source")
        .first()
    )


def board(backtest: Backtest, user: User, cell: str = "") -> Board | None:
    """What it found, for one person; ``cell``: the one whose requests are wanted."""
    result = backtest.result
    if result is None:
        return None
    columns, rows = words.matrix(result)
    place = _find(columns, rows, cell)
    named = [i for found in result["lists"].values() for i in found["ids"]]
    known = _requests(user, [*named, *(place[0].ids if place else ())])
    rules = result["rules"]
    return Board(
        headline=words.headline(result),
        sentences=words.sentences(result),
        caveats=words.caveats(result, is_cut=_is_cut(backtest)),
        columns=columns,
        rows=rows,
        lists=_lists(result, known),
        rules=[rule for rule in rules if _says_something(rule)],
        silent=[rule["key"] for rule in rules if not _says_something(rule)],
        chosen=place and Chosen(*place, _those(known, place[0].ids)),
    )


def as_dict(backtest: Backtest) -> dict[str, Any]:
    """Everything of it as JSON-able values, but the document."""
    result = backtest.result
    said = []
    if result is not None:
        said = [words.headline(result), *words.sentences(result)]
        said += words.caveats(result, is_cut=_is_cut(backtest))
    return {
        "id": str(backtest.pk),
        "state": backtest.state,
        "done": backtest.done,
        "total": backtest.total,
        "days": backtest.days,
        "digest": backtest.digest,
        "problem": backtest.problem,
        "sentences": said,
        "result": result,
    }


def _is_cut(backtest: Backtest) -> bool:
    """Whether days were asked for and not all of them are there."""
    return backtest.is_cut and backtest.days is not None


def _find(
    columns: Sequence[words.Tier], rows: Sequence[words.Row], key: str
) -> tuple[words.Cell, words.Tier, words.Tier] | None:
    for row in rows:
        for column, cell in zip(columns, row.cells, strict=True):
            if cell and cell.key == key:
                return cell, row.tier, column
    return None


def _lists(result: words.Result, known: dict[str, ApprovalRequest]) -> list[Listed]:
    lists = result["lists"]
    return [
        Listed(
            kind=kind.value,
            title=words.TITLES[kind],
            count=lists[kind]["count"],
            approved=lists[kind]["approved"],
            denied=lists[kind]["denied"],
            requests=_those(known, lists[kind]["ids"]),
        )
        for kind in Kind
        if lists[kind]["count"]
    ]


def _requests(user: User, ids: Sequence[str]) -> dict[str, ApprovalRequest]:
    """Those that this person may see, by id, without what is heavy in them."""
    found = visible_to(user).filter(pk__in={UUID(i) for i in ids})
    light = found.only(
        "action",
        "environment",
        "agent__name",
        "tier",
        "state",
        "decision_source",
        "decided_by",
        "created_at",
    )
    return {str(approval.pk): approval for approval in light}


def _those(
    known: dict[str, ApprovalRequest], ids: Sequence[str]
) -> list[ApprovalRequest]:
    return [known[request_id] for request_id in ids if request_id in known]


def _says_something(rule: dict[str, Any]) -> bool:
    return any(rule[name] for name in ("matches", "newly", "no_longer", "fails"))
