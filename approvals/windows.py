"""Counters over a sliding time: what one action adds to them, what they hold. Pure.

Time is cut into buckets of a 60th of the window. What a window holds is the bucket
of this moment and the 60 before it, the oldest of them as a whole: never less than
what was asked for in ``within`` seconds, and too much only by what was asked for in
the 60th before. So a reading costs the same after ten requests and after ten million.

The counters in the database (``lifecycle.counters``) and those in memory (``Tally``)
share every step of the arithmetic, which is in decimals and exact.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

import rfc8785

from approvals.canonical import MAX_INTEGER, Action

MAX_WINDOWS = 50
"""Windows of one policy."""
BUCKETS = 60
"""How many buckets a window's time is cut into."""
DIGITS = 12
"""Decimal places in which sums are kept; what is finer counts as a little more."""
MAX_AMOUNT = Decimal(MAX_INTEGER)
"""The most that a request can add to a sum, and the most that one can be."""
MAX_VALUES = 1_000
"""How many distinct values one request can add."""

SCOPES = ("agent", "session", "subject", "resource", "everything")
"""Whose requests are counted together, by name; else a pointer says it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EXACT = Context(prec=64)
"""Enough digits for the sum of 10**30 of the largest amounts."""
_FINEST = Decimal(1).scaleb(-DIGITS)

Key = tuple[UUID, int]
"""A counter and a bucket."""
Values = dict[str, float | None]
"""What each window of a policy holds, by its key; None: it cannot be measured."""


class Measure(StrEnum):
    """What a window counts."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class Window:
    """A named counter over the last ``within`` seconds, one for each group.

    ``of``: the pointer (RFC 6901) of what is summed or told apart; nothing for a
    count. ``per``: scopes and pointers, in whose values the requests of a group
    agree. ``actions``: patterns (``fnmatch.fnmatchcase``); none: every action.
    """

    key: str
    measure: Measure
    of: str | None
    per: tuple[str, ...]
    within: int
    actions: tuple[str, ...] = ()

    def fits(self, name: str) -> bool:
        """Whether actions of this name are counted."""
        return not self.actions or any(fnmatchcase(name, p) for p in self.actions)

    def holds_at_least(self, other: "Window") -> bool:
        """Whether it never holds less than ``other`` would, whatever is asked for."""
        return (
            (self.measure, self.of) == (other.measure, other.of)
            and {*self.per} == {*other.per}
            and self.within >= other.within
            and (not self.actions or {*self.actions} >= {*other.actions} > set())
        )

    def bucket_at(self, moment: datetime) -> int:
        """The number of the bucket; exact, also where its length is no whole number."""
        microseconds = (moment - _EPOCH) // _MICROSECOND
        return microseconds * BUCKETS // (self.within * 1_000_000)

    def counts_until(self, bucket: int) -> datetime:
        """From when on nothing in this bucket counts any more."""
        length = -(-(bucket + BUCKETS + 1) * self.within * 1_000_000 // BUCKETS)
        return _EPOCH + length * _MICROSECOND


@dataclass(frozen=True, slots=True)
class Share:
    """What one request adds to one counter, and in which bucket.

    ``counter`` stands for a window and a group of it. It is made of what the window
    counts and not of its key, so that a window that counts something else in another
    version of the policy has counters of its own.
    """

    counter: UUID
    bucket: int
    amount: Decimal
    values: tuple[UUID, ...] = ()
    counts_until: datetime = _EPOCH

    @property
    def since(self) -> int:
        """The oldest bucket that counts together with this one."""
        return self.bucket - BUCKETS

    def as_dict(self) -> dict[str, Any]:
        """As JSON, to be taken out again; its time is not needed for that."""
        return {
            "counter": str(self.counter),
            "bucket": self.bucket,
            "amount": str(self.amount),
            "values": list(map(str, self.values)),
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """The share from its ``as_dict``."""
        return cls(
            counter=UUID(stored["counter"]),
            bucket=stored["bucket"],
            amount=Decimal(stored["amount"]),
            values=tuple(map(UUID, stored["values"])),
        )


Shares = dict[str, Share | None]
"""What one request adds to each window that counts it; None: it cannot be measured."""


def shares_of(
    windows: Iterable[Window], action: Action, *, session: str | None, now: datetime
) -> Shares:
    """What this action adds to each window whose ``actions`` it fits; never raises."""
    members = {
        "action": action.name,
        "agent": action.agent,
        "arguments": action.arguments,
        "environment": action.environment,
        "resource": action.resource,
        "subject": action.subject,
    }
    return {
        window.key: _share(window, members, session, now)
        for window in windows
        if window.fits(action.name)
    }


def measured(shares: Shares) -> list[Share]:
    """Those that could be measured; no counter twice."""
    found = {share.counter: share for share in shares.values() if share is not None}
    return list(found.values())


def held(
    windows: Iterable[Window], shares: Shares, totals: Mapping[UUID, Decimal]
) -> Values:
    """What each window holds by these totals of its counters.

    Nothing, where the action is none that it counts.
    """
    values: Values = {window.key: 0.0 for window in windows}
    for key, share in shares.items():
        values[key] = None if share is None else _number(totals[share.counter])
    return values


class Seen:
    """In which buckets the values of one counter stand, and how often in each.

    A value counts once, in the newest of its buckets.
    """

    def __init__(self) -> None:
        self.uses: dict[UUID, dict[int, int]] = defaultdict(dict)

    def change(self, value: UUID, bucket: int, by: int) -> Iterator[tuple[int, int]]:
        """Use it once more (``by`` 1) or once less (-1): what moves in which bucket."""
        uses = self.uses[value]
        before = max(uses, default=None)
        uses[bucket] = uses.get(bucket, 0) + by
        if uses[bucket] <= 0:
            del uses[bucket]
        after = max(uses, default=None)
        if before is not None:
            yield before, -1
        if after is not None:
            yield after, 1


def changes(
    seen: Mapping[UUID, Seen], taken: Iterable[Share], added: Iterable[Share]
) -> dict[Key, Decimal]:
    """What to add to each bucket's total so that ``added`` stands for ``taken``.

    ``seen`` must know what the values' counters hold, and knows it after, too.
    """
    net: dict[Key, Decimal] = defaultdict(Decimal)
    with localcontext(_EXACT):
        for by, shares in ((-1, taken), (1, added)):
            for share in shares:
                net[share.counter, share.bucket] += by * share.amount
                for value in share.values:
                    moved = seen[share.counter].change(value, share.bucket, by)
                    for bucket, amount in moved:
                        net[share.counter, bucket] += amount
    return net


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Their sum, exactly."""
    with localcontext(_EXACT):
        return sum(amounts, start=Decimal(0))


class Tally:
    """The same counters in memory, for a history of requests, the oldest first.

    Moments must not go back, because buckets that no later one counts are forgotten.
    """

    def __init__(self) -> None:
        self._totals: dict[UUID, dict[int, Decimal]] = defaultdict(dict)
        self._seen: dict[UUID, Seen] = defaultdict(Seen)

    def count(
        self,
        windows: Iterable[Window],
        action: Action,
        *,
        session: str | None,
        now: datetime,
        instead_of: Shares | None = None,
    ) -> tuple[Values, Shares]:
        """What the windows hold with this action, and what it added.

        ``instead_of``: what it added before it was changed, to be taken out.
        """
        windows = tuple(windows)
        shares = shares_of(windows, action, session=session, now=now)
        added = measured(shares)
        for (counter, bucket), amount in changes(
            self._seen, measured(instead_of or {}), added
        ).items():
            totals = self._totals[counter]
            totals[bucket] = total((totals.get(bucket, Decimal(0)), amount))
        sums = {share.counter: self._total(share) for share in added}
        return held(windows, shares, sums), shares

    def _total(self, share: Share) -> Decimal:
        totals = self._totals[share.counter]
        for bucket in [bucket for bucket in totals if bucket < share.since]:
            del totals[bucket]
        return total(totals.values())


def alone(
    windows: Iterable[Window], action: Action, *, session: str | None = None
) -> Values:
    """What the windows hold if nothing was ever asked for but this action."""
    return Tally().count(windows, action, session=session, now=_EPOCH)[0]


def _number(held: Decimal) -> float | None:
    """None where it is more than JSON and doubles tell apart."""
    return float(held) if held <= MAX_AMOUNT else None


@lru_cache(maxsize=1024)
def definition(window: Window) -> str:
    """A digest of what a window counts, whatever its key and the order of its parts."""
    parts = (window.measure, window.of, sorted(window.per), window.within)
    return _digest([*parts, sorted(window.actions)]).hex


def _share(
    window: Window, members: Mapping[str, Any], session: str | None, now: datetime
) -> Share | None:
    try:
        amount, values = _measurement(window, members)
        group = [[scope, _group(scope, members, session)] for scope in window.per]
        bucket = window.bucket_at(now)
        return Share(
            counter=_digest([definition(window), *sorted(group, key=lambda p: p[0])]),
            bucket=bucket,
            amount=amount,
            values=values,
            counts_until=window.counts_until(bucket),
        )
    except (ValueError, RecursionError):
        return None


def _measurement(
    window: Window, members: Mapping[str, Any]
) -> tuple[Decimal, tuple[UUID, ...]]:
    """What is added at once, and what is told apart; raises ValueError."""
    if window.measure is Measure.COUNT:
        return Decimal(1), ()
    found = _at(members, window.of or "")
    if window.measure is Measure.SUM:
        return _amount(found), ()
    if found is None:
        raise ValueError("nothing is there to be told apart")
    # Five recipients at once are five, as if they had been asked for one by one.
    values = {_digest(one) for one in (found if isinstance(found, list) else [found])}
    if len(values) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    return Decimal(0), tuple(sorted(values))


def _amount(value: object) -> Decimal:
    """A JSON number from 0 to MAX_AMOUNT, rounded up; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    if not 0 <= value <= MAX_AMOUNT:  # Nor is NaN.
        raise ValueError("not an amount")
    # What is not a whole number means what its digits say, not the nearest double.
    exact = abs(Decimal(str(value)))
    return exact.quantize(_FINEST, rounding=ROUND_CEILING, context=_EXACT)


def _group(scope: str, members: Mapping[str, Any], session: str | None) -> Any:
    """In which value the requests of a group agree.

    Those that lack it are one group, so that leaving it out splits no sum: of the
    session, those of the same agent; two agents' sessions are never the same one.
    """
    match scope:
        case "everything":
            return None
        case "session":
            return [members["agent"], session or None]
        case "agent" | "subject" | "resource":
            return members[scope] or None
        case pointer:
            return _at(members, pointer)


def _at(members: Mapping[str, Any], pointer: str) -> Any:
    """What stands at a pointer; None for nothing and for null."""
    found: Any = members
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and name.isascii():
            is_there = name == str(int(name)) and int(name) < len(found)
            found = found[int(name)] if is_there else None
        else:
            return None
    return found


def _digest(value: Any) -> UUID:
    """Half of the SHA-256 of its RFC 8785 JSON; 1 and 1.0 are one, 1 and "1" not."""
    return UUID(bytes=sha256(rfc8785.dumps(value)).digest()[:16])
