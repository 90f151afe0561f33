"""The log's pages: proofs recomputed in the browser, and what keys and paper do."""

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Server

Window = Callable[..., BrowserContext]


@pytest.fixture
def cancelled(page: Page, server: Server) -> str:
    """A request with a story whose entries have their places."""
    made: str = server.submit("report.write", justification="Because")["id"]
    server.call(f"/requests/{made}/cancel", {"reason": "Changed\u202e my mind"})
    for _ in range(100):
        page.goto(f"/audit/?subject={made}")
        if not page.locator(".entry .badge").count():
            break
        page.wait_for_timeout(100)
    return made


@pytest.fixture
def entry(page: Page, cancelled: str) -> str:
    """The address of the page of its last entry."""
    page.goto(f"/audit/?subject={cancelled}")
    address = page.locator("[data-row]").first.get_attribute("href")
    assert address
    return address


def verdict(page: Page) -> Any:
    return expect(page.locator("#proof [data-verdict]"))


def test_entry_is_proven_in_the_browser(page: Page, entry: str) -> None:
    page.goto(entry)
    verdict(page).to_contain_text("Checked here: this entry is number")
    said = page.locator("#proof [data-verdict]").inner_text()
    origin, size, root = page.request.get("/audit/checkpoint").text().split("\n")[:3]
    assert said.endswith(f" under root {root}, signed by {origin}.")
    assert re.search(rf"number [\d,]+ of {int(size):,} \(index \d+\)", said)
    expect(page.locator("#proof")).to_have_attribute("data-state", "holds")


def altered(route: Route, old: str, new: str) -> None:
    answer = route.fetch()
    assert old in answer.text()
    route.fulfill(response=answer, body=answer.text().replace(old, new))


@pytest.mark.parametrize(
    ("what", "old", "new", "reason"),
    [
        ("canonical", "demo-agent", "demo-agenT", "not in the tree at this place"),
        ("canonical", '"id":"0', '"id":"1', "that of another entry"),
        ("proof", "\nindex ", "\nindex 1", "not in the tree at this place"),
        ("proof", "tlog-proof@v1", "tlog-proof@v2", "A proof begins with"),
        ("proof", "/audit\n", "/audit/\n", "does not fit the text"),
        ("key", "/audit+", "/audiT+", "The id of this key"),
    ],
)
def test_what_was_changed_on_the_way_does_not_hold(
    page: Page, entry: str, what: str, old: str, new: str, reason: str
) -> None:
    address = "**/audit/key" if what == "key" else f"**{entry}/{what}"
    page.route(address, lambda route: altered(route, old, new))
    page.goto(entry)
    verdict(page).to_contain_text("Does not hold: ")
    verdict(page).to_contain_text(reason)
    expect(page.locator("#proof")).to_have_attribute("data-state", "failed")


def test_an_entry_without_a_place_is_looked_at_again(page: Page, entry: str) -> None:
    asked = []

    def late(route: Route) -> None:
        asked.append(route)
        if len(asked) < 3:
            route.fulfill(status=409, body="Not yet\n")
        else:
            route.continue_()

    page.route("**/proof", late)
    page.goto(entry)
    verdict(page).to_contain_text("Not in the tree yet")
    verdict(page).to_contain_text("Checked here")
    assert len(asked) == 3


def test_a_page_older_than_the_place_says_it_once_it_is_proven(
    page: Page, entry: str
) -> None:
    made = r"Entry [\d,]+ of the log \(index \d+\)"
    older = "<span data-waiting>An entry without a place yet</span>"

    def as_it_was(route: Route) -> None:
        answer = route.fetch()
        body, changed = re.subn(made, older, answer.text())
        assert changed == 1
        route.fulfill(response=answer, body=body)

    page.route(f"**{entry}", as_it_was)
    page.goto(entry)
    expect(page.locator("[data-waiting]")).to_have_text(re.compile(made))


def test_who_is_not_answered_is_told_that_nothing_was_checked(
    page: Page, entry: str
) -> None:
    page.route("**/proof", lambda route: route.fulfill(status=503, body="damaged\n"))
    page.goto(entry)
    verdict(page).to_have_text("Not checked: damaged. Load the page again.")
    expect(page.locator("#proof")).to_have_attribute("data-state", "unknown")


