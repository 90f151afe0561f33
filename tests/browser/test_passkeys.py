"""Passkeys in a real browser, with an authenticator that Chromium makes up."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def home(server: Server) -> str:
    """The server's address as browsers allow passkeys at it."""
    return server.address.replace("127.0.0.1", "localhost")


def sign_in(page: Page, server: Server, person: str, back: str = "/me") -> None:
    page.goto(f"{home(server)}/accounts/login/?next={back}")
    page.fill("[name=login]", person)
    page.fill("[name=password]", server.passwords[person])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{back}")


@pytest.fixture
def me(window: Callable[..., BrowserContext], server: Server) -> Page:
    """Bob's own page, right after signing in."""
    page = window(viewport={"width": 1280, "height": 800}).new_page()
    sign_in(page, server, "bob")
    return page


def plug_in(page: Page, **members: Any) -> tuple[CDPSession, str]:
    """An authenticator in that page's browser; the session and its id."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send(
        "WebAuthn.addVirtualAuthenticator", {"options": DEVICE | members}
    )
    return devtools, made["authenticatorId"]


def add(page: Page, name: str) -> None:
    page.get_by_label("Name of the new passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def remove_all(page: Page) -> None:
    while page.locator(".lined summary").count():
        page.locator(".lined summary").first.click()
        page.get_by_role("button", name="Remove this passkey").first.click()
        page.get_by_text("is removed.").wait_for()


def test_adds_a_passkey_uses_it_and_removes_it(me: Page) -> None:
    devtools, device = plug_in(me)
    add(me, "laptop")
    expect(me.get_by_text("The passkey laptop is added.")).to_be_visible()
    expect(me.get_by_role("listitem")).to_contain_text("laptop")
    kept = devtools.send("WebAuthn.getCredentials", {"authenticatorId": device})
    assert [credential["rpId"] for credential in kept["credentials"]] == ["localhost"]

    add(me, "the same again")
    expect(me.get_by_role("alert")).to_have_text(
        "This device has a passkey for your account already."
    )
    expect(me.get_by_role("button", name="Add a passkey")).to_be_focused()

    remove_all(me)
    expect(me.get_by_text("You have none yet.")).to_be_visible()


def test_answers_for_a_decision_as_the_server_reads_it(me: Page) -> None:
    plug_in(me)
    add(me, "laptop")
    me.get_by_text("The passkey laptop is added.").wait_for()
    answer = json.loads(
        me.evaluate(
            """async () => {
              const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
              const headers = { "X-CSRFToken": token };
              const ask = { method: "POST", headers };
              const begun = await fetch("/me/passkeys/begin", ask);
              const options = await begun.json();
              const { assert } = await import("/static/js/passkey.js");
              return assert({
                challenge: options.challenge,
                rpId: options.rp.id,
                allowCredentials: options.excludeCredentials,
                userVerification: "required",
              });
            }"""
        )
    )
    assert answer["type"] == "public-key"
    assert answer["id"] == answer["rawId"]
    parts = {"clientDataJSON", "authenticatorData", "signature"}
    assert answer["response"].keys() == parts
    assert all(isinstance(answer["response"][part], str) for part in parts)
    remove_all(me)


def test_says_when_the_person_was_not_verified(me: Page) -> None:
    plug_in(me, isUserVerified=False)
    add(me, "laptop")
    expect(me.get_by_role("alert")).to_contain_text("No passkey was used")
    expect(me.get_by_text("You have none yet.")).to_be_visible()


def test_leads_from_the_ip_address_to_where_passkeys_work(
    window: Callable[..., BrowserContext], server: Server
) -> None:
    page = window("alice").new_page()
    page.goto("/me")
    link = page.get_by_role("link", name=home(server))
    expect(link).to_have_attribute("href", f"{home(server)}/me")
    expect(page.get_by_role("button", name="Add a passkey")).to_have_count(0)


def test_confirming_the_password_leads_back_to_the_page(
    window: Callable[..., BrowserContext], server: Server
) -> None:
    page = window("alice").new_page()
    page.goto("/accounts/reauthenticate/?next=/me")
    page.fill("[name=password]", server.passwords["alice"])
    confirm = page.get_by_role("button", name="Confirm")
    confirm.click()
    page.wait_for_url("**/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your settings")
    expect(confirm).to_have_count(0)


def test_both_pages_pass_axe_and_do_not_scroll_sideways(
    window: Callable[..., BrowserContext], server: Server
) -> None:
    page = window(viewport={"width": 1280, "height": 844}).new_page()
    sign_in(page, server, "admin")
    plug_in(page)
    add(page, "a passkey with a long name, on the laptop that is in the office")
    page.get_by_text("is added.").wait_for()
    for address in ("/me", "/people"):
        page.goto(home(server) + address)
        for summary in page.locator("main summary").all():
            summary.click()
        assert_usable(page, address)
    page.goto(f"{home(server)}/me")
    remove_all(page)
