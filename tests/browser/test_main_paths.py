"""Each screen's main path, by mouse and by keyboard alone: who decides.

Each path is told once and gone twice, by the hands of ``two_hands``; both come to the
same result in the server. The pages of staff have theirs in
``test_main_paths_staff.py``. SHOWN says which path goes through which page; a page
that is added and is in none of them fails ``test_no_page_is_without_a_path``.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import ELSEWHERE, VISITED
from tests.browser.test_brake import release_everything
from tests.browser.test_deciding import NO_FOCUS, armed, open_queue
from tests.browser.two_hands import Hand, Keyboard, Mouse

Window = Callable[..., BrowserContext]

STAFF = "test_main_paths_staff.py"
SHOWN = {
    "approvals:queue": "test_a_request_is_approved_and_taken_back",
    "approvals:request": "test_what_can_be_done_beside_deciding",
    "approvals:edit": "test_what_can_be_done_beside_deciding",
    "approvals:hidden": "test_what_can_be_done_beside_deciding",
    "approvals:bulk": "test_several_are_decided_at_once",
    "approvals:history": "test_a_search_is_kept_as_a_tab_in_both_lists",
    "approvals:grant": "test_the_like_is_allowed_and_revoked",
    "approvals:grants": "test_the_like_is_allowed_and_revoked",
    "approvals:grant_given": "test_the_like_is_allowed_and_revoked",
    "approvals:reconciliation": "test_what_does_not_fit_is_found",
    "approvals:brake": "test_the_brake_is_pulled_narrowed_and_released",
    "audit:list": "test_an_entry_is_found_proven_and_exported",
    "audit:entry": "test_an_entry_is_found_proven_and_exported",
    "audit:verify": "test_an_entry_is_found_proven_and_exported",
    "audit:story": "test_an_entry_is_found_proven_and_exported",
    **dict.fromkeys(
        ("approvals:policies", "approvals:policy_draft", "approvals:publish_policy"),
        f"{STAFF}::test_a_policy_is_written_tried_published_and_rolled_back",
    ),
    **dict.fromkeys(
        ("approvals:policy_version", "approvals:try_policy"),
        f"{STAFF}::test_a_policy_is_written_tried_published_and_rolled_back",
    ),
    **dict.fromkeys(
        ("approvals:backtests", "approvals:backtest"),
        f"{STAFF}::test_a_policy_is_written_tried_published_and_rolled_back",
    ),
    "approvals:offline": "test_everywhere.py::test_out_of_reach_is_tried_again",
    "approvals:policy_proposal": f"{STAFF}::test_a_proposed_policy_is_answered",
    "approvals:welcome": f"{STAFF}::test_the_first_steps_are_tried_and_ended",
    "approvals:people": f"{STAFF}::test_two_accounts_are_linked_and_unlinked",
    "agents:list": f"{STAFF}::test_an_agent_is_registered_rekeyed_and_paused",
    "agents:register": f"{STAFF}::test_an_agent_is_registered_rekeyed_and_paused",
    "agents:detail": f"{STAFF}::test_an_agent_is_registered_rekeyed_and_paused",
    "agents:deliveries": f"{STAFF}::test_failed_deliveries_are_sent_again",
    "agents:delivery": f"{STAFF}::test_failed_deliveries_are_sent_again",
    **dict.fromkeys(
        (
            "account_login",
            "account_logout",
            "account_signup",
            "account_inactive",
            "account_reauthenticate",
            "account_change_password",
            "approvals:me",
        ),
        f"{STAFF}::test_an_account_of_ones_own",
    ),
}
"""By the name of the address: the path that goes through the page."""
QUEUE = re.compile(r"/(#row-.*)?$")


@pytest.fixture(params=[Mouse, Keyboard], ids=["mouse", "keyboard"])
def hand(request: pytest.FixtureRequest, page: Page) -> Hand:
    """Alice's, one after the other."""
    made: Hand = request.param(page)
    return made


def row(page: Page, approval: dict[str, Any]) -> Locator:
    return page.locator(f"#row-{approval['id']} a.row")


def arrived(hand: Hand, approval: dict[str, Any]) -> None:
    hand.page.wait_for_url(f"**/r/{approval['id']}")
    armed(hand.page)


