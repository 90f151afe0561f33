"""What hands do in the list: select many, decide them at once, read beside it."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import (
    COLOURS,
    assert_usable,
    settled,
    violations,
)
from tests.browser.test_deciding import NO_FOCUS, armed, open_queue

DESK = {"width": 1280, "height": 800}


def row(page: Page, approval: dict[str, Any]) -> Locator:
    return page.locator(f"#row-{approval['id']}")


def shown_in_pane(page: Page, approval: dict[str, Any]) -> None:
    article = page.locator(f'#pane article[data-request="{approval["id"]}"]')
    expect(article).to_be_visible()
    for verb in page.locator("#pane [data-verb]").all():
        expect(verb).to_be_in_viewport(ratio=1)


def send(server: Server, to: str) -> dict[str, Any]:
    return server.submit(arguments={"to": to}, environment="production")


def test_many_are_selected_and_decided_at_once(page: Page, server: Server) -> None:
    asked = [send(server, f"{name}@example.com") for name in ("ana", "ben", "cleo")]
    odd, gone = server.submit("calendar.update"), send(server, "dora@example.com")
    open_queue(page)
    before = row(page, odd).bounding_box()
    count = page.locator("#bulk-count")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(count).to_have_text("1 selected")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(count).to_have_text("3 selected")
    page.keyboard.press("Shift+K")
    expect(count).to_have_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk-form")).to_be_hidden()
    page.keyboard.press("Shift+*")
    page.keyboard.press("a")
    expect(count).to_have_text("5 selected")
    assert row(page, odd).bounding_box() == before
    # What is decided elsewhere leaves the selection, and that is said.
    server.call(f"/requests/{gone['id']}/cancel", {})
    expect(count).to_have_text("4 selected")
    expect(page.locator("#notice")).to_contain_text("left the selection")
    box = row(page, odd).locator(".pick").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    # By mouse: out and in again, without opening the row.
    for words in ("3 selected", "4 selected"):
        row(page, odd).locator(".pick").click()
        expect(count).to_have_text(words)
    assert_usable(page, "a selection")
    page.set_viewport_size(DESK)
    page.get_by_role("button", name="Decide at once").click()
    page.wait_for_url("**/bulk?**")
    expect(page.locator("h1")).to_contain_text("Decide 3 requests at once: email.send")
    expect(page.locator("#left-title")).to_be_visible()
    expect(page.get_by_text("another action")).to_be_visible()
    assert_usable(page, "several at once")
    page.set_viewport_size(DESK)
    armed(page)
    # One is cancelled meanwhile: it is unticked, and the verbs wait again.
    server.call(f"/requests/{asked[2]['id']}/cancel", {})
    expect(page.locator("[data-ticked]")).to_have_text("2")
    armed(page)
    page.keyboard.press("a")
    expect(page.locator("h1")).to_have_text("Your vote to approve counts for 2 of 2")
    assert not page.evaluate(NO_FOCUS)
    assert [server.state(one)["state"] for one in (*asked, odd)] == [
        "approved",
        "approved",
        "cancelled",
        "pending",
    ]


def test_requests_are_read_and_decided_beside_the_list(
    page: Page, server: Server
) -> None:
    first, second, third, fourth = (
        send(server, f"{name}@example.com") for name in ("ana", "ben", "cleo", "dora")
    )
    open_queue(page)
    page.keyboard.press("j")
    # A verb on a row alone only opens what it is about.
    page.keyboard.press("a")
    shown_in_pane(page, first)
    expect(page.locator("#notice")).to_contain_text("Read it first")
    armed(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    settled(page)
    assert violations(page, COLOURS) == []
    assert server.state(first)["state"] == "pending"
    page.keyboard.press("j")
    shown_in_pane(page, second)
    expect(row(page, second).locator("a.row")).to_be_focused()
    page.keyboard.press("[")
    shown_in_pane(page, first)
    armed(page)
    # The row says at once what is under way; then the next one is turned to.
    page.route("**/vote", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.keyboard.press("a")
    expect(row(page, first).locator(".acting")).to_have_text("approving…")
    shown_in_pane(page, second)
    expect(row(page, second).locator("a.row")).to_be_focused()
    expect(row(page, first)).to_have_attribute("data-state", "approved")
    expect(row(page, first).locator(".acting")).to_have_count(0)
    assert page.url.endswith("/")
    # What is refused is taken back, and the row says why.
    armed(page)
    page.unroute("**/vote")

    def cancelled_first(route: Any) -> None:
        server.call(f"/requests/{second['id']}/cancel", {})
        route.continue_()

    page.route("**/vote", cancelled_first)
    page.keyboard.press("a")
    expect(row(page, second).locator(".acting.failed")).to_contain_text(
        "already cancelled"
    )
    expect(page.locator("#problem")).to_be_visible()
    page.unroute("**/vote")
    # Put aside, for oneself: the clock is said to run on.
    row(page, third).locator("a.row").click()
    shown_in_pane(page, third)
    page.keyboard.press("h")
    expect(page.locator("#hide-minutes")).to_be_focused()
    expect(page.locator("#hide")).to_contain_text("The clock runs on")
    page.locator("#hide").get_by_role("button", name="Hide").click()
    expect(page.get_by_role("link", name="Hidden (1)")).to_be_visible()
    shown_in_pane(page, fourth)
    assert server.state(third)["state"] == "pending"
    page.keyboard.press("Escape")
    expect(page.locator("#pane")).to_be_hidden()
    expect(row(page, fourth).locator("a.row")).to_be_focused()
    page.keyboard.press("o")
    shown_in_pane(page, fourth)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/r/{fourth['id']}$"))
    # Whoever has chosen to stay where they decide does.
    page.evaluate("document.body.dataset.afterDecision = 'stay'")
    armed(page)
    page.keyboard.press("a")
    expect(page.locator("#request")).to_have_attribute("data-state", "approved")
    expect(page.locator("#notice")).to_contain_text("Approved")
    assert page.url.endswith(fourth["id"])
    assert not page.evaluate(NO_FOCUS)


def test_nothing_beside_the_list_is_decided_within_a_moment_of_a_change(
    page: Page, server: Server
) -> None:
    """Keys that come early, twice or held down, while the selected request changes."""
    asked = [send(server, f"n{number}@example.com") for number in range(6)]
    open_queue(page)
    page.keyboard.press("j")
    page.keyboard.press("o")
    shown_in_pane(page, asked[0])
    armed(page)
    for _ in range(5):
        page.keyboard.press("j")
        for _ in range(8):
            page.keyboard.press("a")
    for repeat in ("true", "false"):
        page.evaluate(
            "for (const key of 'aaad') document.activeElement.dispatchEvent("
            f"new KeyboardEvent('keydown', {{bubbles: true, key, repeat: {repeat}}}))"
        )
    page.keyboard.press("Control+a")
    expect(page.locator(".acting")).to_have_count(0)
    states = {server.state(approval)["state"] for approval in asked}
    assert states == {"pending"}
    # Somewhere narrow there is no pane: the key opens the page.
    page.set_viewport_size({"width": 700, "height": 800})
    expect(page.locator("#pane")).to_be_hidden()
    page.keyboard.press("o")
    page.wait_for_url("**/r/*")


def test_several_are_decided_without_scripts(window: Any, server: Server) -> None:
    asked = [send(server, f"{name}@example.com") for name in ("ana", "ben")]
    page = window("alice", java_script_enabled=False).new_page()
    page.goto("/")
    for approval in asked:
        row(page, approval).locator(".pick").click()
    page.get_by_role("button", name="Decide at once").click()
    page.get_by_role("button", name="Deny").click(delay=700)
    expect(page.get_by_text("This tier asks for a reason").first).to_be_visible()
    page.go_back()
    page.get_by_label("Message to the agent").fill("Not today")
    page.get_by_role("button", name="Deny").click(delay=700)
    expect(page.locator("h1")).to_have_text("Your vote to deny counts for 2 of 2")
    assert {server.state(one)["state"] for one in asked} == {"denied"}
