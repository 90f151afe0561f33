"""What a reviewer does beside voting, by the keys: edit, ask, claim, take back."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable
from tests.browser.test_deciding import armed
from tests.browser.tiers import running_server

__all__ = ["running_server"]

DESK: ViewportSize = {"width": 1280, "height": 844}
SQL = "DELETE FROM orders\nWHERE created_at < '2020-01-01'"
NOWHERE = "document.activeElement === document.body"


def open_request(page: Page, approval: dict[str, str]) -> None:
    page.goto(f"/r/{approval['id']}")
    armed(page)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def approve(page: Page, approval: dict[str, str]) -> None:
    open_request(page, approval)
    page.keyboard.press("a")
    page.wait_for_url(re.compile(r"/(#row-.*)?$"))


def test_edits_by_the_keyboard_alone_and_the_other_sees_the_difference(
    page: Page, server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit("two", arguments={"sql": SQL, "n": 1})
    bobs = window("bob").new_page()
    open_request(bobs, approval)
    open_request(page, approval)
    page.keyboard.press("e")
    page.wait_for_url("**/edit")
    editor = page.locator("#arguments")
    expect(editor).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('{"sql": ')
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("That is not acceptable JSON")
    expect(editor).to_be_focused()
    expect(editor).to_have_value('{"sql": ')
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(json.dumps({"sql": SQL.replace("2020", "2015"), "n": 1}))
    page.keyboard.press("Control+Enter")
    heading = page.get_by_role("heading", name="Revision 2 against revision 1")
    expect(heading).to_be_focused()
    expect(page.locator(".line.removed mark")).to_have_text("2020")
    expect(page.locator(".line.added mark")).to_have_text("2015")
    assert server.state(approval)["revision"] == 1
    page.wait_for_timeout(600)
    while not page.evaluate("document.activeElement.matches('[data-save]')"):
        page.keyboard.press("Tab")
        assert not page.evaluate(NOWHERE)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/r/{approval['id']}")
    assert server.state(approval)["revision"] == 2
    expect(bobs.locator("#notice")).to_contain_text("this is now revision 2")
    expect(bobs.locator("#changed")).to_contain_text("Edited by alice")
    expect(bobs.locator("#changed .line.added mark")).to_have_text("2015")


def test_what_was_typed_after_the_preview_is_not_saved(
    page: Page, server: Server
) -> None:
    approval = server.submit("plain", arguments={"n": 1})
    page.goto(f"/r/{approval['id']}/edit")
    page.fill("#arguments", '{"n": 2}')
    page.keyboard.press("Control+Enter")
    save = page.get_by_role("button", name="Save as revision 2")
    expect(save).to_be_enabled()
    page.fill("#arguments", '{"n": 3}')
    expect(save).to_be_disabled()


def test_asks_and_the_answer_appears(page: Page, server: Server) -> None:
    approval = server.submit("plain")
    open_request(page, approval)
    page.keyboard.press("c")
    expect(page.locator("#question-text")).to_be_focused()
    page.keyboard.type("Is there a backup? a d e z")
    page.keyboard.press("Control+Enter")
    questions = page.locator("#questions")
    expect(questions).to_contain_text("The agent has not answered yet.")
    expect(page.locator("#notice")).to_have_text("The agent was asked.")
    assert not page.evaluate(NOWHERE)
    question = server.state(approval)["question"]
    assert question["text"] == "Is there a backup? a d e z"
    server.call(
        f"/requests/{approval['id']}/replies",
        {"question": question["id"], "message": "Yes, <b>of course</b>."},
    )
    expect(questions.locator(".claim-text")).to_have_text("Yes, <b>of course</b>.")
    expect(page.locator("#notice")).to_contain_text("The agent has answered.")
    armed(page)
    page.keyboard.press("a")
    page.wait_for_url(re.compile(r"/(#row-.*)?$"))


def test_escape_closes_the_open_form_and_then_leaves(
    page: Page, server: Server
) -> None:
    open_request(page, server.submit("plain"))
    page.keyboard.press("c")
    expect(page.locator("#ask")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).not_to_have_attribute("open", "")
    expect(page.locator("#ask summary")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/(#row-.*)?$"))


def test_claims_and_hands_over_and_the_others_see_it(
    page: Page, server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit("plain")
    bobs, queue = window("bob").new_page(), window("bob").new_page()
    open_request(bobs, approval)
    queue.goto("/")
    expect(queue.locator("#live")).to_have_attribute("data-state", "live")
    open_request(page, approval)
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="Stop looking")).to_be_visible()
    expect(bobs.locator("#decision")).to_contain_text("alice looks at it until")
    expect(queue.locator("#rows")).to_contain_text("alice looks")
    armed(page)
    page.keyboard.press("m")
    expect(page.locator("#assignee")).to_be_focused()
    page.locator("#assignee").select_option("bob")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#assign summary")).to_contain_text("Assigned to bob")
    expect(page.locator("#assign")).not_to_have_attribute("open", "")
    expect(queue.locator("#rows")).to_contain_text("for you")
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="I look at it")).to_be_visible()
    expect(bobs.locator("#decision")).not_to_contain_text("looks at it until")


def test_takes_an_approval_back(page: Page, server: Server) -> None:
    approval = server.submit("plain")
    approve(page, approval)
    page.goto(f"/r/{approval['id']}")
    page.keyboard.press("z")
    expect(page.locator("#take-back-reason")).to_be_focused()
    page.keyboard.type("Wrong database")
    expect(page.locator(".armed[aria-disabled]")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#decision")).to_contain_text("revoked")
    expect(page.locator("#take-back")).to_have_count(0)
    expect(page.locator("#notice")).to_have_text("The approval is taken back.")
    assert not page.evaluate(NOWHERE)
    assert server.state(approval)["permit"]["state"] == "revoked"


def test_withdraws_a_vote_and_votes_again(page: Page, server: Server) -> None:
    approval = server.submit("two")
    approve(page, approval)
    page.goto(f"/r/{approval['id']}")
    expect(page.locator(".verb.approve")).to_be_disabled()
    page.get_by_role("button", name="Withdraw my vote").click()
    expect(page.locator(".standing")).to_have_text("0 of 2 approvals")
    expect(page.locator(".verb.approve")).to_be_enabled()
    approve(page, approval)
    assert server.state(approval)["votes"]["approvals"] == 1


def test_the_target_has_to_be_typed(page: Page, server: Server) -> None:
    approval = server.submit("typed", resource="db/orders")
    open_request(page, approval)
    page.keyboard.press("a")
    typing = page.get_by_label("Type db/orders to approve")
    expect(typing).to_be_focused()
    page.keyboard.type("db/order")
    with page.expect_response("**/vote") as answer:
        page.keyboard.press("Enter")
    assert answer.value.status == 422
    expect(page.locator("#problem")).to_contain_text("type exactly: db/orders")
    expect(typing).to_have_value("db/order")
    assert server.state(approval)["state"] == "pending"
    typing.fill("db/orders")
    armed(page)
    typing.press("Enter")
    page.wait_for_url(re.compile(r"/(#row-.*)?$"))
    assert server.state(approval)["state"] == "approved"


def test_all_of_what_would_run_has_to_be_looked_at(page: Page, server: Server) -> None:
    script = "".join(f"echo {n}\n" for n in range(150))
    approval = server.submit("viewed", arguments={"script": script, "z": "end"})
    open_request(page, approval)
    expect(page.locator("[data-parts-shown]")).to_contain_text("0 of 3 parts")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url))
    # Each press leads on to what was not seen yet, and none of them approves.
    for _ in range(40):
        armed(page)
        if page.locator("[name=viewed]").is_checked():
            break
        page.keyboard.press("a")
        page.wait_for_timeout(50)
    expect(page.locator("[data-parts-shown]")).to_contain_text("3 of 3 parts")
    assert page.locator(".rest").evaluate("(rest) => rest.open")
    assert [url for url in sent if url.endswith("/vote")] == []
    assert server.state(approval)["state"] == "pending"
    page.keyboard.press("a")
    page.wait_for_url(re.compile(r"/(#row-.*)?$"))
    assert server.state(approval)["state"] == "approved"


def test_enter_on_a_reason_approves_nothing(page: Page, server: Server) -> None:
    approval = server.submit("plain")
    open_request(page, approval)
    page.keyboard.press("d")
    armed(page)
    page.get_by_label("Too risky").check()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert server.state(approval)["state"] == "pending"


def test_the_brake_shows_at_once_and_stops_the_clock(
    page: Page, server: Server
) -> None:
    approval = server.submit("plain", session="braked-run", environment="staging")
    open_request(page, approval)
    staff = page.context.browser.new_context(base_url=server.address)  # type: ignore[union-attr]
    operator = staff.new_page()
    operator.goto("/accounts/login/?next=/brake")
    operator.fill("[name=login]", "admin")
    operator.fill("[name=password]", server.passwords["admin"])
    operator.get_by_role("button", name="Sign in").click()
    operator.locator("select[name=scope]").select_option("session")
    operator.locator("input[name=value]").fill("braked-run")
    operator.locator("#brake-form [name=reason], form.stack [name=reason]").last.fill(
        "x"
    )
    operator.locator("main form button[type=submit]").last.click()
    expect(operator.locator("main")).to_contain_text("is on hold")
    expect(page.locator("#decision")).to_contain_text("The brake is on")
    expect(page.locator("#deadline")).to_contain_text("Stands still under the brake")
    expect(page.locator(".verb.approve")).to_be_disabled()
    expect(page.locator(".verb.deny")).to_be_enabled()
    staff.close()


def test_keys_are_all_inert_in_fields(page: Page, server: Server) -> None:
    approval = server.submit("plain")
    open_request(page, approval)
    page.keyboard.press("c")
    page.locator("#question-text").press_sequentially("a d e c i m z g q")
    expect(page.locator("#question-text")).to_have_value("a d e c i m z g q")
    page.wait_for_timeout(1200)
    expect(page).to_have_url(re.compile(rf"/r/{approval['id']}$"))
    assert server.state(approval)["state"] == "pending"


def test_g_alone_leads_to_the_standing_approval(page: Page, server: Server) -> None:
    approval = server.submit("plain")
    open_request(page, approval)
    page.keyboard.press("g")
    page.wait_for_url(f"**/r/{approval['id']}/grant")
    expect(page.get_by_role("button", name="Preview these terms")).to_be_visible()
    page.goto(f"/r/{approval['id']}")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/history")
    expect(page.get_by_role("heading", name="History", level=1)).to_be_visible()
    assert server.state(approval)["state"] == "pending"


def test_everything_works_without_javascript(
    server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit("two", arguments={"n": 1})
    page = window("alice", java_script_enabled=False).new_page()
    page.goto(f"/r/{approval['id']}")
    page.get_by_role("button", name="I look at it").click()
    expect(page.get_by_text("You look at it now.")).to_be_visible()
    page.locator("#assign summary").click()
    page.locator("#assignee").select_option("bob")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text("Assigned to bob.")).to_be_visible()
    page.locator("#ask summary").click()
    page.fill("#question-text", "Why?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("The agent was asked.")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=False).first.click()
    page.fill("#arguments", '{"n": 2}')
    page.get_by_role("button", name="Preview").click()
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Save as revision 2").click()
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    assert server.state(approval)["arguments"] == {"n": 2}


def test_everything_at_once_passes_axe_and_does_not_scroll_sideways(
    window: Callable[..., BrowserContext], server: Server
) -> None:
    members = {
        "arguments": {"sql": SQL, "n": {"deep": [1, "x" * 200]}},
        "resource": "db/" + "y" * 200,
    }
    waiting = server.submit("two", **members)
    typed = server.submit("typed", **members)
    page = window("bob", viewport=DESK).new_page()
    page.goto(f"/r/{waiting['id']}/edit")
    page.fill("#arguments", json.dumps({"sql": SQL + "\nLIMIT " + "9" * 300}))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#diff-title")).to_be_focused()
    assert_usable(page, "a preview")
    page.set_viewport_size(DESK)
    page.wait_for_timeout(600)
    page.locator("[data-save]").click()
    page.wait_for_url(f"**/r/{waiting['id']}")
    page.keyboard.press("c")
    page.keyboard.type("Why? " * 50)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#questions")).to_be_visible()
    page.keyboard.press("m")
    assert_usable(page, "a question")
    page.set_viewport_size(DESK)
    open_request(page, typed)
    page.keyboard.press("c")
    assert_usable(page, "what is to be typed")
