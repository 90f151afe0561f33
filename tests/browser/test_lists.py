"""Tabs, search and folds, by keyboard and live."""

import json
import re
from dataclasses import replace

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.test_deciding import armed, open_queue
from tests.serving import manage


def test_equal_requests_change_their_fold_in_place(page: Page, server: Server) -> None:
    first = server.submit("email.send")
    below = server.submit("tool.x")
    open_queue(page)
    row, under = (page.locator(f"#row-{one['id']}") for one in (first, below))
    under.locator("a.row").hover()
    before = under.bounding_box()
    second = server.submit("email.send")
    fold = row.locator(".fold > summary")
    expect(fold).to_have_text("×2 equal")
    third = server.submit("email.send")
    expect(fold).to_have_text("×3 equal")
    expect(page.locator("#pill")).to_be_hidden()
    expect(page.locator("#splits [data-split='is:group']")).to_have_text("4")
    assert under.bounding_box() == before
    fold.click()
    expect(row.locator(f".fold-list a[href='/r/{third['id']}']")).to_be_visible()
    server.call(f"/requests/{third['id']}/cancel", {})
    expect(fold).to_have_text("×2 equal")
    # Of the two, the shown one goes; the other is no less there.
    server.call(f"/requests/{first['id']}/cancel", {})
    expect(row).to_have_attribute("data-state", "cancelled")
    expect(page.locator(f"#row-{second['id']}")).to_be_visible()


def test_a_search_is_typed_kept_and_stays_true(page: Page, server: Server) -> None:
    server.submit("email.send")
    open_queue(page)
    page.keyboard.press("/")
    field, words = page.locator("#search"), page.locator("#search-words")
    expect(field).to_be_focused()
    page.keyboard.type("tie")
    expect(words.locator("li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("tier:")
    expect(words.locator("li").first).to_be_visible()
    page.keyboard.type("cr")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(field).to_have_value("tier:critical ")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=tier"))
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.locator("h1").click()
    page.keyboard.press("s")
    page.keyboard.type("Risky")
    page.keyboard.press("Enter")
    tab = page.get_by_role("link", name="Risky")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    # What does not answer the search is counted, and nothing else.
    server.submit("tool.other")
    expect(page.locator("#waiting")).to_have_text("2 waiting")
    expect(page.locator("#pill")).to_be_hidden()
    critical = server.submit_critical()
    expect(page.locator(f"#row-{critical['id']}")).to_be_visible()
    expect(tab.locator(".split-count")).to_have_text("1")
    expect(page.locator("#found")).to_have_text("1 found")
    # Into the request and back after a decision: still the same search.
    page.locator(f"#row-{critical['id']} a.row").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/r/{critical['id']}?q=tier*")
    armed(page)
    page.keyboard.press("d")
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.type("Not this one")
    armed(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/\?q=tier"))
    expect(tab).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="Remove this tab").click()
    expect(tab).to_have_count(0)
    page.goto("/?q=tier:critical+wat:x")
    expect(page.locator(".search-caret")).to_have_text("wat")
    expect(field).to_have_value("tier:critical wat:x")
    expect(page.locator("#rows > li")).to_have_count(0)


def test_one_agent_is_capped_and_counted_live(page: Page, server: Server) -> None:
    assert server.data_dir
    made = manage(server.data_dir, "create_agent", "quiet-bot", "--json")
    other = replace(server, key=json.loads(made.stdout)["key"])
    for n in range(11):
        server.submit("tool.flood", arguments={"n": n})
    other.submit("tool.quiet")
    open_queue(page)
    flood = page.locator("#rows > li.flood")
    expect(flood).to_contain_text("+1 more of demo-agent")
    server.submit("tool.flood", arguments={"n": 11})
    expect(flood).to_contain_text("+2 more of demo-agent")
    expect(page.locator("#pill")).to_be_hidden()
    other.cancel_all()
    flood.locator("a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=agent:demo-agent"))
    expect(page.locator("#rows a.row")).to_have_count(12)
