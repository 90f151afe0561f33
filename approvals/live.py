"""Who waits for a request, or the brake, to change, and how they hear of it.

An id and a number travel, never content: whoever hears them reads the truth
from PostgreSQL. In this process the word goes straight to the hub; other
processes hear it through the channel layer. Both are hints: every CATCH_UP
seconds the hub asks the database what it has missed.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from threading import Thread
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from agents import brake, outbox
from approvals.models import ApprovalRequest

log = logging.getLogger(__name__)

GROUP = "live"
CATCH_UP = 2.0
"""Seconds between two looks into the database for changes nobody told us of."""
OVERLAP = 1000
"""How many changes each look goes back: numbers are drawn before they commit."""
MOST_MISSED = 5000
"""Changes one look reads; when there are more, everybody reads all anew."""
BACKLOG = 1000
"""Changes one socket may lag behind before it is told to start over."""

WARN_EVERY = 60.0
"""Seconds between two warnings that others are not told."""
_warned_at = -WARN_EVERY

Change = tuple[UUID, int]


class Signal(Enum):
    """What changed without being a request's: it has neither id nor number."""

    BRAKE = "brake"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody has begun or ceased to look at a request; nothing of it has changed."""

    at: UUID


News = Change | Signal | Looked


def changed(approval: ApprovalRequest) -> None:
    """Tell everybody, once the transaction has committed."""
    change = (approval.id, approval.change)
    transaction.on_commit(partial(_publish, change), robust=True)


def brake_changed() -> None:
    """Tell everybody that a brake was pulled or released; call it after the commit."""
    _publish(Signal.BRAKE)


def looked(request_id: UUID) -> None:
    """Tell those who look at it, too; after the commit, as nothing waits for it."""
    _publish(Looked(request_id))


brake.on_change(brake_changed)


def delivery_finished() -> None:
    """Tell everybody that a callback was delivered or given up."""
    _publish(Signal.DELIVERY)


outbox.on_finish(delivery_finished)


class Feed:
    """The changes one socket has not sent yet."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[News] = asyncio.Queue(BACKLOG)
        self._lost = False

    def put(self, news: News) -> None:
        try:
            self._queue.put_nowait(news)
        except asyncio.QueueFull:
            self._lost = True

    def lose(self) -> None:
        """Something was missed: the next is None."""
        self._lost = True
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(Signal.BRAKE)  # Whatever wakes: it is thrown away.

    async def next(self) -> News | None:
        """The next change; None when some were lost and all has to be read anew."""
        news = await self._queue.get()
        if not self._lost:
            return news
        self._lost = False
        while not self._queue.empty():
            self._queue.get_nowait()
        return None


