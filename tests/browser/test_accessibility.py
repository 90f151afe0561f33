"""Everybody can use every page: WCAG 2.2 A and AA by axe, and no sideways scrolling."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import Server

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
LOOKS = [(s, w) for s in ("light", "dark") for w in (1280, 390)]
PAGES = [
    "/",
    "/history",
    "/audit/",
    "/audit/verify",
    "/agents/",
    "/policies",
    "/policies/1",
    "/policies/draft",
    "/policies/try",
    "/nothing-here",
    "/accounts/password/",
    "/accounts/logout/",
]


@pytest.fixture(scope="module")
def requests(running_server: Server) -> dict[str, str]:
    """One that waits and one that is over, both full of everything."""
    running_server.cancel_all()
    members = {
        "arguments": {
            "sql": "DROP TABLE a\u202eb; -- " + "x" * 900,
            "n": {"deep": [1, None]},
            "patch": "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n same\n-x = 1\n+x = 2\n",
            "script": "echo 1\n" * 200,
        },
        "environment": "production",
        "resource": "db/p\u0430yments/" + "y" * 200,
        "subject": "customer 42",
        "summary": "Nothing to see here",
        "justification": "Because.\n" * 5,
        "session": "run-1",
        "evidence": [{"kind": "diff", "title": "A diff", "content": "-a\n+b" * 50}],
        "metadata": {"ticket": "OPS-1"},
    }
    waiting = running_server.submit("sql.execute", **members)
    over = running_server.submit("sql.execute", **members)
    running_server.call(f"/requests/{over['id']}/cancel", {"reason": "Changed my mind"})
    for n in range(3):
        running_server.submit(f"tool.{n}")
    return {
        "waiting": f"/r/{waiting['id']}",
        "over": f"/r/{over['id']}",
        "story": f"/audit/requests/{over['id']}",
    }


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def look(
    request: pytest.FixtureRequest,
    window: Callable[..., BrowserContext],
    requests: dict[str, str],
) -> Page:
    scheme, width = request.param
    viewport = {"width": width, "height": 844}
    return window("admin", color_scheme=scheme, viewport=viewport).new_page()


SETTLED = """() =>
  !document.querySelector(":is(.verb, .send, .armed, [data-allow])[aria-disabled]")
  && document.querySelector("#live")?.dataset.state !== "connecting"
  && document.getAnimations().every((one) => one.playState === "finished")"""


def settled(page: Page) -> None:
    """As people find it who read before they press: what is inert is not judged."""
    page.wait_for_function(SETTLED)


def entries_of(page: Page, story: str) -> list[str]:
    """The pages of a story's entries."""
    page.goto(story)
    links = page.locator("[data-row]").all()
    return [str(link.get_attribute("href")) for link in links]


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{v['id']}: {n['html']}" for v in found for n in v["nodes"]]


def test_every_page_passes_axe(look: Page, requests: dict[str, str]) -> None:
    entries = entries_of(look, requests["story"])
    for address in [*PAGES, *requests.values(), *entries]:
        look.goto(address)
        settled(look)
        assert violations(look) == [], address


def test_open_reason_help_and_menu_pass_axe(
    look: Page, window: Callable[..., BrowserContext], requests: dict[str, str]
) -> None:
    alices = window("alice", viewport=look.viewport_size).new_page()
    alices.goto(requests["waiting"])
    alices.locator(".verb.deny:not([aria-disabled])").click()
    alices.locator(".exact summary").click()
    alices.locator(".fold summary").click()
    assert violations(alices) == []
    alices.keyboard.press("Escape")
    alices.locator("[data-open-keys]").click()
    assert violations(alices) == []
    alices.keyboard.press("Escape")
    alices.locator("details.account summary").click()
    assert violations(alices) == []


def test_the_sign_in_passes_axe(
    window: Callable[..., BrowserContext], running_server: Server
) -> None:
    for scheme, width in LOOKS:
        viewport = {"width": width, "height": 844}
        page = window(color_scheme=scheme, viewport=viewport).new_page()
        page.goto("/accounts/login/")
        page.fill("[name=login]", "nobody")
        page.fill("[name=password]", "wrong")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").wait_for()
        assert violations(page) == []


@pytest.mark.parametrize("width", [320, 768])
def test_no_page_scrolls_sideways(
    window: Callable[..., BrowserContext], requests: dict[str, str], width: int
) -> None:
    page = window("admin", viewport={"width": width, "height": 640}).new_page()
    entries = entries_of(page, requests["story"])
    for address in [*PAGES, *requests.values(), *entries]:
        page.goto(address)
        wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room, address
