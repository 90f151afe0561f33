"""A thousand agents can wait, and hear of it when it is decided."""

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from approvals import live
from approvals.api import calls, requests
from approvals.models import ApprovalRequest
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., ApprovalRequest]


in_thread = calls.in_thread


async def wait_for(approval: ApprovalRequest) -> str:
    resource = await requests._decided(approval.agent, approval.id, 30)
    return str(resource["state"])


def watching(approval: ApprovalRequest) -> int:
    hub = live._hubs.get(asyncio.get_running_loop())
    return len(hub._waiting.get(approval.id, ())) if hub else 0


async def test_a_thousand_waiting_agents_hold_no_thread_and_no_connection(
    ask: Ask, alice: User
) -> None:
    approval = await in_thread(ask)()
    waiting = [asyncio.create_task(wait_for(approval)) for _ in range(1000)]
    while watching(approval) < 1000:
        await asyncio.sleep(0.05)
    # Each reads the state once; after that all of them only wait.
    while calls.THREADS._work_queue.qsize():
        await asyncio.sleep(0.05)
    assert threading.active_count() < 60
    assert len(os.listdir("/proc/self/fd")) < 200
    await in_thread(cast_vote)(approval, alice)
    assert await asyncio.gather(*waiting) == ["approved"] * 1000
    assert live._hubs == {}


async def test_waiting_ends_with_its_time(ask: Ask) -> None:
    approval = await in_thread(ask)()
    resource = await requests._decided(approval.agent, approval.id, 1)
    assert resource["state"] == "pending"
    assert live._hubs == {}


def test_nothing_is_announced_before_the_commit_or_without_one(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = ask()
    told: list[live.Change] = []
    monkeypatch.setattr(live, "_publish", told.append)
    with transaction.atomic():
        live.changed(approval)
        assert told == []
    assert told == [(approval.id, approval.change)]
    with transaction.atomic():
        live.changed(approval)
        transaction.set_rollback(True)
    assert len(told) == 1


async def test_when_too_much_was_missed_everybody_reads_anew(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CATCH_UP", 3600)
    monkeypatch.setattr(live, "MOST_MISSED", 3)
    monkeypatch.setattr(live, "OVERLAP", 2)
    monkeypatch.setattr(live, "_publish", lambda news: None)
    approval = await in_thread(ask)()
    async with live.feed() as feed, live.watch(approval.id) as event:
        hub = live._hubs[asyncio.get_running_loop()]
        for _ in range(5):
            await in_thread(ask)()
        await hub._catch_up()
        assert event.is_set()
        assert await feed.next() is None
        # From here on it goes as before.
        last = await in_thread(ask)()
        await hub._catch_up()
        named = [await feed.next() for _ in range(3)]
        assert named[-1] == (last.id, last.change)


def test_a_slow_socket_is_told_to_start_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from uuid import uuid4

    monkeypatch.setattr(live, "BACKLOG", 2)

    async def overflow() -> list[Any]:
        feed = live.Feed()
        for number in range(5):
            feed.put((uuid4(), number))
        lost = await feed.next()
        feed.put((uuid4(), 9))
        return [lost, (await feed.next() or (0, 0))[1]]

    assert asyncio.run(overflow()) == [None, 9]
