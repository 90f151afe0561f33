"""Killed or restarted, the server comes back and the open queue with it."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_deciding import open_queue
from tests.browser.tiers import announced
from tests.serving import Serving, data_folder

WITHIN = 5.0
"""Seconds from the moment the server is ready."""
LIST = """[...document.querySelectorAll('#rows > li[data-state="pending"]')]
    .map((row) => [row.dataset.id, row.dataset.rank])"""


class Restarted:
    """A server that can be ended and started again, at the same place."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.serving = Serving(data_dir)
        self.server = announced(self.serving)
        self.port = urlsplit(self.server.address).port

    def end(self, number: signal.Signals) -> None:
        self.serving.end(number)

    def start(self) -> None:
        self.serving = Serving(self.data_dir, f"--port={self.port}").ready()


@pytest.fixture(scope="module")
def restarted() -> Iterator[Restarted]:
    with data_folder() as data_dir:
        restarted = Restarted(data_dir)
        yield restarted
        restarted.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def running_server(restarted: Restarted) -> Server:
    return restarted.server


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_open_queue_is_what_a_fresh_one_is_within_five_seconds(
    number: signal.Signals,
    restarted: Restarted,
    server: Server,
    window: Callable[..., BrowserContext],
) -> None:
    context = window("alice", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    kept, leaves = server.submit_critical(), server.submit("calendar.update")
    open_queue(page)
    restarted.end(number)
    live = page.locator("#live")
    expect(live).not_to_have_attribute("data-state", "live")
    restarted.start()
    ready = time.monotonic()
    server.call(f"/requests/{leaves['id']}/cancel", {})
    comes = server.submit("email.send", arguments={"to": "bob@example.com"})
    expect(page.locator(f"#row-{comes['id']}")).to_be_visible()
    expect(page.locator(f"#row-{leaves['id']}")).to_have_attribute(
        "data-state", "cancelled"
    )
    expect(live).to_have_attribute("data-state", "live")
    shown = page.evaluate(LIST)
    assert time.monotonic() - ready < WITHIN
    assert [id for id, _ in shown] == [kept["id"], comes["id"]]
    assert shown == fresh(context), json.dumps(shown)
    page.close()


def fresh(context: BrowserContext) -> list[list[str]]:
    page: Page = context.new_page()
    open_queue(page)
    found: list[list[str]] = page.evaluate(LIST)
    page.close()
    return found
