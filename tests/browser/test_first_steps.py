"""From an empty installation to four green steps, without leaving the page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_deciding import armed
from tests.browser.tiers import announced
from tests.serving import Serving, data_folder


@pytest.fixture(scope="module")
def running_server() -> Iterator[Server]:
    """One in which nothing has happened yet."""
    with data_folder() as data_dir, Serving(data_dir) as serving:
        yield announced(serving)


@pytest.fixture
def admins(window: Callable[..., BrowserContext], server: Server) -> Page:
    context = window("admin", viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def step(page: Page, number: int, done: str) -> None:
    here = page.locator(f'[data-step="{number}"]')
    expect(here).to_have_attribute("data-done", done)


def test_the_steps_turn_green_as_they_happen(
    admins: Page, page: Page, server: Server
) -> None:
    admins.goto("/")
    admins.get_by_role("link", name="First steps").click()
    admins.wait_for_url("**/welcome")
    expect(admins.locator("#live")).to_have_attribute("data-state", "live")
    step(admins, 1, "yes")
    step(admins, 2, "no")
    admins.locator('[data-step="2"]').get_by_role("button", name="Copy").click()
    copied = admins.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl -sS '{server.address}/api/v1/requests'")
    admins.get_by_role("button", name="Let sample-agent ask").click()
    step(admins, 2, "yes")
    step(admins, 3, "no")
    page.goto("/welcome")
    page.locator('[data-step="3"]').get_by_role("link", name="calendar.update").click()
    expect(page.locator("main")).to_contain_text("Sample: move the team lunch")
    armed(page)
    page.keyboard.press("a")
    page.wait_for_url("**/*row-*")
    step(admins, 3, "yes")
    expect(admins.locator("#notice")).to_have_text("3 of 4 steps are done.")
    step(admins, 4, "no")
    asked = server.submit("sql.query", arguments={"sql": "SELECT 1 FROM t"})
    server.call(f"/requests/{asked['id']}/redeem", {"digest": asked["digest"]})
    step(admins, 4, "yes")
    expect(admins.locator("#all-done")).to_be_visible()
    admins.get_by_role("button", name="Pause it and take back").click()
    expect(admins.locator(".messages").first).to_contain_text("sample-agent is paused")
    expect(admins.get_by_role("button", name="Pause it")).to_have_count(0)
    page.goto("/")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