def test_a_request_is_approved_and_taken_back(hand: Hand, server: Server) -> None:
    approval = server.submit()
    open_queue(hand.page)
    hand.press(row(hand.page, approval), "j", "Enter")
    arrived(hand, approval)
    hand.press(hand.page.locator(".verb.approve"), "a")
    hand.page.wait_for_url(QUEUE)
    assert server.state(approval)["state"] == "approved"
    hand.go("h", "/history")
    hand.press(row(hand.page, approval), "j", "Enter")
    hand.page.wait_for_url(f"**/r/{approval['id']}")
    hand.press(hand.page.locator("#take-back summary"), "z")
    hand.write(hand.page.locator("#take-back-reason"), "Wrong address")
    send = hand.page.get_by_role("button", name="Take the approval back")
    expect(send).not_to_have_attribute("aria-disabled", "true")
    hand.press(send, "Control+Enter")
    expect(hand.page.locator("#decision")).to_contain_text("revoked")
    assert not hand.page.evaluate(NO_FOCUS)
    assert server.state(approval)["permit"]["state"] == "revoked"


def test_a_request_is_denied_with_a_reason(hand: Hand, server: Server) -> None:
    approval = server.submit()
    hand.page.goto(f"/r/{approval['id']}")
    armed(hand.page)
    hand.press(hand.page.locator(".verb.deny"), "d")
    hand.press(hand.page.get_by_label("Wrong target"), "2")
    hand.write(hand.page.locator("#message"), "Use the copy instead")
    armed(hand.page)
    hand.press(hand.page.locator("[data-send=deny]"), "Control+Enter")
    hand.page.wait_for_url(QUEUE)
    assert not hand.page.evaluate(NO_FOCUS)
    decision = server.state(approval)["decision"]
    assert (decision["reason_code"], decision["message"]) == (
        "wrong-target",
        "Use the copy instead",
    )


def test_what_can_be_done_beside_deciding(hand: Hand, server: Server) -> None:
    approval = server.submit(arguments={"n": 1})
    page = hand.page
    page.goto(f"/r/{approval['id']}")
    armed(page)
    hand.press(page.locator("[data-act-claim]"), "i")
    expect(page.get_by_role("button", name="Stop looking")).to_be_visible()
    hand.press(page.locator("#assign summary"), "m")
    hand.choose(page.locator("#assignee"), "bob")
    hand.press(page.get_by_role("button", name="Assign"), "Control+Enter")
    expect(page.locator("#assign summary")).to_contain_text("Assigned to bob")
    hand.press(page.locator("#ask summary"), "c")
    hand.write(page.locator("#question-text"), "Is there a backup?")
    hand.press(page.get_by_role("button", name="Ask"), "Control+Enter")
    expect(page.locator("#questions")).to_contain_text("Is there a backup?")
    assert not page.evaluate(NO_FOCUS)
    hand.press(page.locator("[data-act-edit]"), "e")
    page.wait_for_url("**/edit")
    hand.write(page.locator("#arguments"), '{"n": 2}')
    hand.press(page.locator("[data-preview]"), "Control+Enter")
    expect(page.locator("#diff-title")).to_be_focused()
    save = page.locator("[data-save]")
    expect(save).not_to_have_attribute("aria-disabled", "true")
    hand.press(save)
    arrived(hand, approval)
    assert server.state(approval)["arguments"] == {"n": 2}
    hand.press(page.locator("#hide summary"), "h")
    hand.choose(page.locator("#hide-minutes"), "1 hour")
    hand.press(page.get_by_role("button", name="Hide"), "Control+Enter")
    page.wait_for_url(QUEUE)
    hand.press(page.get_by_role("link", name="Hidden (1)"))
    page.wait_for_url("**/hidden")
    hand.press(row(page, approval), "j", "Enter")
    arrived(hand, approval)
    hand.press(page.get_by_role("button", name="Show it in my lists"))
    expect(page.locator("#hide")).to_be_visible()
    assert not page.evaluate(NO_FOCUS)


def test_requests_are_decided_beside_the_list(hand: Hand, server: Server) -> None:
    first, second = server.submit("tool.x"), server.submit("tool.y")
    page = hand.page
    open_queue(page)
    hand.press(page.locator("[data-open-pane]"), "j", "o")
    for approval in (first, second):
        shown = page.locator(f'#pane article[data-request="{approval["id"]}"]')
        expect(shown).to_be_visible()
        armed(page)
        hand.press(page.locator("#pane .verb.approve"), "a")
        expect(row(page, approval)).to_have_attribute("data-state", "approved")
    expect(page.locator("#pane")).to_be_hidden()
    expect(page.locator("#notice")).to_contain_text("Nothing else waits")
    assert not page.evaluate(NO_FOCUS)
    states = {server.state(one)["state"] for one in (first, second)}
    assert states == {"approved"}


