"""Two browsers: one changes the action, the other votes on what was there before."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable
from tests.browser.test_deciding import armed


def test_a_vote_on_the_revision_before_is_refused_and_shows_the_difference(
    page: Page, server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit(arguments={"to": "ana@example.com", "copies": 1})
    bobs = window("bob").new_page()
    # Without the socket, so that this page goes stale.
    bobs.route_web_socket("**/ws/live", lambda socket: None)
    bobs.goto(f"/r/{approval['id']}")
    armed(bobs)
    page.goto(f"/r/{approval['id']}/edit")
    page.fill("#arguments", '{"to": "eve@example.com", "copies": 1}')
    page.keyboard.press("Control+Enter")
    save = page.get_by_role("button", name="Save as revision 2")
    expect(save).to_be_enabled()
    page.wait_for_timeout(600)
    save.click()
    page.wait_for_url(f"**/r/{approval['id']}")
    with bobs.expect_response("**/vote") as answer:
        bobs.keyboard.press("a")
    assert answer.value.status == 409
    expect(bobs.locator("#problem")).to_be_focused()
    changed = bobs.locator("#changed")
    expect(changed).to_contain_text("What is different since revision 1")
    expect(changed).to_contain_text("ana@example.com")
    expect(changed).to_contain_text("eve@example.com")
    now = server.state(approval)
    assert (now["state"], now["revision"]) == ("pending", 2)
    assert now["votes"]["approvals"] == 0
    assert_usable(bobs, "a stale verdict", is_live=False)
