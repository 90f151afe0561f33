"""A draft over the past: what it would have said, beside what was. Changes nothing."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from approvals import history
from approvals.comparison import Comparison
from approvals.history import BATCH, Request, Span
from approvals.policy import Ruleset
from approvals.policy_document import parse
from approvals.replay import Asked, Event
from approvals.replay_processes import Judges, Windows

CHUNK = 25
"""Requests that a process is given at once."""
HEAVY = 512 * 1024
"""Characters after which it is given fewer."""
LEAD_IN = 50_000
"""Requests before the first one that are counted in windows, at most."""

T = TypeVar("T")
Progress = Callable[[int], None]
"""Is told how many requests are done; may raise to stop."""


class _Moment(NamedTuple):
    """One revision in the order of time."""

    at: datetime
    number: int
    """Tells apart what came at the same moment."""
    place: int
    """Which revision it is, from 0."""
    request: Request
    is_asked: bool
    """Whether it is replayed; else it only counts."""


def compare(source: str, span: Span, progress: Progress) -> dict[str, Any]:
    """The ``Comparison.as_dict`` of a policy over a span.

    Beside it stands whether ``windows`` know everything before: ``windows_cut``.
    Raises ``PolicyError`` and ``ReplayFailed``, and what ``progress`` raises.
    """
    ruleset = parse(source)
    compared = Comparison(ruleset)
    waiting: dict[str, Request] = {}
    lead_in = _lead_in(ruleset, span)
    with ExitStack() as stack:
        judges = stack.enter_context(Judges(source))
        requests: Iterable[Request] = history.read(span)
        if ruleset.windows:
            windows = stack.enter_context(Windows(source))
            moments = _told(_moments(lead_in, span), compared, progress)
            requests = _counted(moments, windows)
        for judged in judges.judge(_asked(requests, waiting)):
            for one in judged:
                compared.add(waiting.pop(one["id"]).past, one)
            progress(compared.requests)
    return {
        **compared.as_dict(),
        "windows_cut": lead_in.total if lead_in and lead_in.is_cut else None,
    }


def _lead_in(ruleset: Ruleset, span: Span) -> Span | None:
    """What came before and counts in the draft's windows still."""
    if not ruleset.windows:
        return None
    longest = max(window.within for window in ruleset.windows)
    # Windows count in whole buckets, the oldest of which begins earlier.
    return history.before(span, longest + longest // 30, LEAD_IN)


def _asked(
    requests: Iterable[Request], waiting: dict[str, Request]
) -> Iterator[list[Asked]]:
    """In chunks; what is handed out stands in ``waiting`` until its answer comes."""
    for chunk in _chunks(requests, _weight):
        for request in chunk:
            waiting[request.past.id] = request
        yield [_ask(request) for request in chunk]


def _ask(request: Request) -> Asked:
    last = len(request.looks) - 1
    asked: Asked = {"id": request.past.id, "looks": []}
    for place in sorted({0, last}):
        look = request.looks[place]
        asked["looks"].append(
            {
                "canonical": look.canonical,
                "at": look.at.isoformat(),
                "windows": request.windows[place] if request.windows else {},
            }
        )
    return asked


def _counted(moments: Iterable[_Moment], windows: Windows) -> Iterator[Request]:
    """The requests that are asked, once it is known what the windows held."""
    for chunk in _chunks(moments, lambda moment: _weight(moment.request)):
        values = windows.count([_event(moment) for moment in chunk])
        for moment, held in zip(chunk, values, strict=True):
            request = moment.request
            request.windows.append(held)
            if moment.is_asked and len(request.windows) == len(request.looks):
                yield request


def _moments(lead_in: Span | None, span: Span) -> Iterator[_Moment]:
    """All revisions in the order of time, however late an edit came."""
    later: list[_Moment] = []
    number = 0
    spans = ((lead_in, False), (span, True))
    for requests, is_asked in spans:
        for request in history.read(requests) if requests else ():
            for place, look in enumerate(request.looks):
                number += 1
                moment = _Moment(look.at, number, place, request, is_asked)
                heapq.heappush(later, moment)
            while later and later[0].at <= request.past.created_at:
                yield heapq.heappop(later)
    while later:
        yield heapq.heappop(later)


def _event(moment: _Moment) -> Event:
    request = moment.request
    look = request.looks[moment.place]
    return {
        "id": request.past.id,
        "canonical": look.canonical,
        "at": look.at.isoformat(),
        "session": request.session,
        "is_replaced": moment.place < len(request.looks) - 1,
    }


def _told(
    moments: Iterable[_Moment], compared: Comparison, progress: Progress
) -> Iterator[_Moment]:
    """The same; what only counts is no progress, but a sign of life."""
    for number, moment in enumerate(moments):
        if number % BATCH == 0:
            progress(compared.requests)
        yield moment


def _weight(request: Request) -> int:
    return sum(len(look.canonical) for look in request.looks)


def _chunks(items: Iterable[T], weight: Callable[[T], int]) -> Iterator[list[T]]:
    """At most CHUNK of them at a time, fewer where they are HEAVY."""
    chunk: list[T] = []
    total = 0
    for item in items:
        chunk.append(item)
        total += weight(item)
        if len(chunk) == CHUNK or total >= HEAVY:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk
