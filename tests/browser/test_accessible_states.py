"""Pages that fail, that find nothing, and that somebody may only read pass axe as well.

They take a server of their own: one of its tables is out of reach for a moment.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from playwright.sync_api import BrowserContext, expect

from config import embedded
from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable
from tests.browser.test_deciding import open_queue
from tests.browser.tiers import announced
from tests.serving import Serving, data_folder, manage

Window = Callable[..., BrowserContext]

PASSWORD = "reads the log and decides nothing"
TOO_MANY = "/history?" + "a&" * 1001
"""More fields than a form may have."""


@pytest.fixture(scope="module")
def running_server() -> Iterator[Server]:
    """A new one, with an auditor beside those it starts with."""
    with data_folder() as data_dir, Serving(data_dir) as serving:
        server = announced(serving)
        create = ("create_user", "auditor", "--group=auditors", "--password-stdin")
        done = manage(data_dir, *create, text=PASSWORD)
        assert done.returncode == 0, done.stderr
        passwords = {**server.passwords, "auditor": PASSWORD}
        yield replace(server, passwords=passwords, data_dir=data_dir)


@contextmanager
def without_table(server: Server, name: str) -> Iterator[None]:
    """The server runs on, and whatever reads the table fails."""
    assert server.data_dir
    folder = str(embedded.socket_folder(server.data_dir))
    with psycopg.connect(
        host=folder,
        port=embedded.PORT,
        dbname=embedded.NAME,
        user=embedded.NAME,
        autocommit=True,
    ) as connection:
        connection.execute(f"ALTER TABLE {name} RENAME TO out_of_reach")
        try:
            yield
        finally:
            connection.execute(f"ALTER TABLE out_of_reach RENAME TO {name}")


def test_what_cannot_be_answered_passes_axe(
    window: Window, running_server: Server
) -> None:
    page = window("alice").new_page()
    with without_table(running_server, "approvals_savedview"):
        page.goto("/history")
    expect(page.locator("h1")).to_have_text("Something failed on our side")
    expect(page.locator("#failure-id")).to_be_visible()
    assert_usable(page, "500")
    page.goto(TOO_MANY)
    expect(page.locator("h1")).to_have_text("Bad request")
    assert_usable(page, "400")
    context = window()
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", "alice")
    page.fill("[name=password]", "as good as any")
    context.clear_cookies()
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("This form is no longer valid")
    assert_usable(page, "a form that is no longer valid")
    page = window("bob").new_page()
    page.goto("/agents/")
    assert_usable(page, "what is not for everybody")


def test_who_may_only_read_can_use_every_page(
    window: Window, running_server: Server
) -> None:
    """Verbs that nobody can press stand where they always stand, and say why."""
    asked = running_server.submit_critical()
    page = window("auditor").new_page()
    page.goto(f"/r/{asked['id']}")
    expect(page.locator(".verb.approve")).to_be_disabled()
    expect(page.locator("#decision .why-not").first).to_be_visible()
    assert_usable(page, "a request")
    open_queue(page)
    expect(page.locator("#rows")).to_contain_text("customers-db")
    assert_usable(page, "the queue")


def test_what_a_search_says_and_offers_passes_axe(
    window: Window, server: Server
) -> None:
    server.submit(environment="production")
    page = window("alice").new_page()
    page.goto("/?q=tier:critical+agent:nobody")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was searched.")
    assert_usable(page, "a search that cannot be read")
    page.goto("/?q=action:email.send")
    page.locator("#save-view summary").click()
    page.locator("#rows .pick").click()
    expect(page.locator("#bulk-count")).to_have_text("1 selected")
    assert_usable(page, "keeping a search, and a selection")
    page.goto("/?q=action:nothing.at.all")
    assert_usable(page, "a search that finds nothing")
