"""The socket that tells browsers what changed: ids and numbers, never content."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from approvals import live, looking
from approvals.access import is_reviewer
from approvals.resource import timestamp

PING_EVERY = 20.0
"""Seconds; each ping also asks anew whether the person may still listen."""
RIGHTS_LOST = 4401
MOST_SAID = 200
"""Characters of a browser's frame; more is none of ours."""


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """``/ws/live``: frames of ids and numbers.

    ``{"seq", "id", "change"}``, ``{"seq", "brake"}``, ``{"seq", "delivery"}``,
    ``{"seq", "looking"}``, ``{"seq", "resync"}`` or ``{"seq", "now"}``; ``seq`` counts
    the frames of this connection from 0; a browser that misses one reads its list anew.

    A browser says ``{"looking": id}`` for the request that it shows, or null.
    """

    async def connect(self) -> None:
        self._sender: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._looks = uuid4()
        self._looks_at: UUID | None = None
        self._user: User | AnonymousUser = AnonymousUser()
        await self.accept()
        if not await self._may_listen():
            await self.close(RIGHTS_LOST)
            return
        self._sender = asyncio.create_task(self._send_for_ever())

    async def disconnect(self, code: int) -> None:
        for task in (self._sender, self._keeper):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if self._looks_at is not None:
            await database_sync_to_async(looking.look_away)(self._looks)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Which request the page shows now; what is no such frame means nothing."""
        try:
            said = json.loads((text_data or "")[:MOST_SAID])["looking"]
            at = None if said is None else UUID(said)
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if at != self._looks_at and self._sender is not None:
            await self._look(at)

    async def _look(self, at: UUID | None) -> None:
        before, self._looks_at = self._looks_at, None
        if before is not None:
            await database_sync_to_async(looking.look_away)(self._looks)
        if at is None:
            return
        self._looks_at = at  # Before the word of it goes round, to hear of others.
        look = database_sync_to_async(looking.look)
        if not await look(self._looks, self._user, at):
            self._looks_at = None
        elif self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_for_ever())

    async def _keep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(looking.FRESH_EVERY)
            if self._looks_at is not None:
                await database_sync_to_async(looking.keep)(self._looks)

    async def _send_for_ever(self) -> None:
        async with live.feed() as changes:
            seq = 0
            frame: dict[str, Any] = {"now": timestamp(timezone.now())}
            while True:
                await self.send(json.dumps({"seq": seq, **frame}))
                seq += 1
                try:
                    async with asyncio.timeout(PING_EVERY):
                        news = await self._next_of(changes)
                except TimeoutError:
                    if not await self._may_listen():
                        await self.close(RIGHTS_LOST)
                        return
                    frame = {"now": timestamp(timezone.now())}
                else:
                    frame = _frame(news)

    async def _next_of(self, changes: live.Feed) -> live.News | None:
        """Who looks at something is news for those alone who look at it, too."""
        while True:
            news = await changes.next()
            if not isinstance(news, live.Looked) or news.at == self._looks_at:
                return news

    async def _may_listen(self) -> bool:
        """Asks the database anew: sessions end and rights are taken away."""
        key = self.scope["session"].session_key
        if not key:
            return False
        self._user = await get_user({"session": SessionStore(key)})
        may: bool = await database_sync_to_async(is_reviewer)(self._user)
        return may


def _frame(news: live.News | None) -> dict[str, Any]:
    if news is None:
        return {"resync": True}
    if isinstance(news, live.Signal):
        return {news.value: True}
    if isinstance(news, live.Looked):
        return {"looking": str(news.at)}
    return {"id": str(news[0]), "change": news[1]}
