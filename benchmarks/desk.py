"""The reviewer's desk with years of requests behind it: pages, searches, sockets.

A page's time is the server's: what Django took from the first middleware to the
answer, as ``benchmarks.metered`` says in a header, with how many statements it sent.
The sockets' time runs from the commit to the moment a client has read the frame; load
and clients share the cores with the server. DESK_PENDING and DESK_DECIDED are the
numbers of seeded requests.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urljoin

from benchmarks import acting
from benchmarks.acting import PASSWORD, PEOPLE
from benchmarks.client import Answer, Connection
from benchmarks.measures import percentiles
from benchmarks.metered import COMMITTED, COST, OWN, PROCESS, STATEMENTS

PENDING = int(os.environ.get("DESK_PENDING", "10000"))
DECIDED = int(os.environ.get("DESK_DECIDED", "1000000"))
SAMPLES, WARM_UP = 40, 3
SOCKETS, CHANGES, PAUSE = 200, 60, 0.15
"""How many sockets are open; how many changes they hear of, so many seconds apart."""
PROGRAM = ["-m", "benchmarks.metered"]
MOST_STATEMENTS = 15
LIMITS = {"lists": 100.0, "searches": 200.0, "requests": 80.0}
"""Milliseconds of the server, by kind of page."""
FAN_OUT, MEMORY = 250.0, 400.0
"""Milliseconds; MiB."""

Serving = Callable[[Path, list[str]], AbstractContextManager[dict[str, str]]]
Manage = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Page:
    """One address; ``{…}`` are filled with what ``_known`` finds."""

    name: str
    kind: str
    address: str


PAGES = (
    Page("queue", "lists", "/"),
    Page("queue, second page", "lists", "{second}"),
    Page("queue, mine", "lists", "/?q=is:mine"),
    Page("queue, my groups", "lists", "/?q=is:group"),
    Page("queue, needs a second", "lists", "/?q=is:second"),
    Page("queue, expiring", "lists", "/?q=is:expiring"),
    Page("waiting", "lists", "/waiting"),
    Page("row", "lists", "/r/{pending}/row"),
    Page("search, tier", "searches", "/?q=tier:critical"),
    Page("search, agent", "searches", "/?q=agent:seeded-agent-3"),
    Page("search, action and tier", "searches", "/?q=action:sql.execute+tier:high"),
    Page("search, excluded", "searches", "/?q=-agent:seeded-agent-1"),
    Page("search, word", "searches", "/?q=customer"),
    Page("search, no such word", "searches", "/?q=zebra"),
    Page("history", "lists", "/history"),
    Page("history, second page", "lists", "{older}"),
    Page("history, state", "searches", "/history?q=is:denied"),
    Page("history, agent", "searches", "/history?q=agent:seeded-agent-3"),
    Page("history, by", "searches", "/history?q=by:seeded-person-2"),
    Page("history, action", "searches", "/history?q=action:payment.transfer"),
    Page("history, before", "searches", "/history?q=before:2026-06-01"),
    Page("history, word", "searches", "/history?q=journalist"),
    Page("history, no such word", "searches", "/history?q=zebra"),
    Page("request, pending", "requests", "/r/{pending}"),
    Page("request, seeded", "requests", "/r/{seeded}"),
    Page("request, decided", "requests", "/r/{decided}"),
)


def report(folder: Path, serving: Serving, manage: Manage) -> dict[str, Any]:
    """All of it, in a data folder of its own."""
    with serving(folder, ["manage.py"]) as environment:
        for name in PEOPLE:
            manage(
                environment, "create_user", name, "--group", "reviewers",
                "--password-stdin", "--json", text=PASSWORD,
            )  # fmt: skip
        made = manage(environment, "create_agent", "bench", "--json")
        key: str = json.loads(made)["key"]
    start = time.perf_counter()
    sizes = (f"--pending={PENDING}", f"--decided={DECIDED}")
    manage(environment, "seed_requests", *sizes)
    seconds = round(time.perf_counter() - start, 1)
    with serving(folder, PROGRAM) as environment:
        measured = asyncio.run(_measure(environment["BASE_URL"], key, folder))
    seeded = {"pending": PENDING, "decided": DECIDED, "seconds": seconds}
    return {"seeded": seeded, **measured}


async def _measure(address: str, key: str, folder: Path) -> dict[str, Any]:
    async with Connection(address) as browser:
        await acting.sign_in(browser)
        async with Connection(address) as agent:
            known = await _known(browser, agent, key)
        pages = {p.name: await _cost(browser, p, known) for p in PAGES}
        before = await _resident(browser)
        async with Connection(address) as agent:
            sockets = await _sockets(browser, agent, key, folder / COMMITTED)
        memory = {"before_sockets": before, "with_sockets": sockets.pop("mib")}
    return {
        "pages": pages,
        "live_sockets": sockets,
        "memory_mib": memory,
        "budget": {
            **{f"{kind}_under_{limit:.0f}_ms": _within(pages, kind, limit)
               for kind, limit in LIMITS.items()},
            "lists_at_most_15_statements": max(
                page["statements"] for page in pages.values() if page["kind"] == "lists"
            ) <= MOST_STATEMENTS,
            "fan_out_p99_under_250_ms": sockets["commit_to_frame_ms"]["p99"] < FAN_OUT,
            "memory_under_400_mib": memory["with_sockets"] < MEMORY,
        },
    }  # fmt: skip


def _within(pages: dict[str, dict[str, Any]], kind: str, limit: float) -> bool:
    """Whether the medians of all of this kind are."""
    return all(p["p50"] < limit for p in pages.values() if p["kind"] == kind)


async def _known(browser: Connection, agent: Connection, key: str) -> dict[str, str]:
    """Real requests, one decided, whose pages have all that a page can have."""
    pending = await acting.submit(agent, key, acting.waits_for_two(1))
    decided = await acting.submit(agent, key, acting.waits_for_one(1))
    form = await acting.vote_form(browser, decided["id"])
    await asyncio.sleep(1)  # A vote sooner after the page is refused.
    assert await acting.post(browser, f"/r/{decided['id']}/vote", form) in (302, 303)
    queue = (await browser.request("GET", "/")).body.decode()
    history = (await browser.request("GET", "/history")).body.decode()
    rows: list[str] = re.findall(r'id="row-([^"]+)"', queue)
    return {
        "pending": pending["id"],
        "decided": decided["id"],
        "seeded": next(row for row in rows if row != pending["id"]),
        "second": _link("/", queue, "after"),
        "older": _link("/history", history, "before"),
    }


def _link(address: str, page: str, parameter: str) -> str:
    """The first link of the page there with this parameter; none: the page itself."""
    found = re.search(rf'href="([^"]*[?&;]{parameter}=[^"]*)"', page)
    return urljoin(address, unescape(found[1])) if found else address


async def _cost(
    browser: Connection, page: Page, known: dict[str, str]
) -> dict[str, Any]:
    """Milliseconds of the server, statements and size; ``own``: of its processor."""
    address = page.address.format(**known)
    answers: list[Answer] = []
    for _ in range(WARM_UP + SAMPLES):
        answers.append(await browser.request("GET", address))
        assert answers[-1].status == 200, (address, answers[-1].status)
    kept = [answer.headers for answer in answers[WARM_UP:]]
    return {
        "kind": page.kind,
        **percentiles([float(said[COST.lower()]) / 1000 for said in kept]),
        "own_p50": median(float(said[OWN.lower()]) for said in kept),
        "statements": max(int(said[STATEMENTS.lower()]) for said in kept),
        "kib": round(len(answers[-1].body) / 1024),
    }


async def _sockets(
    browser: Connection, agent: Connection, key: str, notes: Path
) -> dict[str, Any]:
    """What SOCKETS browsers hear of CHANGES, and the server's memory meanwhile."""
    heard: list[tuple[str, int]] = []

    async def listen(socket: Any) -> None:
        async for message in socket:
            at = time.monotonic_ns()
            if (frame := json.loads(message)).get("id"):
                heard.append((frame["id"], at))

    async with AsyncExitStack() as stack:
        listeners = []
        for _ in range(SOCKETS):
            opening = acting.live_socket(browser.address, browser)
            socket = await stack.enter_async_context(opening)
            await socket.recv()
            listeners.append(asyncio.create_task(listen(socket)))
        asked = []
        for number in range(CHANGES):
            made = await acting.submit(agent, key, acting.waits_for_one(number))
            asked.append(made["id"])
            await asyncio.sleep(PAUSE)
        await asyncio.sleep(1)
        mib = await _resident(browser)
        for listener in listeners:
            listener.cancel()
    committed = dict(line.split() for line in notes.read_text().splitlines())
    ids = set(asked)
    took = [(at - int(committed[i])) / 1e9 for i, at in heard if i in ids]
    assert len(took) == SOCKETS * CHANGES, f"{len(took)} frames"
    return {
        "sockets": SOCKETS,
        "changes": CHANGES,
        "commit_to_frame_ms": percentiles(took),
        "mib": mib,
    }


async def _resident(browser: Connection) -> float:
    """MiB of the server, without PostgreSQL."""
    async with Connection(browser.address, browser.cookies) as fresh:
        answer = await fresh.request("GET", "/waiting")
    process = answer.headers[PROCESS.lower()]
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return round(int(found[1]) / 1024, 1)
