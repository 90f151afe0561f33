"""The socket that tells browsers what changed: ids and numbers, never content."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from approvals import live
from approvals.access import is_reviewer
from approvals.resource import timestamp

PING_EVERY = 20.0
"""Seconds; each ping also asks anew whether the person may still listen."""
RIGHTS_LOST = 4401


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """``/ws/live``: frames of ids and numbers.

    ``{"seq", "id", "change"}``, ``{"seq", "brake"}``, ``{"seq", "delivery"}``,
    ``{"seq", "resync"}`` or ``{"seq", "now"}``; ``seq`` counts the frames
    of this connection from 0; a browser that misses one reads its list anew.
    """

    async def connect(self) -> None:
        self._sender: asyncio.Task[None] | None = None
        await self.accept()
        if not await self._may_listen():
            await self.close(RIGHTS_LOST)
            return
        self._sender = asyncio.create_task(self._send_for_ever())

    async def disconnect(self, code: int) -> None:
        if self._sender is not None:
            self._sender.cancel()
            with suppress(asyncio.CancelledError):
                await self._sender

    async def _send_for_ever(self) -> None:
        async with live.feed() as changes:
            seq = 0
            frame: dict[str, Any] = {"now": timestamp(timezone.now())}
            while True:
                await self.send(json.dumps({"seq": seq, **frame}))
                seq += 1
                try:
                    async with asyncio.timeout(PING_EVERY):
                        news = await changes.next()
                except TimeoutError:
                    if not await self._may_listen():
                        await self.close(RIGHTS_LOST)
                        return
                    frame = {"now": timestamp(timezone.now())}
                else:
                    frame = _frame(news)

    async def _may_listen(self) -> bool:
        """Asks the database anew: sessions end and rights are taken away."""
        key = self.scope["session"].session_key
        if not key:
            return False
        user = await get_user({"session": SessionStore(key)})
        may: bool = await database_sync_to_async(is_reviewer)(user)
        return may


def _frame(news: live.News | None) -> dict[str, Any]:
    if news is None:
        return {"resync": True}
    if isinstance(news, live.Signal):
        return {news.value: True}
    return {"id": str(news[0]), "change": news[1]}
