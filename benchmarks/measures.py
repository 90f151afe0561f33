"""What is measured of a server under way; times in milliseconds."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from statistics import quantiles
from typing import Any

from benchmarks import acting
from benchmarks.acting import PEOPLE, call, submit
from benchmarks.client import Connection

SECONDS = 8.0
"""How long each load is kept up."""
SAMPLES = 60
"""How many single latencies are taken."""
PERMITS = 2000
"""How many are redeemed."""

Times = dict[str, float]


async def submit_load(
    address: str,
    keys: Sequence[str],
    clients: int,
    submission: Callable[[int], dict[str, Any]] = acting.waits_for_one,
) -> Times:
    """Submit as fast as ``clients`` can, one after the other each; they share keys."""
    end = time.perf_counter() + SECONDS

    async def client(number: int, latencies: list[float]) -> None:
        async with Connection(address) as connection:
            while (start := time.perf_counter()) < end:
                await submit(connection, keys[number % len(keys)], submission(number))
                latencies.append(time.perf_counter() - start)

    return await _load(client, clients)


async def redeem_load(address: str, key: str, clients: int) -> Times:
    """Redeem PERMITS permits as fast as ``clients`` can."""
    permits: list[tuple[str, str]] = []
    numbers = iter(range(PERMITS))

    async def prepare(_: int, latencies: list[float]) -> None:
        async with Connection(address) as connection:
            for number in numbers:
                asked = acting.approved_at_once(number)
                resource = await submit(connection, key, asked)
                assert resource["state"] == "approved"
                permits.append((resource["id"], resource["digest"]))
                latencies.append(0)

    async def client(_: int, latencies: list[float]) -> None:
        async with Connection(address) as connection:
            while permits:
                request_id, digest = permits.pop()
                start = time.perf_counter()
                path = f"requests/{request_id}/redeem"
                answer = await call(connection, key, path, {"digest": digest})
                assert answer.status == 200, answer.body
                latencies.append(time.perf_counter() - start)

    await _load(prepare, clients)
    return await _load(client, clients)


async def submit_to_visible(address: str, key: str) -> Times:
    """From sending a request until a signed-in browser's socket names it."""
    latencies = []
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(Connection(address))
        agent = await stack.enter_async_context(Connection(address))
        await acting.sign_in(browser)
        socket = await stack.enter_async_context(acting.live_socket(address, browser))
        await socket.recv()
        for number in range(SAMPLES):
            start = time.perf_counter()
            asked = submit(agent, key, acting.waits_for_one(number))
            resource = asyncio.create_task(asked)
            frame = json.loads(await socket.recv())
            while "id" not in frame:
                frame = json.loads(await socket.recv())
            latencies.append(time.perf_counter() - start)
            assert frame["id"] == (await resource)["id"]
    return percentiles(latencies)


async def decide_to_long_poll(address: str, key: str, people: int = 1) -> Times:
    """From the last click needed of so many people until the agent has its permit."""
    latencies = []
    async with AsyncExitStack() as stack:
        agent = await stack.enter_async_context(Connection(address))
        browsers = []
        for name in PEOPLE[:people]:
            browsers.append(await stack.enter_async_context(Connection(address)))
            await acting.sign_in(browsers[-1], name)
        shown = []
        for number in range(SAMPLES):
            ask = acting.waits_for_one if people == 1 else acting.waits_for_two
            request_id = (await submit(agent, key, ask(number)))["id"]
            forms = [await acting.vote_form(b, request_id) for b in browsers]
            shown.append((request_id, forms))
        await asyncio.sleep(1)  # A vote sooner after the page is refused.
        for request_id, forms in shown:
            latencies.append(await _decide(agent, key, request_id, browsers, forms))
    return percentiles(latencies)


async def _decide(
    agent: Connection,
    key: str,
    request_id: str,
    browsers: Sequence[Connection],
    forms: Sequence[dict[str, str]],
) -> float:
    path, voting = f"/r/{request_id}/vote", list(zip(browsers, forms, strict=True))
    for browser, form in voting[:-1]:
        assert await acting.post(browser, path, form) in (200, 204, 302, 303)
    read = call(agent, key, f"requests/{request_id}?wait=60")
    waiting = asyncio.create_task(read)
    await asyncio.sleep(0.05)
    start = time.perf_counter()
    voted = asyncio.create_task(acting.post(*_last(voting, path)))
    assert (await waiting).json()["state"] == "approved"
    seconds = time.perf_counter() - start
    assert (await voted) in (200, 204, 302, 303)
    return seconds


def _last(
    voting: Sequence[tuple[Connection, dict[str, str]]], path: str
) -> tuple[Connection, str, dict[str, str]]:
    browser, form = voting[-1]
    return browser, path, form


async def brake_to_in_force(address: str, keys: Sequence[str]) -> Times:
    """From pulling it until somebody else who asks is told; one agent a sample."""
    latencies = []
    async with Connection(address) as pulling, Connection(address) as asking:
        for key in keys:
            start = time.perf_counter()
            pull = call(pulling, key, "brake", {"reason": "measured"})
            pulled = asyncio.create_task(pull)
            while not (await call(asking, key, "brake")).json()["engaged"]:
                pass
            latencies.append(time.perf_counter() - start)
            assert (await pulled).status == 200
    return percentiles(latencies)


async def _load(
    client: Callable[[int, list[float]], Awaitable[None]], clients: int
) -> Times:
    latencies: list[float] = []
    start = time.perf_counter()
    await asyncio.gather(*(client(number, latencies) for number in range(clients)))
    taken = time.perf_counter() - start
    return {
        "requests_per_second": round(len(latencies) / taken, 1),
        **{f"{name}_ms": value for name, value in percentiles(latencies).items()},
    }


def percentiles(seconds: list[float]) -> Times:
    """Median and 99th percentile in milliseconds."""
    hundredths = quantiles(seconds, n=100, method="inclusive")
    return {
        "p50": round(hundredths[49] * 1000, 2),
        "p99": round(hundredths[98] * 1000, 2),
    }