def test_several_are_decided_at_once(hand: Hand, server: Server) -> None:
    asked = [server.submit(arguments={"to": f"{n}@example.com"}) for n in "ab"]
    page = hand.page
    open_queue(page)
    for approval in asked:
        hand.press(page.locator(f"#row-{approval['id']} .pick"), "j", "x")
    hand.press(page.get_by_role("button", name="Decide at once"))
    page.wait_for_url("**/bulk?**")
    armed(page)
    hand.press(page.locator(".verb.approve"), "a")
    expect(page.locator("h1")).to_have_text("Your vote to approve counts for 2 of 2")
    assert not page.evaluate(NO_FOCUS)
    hand.press(page.get_by_role("link", name="Back to the queue"))
    page.wait_for_url(QUEUE)
    assert {server.state(one)["state"] for one in asked} == {"approved"}


def test_several_are_denied_at_once_with_a_reason(hand: Hand, server: Server) -> None:
    asked = [server.submit(arguments={"to": f"{n}@example.com"}) for n in "ab"]
    page = hand.page
    page.goto("/bulk?" + "&".join(f"r={one['id']}.1" for one in asked))
    armed(page)
    hand.press(page.locator(".verb.deny"), "d")
    hand.press(page.get_by_label("Not needed"), "3")
    armed(page)
    hand.press(page.locator("[data-send=deny]"), "Control+Enter")
    expect(page.locator("h1")).to_have_text("Your vote to deny counts for 2 of 2")
    decisions = [server.state(one)["decision"] for one in asked]
    assert {one["reason_code"] for one in decisions} == {"not-needed"}


def test_a_search_is_kept_as_a_tab_in_both_lists(hand: Hand, server: Server) -> None:
    waits, over = server.submit("tool.sought"), server.submit("tool.sought")
    server.submit("tool.other")
    server.call(f"/requests/{over['id']}/cancel", {})
    page = hand.page
    open_queue(page)
    for found, other in ((waits, over), (over, waits)):
        hand.write(page.locator("#search"), "action:tool.sought ", "/")
        hand.press(page.get_by_role("button", name="Search", exact=True), "Enter")
        page.wait_for_url("**?q=action**")
        expect(row(page, found)).to_be_visible()
        expect(row(page, other)).to_have_count(0)
        hand.press(page.locator("#save-view summary"), "s")
        hand.write(page.locator("#view-name"), "Sought")
        hand.press(page.get_by_role("button", name="Keep", exact=True), "Enter")
        tab = page.get_by_role("link", name=re.compile("^Sought"))
        expect(tab).to_have_attribute("aria-current", "page")
        hand.press(page.get_by_role("button", name="Remove this tab"))
        expect(tab).to_have_count(0)
        hand.go("h", "/history")


def test_the_like_is_allowed_and_revoked(hand: Hand, server: Server) -> None:
    mail = {"to": "ana@example.com", "amount": 40}
    asked = server.submit(arguments=mail, environment="production")
    page = hand.page
    page.goto(f"/r/{asked['id']}")
    armed(page)
    hand.press(page.locator("[data-act-grant]"), "g")
    page.wait_for_url(f"**/r/{asked['id']}/grant")
    group = page.get_by_role("group", name="What amount may be")
    hand.tick(group.get_by_label("At most"))
    hand.write(page.get_by_label("amount is from 0 to at most"), "100")
    hand.press(page.get_by_role("button", name="Preview these terms"))
    expect(page.locator("#allowed-title")).to_be_focused()
    expect(page.locator("#previewed")).to_contain_text("is from 0 to at most 100")
    allow = page.locator("[data-allow]")
    expect(allow).not_to_have_attribute("aria-disabled", "true")
    hand.press(allow)
    expect(page.get_by_text("and the like from now on")).to_be_visible()
    like: dict[str, Any] = {
        "arguments": mail | {"amount": 99},
        "environment": "production",
    }
    assert server.submit(**like)["state"] == "approved"
    hand.go("l", "/grants")
    hand.press(page.locator("article.grant h2 a").first)
    page.wait_for_url("**/grants/*-*")
    expect(page.locator("#approved")).to_contain_text("1 request")
    hand.write(page.get_by_label("Why (may stay empty)").last, "No longer")
    hand.press(page.get_by_role("button", name="Revoke the grant"))
    expect(page.get_by_text("Revoked:")).to_be_visible()
    assert server.submit(**like)["state"] == "pending"


