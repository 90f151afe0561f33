"""Allowing the like in a real browser: with keys, by phone, and with a passkey."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable

MAIL = {"to": "ana@example.com", "amount": 40, "body": "Dear Ana,\n" + "x" * 300}
Window = Callable[..., BrowserContext]
READY = "[data-allow]:not([aria-disabled])"


def ask(server: Server, **members: Any) -> str:
    """The address of the page for the like of a new request."""
    asked = server.submit(arguments=MAIL, environment="production", **members)
    return f"/r/{asked['id']}/grant"


def revoke_all(page: Page) -> None:
    page.goto("/grants")
    while page.get_by_role("button", name="Revoke the grant").count():
        page.get_by_role("button", name="Revoke the grant").first.click()
        page.get_by_text("Revoked:").wait_for()


def test_allows_the_like_with_the_keyboard_alone(page: Page, server: Server) -> None:
    page.goto(ask(server))
    amount = page.get_by_label("amount is from 0 to at most")
    expect(amount).to_be_hidden()
    group = page.get_by_role("group", name="What amount may be")
    group.get_by_label("Exactly this").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(amount).to_be_focused()
    page.keyboard.type("100")
    expect(page.locator("[data-changed]")).to_be_visible()
    expect(page.locator("[data-allow]")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#allowed-title")).to_be_focused()
    expect(page.locator("#previewed")).to_contain_text("is from 0 to at most 100")
    page.locator(READY).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("and the like from now on")).to_be_visible()
    again = server.submit(arguments=MAIL | {"amount": 99}, environment="production")
    assert again["state"] == "approved"
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/grants")
    expect(page.get_by_text("1 of 10")).to_be_visible()
    revoke_all(page)
    after = server.submit(arguments=MAIL | {"amount": 99}, environment="production")
    assert after["state"] == "pending"


def test_changed_terms_cannot_be_approved_unseen(page: Page, server: Server) -> None:
    address = ask(server)
    page.goto(address)
    page.locator(READY).wait_for()
    page.get_by_label("Uses").fill("3")
    page.locator("[data-allow]").click(force=True)
    page.wait_for_timeout(700)
    assert page.url.endswith(address)
    page.get_by_role("button", name="Preview these terms").click()
    expect(page.locator("#previewed")).to_contain_text("3 times")


def test_mistakes_are_shown_where_they_were_made(page: Page, server: Server) -> None:
    page.goto(ask(server))
    page.get_by_label("Uses").fill("1000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("From 1 to 10 uses")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Uses")).to_have_value("1000")
    expect(page.locator("[data-allow]")).to_have_count(0)


def test_works_without_scripts(
    window: Callable[..., BrowserContext], server: Server
) -> None:
    page = window("alice", java_script_enabled=False).new_page()
    page.goto(ask(server))
    group = page.get_by_role("group", name="What to may be")
    group.get_by_label("Beginning with").check()
    page.get_by_label("to begins with").fill("ana@")
    page.get_by_role("button", name="Preview these terms").click()
    expect(page.locator("#previewed")).to_contain_text('begins with "ana@"')
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Approve, and allow the like").click()
    expect(page.get_by_text("and the like from now on")).to_be_visible()
    revoke_all(page)


def test_everybody_can_use_every_page(window: Window, server: Server) -> None:
    page = window("alice").new_page()
    mismatch(server)
    give(page, server)
    for address in everything(page, server):
        page.goto(address)
        for choice in page.get_by_label("One of several").all():
            choice.check()
        assert_usable(page, address)
    page.locator(".more summary").click()
    assert_usable(page, "the menu")
    revoke_all(page)


def give(page: Page, server: Server) -> None:
    page.goto(ask(server))
    group = page.get_by_role("group", name="What to may be")
    group.get_by_label("One of several").check()
    many = "\n".join(f"{n}-{'long' * 9}@example.com" for n in range(3))
    page.get_by_label("Values of to").fill(f"ana@example.com\n{many}")
    page.get_by_label("Limit the sum of").select_option("amount")
    page.get_by_label("to at most", exact=True).fill("500")
    page.get_by_role("button", name="Preview these terms").click()
    page.get_by_text("amount adds up to at most 500").wait_for()
    page.locator(READY).click()
    page.get_by_text("and the like from now on").wait_for()


def mismatch(server: Server) -> None:
    """An outcome for something else, without redemption."""
    asked = server.submit()
    said = {
        "status": "failed",
        "digest": "sha256:" + "0" * 64,
        "detail": "I did \u202e something else. " * 9,
    }
    server.call(f"/requests/{asked['id']}/outcome", said)


def everything(page: Page, server: Server) -> list[str]:
    page.goto("/grants")
    link = page.locator("article.grant h2 a").first.get_attribute("href") or ""
    assert re.fullmatch(r"/grants/[0-9a-f-]{36}", link)
    return [
        ask(server),
        "/grants",
        link,
        "/grants?show=ended",
        "/grants?agent=nobody",
        "/reconciliation",
        "/reconciliation?list=other-digest",
        "/reconciliation?list=silent",
    ]
