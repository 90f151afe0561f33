"""What many requests got, beside what a draft would have given them. Pure.

Whatever is kept of it is bounded, however many requests there are: numbers, and the
ids of the newest requests behind each of them.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from approvals.policy import MAX_REASONS, Route, Ruleset, Tier
from approvals.replay import Judged

SAMPLES = 20
"""Requests that are named for each cell and each ordinary list."""
LISTED = 500
"""Requests that are named where people and the draft disagree."""
MAX_ROWS = 40
"""Old tiers that are told apart; published versions may have had any number."""
MAX_RULES = 1_000
"""Rules whose numbers are kept, those of the draft first."""

_ROUTES = list(Route)
_RULE = re.compile(r"rule ([a-z0-9][a-z0-9_-]{0,63})(?P<failed> failed: .*)?", re.S)


class Kind(StrEnum):
    """What is different, from the gravest; not more than one of them, but the
    first and the second.
    """

    APPROVES_DENIED = "approves_denied"
    APPROVES = "approves"
    UNBLOCKS = "unblocks"
    BLOCKS_APPROVED = "blocks_approved"
    BLOCKS = "blocks"
    ASKS = "asks"
    FEWER_PEOPLE = "fewer_people"
    MORE_PEOPLE = "more_people"


_LISTED_AT_LENGTH = frozenset({Kind.APPROVES_DENIED, Kind.BLOCKS_APPROVED})


@dataclass(frozen=True, slots=True)
class Past:
    """What one request really got, and what became of it."""

    id: str
    created_at: datetime
    tier: str
    rank: int
    route: str
    people: int | None
    """How many had to agree; None: nobody knows any more."""
    decided: str = ""
    """``approved`` or ``denied``, by people; empty: not by people."""
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Newest:
    """The ids of the newest requests of a kind; a UUID of version 7 is a time."""

    most: int
    count: int = 0
    _ids: list[str] = field(default_factory=list)

    def add(self, request_id: str) -> None:
        self.count += 1
        if len(self._ids) < self.most:
            heapq.heappush(self._ids, request_id)
        else:
            heapq.heappushpop(self._ids, request_id)

    def ids(self) -> list[str]:
        """Newest first."""
        return sorted(self._ids, reverse=True)


@dataclass(slots=True)
class _List:
    requests: Newest
    decided: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        return {
            "count": self.requests.count,
            "approved": self.decided["approved"],
            "denied": self.decided["denied"],
            "ids": self.requests.ids(),
        }


_Old = tuple[str, str, int]
"""Key, route and rank of a tier as it was."""
_OTHER: _Old = ("", "", -1)
"""All further ones together."""


class Comparison:
    """Adds up one request after the other, in any order."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._tiers = ruleset.tiers
        self._rules = [rule.key for rule in ruleset.rules]
        self._cells: dict[tuple[_Old, str], Newest] = {}
        self._rows: set[_Old] = set()
        self._lists = {kind: _List(Newest(_most(kind))) for kind in Kind}
        self._numbers: dict[str, Counter[str]] = defaultdict(Counter)
        self._begin: datetime | None = None
        self._end: datetime | None = None
        self._errors = 0
        self.requests = 0

    def add(self, past: Past, judged: Judged) -> None:
        """One request, as it was and as it would be."""
        self.requests += 1
        self._errors += "error" in judged
        self._begin = min(past.created_at, self._begin or past.created_at)
        self._end = max(past.created_at, self._end or past.created_at)
        tier = self._tiers[judged["tier"]]
        cell = self._old(past), tier.key
        self._cells.setdefault(cell, Newest(SAMPLES)).add(past.id)
        for kind in kinds_of(past, tier):
            found = self._lists[kind]
            found.requests.add(past.id)
            found.decided[past.decided] += 1
        self._count_rules(past, judged)

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values; tiers gentlest first."""
        old = sorted({was for was, _ in self._cells}, key=lambda was: was[2])
        new = sorted(self._tiers.values(), key=lambda tier: tier.rank)
        return {
            "requests": self.requests,
            "from": self._begin and self._begin.isoformat(),
            "until": self._end and self._end.isoformat(),
            "errors": self._errors,
            "old": [{"tier": t, "route": r, "rank": rank} for t, r, rank in old],
            "new": [
                {"tier": t.key, "name": t.name, "route": t.route, "rank": t.rank}
                for t in new
            ],
            "cells": [
                {
                    "old": old.index(was),
                    "new": [tier.key for tier in new].index(becomes),
                    "direction": direction(was, self._tiers[becomes]),
                    "count": found.count,
                    "ids": found.ids(),
                }
                for (was, becomes), found in sorted(self._cells.items())
            ],
            "lists": {kind: found.as_dict() for kind, found in self._lists.items()},
            "rules": self._rules_as_dicts(),
        }

    def _old(self, past: Past) -> _Old:
        old = (past.tier, past.route, past.rank)
        if old not in self._rows and len(self._rows) >= MAX_ROWS:
            return _OTHER
        self._rows.add(old)
        return old

    def _count_rules(self, past: Past, judged: Judged) -> None:
        before = rules_in(past.reasons)
        for key in judged["rules"]:
            self._numbers[key]["matches"] += 1
            # Without the whole list of then, nobody can say that it is new.
            self._numbers[key]["newly"] += before is not None and key not in before
        for key in judged["failed"]:
            self._numbers[key]["fails"] += 1
        for key in (before or frozenset()) - {*judged["rules"], *judged["failed"]}:
            if key in self._numbers or len(self._numbers) < MAX_RULES:
                self._numbers[key]["no_longer"] += 1

    def _rules_as_dicts(self) -> list[dict[str, Any]]:
        """The draft's in its order, then those that it has no more."""
        gone = sorted(self._numbers.keys() - set(self._rules))
        names = ("matches", "newly", "no_longer", "fails")
        return [
            {"key": key, "gone": key in gone}
            | {name: self._numbers[key][name] for name in names}
            for key in [*self._rules, *gone]
        ]


