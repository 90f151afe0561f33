"""The page of one request, walked through by somebody who reads it before deciding."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable
from tests.browser.test_deciding import armed

DIFF = "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n same\n-size = 1\n+size = 2\n"


def test_reading_what_would_run_by_keyboard_alone(page: Page, server: Server) -> None:
    approval = server.submit(
        "sql.execute",
        arguments={
            "patch": DIFF,
            "script": "".join(f"echo {n}\n" for n in range(200)),
            "sql": "DROP TABLE a\u202eb",
        },
        session="run-1",
    )
    server.submit("email.send", session="run-1")
    page.goto(f"/r/{approval['id']}")
    armed(page)
    old = page.locator(".half.removed")
    new = page.locator(".half.added")
    # Side by side, the changed word marked.
    assert old.bounding_box()["y"] == new.bounding_box()["y"]
    expect(new.locator("mark")).to_have_text("2")
    rest = page.locator(".rest pre", has_text="199")
    expect(rest).to_be_hidden()
    page.get_by_text("Folded here: 140 more lines").click()
    expect(rest).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator(".escaped", has_text="\\u202e")).to_be_visible()
    expect(old).to_be_hidden()
    page.keyboard.press("w")
    expect(old).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("#timeline-title")).to_be_focused()
    expect(page.locator(".session")).to_contain_text("email.send")
    page.keyboard.press("y")
    expect(page.locator("#notice")).to_contain_text(re.compile(r"[Ll]ink"))
    page.locator(".event .at").first.click()
    expect(page).to_have_url(re.compile(r"#e\d+$"))
    page.get_by_role("link", name=re.compile(r"rule \S+")).first.click()
    expect(page).to_have_url(re.compile(r"/policies/\d+#rule-"))
    expect(page.locator(".rule-list li:target")).to_be_visible()


def test_what_changes_in_spaces_alone_can_be_seen(page: Page, server: Server) -> None:
    diff = "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n same\n-\tx = 1\n+    x = 1 \n"
    approval = server.submit("file.edit", arguments={"patch": diff})
    page.goto(f"/r/{approval['id']}")
    armed(page)
    button = page.get_by_role("button", name="Show spaces")
    added = page.locator(".half.added code")
    expect(page.locator(".blank")).to_have_count(0)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert drawn(page, ".half.removed") == ["→\\9 ", "·", "·"]
    assert drawn(page, ".half.added") == ["····", "·", "·", "·"]
    assert added.text_content() == "    x = 1 "
    assert_usable(page, "spaces that are shown")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert drawn(page, ".half.added") == ["none"] * 4


def drawn(page: Page, place: str) -> list[str]:
    """What lies over the blanks of a line."""
    contents: list[str] = page.locator(f"{place} .blank").evaluate_all(
        "all => all.map(one => getComputedStyle(one, '::before').content)"
    )
    return [one.strip('"') for one in contents]


def test_shift_opens_the_reason_and_numbers_choose_one(
    page: Page, server: Server
) -> None:
    following = server.submit("email.send")
    approval = server.submit("email.send")
    page.goto(f"/r/{following['id']}")
    armed(page)
    page.keyboard.press("]")
    page.wait_for_url(f"**/r/{approval['id']}")
    armed(page)
    page.keyboard.press("Shift+D")
    page.keyboard.press("2")
    expect(page.get_by_label("Wrong target")).to_be_checked()
    expect(page.locator("#message")).to_have_value("")
    page.keyboard.type("Send 3 of them")
    expect(page.locator("#message")).to_have_value("Send 3 of them")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+A")
    expect(page.locator(".codes")).to_be_hidden()
    expect(page.locator("[data-send=deny]")).to_be_hidden()
    armed(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/(#row-.*)?$"))
    decision = server.state(approval)["decision"]
    assert decision["verdict"] == "approved"
    assert decision["message"] == "Send 3 of them"
    # What stood beside the denial does not go with the approval.
    assert decision["reason_code"] is None
    assert server.state(following)["state"] == "pending"


def test_shows_who_else_looks_and_stays_armed_and_still(
    page: Page, server: Server, window: Callable[..., BrowserContext]
) -> None:
    approval = server.submit()
    page.goto(f"/r/{approval['id']}")
    armed(page)
    place = page.locator("#request").evaluate(
        "(article) => { window.disarmed = 0;"
        " new MutationObserver(() => { window.disarmed += 1; })"
        ".observe(article.querySelector('.verb.approve'),"
        " { attributeFilter: ['aria-disabled'] });"
        " return article.querySelector('.section').getBoundingClientRect().y; }"
    )
    bobs = window("bob").new_page()
    bobs.goto(f"/r/{approval['id']}")
    expect(bobs.locator("#looking")).to_have_text("alice is looking")
    expect(page.locator("#looking")).to_have_text("bob is looking")
    bobs.goto("/")
    expect(page.locator("#looking")).to_have_text("")
    assert page.evaluate("window.disarmed") == 0
    top = "document.querySelector('.section').getBoundingClientRect().y"
    assert page.evaluate(top) == place


def test_the_phones_bar_covers_nothing_that_has_the_focus(
    window: Callable[..., BrowserContext], server: Server
) -> None:
    approval = server.submit(
        "sql.execute", arguments={"sql": "SELECT '" + "x" * 3000 + "'", "patch": DIFF}
    )
    phone = window(
        "alice",
        viewport={"width": 390, "height": 780},
        has_touch=True,
        is_mobile=True,
    ).new_page()
    phone.goto(f"/r/{approval['id']}")
    armed(phone)
    bar = phone.locator(".verbs").bounding_box()
    for verb in phone.locator(".verb").all():
        assert verb.bounding_box()["height"] >= 48
    phone.locator(".verb.deny").tap()
    expect(phone.locator("#message")).to_be_focused()
    for name in ("Send denial", "Close", "Ask the agent", "Assign"):
        target = phone.locator("#decision").get_by_text(name, exact=False).first
        target.evaluate("(node) => node.closest('button, summary').focus()")
        box = target.evaluate(
            "(node) => node.closest('button, summary').getBoundingClientRect().toJSON()"
        )
        assert box["height"] >= 48, name
        assert box["bottom"] <= bar["y"], name
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
