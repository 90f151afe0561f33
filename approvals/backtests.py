"""Back-tests: started by a person, carried out by a worker, forgotten after a month.

The row is the truth, as in ``agents.outbox``: waking a worker is only a hint, and one
that dies holding a row loses it when its lease ends.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from psycopg.errors import UniqueViolation

from approvals import history
from approvals.backtesting import compare
from approvals.history import Span
from approvals.models import Backtest
from approvals.policy_document import PolicyError, parse
from approvals.replay_processes import ReplayFailed
from approvals.ruleset import digest_of
from audit.actions import Action
from audit.log import Actor, person, record

MOST = 10_000
"""Requests of a span that says no time."""
MOST_OF_DAYS = 100_000
"""Requests of a span of days, the newest: what takes a minute or two."""
MAX_DAYS = 365
LEASE = timedelta(seconds=60)
"""How long a worker may be silent; ``replay_processes.PATIENCE`` ends before."""
TOLD_EVERY = 0.25
"""Seconds between two notes of how far it is."""
ATTEMPTS = 3
KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE = 100

_CLAIMING = 0x6261636B74657374
"""The advisory lock under which one is claimed: "backtest" in ASCII."""
_State = Backtest.State
_wakes: list[Callable[[], None]] = []

log = logging.getLogger(__name__)


class BacktestError(Exception):
    """What cannot be done; the text is a sentence for who asked."""


class NothingThere(BacktestError):
    """No request is in the span."""

    def __init__(self) -> None:
        super().__init__("Nothing was asked for in that time.")


class BusyAlready(BacktestError):
    """Somebody's other one waits or runs."""

    def __init__(self) -> None:
        super().__init__("Another back-test of yours is under way: one at a time.")


class OverAlready(BacktestError):
    """It neither waits nor runs any more."""

    def __init__(self) -> None:
        super().__init__("This back-test was over already.")


class _Lost(Exception):
    """Somebody stopped it, or another worker has it."""


class _Ending(Exception):
    """The process that does it is about to end."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far back: so many ``days``, or without them the newest requests."""

    days: int | None = None
    most: int = MOST

    def span(self) -> Span:
        """The requests that it means now; raises NothingThere."""
        since = None
        if self.days is not None:
            since = timezone.now() - timedelta(days=self.days)
        found = history.newest(self.most, since=since)
        if found is None:
            raise NothingThere
        return found

    @classmethod
    def of_days(cls, days: int) -> "Wanted":
        return cls(days, MOST_OF_DAYS)


def on_start(wake: Callable[[], None]) -> None:
    """Call ``wake`` after each commit that started one; it must not block."""
    if wake not in _wakes:
        _wakes.append(wake)