class Hub:
    """One per event loop: hears of changes and passes them on to who waits there."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting: dict[UUID, set[asyncio.Event]] = {}
        self._feeds: set[Feed] = set()
        self._seen: set[int] = set()
        self._floor = 0
        self._ready = asyncio.Event()
        self._tasks = [asyncio.create_task(self._catch_up_for_ever())]
        if settings.REDIS_URL:
            self._tasks.append(asyncio.create_task(self._listen_for_ever()))

    @property
    def is_idle(self) -> bool:
        return not self._waiting and not self._feeds

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def tell(self, news: News) -> None:
        """Pass a change on; from any thread."""
        with suppress(RuntimeError):  # the loop closed under us
            self.loop.call_soon_threadsafe(self._receive, news)

    @asynccontextmanager
    async def watch(self, request_id: UUID) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever the request changes from now on."""
        event = asyncio.Event()
        self._waiting.setdefault(request_id, set()).add(event)
        try:
            await self._ready.wait()
            yield event
        finally:
            self._waiting[request_id].discard(event)
            if not self._waiting[request_id]:
                del self._waiting[request_id]

    @asynccontextmanager
    async def feed(self) -> AsyncIterator[Feed]:
        """All changes from now on."""
        feed = Feed()
        self._feeds.add(feed)
        try:
            await self._ready.wait()
            yield feed
        finally:
            self._feeds.discard(feed)

    def _receive(self, news: News) -> None:
        if isinstance(news, tuple):
            request_id, number = news
            if number in self._seen:
                return
            self._seen.add(number)
            for event in self._waiting.get(request_id, ()):
                event.set()
        for feed in self._feeds:
            feed.put(news)

    async def _catch_up_for_ever(self) -> None:
        while True:
            try:
                await self._catch_up()
            except Exception:
                log.exception("could not look for changes; trying again")
            await asyncio.sleep(CATCH_UP)

    async def _catch_up(self) -> None:
        if not self._ready.is_set():
            self._floor = await _latest_change()
            self._ready.set()
            return
        changes = await _changes_after(self._floor)
        if len(changes) > MOST_MISSED:
            self._start_over(await _latest_change())
            return
        for change in changes:
            self._receive(change)
        if changes:
            self._floor = max(self._floor, changes[-1][1] - OVERLAP)
        self._seen = {number for number in self._seen if number > self._floor}

    def _start_over(self, latest: int) -> None:
        """Too much to name each: after an outage, or when rows were made in bulk."""
        self._floor, self._seen = max(self._floor, latest - OVERLAP), set()
        for feed in self._feeds:
            feed.lose()
        for events in self._waiting.values():
            for event in events:
                event.set()

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("no live updates from other processes: %s", error)
                await asyncio.sleep(CATCH_UP)

    async def _listen(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        while True:
            message = await layer.receive(channel)
            self._receive(_read(message))


def _read(message: dict[str, Any]) -> News:
    """What another process said, as ``_tell_other_processes`` wrote it."""
    if "looked" in message:
        return Looked(UUID(message["looked"]))
    signal = next((signal for signal in Signal if signal.value in message), None)
    return signal or (UUID(message["id"]), message["change"])


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


@asynccontextmanager
async def _hub() -> AsyncIterator[Hub]:
    """This loop's hub; it stops when nobody needs it any more."""
    loop = asyncio.get_running_loop()
    if (hub := _hubs.get(loop)) is None:
        hub = _hubs[loop] = Hub(loop)
    try:
        yield hub
    finally:
        if hub.is_idle:
            hub.stop()
            _hubs.pop(loop, None)


@asynccontextmanager
async def watch(request_id: UUID) -> AsyncIterator[asyncio.Event]:
    """An event set whenever the request changes; holds no thread, no connection."""
    async with _hub() as hub, hub.watch(request_id) as event:
        yield event


@asynccontextmanager
async def feed() -> AsyncIterator[Feed]:
    """Every change of every request, for one socket."""
    async with _hub() as hub, hub.feed() as changes:
        yield changes


def _publish(news: News) -> None:
    for hub in list(_hubs.values()):
        hub.tell(news)
    if settings.REDIS_URL:
        _tell_other_processes(news)


def _tell_other_processes(news: News) -> None:
    """Best effort, and never in the way: Redis may be slow or gone."""
    if isinstance(news, Signal):
        message: dict[str, Any] = {"type": "live.changed", news.value: True}
    elif isinstance(news, Looked):
        message = {"type": "live.changed", "looked": str(news.at)}
    else:
        message = {"type": "live.changed", "id": str(news[0]), "change": news[1]}
    asyncio.run_coroutine_threadsafe(_send(message), _sending_loop(os.getpid()))


@lru_cache(maxsize=1)
def _sending_loop(process: int) -> asyncio.AbstractEventLoop:
    """A loop of its own for what goes to Redis; another after a fork."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="live-sender", daemon=True).start()
    return loop


async def _send(message: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(2):
            await get_channel_layer().group_send(GROUP, message)
    except Exception as error:
        _warn(error)


def _warn(error: Exception) -> None:
    """One line for a while: without Redis every change would write one."""
    global _warned_at
    if time.monotonic() - _warned_at > WARN_EVERY:
        _warned_at = time.monotonic()
        log.warning("live updates are not passed on to other processes: %s", error)


@partial(database_sync_to_async, thread_sensitive=False)
def _latest_change() -> int:
    return ApprovalRequest.objects.aggregate(latest=Max("change"))["latest"] or 0


@partial(database_sync_to_async, thread_sensitive=False)
def _changes_after(floor: int) -> list[Change]:
    rows = ApprovalRequest.objects.filter(change__gt=floor).order_by("change")
    return list(rows.values_list("id", "change")[: MOST_MISSED + 1])
