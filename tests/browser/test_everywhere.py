"""What is on every page: the palette, keys that can be off, preferences, failures."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Server
from tests.browser.line import Line, line_to
from tests.browser.test_accessibility import assert_usable
from tests.browser.test_deciding import open_queue
from tests.browser.two_hands import Hand, Keyboard, Mouse

Window = Callable[..., BrowserContext]
ARMED = ".verb.approve:not([aria-disabled])"
LIST = """async () => {
  const kept = await caches.match("/offline/list", {cacheName: "countersign-list"});
  return kept ? (await kept.json()) : null;
}"""

ONLY_BY_HAND = """
const later = window.setTimeout;
window.setTimeout = (act, wait, ...rest) => wait < 5000 ? later(act, wait, ...rest) : 0;
"""
"""The page that shows itself out of reach tries again every five seconds, too."""


def open_palette(page: Page, text: str = "") -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-text")).to_be_focused()
    page.wait_for_timeout(600)
    page.keyboard.type(text)


def test_the_palette_goes_everywhere_with_the_keyboard(
    page: Page, server: Server
) -> None:
    asked = server.submit_critical()
    open_queue(page)
    open_palette(page)
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("histo")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("History")
    page.keyboard.press("Enter")
    page.wait_for_url("**/history")
    open_palette(page, "customers-db pending")
    option = page.locator("#palette [role=option]")
    expect(option).to_have_count(1)
    field = page.locator("#palette-text")
    expect(field).to_have_attribute(
        "aria-activedescendant", str(option.get_attribute("id"))
    )
    assert_usable(page, "the palette with what it found")
    field.fill("nothing is called this")
    expect(page.locator("#palette-said")).to_have_text("Nothing found")
    assert_usable(page, "the palette without")
    field.fill("customers-db pending")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/r/{asked['id']}")


def test_a_verb_of_the_palette_goes_the_way_of_its_key(
    page: Page, server: Server
) -> None:
    asked = server.submit()
    page.goto(f"/r/{asked['id']}")
    page.locator(ARMED).wait_for()
    page.locator("[data-open-palette]").click()
    option = page.locator("#palette [role=option]", has_text="Approve")
    option.first.click()
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator(".verb.approve")).to_have_attribute("aria-disabled", "true")
    page.locator(ARMED).wait_for()
    open_palette(page, "deny")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator(ARMED).wait_for()
    open_palette(page, "approve")
    server.call(f"/requests/{asked['id']}/cancel", {})
    expect(page.locator("#request")).to_have_attribute("data-state", "cancelled")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Nothing was done")
    other = server.submit()
    page.goto(f"/r/{other['id']}")
    page.locator(ARMED).wait_for()
    open_palette(page, "approve")
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    assert server.state(other)["state"] == "approved"


@pytest.fixture
def bobs(window: Window, server: Server) -> Iterator[Page]:
    """Bob's browser; in the end he prefers what everybody begins with."""
    page = window("bob", viewport={"width": 1280, "height": 800}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    prefer(page, theme="system", density="comfortable", single_keys="on", time_zone="")
    assert errors == []


def prefer(page: Page, **chosen: str) -> None:
    page.goto("/me")
    for name, value in chosen.items():
        page.locator(f"[name={name}]").select_option(value)
    page.keyboard.press("Control+s")
    page.get_by_text("Your preferences are saved.").wait_for()


def test_single_keys_can_be_turned_off(bobs: Page, server: Server) -> None:
    asked = server.submit()
    prefer(bobs, single_keys="off")
    open_queue(bobs)
    row = bobs.locator("a.row").first
    for key in ("j", "g", "h", "?", "/", ".", "o", "Shift+B"):
        bobs.keyboard.press(key)
    expect(row).not_to_be_focused()
    expect(bobs.locator("dialog[open], details[open]")).to_have_count(0)
    bobs.keyboard.press("ArrowDown")
    expect(row).to_be_focused()
    bobs.keyboard.press("Enter")
    bobs.wait_for_url(f"**/r/{asked['id']}")
    bobs.locator(ARMED).wait_for()
    expect(bobs.locator(".verb kbd").first).to_be_hidden()
    for key in ("a", "d", "c", "e"):
        bobs.keyboard.press(key)
    expect(bobs.locator("#message")).to_be_hidden()
    assert bobs.url.endswith(asked["id"])
    assert server.state(asked)["state"] == "pending"
    open_palette(bobs, "keyboard help")
    bobs.keyboard.press("Enter")
    keys = bobs.locator("#keys")
    expect(keys.get_by_text("Single keys are off.")).to_be_visible()
    shown = keys.locator("dl:visible kbd:visible")
    expect(shown).to_have_text(["Ctrl", "Enter", "Ctrl", "k", "Esc"])
    keys.get_by_role("link", name="Turn them on").click()
    bobs.wait_for_url("**/me#preferences")


def test_the_help_begins_with_this_page(page: Page, server: Server) -> None:
    asked = server.submit()
    page.goto(f"/r/{asked['id']}")
    page.keyboard.press("?")
    titles = page.locator("#keys h3:visible")
    expect(titles).to_have_text(["A request", "Everywhere"])
    page.keyboard.press("Escape")
    open_queue(page)
    page.keyboard.press("?")
    expect(titles).to_have_text(["Lists", "The queue", "Everywhere"])


def test_what_somebody_prefers_is_theirs_on_every_device(
    bobs: Page, window: Window, server: Server
) -> None:
    server.submit()
    prefer(bobs, theme="dark", density="compact", time_zone="Asia/Tokyo")
    other = window("bob", viewport={"width": 1280, "height": 800}).new_page()
    open_queue(other)
    assert other.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert (other.locator("a.row").first.bounding_box() or {})["height"] <= 48
    other.locator("a.row").first.click()
    deadline = other.locator(".deadline time")
    expect(deadline).to_contain_text("GMT+9")
    expect(deadline).to_have_attribute("title", re.compile(r"GMT\+9.*T.*Z$"))
    other.locator("[data-theme-toggle]").click()
    expect(other.locator("html")).not_to_have_attribute("data-theme", "dark")
    other.wait_for_function(
        "() => JSON.parse(localStorage.getItem('theme-unsent')).answered"
    )
    bobs.reload()
    expect(bobs.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_a_failure_says_whether_anything_was_done(page: Page, server: Server) -> None:
    asked = server.submit()
    page.goto(f"/r/{asked['id']}")
    page.locator(ARMED).wait_for()

    def fail(route: Route) -> None:
        route.fulfill(status=500, headers={"X-Request-ID": "f-1"}, body="")

    page.route("**/vote", fail)
    page.keyboard.press("a")
    said = page.locator("#failure")
    expect(said).to_contain_text("The server failed (500).")
    expect(said).to_contain_text("It was done as a whole or not at all.")
    expect(said.locator("code")).to_have_text("f-1")
    expect(page.get_by_role("heading", name="What will run")).to_be_visible()
    assert_usable(page, "a failure")
    said.get_by_role("button", name="Close").click()
    expect(said).to_be_empty()
    page.evaluate("document.dispatchEvent(new Event('htmx:before:request'))")
    expect(page.locator("#busy")).to_be_hidden()
    page.wait_for_timeout(350)
    expect(page.locator("#busy")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('htmx:finally:request'))")
    expect(page.locator("#busy")).to_be_hidden()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    with line_to(server.address) as line:
        yield line


def test_out_of_reach_shows_the_last_list_and_decides_nothing(
    window: Window, server: Server, line: Line
) -> None:
    asked = server.submit_critical()
    server.submit("file.read", resource="/etc/\u043erders")
    context = window("alice", base_url=line.address, service_workers="allow")
    page = context.new_page()
    open_queue(page)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.wait_for_function(LIST)
    page.goto(f"/r/{asked['id']}")
    page.locator(ARMED).wait_for()
    page.locator("#live[data-state=live]").wait_for()
    before = page.locator(".verb.approve").bounding_box()

    line.cut()
    banner = page.locator("#offline-banner")
    expect(banner).to_contain_text("Offline since", timeout=15_000)
    expect(banner).to_contain_text("Approve and deny still go to the server.")
    assert page.locator(".verb.approve").bounding_box() == before
    page.locator(ARMED).click()
    expect(page.locator("#failure")).to_contain_text("No answer from the server.")
    expect(page.locator("#failure")).to_contain_text("Whether it was done is not known")

    page.goto("/")
    page.get_by_role("heading", name="The queue as of").wait_for()
    expect(page.locator("[data-rows]")).to_contain_text("sql.execute")
    look_alike = page.locator("[data-rows] .foreign").first
    drawn = look_alike.evaluate("one => getComputedStyle(one, '::after').content")
    assert drawn == '"U+043E"'
    expect(page.locator("form, input, textarea, .verb, [data-rows] a")).to_have_count(0)
    page.keyboard.press("a")
    assert_usable(page, "out of reach")
    page.goto(f"/r/{asked['id']}")
    expect(page.get_by_text("Nothing can be approved or denied here")).to_be_visible()

    line.mend()
    page.get_by_role("heading", name="What will run").wait_for(timeout=20_000)
    page.wait_for_timeout(1000)
    votes = server.state(asked)
    assert votes["state"] == "pending"
    assert page.locator(".standing").inner_text().startswith("0 of")

    bobs = window("bob").cookies()
    context.clear_cookies()
    context.add_cookies(bobs)
    page.goto("/history")
    page.wait_for_function(f"async () => (await ({LIST})()) === null")
    open_queue(page)
    page.wait_for_function(f"async () => (await ({LIST})()) !== null")
    page.locator("details.account summary").click()
    # What leaves is refused, so the list goes although nobody answers.
    line.cut()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_timeout(500)
    line.mend()
    page.goto("/offline")
    expect(page.locator("[data-no-list]")).to_be_visible()
    assert page.evaluate(LIST) is None


@pytest.mark.parametrize("kind", [Mouse, Keyboard])
def test_out_of_reach_is_tried_again(
    window: Window, server: Server, line: Line, kind: type[Hand]
) -> None:
    asked = server.submit()
    context = window("alice", base_url=line.address, service_workers="allow")
    context.add_init_script(ONLY_BY_HAND)
    hand = kind(context.new_page())
    page, again = hand.page, hand.page.get_by_role("link", name="Try again")
    open_queue(page)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.wait_for_function(LIST)
    line.cut()
    page.goto(f"/r/{asked['id']}")
    page.evaluate("window.isTheFirst = true")
    hand.press(again)
    page.wait_for_function("() => !window.isTheFirst")
    expect(again).to_be_visible()
    line.mend()
    hand.press(again)
    expect(page.get_by_role("heading", name="What will run")).to_be_visible()
