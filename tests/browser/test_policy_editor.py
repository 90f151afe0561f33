"""An admin writes a rule, tries it, publishes it and goes back, in a real browser."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable, violations
from tests.browser.tiers import POLICY, running_server  # noqa: F401

Window = Callable[..., BrowserContext]
RULE = '  - {key: refunds, when: action.nam == "refund", tier: two}\n'
LINE = POLICY.count("\n") + 1
"""The line in which RULE stands once it is added."""
COLUMN = RULE.index("action.nam") + 1
REQUEST = '{"action": "refund", "arguments": {"to": "ana@example.com"}}'

PATIENCE = 60_000
"""Milliseconds that a back-test may take beside other tests."""


@pytest.fixture
def admins(window: Window, server: Server) -> Iterator[Page]:
    """The admin's browser without a draft; a script error in it fails the test."""
    page = window("admin", viewport={"width": 1280, "height": 900}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    throw_away(page)
    yield page
    assert errors == []


def throw_away(page: Page) -> None:
    page.goto("/policies/draft")
    if page.locator("#source").count():
        page.get_by_text("Throw the draft away").click()
        page.get_by_role("button", name="Throw it away").click()
        page.wait_for_url("**/policies")


def begin(page: Page) -> Locator:
    """The editor with POLICY, whatever is in force."""
    page.goto("/policies/draft")
    page.get_by_label("Or paste it").fill(POLICY)
    page.get_by_role("button", name="Begin with that").click()
    page.locator("#live[data-state=live]").wait_for()
    return page.locator("#source")


def saved(page: Page) -> Locator:
    return page.locator("#saved [data-state]")


def place(page: Page) -> str:
    """Line and column of the cursor."""
    return page.locator("[data-place]").inner_text()


def test_from_a_typo_to_another_tier_and_back(admins: Page, server: Server) -> None:
    page = admins
    assert server.submit("refund")["tier"] == "plain"
    page.goto("/history")
    page.locator("#live[data-state=live]").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/policies")
    in_force = page.locator(".count").inner_text().split()[1]
    page.get_by_role("link", name="Write a draft").click()
    editor = begin(page)
    assert editor.input_value() == POLICY

    editor.focus()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(RULE)
    problem = page.locator("#checked [data-jump]")
    expect(problem).to_have_text(f"{LINE}:{COLUMN}")
    expect(page.locator("#checked")).to_contain_text("did you mean action.name?")
    expect(page.locator(".gutter .wrong")).to_have_text(str(LINE))

    page.keyboard.press("Control+Home")
    problem.click()
    assert place(page) == f"{LINE}:{COLUMN}"
    expect(editor).to_be_focused()
    for _ in "action.nam":
        page.keyboard.press("ArrowRight")
    page.keyboard.type("e")
    expect(page.locator("#checked")).to_contain_text("No problems")
    expect(page.locator("#checked")).to_contain_text("Rule refunds added")
    expect(page.locator(".gutter .wrong")).to_have_count(0)

    page.locator("#bench-text").fill(REQUEST)
    page.keyboard.press("Control+Enter")
    draft, other = page.locator(".side").nth(0), page.locator(".side").nth(1)
    expect(draft).to_contain_text("Two people")
    expect(other).to_contain_text("Plain")
    row = page.locator(".rules-asked tr", has_text="refunds")
    expect(row).to_contain_text("true")
    expect(row).to_contain_text("no such rule")

    page.get_by_role("link", name="Back-test").click()
    page.get_by_role("button", name="Start the back-test").click()
    page.wait_for_url("**/policies/backtest/*-*")
    page.locator(".matrix").wait_for(timeout=PATIENCE)
    from_plain = page.locator(".matrix tbody tr", has_text="plain")
    expect(from_plain).to_contain_text("▲")
    page.goto("/policies/draft")

    page.get_by_role("link", name="Publish…").click()
    expect(page.locator("main")).to_contain_text("Rule refunds added")
    page.get_by_label("Why", exact=True).fill("Refunds take two people")
    page.get_by_role("button", name="Publish as the next version").click()
    page.wait_for_url("**/policies")
    expect(page.locator(".message")).to_contain_text("is in force.")
    assert server.submit("refund")["tier"] == "two"

    page.goto(f"/policies/{in_force}")
    page.get_by_label("Why", exact=True).fill("It held up everything")
    page.get_by_role("button", name=f"Roll back to policy {in_force}").click()
    page.wait_for_url("**/policies")
    expect(page.locator(".versions > li").first).to_contain_text(
        "It held up everything"
    )
    assert server.submit("refund")["tier"] == "plain"


def test_it_is_saved_while_typing_and_by_the_key(admins: Page) -> None:
    editor = begin(admins)
    editor.focus()
    admins.keyboard.press("Control+End")
    admins.keyboard.type("# one")
    expect(saved(admins)).to_have_text("Not saved yet")
    expect(saved(admins)).to_contain_text("Saved")
    admins.keyboard.type(", two")
    admins.keyboard.press("Control+s")
    expect(admins.locator("#notice")).to_have_text("Saved.")
    admins.reload()
    expect(editor).to_have_value(POLICY + "# one, two")


def test_no_answer_is_said_and_saved_later(admins: Page) -> None:
    editor = begin(admins)
    admins.route("**/policies/draft", lambda route: route.abort())
    editor.press("End")
    admins.keyboard.type("# a")
    expect(saved(admins)).to_have_text("Not saved: no answer. Trying again.")
    admins.unroute("**/policies/draft")
    expect(saved(admins)).to_contain_text(re.compile("^Saved"), timeout=8000)


@pytest.mark.parametrize("keeps", ["mine", "theirs"])
def test_of_two_tabs_none_overwrites_the_other(admins: Page, keeps: str) -> None:
    begin(admins)
    other = admins.context.new_page()
    other.goto("/policies/draft")
    other.locator("#source").fill("# theirs\n")
    other.keyboard.press("Control+s")
    expect(saved(other)).to_contain_text("Saved")
    expect(other.locator("#notice")).to_have_text("Saved.")
    editor = admins.locator("#source")
    editor.fill("# mine\n")
    expect(admins.locator("#conflict")).to_contain_text("both texts are kept")
    expect(admins.locator("#theirs")).to_have_value("# theirs\n")
    expect(editor).to_have_value("# mine\n")
    assert violations(admins) == []
    if keeps == "mine":
        admins.get_by_role("button", name="Save mine over it").click()
        expect(admins.locator("#conflict")).to_be_empty()
    else:
        admins.get_by_role("button", name="Put the saved one into the editor").click()
        expect(admins.locator("#theirs")).to_have_value("# mine\n")
    expect(editor).to_have_value(f"# {keeps}\n")
    expect(saved(admins)).to_contain_text(re.compile("^Saved"))
    other.reload()
    expect(other.locator("#source")).to_have_value(f"# {keeps}\n")
    other.close()


def test_publishing_takes_what_was_typed_last(admins: Page) -> None:
    begin(admins).focus()
    admins.keyboard.press("Control+End")
    admins.keyboard.insert_text(RULE.replace("nam ", "name "))
    admins.get_by_role("link", name="Publish…").click()
    admins.wait_for_url("**/policies/publish")
    expect(admins.locator("main")).to_contain_text("Rule refunds added")


def test_line_numbers_follow_the_text(admins: Page) -> None:
    editor = begin(admins)
    editor.fill("a\n" * 300)
    numbers = admins.locator(".gutter > span")
    expect(numbers).to_have_count(301)
    editor.evaluate("text => text.scrollTo(0, 2000)")
    gutter = admins.locator(".gutter")
    followed = "() => document.querySelector('.gutter').scrollTop === 2000"
    admins.wait_for_function(followed)
    tops = [
        gutter.locator("span").nth(150).bounding_box(),
        editor.bounding_box(),
    ]
    assert tops[0]
    assert tops[1]
    line = editor.evaluate("text => parseFloat(getComputedStyle(text).lineHeight)")
    padding = editor.evaluate("text => parseFloat(getComputedStyle(text).paddingTop)")
    expected = tops[1]["y"] + padding + 150 * line - 2000
    assert abs(tops[0]["y"] - expected) < 1
    editor.fill("a\nb")
    expect(numbers).to_have_count(2)


def test_a_jump_counts_characters_and_not_their_halves(admins: Page) -> None:
    editor = begin(admins)
    editor.fill("default_tier: x\n" + '"😀😀": 1\n"😀": [\n')
    link = admins.locator("#checked [data-jump]").first
    expect(link).to_be_visible()
    link.click()
    assert place(admins) == link.inner_text()


def test_enter_keeps_the_indentation_and_tab_leaves(admins: Page) -> None:
    editor = begin(admins)
    editor.fill("a:\n    b: 1")
    editor.press("Control+End")
    admins.keyboard.press("Enter")
    admins.keyboard.type("c: 2")
    expect(editor).to_have_value("a:\n    b: 1\n    c: 2")
    admins.keyboard.press("Control+z")
    admins.keyboard.press("Control+z")
    expect(editor).not_to_have_value("a:\n    b: 1\n    c: 2")
    admins.keyboard.press("Tab")
    expect(admins.locator("[data-save]")).to_be_focused()


def test_n_begins_a_rule_where_its_condition_goes(admins: Page) -> None:
    begin(admins)
    admins.goto("/policies")
    admins.keyboard.press("n")
    admins.wait_for_url("**/policies/draft")
    editor = admins.locator("#source")
    expect(editor).to_be_focused()
    admins.keyboard.type('action.name == "refund"')
    head, rest = POLICY.split("rules:\n")
    rule = (
        '  - key: new-rule\n    when: action.name == "refund"\n    tier: \n    why: \n'
    )
    expect(editor).to_have_value(f"{head}rules:\n{rule}{rest}")
    admins.keyboard.type("n")
    expect(editor).to_have_value(re.compile('"refund"n\n'))
    expect(admins.locator("#checked [data-jump]").first).to_be_visible()


def test_the_keyboard_alone_publishes(admins: Page, server: Server) -> None:
    begin(admins).focus()
    admins.keyboard.press("Control+End")
    admins.keyboard.type("# by keyboard")
    admins.keyboard.press("Control+s")
    expect(admins.locator("#notice")).to_have_text("Saved.")
    publish = admins.get_by_role("link", name="Publish…")
    for _ in range(3):
        admins.keyboard.press("Shift+Tab")
        if publish.evaluate("link => link === document.activeElement"):
            break
    admins.keyboard.press("Enter")
    admins.wait_for_url("**/policies/publish")
    reason = admins.get_by_label("Why", exact=True)
    for _ in range(30):
        if reason.evaluate("field => field === document.activeElement"):
            break
        admins.keyboard.press("Tab")
    admins.keyboard.type("A comment")
    admins.keyboard.press("Tab")
    admins.keyboard.press("Enter")
    admins.wait_for_url("**/policies")
    expect(admins.locator(".versions > li").first).to_contain_text("A comment")


def test_the_bench_takes_a_request_from_history(admins: Page, server: Server) -> None:
    asked = server.submit("two", arguments={"n": 7})
    begin(admins)
    admins.get_by_label("Or one from history").fill(asked["id"])
    pick = admins.locator("[data-pick]")
    expect(pick).to_have_count(1)
    pick.click()
    text = admins.locator("#bench-text")
    expect(text).to_have_value(re.compile('"n": 7'))
    expect(text).to_be_focused()
    expect(admins.get_by_label("Agent", exact=True)).to_have_value("demo-agent")
    admins.keyboard.press("Control+Enter")
    expect(admins.locator(".side").first).to_contain_text("Two people")
    text.fill("{")
    admins.keyboard.press("Control+Enter")
    expect(admins.locator("#trial")).to_contain_text("Not acceptable JSON")


def test_findings_can_be_filtered(admins: Page) -> None:
    begin(admins)
    admins.locator("summary", has_text="Findings").click()
    admins.get_by_label("Filter").fill("sql.drop")
    shown = admins.locator("#findings-list > div:visible")
    expect(shown.first).to_contain_text("sql.drop")
    assert shown.count() < 5


def test_it_works_without_a_script(window: Window, admins: Page) -> None:
    page = window("admin", java_script_enabled=False).new_page()
    page.goto("/policies/draft")
    page.get_by_role("button", name="Begin with it").click()
    page.locator("#source").fill(POLICY + RULE)
    page.locator("[data-save]").click()
    expect(page.locator("#checked")).to_contain_text(f"{LINE}:{COLUMN}")
    page.locator("#source").fill(POLICY + RULE.replace("nam ", "name "))
    page.locator("[data-save]").click()
    page.locator("#bench-text").fill(REQUEST)
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".side").first).to_contain_text("Two people")


def test_everybody_can_use_it(window: Window, admins: Page) -> None:
    begin(admins).fill(POLICY + RULE)
    expect(admins.locator("#checked [data-jump]")).to_be_visible()
    admins.keyboard.press("Control+s")
    expect(admins.locator("#notice")).to_have_text("Saved.")
    page = window("admin").new_page()
    page.goto("/policies/draft")
    for summary in page.locator(".beside summary").all():
        summary.click()
    page.locator("[data-bench] [type=submit]").click()
    page.locator(".side").wait_for()
    assert_usable(page, "a draft with a problem")
    page.locator("#source").fill(POLICY + RULE.replace("nam ", "name "))
    expect(page.locator("#checked")).to_contain_text("No problems")
    page.locator("[data-bench] [type=submit]").click()
    expect(page.locator(".side")).to_have_count(2)
    assert_usable(page, "a draft without one")
    page.get_by_role("link", name="Publish…").click()
    page.locator("summary", has_text="Line by line").click()
    page.get_by_role("button", name="Publish as the next version").click()
    page.locator(".errorlist").wait_for()
    assert_usable(page, "publishing")
    for address in ("/policies", "/policies/1", "/policies/2", "/policies/try"):
        page.goto(address)
        assert_usable(page, address)
