"""What the help says of a page is true there: each key that it names does something."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.conftest import Server

Window = Callable[..., BrowserContext]

NAMED = """() => [...document.querySelectorAll("[data-keys-here] [data-where] dt")]
  .filter((term) => term.checkVisibility())
  .map((term) => [...term.querySelectorAll("kbd")].map((key) => key.textContent))"""
"""The keys of each row that is about this page and not about every page."""
TAKEN = """key => !document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))"""
"""Whether the page takes a key up instead of leaving it to the browser."""
ARROWS = {"↓": "ArrowDown", "↑": "ArrowUp"}
BROWSERS_OWN = {"Enter", "Esc", "Ctrl"}
"""A link opens by Enter without us; Esc closes what is open, and nothing is."""


@pytest.fixture
def entry(window: Window, server: Server) -> str:
    """The address of an entry of the log that has others before and after it."""
    asked = server.submit()
    server.call(f"/requests/{asked['id']}/cancel", {})
    page = window("admin").new_page()
    page.goto(f"/audit/?subject={asked['id']}")
    while page.locator(".entry .badge").count():
        page.reload()
    address = str(page.locator("[data-row]").last.get_attribute("href"))
    page.close()
    return address


def named(page: Page, address: str) -> list[str]:
    """The keys that the help names for this page, as the browser calls them."""
    page.goto(address)
    page.keyboard.press("?")
    keys = []
    for row in page.evaluate(NAMED):
        if row[0] == "Shift":
            keys += [key.upper() for key in row[1:]]
        elif row[0] == "*":
            keys.append(" ".join(row))  # One after the other.
        else:
            keys += [ARROWS.get(key, key) for key in row if key not in BROWSERS_OWN]
    page.keyboard.press("Escape")
    return keys


def stay(route: Route) -> None:
    if route.request.is_navigation_request():
        route.fulfill(status=204)
    else:
        route.continue_()


def test_each_key_that_the_help_names_works_on_its_page(
    window: Window, server: Server, entry: str
) -> None:
    for n in range(2):
        server.submit(f"tool.{n}")
    page = window("admin", viewport={"width": 1280, "height": 800}).new_page()
    lists = ["j", "ArrowDown", "k", "ArrowUp", "Home", "End", "o"]
    queue = ["o", "x", "J", "K", "* a", "."]
    for address, expected in (
        ("/?q=agent:demo-agent", [*lists, "s", *queue]),
        ("/history", lists),
        ("/agents/", [*lists, "n"]),
        ("/agents/demo-agent/", ["r", "p"]),
        ("/audit/", [*lists, "p", "v"]),
        (entry, ["p", "v", "[", "]"]),
        ("/policies", ["n"]),
        ("/people", []),
    ):
        keys = named(page, address)
        assert keys == expected, address
        # Where a key leads is for others to show: this page stays.
        page.route("**", stay)
        for key in dict.fromkeys(keys):
            page.evaluate("document.activeElement.blur()")
            if "j" in keys:
                page.keyboard.press("j")
            *first, last = key.split()
            for begins in first:
                page.evaluate(TAKEN, begins)
            assert page.evaluate(TAKEN, last), (address, key)
        page.unroute("**", stay)


def test_what_changes_an_agent_waits_for_enter(window: Window, server: Server) -> None:
    page = window("admin").new_page()
    page.goto("/agents/demo-agent/")
    for key, button in (("r", "Issue a key"), ("p", "Pause")):
        page.keyboard.press(key)
        focused = page.evaluate("document.activeElement.textContent")
        assert focused.startswith(button)
    assert server.submit()["state"] == "pending"


def test_a_key_of_the_log_leaves_a_row_of_other_lists_alone(
    window: Window, server: Server
) -> None:
    server.submit()
    page = window("alice").new_page()
    page.goto("/")
    page.keyboard.press("j")
    assert not page.evaluate(TAKEN, "p")