def kinds_of(past: Past, tier: Tier) -> Iterable[Kind]:
    """What would be different in what it takes to be approved."""
    match past.route, tier.route:
        case ((Route.REVIEW | Route.BLOCK), Route.AUTO):
            if past.decided == "denied":
                yield Kind.APPROVES_DENIED
            yield Kind.APPROVES
        case Route.BLOCK, Route.REVIEW:
            yield Kind.UNBLOCKS
        case ((Route.AUTO | Route.REVIEW), Route.BLOCK):
            approved = past.decided == "approved"
            yield Kind.BLOCKS_APPROVED if approved else Kind.BLOCKS
        case Route.AUTO, Route.REVIEW:
            yield Kind.ASKS
        case Route.REVIEW, Route.REVIEW if past.people is not None:
            needed = people_of(tier)
            if needed < past.people:
                yield Kind.FEWER_PEOPLE
            elif needed > past.people:
                yield Kind.MORE_PEOPLE


def people_of(tier: Tier) -> int:
    """How many people have to agree."""
    return sum(need.count for need in tier.requirements)


def direction(old: _Old, tier: Tier) -> str:
    """``same``, ``up`` (stricter), ``down`` or, of what is put together, ``mixed``."""
    key, route, rank = old
    if old == _OTHER:
        return "mixed"
    if (key, route) == (tier.key, tier.route):
        return "same"
    before = (_ROUTES.index(Route(route)), rank)
    after = (_ROUTES.index(tier.route), tier.rank)
    if before == after:
        return "same"
    return "up" if after > before else "down"


def rules_in(reasons: Iterable[str]) -> frozenset[str] | None:
    """The rules that matched, or failed, by a verdict's reasons; None: not all said."""
    reasons = list(reasons)
    found = [match[1] for reason in reasons if (match := _RULE.fullmatch(reason))]
    if len(found) >= MAX_REASONS - 1:
        return None
    return frozenset(found)


def _most(kind: Kind) -> int:
    return LISTED if kind in _LISTED_AT_LENGTH else SAMPLES
