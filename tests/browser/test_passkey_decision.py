"""A tier that asks for a passkey with every verdict, in a real browser."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable
from tests.browser.test_deciding import armed
from tests.browser.test_passkeys import add, home, plug_in, remove_all, sign_in
from tests.browser.tiers import running_server
from tests.browser.two_hands import Hand, Keyboard, Mouse

__all__ = ["running_server"]

QUEUE = re.compile(r"/(#row-.*)?$")


@pytest.fixture
def bobs(window: Callable[..., BrowserContext], server: Server) -> Iterator[Page]:
    """Bob's browser, with a passkey of his; a script error in it fails the test."""
    page = window(viewport={"width": 1280, "height": 800}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, server, "bob")
    plug_in(page)
    add(page, "laptop")
    page.get_by_text("is added.").wait_for()
    yield page
    page.goto(f"{home(server)}/me")
    remove_all(page)
    assert errors == []


def open_request(page: Page, server: Server, approval: dict[str, Any]) -> None:
    page.goto(f"{home(server)}/r/{approval['id']}")
    armed(page)


def sent_vote(page: Page, press: Callable[[], None]) -> dict[str, list[str]]:
    """The form that one press sends."""
    with page.expect_request("**/vote") as request:
        press()
    return parse_qs(request.value.post_data or "", keep_blank_values=True)


def post(page: Page, address: str, form: dict[str, Any]) -> tuple[int, str]:
    """The same person's browser sends a form by itself; status and answer."""
    status, text = page.evaluate(
        """async ([address, body]) => {
          const headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
          };
          const answer = await fetch(address, { method: "POST", headers, body });
          return [answer.status, await answer.text()];
        }""",
        [address, urlencode(form, doseq=True)],
    )
    return status, text


def fresh_form(page: Page) -> dict[str, Any]:
    """What the open page's form would send, but for verdict and assertion."""
    names = ("csrfmiddlewaretoken", "revision", "digest", "view")
    return {
        name: page.locator(f"[data-decide] [name={name}]").input_value()
        for name in names
    }


def nothing_counted(server: Server, approval: dict[str, Any]) -> bool:
    now = server.state(approval)
    votes = now["votes"]
    return (now["state"], votes["approvals"], votes["denials"]) == ("pending", 0, 0)


@pytest.mark.parametrize("hand", [Mouse, Keyboard])
def test_a_press_asks_the_passkey_and_approves(
    bobs: Page, server: Server, hand: type[Hand]
) -> None:
    approval = server.submit("keyed")
    open_request(bobs, server, approval)
    expect(bobs.locator(".signs")).to_contain_text(approval["digest"])
    verb = bobs.locator(".verb.approve")
    form = sent_vote(bobs, lambda: hand(bobs).press(verb, "a"))
    bobs.wait_for_url(QUEUE)
    assert '"clientDataJSON"' in form["assertion"][0]
    decided = server.state(approval)
    assert (decided["state"], decided["decision"]["decided_by"]) == (
        "approved",
        ["bob"],
    )
    bobs.goto(f"{home(server)}/r/{approval['id']}")
    expect(bobs.locator("#decision")).to_contain_text("signed by passkey")
    told = "bob voted to approve, signed by passkey"
    expect(bobs.locator(".timeline")).to_contain_text(told)


@pytest.mark.parametrize("hand", [Mouse, Keyboard])
def test_a_denial_is_signed_too(bobs: Page, server: Server, hand: type[Hand]) -> None:
    approval = server.submit("keyed")
    open_request(bobs, server, approval)
    hand(bobs).press(bobs.locator(".verb.deny"), "d")
    hand(bobs).write(bobs.locator("#message"), "Not like this")
    armed(bobs)
    hand(bobs).press(bobs.locator("[data-send=deny]"), "Control+Enter")
    bobs.wait_for_url(QUEUE)
    decided = server.state(approval)
    assert (decided["state"], decided["decision"]["message"]) == (
        "denied",
        "Not like this",
    )


def test_an_answer_is_good_for_one_verdict_on_one_request_once(
    bobs: Page, server: Server
) -> None:
    """What was captured on its way is worthless for anything else."""
    approval, other = server.submit("keyed"), server.submit("keyed")
    open_request(bobs, server, approval)
    captured: list[str] = []

    def keep(route: Any) -> None:
        captured.append(route.request.post_data)
        route.abort()

    bobs.route("**/vote", keep)
    bobs.keyboard.press("a")
    expect(bobs.locator("#failure")).to_contain_text("No answer from the server")
    bobs.unroute("**/vote")
    form = parse_qs(captured[0], keep_blank_values=True)
    assert form["verdict"] == ["approve"]
    here, there = f"/r/{approval['id']}/vote", f"/r/{other['id']}/vote"
    open_request(bobs, server, other)
    others = fresh_form(bobs)
    signed = {"assertion": form["assertion"], "verdict": "approve"}

    # As it is, at another request; with its own verdict turned around.
    status, text = post(bobs, there, form)
    assert status == 409
    assert "belongs to another page" in text
    status, text = post(bobs, here, form | {"verdict": "deny", "message": "x"})
    assert status == 422
    assert "passkey" in text
    # With a page that is the other request's own.
    status, text = post(bobs, there, others | signed)
    assert status == 422
    # With another page of the same request.
    open_request(bobs, server, approval)
    status, text = post(bobs, here, fresh_form(bobs) | signed)
    assert status == 422
    assert nothing_counted(server, approval)
    assert nothing_counted(server, other)

    # It was good all the time: for what it was made for, and once.
    status, text = post(bobs, here, form)
    assert status == 200
    assert server.state(approval)["state"] == "approved"
    status, text = post(bobs, here, form)
    assert status == 409
    assert nothing_counted(server, other)