@transaction.atomic(durable=True)
def start(source: str, wanted: Wanted, *, origin: str, actor: User) -> Backtest:
    """Let a worker replay a policy; ``origin`` says where it came from, in words.

    Raises ``PolicyError``, NothingThere and BusyAlready.
    """
    parse(source)
    span = wanted.span()
    backtest = Backtest(
        owner=actor,
        source=source,
        digest=digest_of(source),
        origin=origin,
        days=wanted.days,
        first=span.first,
        last=span.last,
        total=span.total,
        is_cut=span.is_cut,
        created_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            backtest.save(force_insert=True)
    except IntegrityError as error:
        if _broke(error, "one_backtest_at_a_time_each"):
            raise BusyAlready from None
        raise
    note(source, wanted, span, actor=person(actor), subject=str(backtest.pk))
    transaction.on_commit(_wake, robust=True)
    return backtest


def note(
    source: str, wanted: Wanted, span: Span, *, actor: Actor, subject: str
) -> None:
    """Record that it is run: whoever runs one learns what was asked for."""
    data = {
        "digest": digest_of(source),
        "days": wanted.days,
        "requests": span.total,
        "first": str(span.first),
        "last": str(span.last),
    }
    record(
        Action.POLICY_BACKTESTED, actor=actor, subject=("backtest", subject), data=data
    )


@transaction.atomic(durable=True)
def stop(backtest_id: UUID, *, actor: User) -> Backtest:
    """Its owner does not want to know any more; its worker ends at its next step.

    Raises OverAlready, and ``Backtest.DoesNotExist``, also for another person's.
    """
    rows = Backtest.objects.select_for_update(no_key=True)
    backtest = rows.get(pk=backtest_id, owner=actor)
    if not backtest.is_active:
        raise OverAlready
    _end(Backtest.objects.filter(pk=backtest.pk), _State.STOPPED)
    backtest.refresh_from_db()
    return backtest


def run_due(is_ending: Callable[[], bool] = lambda: False) -> int:
    """Carry out what waits, one after the other; how many it took up.

    When ``is_ending`` says so, the one under way is put back.
    """
    taken = 0
    while not is_ending() and (backtest := claim()):
        taken += 1
        _run(backtest, is_ending)
    return taken


@transaction.atomic(durable=True)
def claim() -> Backtest | None:
    """The next one, the caller's alone for the length of a lease; None: none is due.

    One at a time, whoever asked: each keeps all processors busy.
    """
    active = Backtest.objects.filter(state__in=Backtest.ACTIVE)
    if not active.exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIMING])
    left = active.filter(state=_State.RUNNING, leased_until__lte=Now())
    _end(
        left.filter(attempts__gte=ATTEMPTS),
        _State.FAILED,
        problem=f"It was begun {ATTEMPTS} times and never ended.",
    )
    if active.filter(state=_State.RUNNING, leased_until__gt=Now()).exists():
        return None
    due = active.filter(Q(state=_State.QUEUED) | Q(leased_until__lte=Now()))
    locked = due.select_for_update(skip_locked=True, no_key=True)
    backtest = locked.order_by("created_at").first()
    if backtest is not None:
        Backtest.objects.filter(pk=backtest.pk).update(
            state=_State.RUNNING,
            done=0,
            attempts=F("attempts") + 1,
            leased_until=Now() + LEASE,
        )
        backtest.refresh_from_db()
    return backtest


def forget_old() -> int:
    """Delete up to FORGOTTEN_AT_ONCE that are past KEPT_FOR; returns how many."""
    old = Backtest.objects.filter(created_at__lt=Now() - KEPT_FOR)
    some = old.exclude(state__in=Backtest.ACTIVE).order_by("created_at")
    ids = list(some.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return Backtest.objects.filter(pk__in=ids).delete()[0] if ids else 0


class _Teller:
    """Notes how far it is, and so hears whether it is still wanted."""

    def __init__(self, backtest: Backtest, is_ending: Callable[[], bool]) -> None:
        self._held = _held(backtest)
        self._is_ending = is_ending
        self._told = 0.0

    def __call__(self, done: int) -> None:
        if self._is_ending():
            raise _Ending
        if time.monotonic() - self._told < TOLD_EVERY:
            return
        self._told = time.monotonic()
        if not self._held.update(done=done, leased_until=Now() + LEASE):
            raise _Lost


def _run(backtest: Backtest, is_ending: Callable[[], bool]) -> None:
    held = _held(backtest)
    span = Span(backtest.first, backtest.last, backtest.total)
    try:
        result = compare(backtest.source, span, _Teller(backtest, is_ending))
    except _Lost:
        return
    except _Ending:
        held.update(state=_State.QUEUED, leased_until=None, done=0)
        return
    except (PolicyError, ReplayFailed) as error:
        _end(held, _State.FAILED, problem=str(error)[:500])
        return
    except Exception as error:
        sentence = f"It went wrong ({type(error).__name__}); the log says more."
        _end(held, _State.FAILED, problem=sentence)
        log.exception("Back-test %s went wrong", backtest.pk)
        return
    _end(held, _State.DONE, result=result, done=min(result["requests"], span.total))


def _held(backtest: Backtest) -> QuerySet[Backtest]:
    """The row, as long as it is held by whoever claimed it."""
    return Backtest.objects.filter(
        pk=backtest.pk, state=_State.RUNNING, attempts=backtest.attempts
    )


def _end(rows: QuerySet[Backtest], state: str, **more: Any) -> None:
    rows.update(state=state, finished_at=Now(), leased_until=None, **more)


def _broke(error: IntegrityError, constraint: str) -> bool:
    cause = error.__cause__
    return (
        isinstance(cause, UniqueViolation) and cause.diag.constraint_name == constraint
    )


def _wake() -> None:
    for wake in _wakes:
        wake()