def test_without_ed25519_the_signature_is_said_to_be_unchecked(
    page: Page, entry: str
) -> None:
    page.add_init_script(
        "const own = crypto.subtle.importKey.bind(crypto.subtle);"
        "crypto.subtle.importKey = (...all) => all[2].name === 'Ed25519'"
        " ? Promise.reject(new DOMException('no', 'NotSupportedError')) : own(...all);"
    )
    page.goto(entry)
    verdict(page).to_contain_text("was not: this browser has no Ed25519")
    expect(page.locator("#proof")).to_have_attribute("data-state", "unknown")


def test_head_is_checked_and_its_root_can_be_copied(window: Window) -> None:
    context = window("alice")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/audit/")
    head = page.locator(".log-head")
    expect(head.locator("[data-verdict]")).to_contain_text("Signature checked here")
    head.get_by_role("button", name="Copy the root").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied in page.request.get("/audit/checkpoint").text()
    assert len(base64.b64decode(copied)) == 32
    head.locator(".hash summary").click()
    expect(head.get_by_text(copied).first).to_be_visible()


def test_keys_move_open_prove_and_explain(page: Page, cancelled: str) -> None:
    page.goto(f"/audit/?subject={cancelled}")
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    address = rows.nth(1).get_attribute("href")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("p")
    page.wait_for_url(f"**{address}#proof")
    expect(page.locator("#proof")).to_be_in_viewport()
    page.keyboard.press("]")
    page.wait_for_url(lambda url: "#" not in url and str(address) not in url)
    page.keyboard.press("v")
    page.wait_for_url("**/audit/verify")
    page.go_back()
    page.keyboard.press("Escape")
    page.wait_for_url("**/audit/")
    page.keyboard.press("j")
    first = page.locator("[data-row]").first.get_attribute("href")
    page.keyboard.press("o")
    page.wait_for_url(f"**{first}")


def test_filters_find_by_who_what_and_when(page: Page, cancelled: str) -> None:
    page.goto("/audit/")
    page.get_by_label("Who, by name").fill("demo-agent")
    page.get_by_label("What").select_option("request")
    page.get_by_label("From (UTC)").fill("2020-01-01T00:00:01")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("[data-row]").first).to_have_text("request:decided")
    expect(page.get_by_label("From (UTC)")).to_have_value("2020-01-01T00:00:01")
    page.get_by_label("Until (UTC)").fill("2020-01-02T00:00:00")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Nothing matches this filter")).to_be_visible()


def test_only_a_narrow_page_folds_what_stands_before_the_list(
    page: Page, cancelled: str
) -> None:
    page.goto("/audit/")
    who, root = page.get_by_label("Who, by name"), page.get_by_text("Witnesses")
    expect(who).to_be_visible()
    expect(root).to_be_visible()
    expect(page.get_by_text("Filters")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(who).to_be_hidden()
    expect(root).to_be_hidden()
    expect(page.locator("[data-row]").first).to_be_in_viewport()
    page.keyboard.press("/")
    expect(page.locator("#subject")).to_be_focused()
    expect(who).to_be_visible()
    page.get_by_text("What it says").click()
    expect(root).to_be_visible()


def test_a_story_on_paper_is_evidence_without_navigation(
    page: Page, cancelled: str
) -> None:
    page.goto(f"/audit/requests/{cancelled}")
    expect(page.locator(".story-entry")).to_have_count(2)
    expect(page.locator(".written.of-agent")).to_contain_text("The agent says")
    expect(page.locator(".written.of-agent")).to_contain_text("⟦U+202E⟧")
    root = page.request.get("/audit/checkpoint").text().split("\n")[2]
    page.emulate_media(media="print")
    for hidden in (".topbar", ".back", ".log-head .links"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".log-head summary").filter(visible=True)).to_have_count(0)
    expect(page.locator(".hash .print-only")).to_be_visible()
    expect(page.locator(".hash .print-only")).to_have_text(root)
    unbroken = "getComputedStyle(document.querySelector('.story-entry')).breakInside"
    assert page.evaluate(unbroken) == "avoid"
    assert page.pdf(format="A4").startswith(b"%PDF")
