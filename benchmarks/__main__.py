"""``make bench``: the budget of the main job, measured on this machine, as JSON.

Starts ``manage.py serve`` in a temporary data folder, as shipped: embedded
PostgreSQL with fsync on, one process, every check on. Everything, the load
included, shares the cores; so the ratios to PostgreSQL's own rate in the same
run say more than the absolute numbers.
"""

import asyncio
import json
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from benchmarks import postgres
from benchmarks.client import Connection

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 8.0
"""How long each load is kept up."""
SAMPLES = 60
"""How many single latencies are taken."""
PASSWORD = "correct horse battery staple"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        os.chmod(folder, 0o711)
        report = _measure(Path(folder))
    print(json.dumps(report, indent=2))


def _measure(data_dir: Path) -> dict[str, Any]:
    port = _free_port()
    environment = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "RATE_LIMIT": "10000000",
    }
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        while "is ready at" not in (line := server.stdout.readline()):
            assert line, "the server did not start"
        agent = _manage(environment, "create_agent", "bench-agent", "--json")
        _manage(
            environment, "create_user", "bench", "--group", "reviewers",
            "--password-stdin", "--json", text=PASSWORD,
        )  # fmt: skip
        return asyncio.run(_report(environment["BASE_URL"], agent["key"], data_dir))
    finally:
        server.terminate()
        server.communicate(timeout=15)


async def _report(address: str, key: str, data_dir: Path) -> dict[str, Any]:
    inserts = await asyncio.to_thread(postgres.three_inserts, data_dir, 32, SECONDS)
    loads = {str(n): await _load(address, key, n) for n in (1, 8, 32)}
    visible = await _submit_to_visible(address, key)
    decided = await _decide_to_long_poll(address, key)
    rate = loads["32"]["requests_per_second"]
    return {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "submit": loads,
        "submit_to_visible_ms": visible,
        "decide_to_long_poll_ms": decided,
        "postgres_three_inserts_per_second": inserts,
        "submit_share_of_postgres": round(rate / inserts, 4),
        "budget": {
            "submit_32_clients_at_least_250": rate >= 250,
            "submit_to_visible_p50_under_50_ms": visible["p50"] < 50,
            "submit_to_visible_p99_under_250_ms": visible["p99"] < 250,
            "decide_to_long_poll_p99_under_100_ms": decided["p99"] < 100,
        },
    }


def _submission(number: int) -> bytes:
    return json.dumps(
        {
            "action": "sql.execute",
            "arguments": {"sql": f"UPDATE accounts SET plan = 0 WHERE id = {number}"},
            "environment": "production",
            "resource": "billing-db",
            "summary": "Move a customer back to the free plan",
        }
    ).encode()


async def _submit(connection: Connection, key: str, number: int) -> dict[str, Any]:
    answer = await connection.request(
        "POST",
        "/api/v1/requests",
        body=_submission(number),
        Authorization=f"Bearer {key}",
        Content_Type="application/json",
    )
    assert answer.status == 201, answer.body
    resource: dict[str, Any] = answer.json()
    return resource


async def _load(address: str, key: str, clients: int) -> dict[str, float]:
    """Submit as fast as ``clients`` can, one after the other each."""
    latencies: list[float] = []
    end = time.perf_counter() + SECONDS

    async def client(number: int) -> None:
        async with Connection(address) as connection:
            while (start := time.perf_counter()) < end:
                await _submit(connection, key, number)
                latencies.append(time.perf_counter() - start)

    await asyncio.gather(*map(client, range(clients)))
    return {
        "requests_per_second": round(len(latencies) / SECONDS, 1),
        **{f"{name}_ms": value for name, value in _percentiles(latencies).items()},
    }


async def _submit_to_visible(address: str, key: str) -> dict[str, float]:
    """From sending a request until a signed-in browser's socket names it."""
    latencies = []
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(Connection(address))
        agent = await stack.enter_async_context(Connection(address))
        await _sign_in(browser)
        socket = await stack.enter_async_context(_socket(address, browser))
        await socket.recv()
        for number in range(SAMPLES):
            start = time.perf_counter()
            resource = asyncio.create_task(_submit(agent, key, number))
            frame = json.loads(await socket.recv())
            while "id" not in frame:
                frame = json.loads(await socket.recv())
            latencies.append(time.perf_counter() - start)
            assert frame["id"] == (await resource)["id"]
    return _percentiles(latencies)


async def _decide_to_long_poll(address: str, key: str) -> dict[str, float]:
    """From a reviewer's click until the waiting agent has its permit."""
    latencies = []
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(Connection(address))
        agent = await stack.enter_async_context(Connection(address))
        await _sign_in(browser)
        forms = []
        for number in range(SAMPLES):
            resource = await _submit(agent, key, number)
            forms.append((resource["id"], await _vote_form(browser, resource["id"])))
        await asyncio.sleep(1)  # A vote sooner after the page is refused.
        for request_id, form in forms:
            waiting = asyncio.create_task(
                agent.request(
                    "GET",
                    f"/api/v1/requests/{request_id}?wait=60",
                    Authorization=f"Bearer {key}",
                )
            )
            await asyncio.sleep(0.05)
            start = time.perf_counter()
            voted = asyncio.create_task(_post(browser, f"/r/{request_id}/vote", form))
            assert (await waiting).json()["state"] == "approved"
            latencies.append(time.perf_counter() - start)
            assert (await voted) in (200, 204, 302, 303)
    return _percentiles(latencies)


async def _sign_in(browser: Connection) -> None:
    page = await browser.request("GET", "/accounts/login/")
    form = {**_hidden(page.body.decode()), "login": "bench", "password": PASSWORD}
    assert await _post(browser, "/accounts/login/", form) == 302


async def _vote_form(browser: Connection, request_id: str) -> dict[str, str]:
    page = await browser.request("GET", f"/r/{request_id}")
    return {**_hidden(page.body.decode()), "verdict": "approve"}


async def _post(browser: Connection, path: str, form: dict[str, str]) -> int:
    answer = await browser.request(
        "POST",
        path,
        body=urlencode(form).encode(),
        Content_Type="application/x-www-form-urlencoded",
        Origin=browser.address,
        Referer=browser.address,
    )
    return answer.status


def _hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    fields = {}
    for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in attributes:
            fields[attributes["name"]] = attributes.get("value", "")
    return fields


def _socket(address: str, browser: Connection) -> connect:
    cookie = f"sessionid={browser.cookies['sessionid']}"
    return connect(
        f"{address.replace('http', 'ws', 1)}/ws/live",
        additional_headers={"Cookie": cookie},
        origin=address,  # type: ignore[arg-type]
        proxy=None,
    )


def _percentiles(seconds: list[float]) -> dict[str, float]:
    """Median and 99th percentile in milliseconds."""
    hundredths = quantiles(seconds, n=100, method="inclusive")
    return {
        "p50": round(hundredths[49] * 1000, 2),
        "p99": round(hundredths[98] * 1000, 2),
    }


def _manage(environment: dict[str, str], *arguments: str, text: str = "") -> Any:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
