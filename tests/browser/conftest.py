"""A real server in a process of its own, a real agent, and Chromium."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
START_LIMIT = 60
"""Lines the server may print before it is ready."""
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The same browser without its windows is the quickest."""
# Nothing of the browser's own reaches out; --no-sandbox because CI runs as root.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Server:
    """Where it is, who may sign in, the demo agent's key, where its data lie."""

    address: str
    passwords: dict[str, str]
    key: str
    data_dir: Path | None = None

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One HTTP call as the agent."""
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.address}/api/v1{path}", data, headers)
        with urlopen(request, timeout=10) as answer:
            parsed: dict[str, Any] = json.load(answer)
        return parsed

    def submit(self, action: str = "email.send", **members: Any) -> dict[str, Any]:
        arguments = members.pop("arguments", {"to": "ana@example.com"})
        return self.call(
            "/requests", {"action": action, "arguments": arguments, **members}
        )

    def submit_critical(self) -> dict[str, Any]:
        return self.submit(
            "sql.execute",
            arguments={"sql": "DROP TABLE customers"},
            environment="production",
            resource="customers-db",
            summary="Remove an empty table",
        )

    def state(self, approval: dict[str, Any]) -> dict[str, Any]:
        return self.call(f"/requests/{approval['id']}")

    def cancel_all(self) -> None:
        while items := self.call("/requests?state=pending&limit=100")["items"]:
            for item in items:
                self.call(f"/requests/{item['id']}/cancel", {})


@pytest.fixture(scope="session")
def running_server() -> Iterator[Server]:
    data_dir = Path(tempfile.mkdtemp(prefix="countersign-browser-"))
    data_dir.chmod(0o711)
    names = ("DATABASE_URL", "REDIS_URL", "BASE_URL")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(_free_port())],
        cwd=ROOT,
        env={**environment, "DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield replace(_announced(process), data_dir=data_dir)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        assert process.stdout is not None
        process.stdout.close()
        shutil.rmtree(data_dir, ignore_errors=True)


def _free_port() -> int:
    """Known before the start: origins of passkeys and links follow from it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _announced(process: "subprocess.Popen[str]") -> Server:
    """What the server prints on its first start."""
    assert process.stdout is not None
    said = ""
    for _ in range(START_LIMIT):
        said += process.stdout.readline()
        if key := re.search(r"csk_\w{36}", said):
            break
    else:
        raise AssertionError(f"the server did not get ready: {said}")
    address = re.search(r"ready at (\S+)", said)
    passwords = dict(re.findall(r"^ +(admin|alice|bob) +(\S+)$", said, re.MULTILINE))
    assert address is not None
    return Server(address[1], passwords, key[0])


@pytest.fixture
def server(running_server: Server) -> Server:
    """The server, with nothing waiting."""
    running_server.cancel_all()
    return running_server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ended with the module: its event loop would be in the way of other tests."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def window(
    chromium: Browser, running_server: Server
) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browsers of their own, with somebody signed in or nobody."""
    yield from _windows(chromium, running_server)


@pytest.fixture(scope="module")
def chromium_window(
    chromium: Browser, running_server: Server
) -> Iterator[Callable[..., BrowserContext]]:
    """The same for what a module prepares once."""
    yield from _windows(chromium, running_server)


def _windows(
    chromium: Browser, server: Server
) -> Iterator[Callable[..., BrowserContext]]:
    opened: list[BrowserContext] = []

    def open_window(person: str = "", **options: Any) -> BrowserContext:
        # The worker for when the server is out of reach has a test of its own.
        options = {"base_url": server.address, "service_workers": "block", **options}
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        opened.append(context)
        if person:
            _sign_in(context, person, server.passwords[person])
        return context

    yield open_window
    for context in opened:
        context.close()


@pytest.fixture
def page(window: Callable[..., BrowserContext], server: Server) -> Iterator[Page]:
    """Alice's browser; a script error in it fails the test."""
    page = window("alice", viewport={"width": 1280, "height": 800}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


_sessions: dict[tuple[str, str], Any] = {}


def _sign_in(context: BrowserContext, person: str, password: str) -> None:
    """Once per person through the form; afterwards with the same cookies."""
    key = (password, person)
    if key not in _sessions:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("[name=login]", person)
        page.fill("[name=password]", password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        _sessions[key] = context.cookies()
        page.close()
    context.add_cookies(_sessions[key])