def test_what_does_not_fit_is_found(hand: Hand, server: Server) -> None:
    asked = server.submit()
    said = {"status": "failed", "digest": "sha256:" + "0" * 64}
    server.call(f"/requests/{asked['id']}/outcome", said)
    page = hand.page
    page.goto("/history")
    hand.go("r", "/reconciliation")
    hand.choose(page.locator("#list"), "Outcome for another")
    hand.write(page.locator("#agent"), "demo-agent")
    hand.press(page.get_by_role("button", name="Find"), "Enter")
    page.wait_for_url("**?list=**")
    hand.press(page.get_by_label(f"Open the request {asked['id']}"))
    page.wait_for_url(f"**/r/{asked['id']}")


def test_an_entry_is_found_proven_and_exported(hand: Hand, server: Server) -> None:
    asked = server.submit()["id"]
    server.call(f"/requests/{asked}/cancel", {})
    page = hand.page
    page.goto("/history")
    hand.go("a", "/audit/")
    hand.write(page.locator("#subject"), asked, "/")
    hand.press(page.get_by_role("button", name="Find"), "Enter")
    page.wait_for_url("**/audit/?subject=**")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(2)
    address = rows.first.get_attribute("href")
    hand.press(rows.first, "j", "o")
    page.wait_for_url(f"**{address}")
    verdict = page.locator("#proof [data-verdict]")
    expect(verdict).to_contain_text("Checked here", timeout=15_000)
    hand.press(page.get_by_role("link", name="How to verify"), "v")
    page.wait_for_url("**/audit/verify")
    hand.write(page.get_by_label("Id of a request"), asked)
    with page.expect_download() as taken:
        hand.press(page.get_by_role("button", name="Export"))
    assert taken.value.suggested_filename.endswith(".tar")
    hand.press(page.locator("a.back"), "Escape")
    page.wait_for_url("**/audit/")
    hand.press(page.get_by_role("link", name="Story", exact=True).first)
    page.wait_for_url("**/audit/requests/*")
    with page.expect_download() as taken:
        hand.press(page.get_by_role("button", name="Export its entries"))
    assert taken.value.suggested_filename.endswith(".tar")


@pytest.fixture
def released(window: Window) -> Iterator[None]:
    """Whatever comes of the test, nothing stays stopped after it."""
    yield
    release_everything(window)


@pytest.mark.usefixtures("released")
def test_the_brake_is_pulled_narrowed_and_released(
    hand: Hand, server: Server, window: Window
) -> None:
    page = hand.page
    page.goto("/history")
    hand.press(page.locator("#brake-control summary"), "B")
    hand.write(page.locator("#hold-reason"), "Mails to everybody")
    hand.press(page.get_by_role("button", name="Hold everything"), "Enter")
    page.wait_for_url("**/brake")
    assert server.submit()["state"] == "pending"
    pull = page.locator("section", has=page.get_by_role("heading", name="Pull"))
    hand.choose(page.get_by_label("What to stop"), "Environment")
    hand.write(page.get_by_label("Which"), "production")
    hand.tick(pull.get_by_role("radio").last)
    hand.write(pull.get_by_label("Why"), "Deploys go wild")
    hand.press(page.get_by_role("button", name="Pull the brake"))
    cards = page.locator("#brakes > article")
    expect(cards).to_have_count(2)
    assert server.submit(environment="production")["state"] == "denied"
    agree(hand)
    bobs = window("bob", viewport={"width": 1280, "height": 800}).new_page()
    bobs.goto("/brake")
    agree(type(hand)(bobs))
    expect(bobs.locator("#brakes")).to_contain_text("Nothing is stopped")
    expect(page.locator("#brake-banner")).to_be_empty()


def agree(hand: Hand) -> None:
    """To the release of all brakes, one after the other."""
    asked = hand.page.locator("form.release:has(fieldset:enabled)")
    for number in range(asked.count(), 0, -1):
        hand.write(asked.first.get_by_role("textbox"), "It is over")
        hand.press(asked.first.get_by_role("button"))
        expect(asked).to_have_count(number - 1)


def test_no_page_is_without_a_path() -> None:
    assert {*VISITED, *ELSEWHERE} == {*SHOWN}


@pytest.mark.parametrize("path", sorted(set(SHOWN.values())))
def test_the_path_of_a_page_is_gone_by_both_hands(path: str) -> None:
    file, _, name = path.rpartition("::")
    text = Path(__file__).with_name(file or Path(__file__).name).read_text("utf-8")
    assert re.search(rf"def {name}\([^)]*\b(hand: Hand|kind: type\[Hand\])", text)
