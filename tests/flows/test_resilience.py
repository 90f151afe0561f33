"""Redis carries hints only: the main job with it, without it, and across a crash."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from config import embedded
from tests.agents.endpoint import OK, Endpoint, serving
from tests.flows.people import Reviewer
from tests.serving import ROOT, Serving, data_folder, free_port, surroundings

pytestmark = pytest.mark.flow

ASK: dict[str, Any] = {"action": "email.send", "arguments": {"to": "ana@example.com"}}
PASSWORD = "correct horse battery staple"
SHIPPED = "approvals/policies/default.yaml"


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, ended with the block."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()
            process.wait(10)


@pytest.fixture
def redis() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis server of its own: where it is, and its process."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs redis-server")
        pytest.skip("no redis-server on this machine")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running(command) as process:
        yield f"redis://127.0.0.1:{port}/0", process


def asking(url: str, key: str) -> httpx2.Client:
    return httpx2.Client(
        base_url=url,
        trust_env=False,
        timeout=70,
        headers={"Authorization": f"Bearer {key}"},
    )


def register(folder: Path, callback: Endpoint, **environment: str) -> dict[str, str]:
    """An agent with a callback, and a reviewer called rita."""
    registered: dict[str, str] = {}
    for arguments, text in (
        (
            (
                "create_user",
                "rita",
                "--group",
                "reviewers",
                "--password-stdin",
                "--json",
            ),
            PASSWORD,
        ),
        (("create_agent", "flow-agent", "--callback", callback.url, "--json"), ""),
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=surroundings(folder, **environment),
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        registered.update(json.loads(done.stdout))
    return registered


def types_received(callback: Endpoint, count: int, seconds: float = 40) -> list[str]:
    limit = time.monotonic() + seconds
    while len(callback.received) < count and time.monotonic() < limit:
        time.sleep(0.05)
    return [json.loads(call.body)["type"] for call in callback.received]


def decide_while_waiting(
    agent: httpx2.Client, reviewer: Reviewer, verdict: str = "approve"
) -> tuple[dict[str, Any], float]:
    """Ask, wait, decide; the answer and the seconds from the vote to it."""
    asked = agent.post("/api/v1/requests", json=ASK).json()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(agent.get, f"/api/v1/requests/{asked['id']}?wait=60")
        answer = reviewer.vote(asked["id"], verdict, "because")
        voted = time.monotonic()
        assert answer.status_code in (200, 302, 303), answer.text
        resource = waiting.result(30).json()
    return resource, time.monotonic() - voted


def test_a_decision_survives_a_kill_before_its_delivery() -> None:
    killed, port = threading.Event(), f"--port={free_port()}"

    def answer_once_killed(connection: socket.socket) -> None:
        if killed.is_set():
            connection.sendall(OK)
        killed.wait(60)

    with data_folder() as folder, serving(answer_once_killed) as callback:
        with Serving(folder, port) as first:
            first.ready()
            registered = register(folder, callback)
            with (
                asking(first.url, registered["key"]) as agent,
                Reviewer(first.url, "rita", PASSWORD) as rita,
            ):
                resource, _ = decide_while_waiting(agent, rita)
            assert types_received(callback, 1) == ["request.approved"]
            first.end(signal.SIGKILL)
        killed.set()
        with Serving(folder, port) as second:
            second.ready()
            assert types_received(callback, 2) == ["request.approved"] * 2
            cut_off, arrived = callback.received
            assert arrived.body == cut_off.body
            assert arrived.headers["webhook-id"] == cut_off.headers["webhook-id"]
            with asking(second.url, registered["key"]) as agent:
                again = agent.get(f"/api/v1/requests/{resource['id']}").json()
            assert again == resource


@pytest.mark.redis
def test_two_servers_hear_of_each_other_through_redis_and_work_without_it(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, server = redis
    with data_folder() as folder, serving() as callback, embedded.running(folder):
        shared = {
            "REDIS_URL": url,
            "DATABASE_URL": database_url(folder),
            "SECRET_KEY": "s" * 50,
            "ALLOW_LOOPBACK_CALLBACKS": "true",
        }
        with Serving(folder, **shared) as one, Serving(folder, **shared) as two:
            one.ready()
            two.ready()
            publish(folder, shared)
            registered = register(folder, callback, **shared)
            with (
                celery("worker", folder, shared),
                celery("beat", folder, shared),
                asking(one.url, registered["key"]) as agent,
                Reviewer(two.url, "rita", PASSWORD) as rita,
            ):
                resource, seconds = decide_while_waiting(agent, rita)
                assert resource["state"] == "approved"
                # Sooner than the safety net, so the hint crossed over.
                assert seconds < 1.5
                assert types_received(callback, 1) == ["request.approved"]

                server.terminate()
                server.wait(10)
                resource, _ = decide_while_waiting(agent, rita, "deny")
                assert resource["state"] == "denied"
                assert types_received(callback, 2)[-1] == "request.denied"


def database_url(folder: Path) -> str:
    to = embedded.connection_settings(None, folder)
    host = to["HOST"].replace("/", "%2F")
    return f"postgresql://{to['USER']}@{host}:{to['PORT']}/{to['NAME']}"


def publish(folder: Path, environment: dict[str, str]) -> None:
    """The shipped policy, unless the first start has published it."""
    subprocess.run(
        [sys.executable, "manage.py", "policy", "publish", SHIPPED, "--reason", "test"],
        cwd=ROOT,
        env=surroundings(folder, **environment),
        capture_output=True,
        check=True,
    )


@contextmanager
def celery(kind: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    options = (
        ["--concurrency=1"]
        if kind == "worker"
        else ["--schedule", str(folder / "beat")]
    )
    command = [sys.executable, "-m", "celery", "-A", "config.celery", kind, *options]
    with running(command, cwd=ROOT, env=surroundings(folder, **environment)):
        yield
