"""The brake is two clicks away from everywhere, and everybody sees that it is on."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import violations
from tests.browser.test_deciding import open_queue

Window = Callable[..., BrowserContext]
HOLDS = re.compile(r"Everything is on hold\s+since .* by alice: ")
RELEASE = re.compile(
    r'action="([^"]+)" class="release">'
    r'\s+<input type="hidden" name="csrfmiddlewaretoken" value="([^"]+)">'
    r"\s+<fieldset>"
)
"""Where such a form goes and its token; only those that the person may send."""
AT_ONCE = 2500
"""Milliseconds: well under the 5 s of the safety net."""


@pytest.fixture(autouse=True)
def _released(window: Window, server: Server) -> Iterator[None]:
    """What a test stops goes on after it."""
    yield
    release_everything(window)


def release_everything(window: Window) -> None:
    """Both agree to every one, by the forms of the page but without showing it."""
    for person in ("alice", "bob"):
        http = window(person).request
        while forms := RELEASE.findall(http.get("/brake").text()):
            address, token = forms[0]
            form = {"csrfmiddlewaretoken": token, "reason": "The test is over"}
            assert http.post(address, form=form).ok


def hold(page: Page, reason: str = "") -> None:
    page.locator("#brake-control summary").click()
    if reason:
        page.locator("#hold-reason").fill(reason)
    page.get_by_role("button", name="Hold everything").click()
    page.wait_for_url("**/brake")


def test_two_clicks_stop_everything(page: Page, server: Server) -> None:
    open_queue(page)
    page.locator("#brake-control summary").click()
    page.get_by_role("button", name="Hold everything").click()
    page.wait_for_url("**/brake")
    expect(page.locator("#brake-banner")).to_contain_text(HOLDS)
    expect(page.locator("#brakes")).to_contain_text("Held from the top bar by alice")


def test_it_works_without_a_script(window: Window) -> None:
    page = window("alice", java_script_enabled=False).new_page()
    page.goto("/history")
    hold(page)
    expect(page.locator("#brake-banner")).to_contain_text(HOLDS)


def test_open_pages_hear_of_it_at_once_and_nothing_moves(
    page: Page, server: Server, window: Window
) -> None:
    server.submit("email.send")
    bobs = window("bob").new_page()
    open_queue(bobs)
    row = bobs.locator("#rows > li").first
    before = row.bounding_box()
    page.goto("/history")
    hold(page, "Mails to everybody")
    banner = bobs.locator("#brake-banner")
    expect(banner).to_contain_text("Mails to everybody", timeout=AT_ONCE)
    expect(banner).to_have_role("status")
    expect(row.locator(".due")).to_contain_text("clock stands still", timeout=7000)
    assert row.bounding_box() == before
    release_everything(window)
    expect(banner).to_be_empty(timeout=AT_ONCE)
    expect(row.locator(".due")).to_contain_text("then denied", timeout=7000)
    assert row.bounding_box() == before


def test_without_a_socket_open_pages_ask_for_it(page: Page, window: Window) -> None:
    bobs = window("bob").new_page()
    bobs.route_web_socket("**/ws/live", lambda socket: socket.close())
    bobs.goto("/history")
    page.goto("/history")
    hold(page)
    expect(bobs.locator("#brake-banner")).to_contain_text(HOLDS, timeout=7000)


def test_a_state_that_cannot_be_read_is_said_to_be_unknown(page: Page) -> None:
    page.clock.install()
    page.goto("/history")
    page.route("**/brake/banner", lambda route: route.fulfill(status=500))
    banner = page.locator("#brake-banner")
    expect(banner).not_to_contain_text("unknown")
    for _ in range(2):
        with page.expect_response("**/brake/banner"):
            page.clock.run_for(5000)
    expect(banner).to_contain_text("unknown: nothing can be approved")
    page.unroute("**/brake/banner")
    with page.expect_response("**/brake/banner"):
        page.clock.run_for(5000)
    expect(banner).not_to_contain_text("unknown")


def test_the_key_opens_the_control_and_stops_nothing(page: Page) -> None:
    page.goto("/history")
    page.locator("#live[data-state=live]").wait_for()
    page.keyboard.press("Shift+KeyB")
    expect(page.locator("#hold-reason")).to_be_focused()
    page.keyboard.type("aB")
    expect(page.locator("#hold-reason")).to_have_value("aB")
    page.keyboard.press("Escape")
    expect(page.locator("#brake-control")).not_to_have_attribute("open", "")
    expect(page.locator("#brake-control summary")).to_be_focused()
    expect(page).to_have_url(re.compile("/history$"))
    page.goto("/brake")
    expect(page.locator("#brakes")).to_contain_text("Nothing is stopped")


def test_the_keyboard_alone_pulls_it_and_narrows_it(page: Page) -> None:
    page.goto("/history")
    page.locator("#live[data-state=live]").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/brake")
    page.get_by_label("What to stop").focus()
    page.keyboard.type("Environment")
    page.keyboard.press("Tab")
    page.keyboard.type("production")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Deploys go wild")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#brakes")).to_contain_text("production is denied")
    page.keyboard.press("Shift+KeyB")
    page.keyboard.press("Enter")
    expect(page.locator("#brakes > article")).to_have_count(2)
    expect(page.locator("#brake-banner")).to_contain_text("and 1 more")


def test_what_it_stops_is_counted_while_somebody_types(
    page: Page, server: Server
) -> None:
    page.goto("/")
    hold(page)
    page.goto("/brake")
    stops = page.locator("[data-stops]")
    expect(stops).to_have_text("Covers 0 of 0 waiting requests.")
    reason = page.get_by_label("Why it can be released")
    reason.fill("half a sen")
    server.submit("email.send")
    expect(stops).to_have_text("Covers 1 of 1 waiting request.")
    expect(reason).to_have_value("half a sen")
    expect(reason).to_be_focused()


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_everybody_can_use_it(
    window: Window, server: Server, page: Page, scheme: str, width: int
) -> None:
    server.submit("email.send")
    page.goto("/")
    hold(page, "A reason that is rather long, as reasons are at three at night. " * 5)
    viewport = {"width": width, "height": 844}
    bobs = window("bob", color_scheme=scheme, viewport=viewport).new_page()  # type: ignore[arg-type]
    for address in ("/brake", "/", "/history"):
        bobs.goto(address)
        assert_usable(bobs, address)
        bobs.locator("#brake-control summary").click()
        assert_usable(bobs, f"{address} with the control open")
        box = bobs.locator(".brake-menu").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    bobs.goto("/brake")
    bobs.get_by_role("button", name="Pull the brake").click()
    bobs.locator(".errorlist").wait_for()
    assert_usable(bobs, "/brake with errors")


def assert_usable(page: Page, what: str) -> None:
    assert violations(page) == [], what
    wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room, what
    bar = "document.querySelector('.topbar')"
    assert page.evaluate(f"{bar}.scrollWidth <= {bar}.clientWidth"), what
