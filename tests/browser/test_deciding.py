"""The main job as a reviewer does it: see the row, open it, decide."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server

NO_FOCUS = "document.activeElement === document.body"


def open_queue(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def armed(page: Page) -> None:
    """Wait until the verbs are no longer inert."""
    expect(page.locator(".verb[aria-disabled]")).to_have_count(0)
    expect(page.locator(".verb.approve")).to_be_enabled()


def test_a_request_appears_is_opened_by_enter_and_approved_by_key(
    page: Page, server: Server
) -> None:
    open_queue(page)
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    approval = server.submit("email.send", summary="Send the invoice")
    following = server.submit("calendar.update")
    row = page.locator(f"#row-{approval['id']} a.row")
    expect(row).to_be_visible()
    expect(page.get_by_text("Nothing waits for you")).to_be_hidden()
    expect(page.locator("#waiting")).to_have_text("2 waiting")
    page.keyboard.press("j")
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/r/{approval['id']}")
    expect(page.locator("h1")).to_contain_text("demo-agent wants to run email.send")
    armed(page)
    page.keyboard.press("a")
    page.wait_for_url(re.compile(r"/(#row-.*)?$"))
    expect(page.locator(f"#row-{following['id']} a.row")).to_be_focused()
    expect(page.get_by_text("Approved: email.send of demo-agent.")).to_be_visible()
    decided = server.state(approval)
    assert (decided["state"], decided["decision"]["decided_by"]) == (
        "approved",
        ["alice"],
    )


def test_deny_opens_the_reason_and_sends_the_message(
    page: Page, server: Server
) -> None:
    approval = server.submit()
    page.goto(f"/r/{approval['id']}")
    armed(page)
    expect(page.locator("#reason")).to_be_hidden()
    page.keyboard.press("d")
    expect(page.locator("#message")).to_be_focused()
    assert server.state(approval)["state"] == "pending"
    page.keyboard.type("Use the copy instead: ask a dba")
    page.get_by_label("Wrong target").check()
    armed(page)
    page.locator("#message").press("Control+Enter")
    page.wait_for_url(re.compile(r"/$"))
    assert not page.evaluate(NO_FOCUS)
    decision = server.state(approval)["decision"]
    assert decision["message"] == "Use the copy instead: ask a dba"
    assert decision["reason_code"] == "wrong-target"


def test_escape_closes_the_reason_and_then_goes_back(
    page: Page, server: Server
) -> None:
    approval = server.submit()
    page.goto(f"/r/{approval['id']}")
    armed(page)
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    expect(page.locator("#reason")).to_be_hidden()
    expect(page.locator(".verb.deny")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/$"))


def test_verbs_do_nothing_just_after_the_page_shows(page: Page, server: Server) -> None:
    approval = server.submit()
    page.goto(f"/r/{approval['id']}")
    # The moment is made long, so that this does not depend on the machine's speed.
    page.add_init_script(
        "const late = performance.now.bind(performance);"
        "performance.now = () => window.isSlow ? 0 : late();"
        "window.isSlow = true;"
    )
    page.reload()
    page.keyboard.press("a")
    page.locator(".verb.approve").click(force=True)
    assert server.state(approval)["state"] == "pending"
    page.evaluate("window.isSlow = false")
    armed(page)
    page.keyboard.press("a")
    page.wait_for_url(re.compile(r"/$"))


def test_keys_are_ignored_with_modifiers_on_repeat_and_in_fields(
    page: Page, server: Server
) -> None:
    approval = server.submit()
    page.goto(f"/r/{approval['id']}")
    armed(page)
    for event in (
        "{key:'a',ctrlKey:true}",
        "{key:'a',repeat:true}",
        "{key:'a',isComposing:true}",
    ):
        page.evaluate(
            "document.body.dispatchEvent("
            f"new KeyboardEvent('keydown', {{bubbles: true, ...{event}}}))"
        )
    page.keyboard.press("d")
    page.locator("#message").press_sequentially("a d g q ? .")
    expect(page.locator("#message")).to_have_value("a d g q ? .")
    expect(page.locator("#keys")).to_be_hidden()
    assert server.state(approval)["state"] == "pending"


@pytest.mark.parametrize("width", [1280, 390])
def test_one_decides_and_the_others_row_changes_in_place(
    page: Page, server: Server, window: Callable[..., BrowserContext], width: int
) -> None:
    approval, below = server.submit("email.send"), server.submit("calendar.update")
    bobs = window("bob", viewport={"width": width, "height": 800}).new_page()
    bobs.goto("/")
    expect(bobs.locator("#live")).to_have_attribute("data-state", "live")
    row = bobs.locator(f"#row-{approval['id']}")
    bobs.keyboard.press("j")
    before = bobs.locator(f"#row-{below['id']}").bounding_box()
    page.goto(f"/r/{approval['id']}")
    armed(page)
    page.keyboard.press("a")
    expect(row).to_have_attribute("data-state", "approved")
    expect(row).to_contain_text("Approved by alice")
    expect(row.locator("a.row")).to_be_focused()
    expect(bobs.locator("#waiting")).to_have_text("1 waiting")
    assert bobs.locator(f"#row-{below['id']}").bounding_box() == before
    bobs.reload()
    expect(row).to_have_count(0)


def test_a_late_vote_is_refused_and_nothing_typed_is_lost(
    page: Page, server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit()
    bobs = window("bob").new_page()
    # Without the socket, so that this page goes stale.
    bobs.route_web_socket("**/ws/live", lambda socket: None)
    bobs.goto(f"/r/{approval['id']}")
    armed(bobs)
    bobs.keyboard.press("d")
    bobs.keyboard.type("I was about to say no")
    page.goto(f"/r/{approval['id']}")
    armed(page)
    page.keyboard.press("a")
    page.wait_for_url(re.compile(r"/$"))
    armed(bobs)
    with bobs.expect_response("**/vote") as answer:
        bobs.locator("#message").press("Control+Enter")
    assert answer.value.status == 409
    problem = bobs.locator("#problem")
    expect(problem).to_contain_text("This request is already approved.")
    expect(problem).to_contain_text("It was pending and is now approved.")
    expect(problem).to_be_focused()
    expect(problem).to_contain_text("I was about to say no")
    assert server.state(approval)["decision"]["decided_by"] == ["alice"]


def test_the_open_page_follows_what_others_do(
    page: Page, server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit_critical()
    page.goto(f"/r/{approval['id']}")
    armed(page)
    page.keyboard.press("d")
    page.keyboard.type("half a sentence")
    bobs = window("bob").new_page()
    bobs.goto(f"/r/{approval['id']}")
    armed(bobs)
    bobs.keyboard.press("a")
    expect(page.locator("#decision .standing")).to_have_text("1 of 2 approvals")
    expect(page.locator("#notice")).to_contain_text("Votes changed")
    expect(page.locator("#message")).to_have_value("half a sentence")
    expect(page.locator("#message")).to_be_focused()
    server.call(f"/requests/{approval['id']}/cancel", {})
    expect(page.locator("#decision .standing")).to_contain_text("Cancelled")
    expect(page.locator(".verb.approve")).to_be_disabled()
    assert not page.evaluate(NO_FOCUS)


def test_deciding_works_without_javascript(
    server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit()
    page = window("alice", java_script_enabled=False).new_page()
    page.goto(f"/r/{approval['id']}")
    page.fill("#message", "Fine, but only once")
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: email.send of demo-agent.")).to_be_visible()
    assert server.state(approval)["decision"]["message"] == "Fine, but only once"


def test_leaving_a_request_says_how_long_it_was_looked_at(
    page: Page, server: Server
) -> None:
    approval = server.submit()
    page.goto(f"/r/{approval['id']}")
    shown_at = page.evaluate("performance.now()")
    page.wait_for_function("since => performance.now() > since + 1200", arg=shown_at)
    page.goto(f"/audit/?subject={approval['id']}")
    viewed = page.locator(".entry", has_text="request:viewed")
    # It is sent while the page goes, and stored a moment after.
    for _ in range(50):
        if viewed.count():
            break
        page.reload()
    expect(viewed).to_contain_text("alice")