def test_a_passkey_that_does_not_answer_decides_nothing(
    window: Callable[..., BrowserContext], server: Server, bobs: Page
) -> None:
    approval = server.submit("keyed")
    open_request(bobs, server, approval)
    sent: list[Response] = []
    bobs.on("response", lambda r: sent.append(r) if r.url.endswith("/vote") else None)
    bobs.evaluate(
        """() => {
          const no = new DOMException("no", "NotAllowedError");
          window.ask = navigator.credentials.get.bind(navigator.credentials);
          navigator.credentials.get = () => Promise.reject(no);
        }"""
    )
    bobs.keyboard.press("a")
    expect(bobs.locator("[data-passkey-failed]")).to_contain_text("No passkey was used")
    assert (sent, nothing_counted(server, approval)) == ([], True)
    bobs.evaluate("() => { navigator.credentials.get = window.ask; }")
    armed(bobs)
    bobs.keyboard.press("a")
    bobs.wait_for_url(QUEUE)
    assert server.state(approval)["state"] == "approved"


def test_a_change_while_the_passkey_is_asked_is_not_signed_away(
    bobs: Page, server: Server
) -> None:
    """The edit comes between the press and the answer: nothing is approved."""
    approval = server.submit("keyed", arguments={"n": 1})
    open_request(bobs, server, approval)
    bobs.evaluate(
        """() => {
          const ask = navigator.credentials.get.bind(navigator.credentials);
          navigator.credentials.get = async (options) => {
            await new Promise((resolve) => { window.goOn = resolve; });
            return ask(options);
          };
        }"""
    )
    bobs.keyboard.press("a")
    bobs.wait_for_function("() => window.goOn")
    edit(bobs, server, approval)
    bobs.wait_for_timeout(500)
    with bobs.expect_response("**/vote") as answer:
        bobs.evaluate("window.goOn()")
    assert answer.value.status == 409
    expect(bobs.locator("#problem")).to_contain_text("changed after you opened it")
    expect(bobs.locator("#changed")).to_contain_text("revision 2 of 2")
    assert nothing_counted(server, approval)


def edit(page: Page, server: Server, approval: dict[str, Any]) -> None:
    """A second tab of the same browser saves another revision."""
    tab = page.context.new_page()
    tab.goto(f"{home(server)}/r/{approval['id']}/edit")
    tab.fill("#arguments", '{"n": 2}')
    tab.keyboard.press("Control+Enter")
    tab.locator("#diff-title").wait_for()
    tab.wait_for_timeout(600)
    tab.locator("[data-save]").click()
    tab.wait_for_url(f"**/r/{approval['id']}")
    tab.close()


def test_says_where_passkeys_work_and_what_needs_javascript(
    window: Callable[..., BrowserContext], server: Server, bobs: Page
) -> None:
    approval = server.submit("keyed")
    elsewhere = window("bob", java_script_enabled=False).new_page()
    elsewhere.goto(f"/r/{approval['id']}")
    place = f"{home(server)}/r/{approval['id']}"
    expect(elsewhere.locator(".signs a")).to_have_attribute("href", place)
    expect(elsewhere.locator(".signs")).to_contain_text("Without JavaScript")
    elsewhere.wait_for_timeout(600)
    elsewhere.get_by_role("button", name="Approve").click()
    expect(elsewhere.get_by_role("alert").first).to_contain_text(
        "This tier asks for your passkey with every verdict."
    )
    assert nothing_counted(server, approval)


def test_a_recent_sign_in_is_enough_for_a_tier_that_asks_for_one(
    bobs: Page, server: Server
) -> None:
    approval = server.submit("fresh")
    open_request(bobs, server, approval)
    expect(bobs.locator("#decision")).to_contain_text("Yours counts until")
    bobs.keyboard.press("a")
    bobs.wait_for_url(QUEUE)
    assert server.state(approval)["state"] == "approved"


def test_the_page_passes_axe_and_does_not_scroll_sideways(
    bobs: Page, server: Server
) -> None:
    open_request(bobs, server, server.submit("keyed", resource="db/" + "y" * 200))
    assert_usable(bobs, "what a passkey signs")
