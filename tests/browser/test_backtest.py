"""A draft is tried on the past before it is published, in a real browser."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable, violations
from tests.browser.test_acting import armed
from tests.browser.test_policy_editor import throw_away
from tests.browser.tiers import POLICY, announced, publish
from tests.serving import Serving, data_folder, manage

Window = Callable[..., BrowserContext]

MORE = 24_000
"""Requests beside those of the test: enough to see the bar move, and to stop it."""
SEED = f"""
from approvals.models import ApprovalRequest
from tests.approvals.replaying import very_many
very_many(ApprovalRequest.objects.latest("id"), {MORE})
"""
PATIENCE = 60_000
"""Milliseconds that a back-test may take beside other tests."""


@pytest.fixture(scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a policy in force, and many requests that were taken back."""
    with data_folder() as data_dir, Serving(data_dir) as serving:
        server = announced(serving)
        file = tmp_path_factory.mktemp("policy") / "policy.yaml"
        file.write_text(POLICY, encoding="utf-8")
        publish(data_dir, file)
        over = server.submit("report.write")
        server.call(f"/requests/{over['id']}/cancel", {})
        done = manage(data_dir, "shell", "--verbosity=0", "--command", SEED)
        assert done.returncode == 0, done.stderr
        yield server


@pytest.fixture
def admins(window: Window, server: Server) -> Iterator[Page]:
    """The admin's browser without a draft; a script error in it fails the test."""
    page = window("admin", viewport={"width": 1280, "height": 900}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    throw_away(page)
    yield page
    assert errors == []


def write_draft(page: Page, action: str) -> None:
    """One that takes what has this name for harmless."""
    rule = f'  - {{key: mails, when: action.name == "{action}", tier: harmless}}\n'
    page.goto("/policies/draft")
    page.get_by_label("Or paste it").fill(POLICY + rule)
    page.get_by_role("button", name="Begin with that").click()
    page.locator("#source").wait_for()


def deny(page: Page, request_id: str) -> None:
    page.goto(f"/r/{request_id}")
    armed(page)
    page.keyboard.press("d")
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.type("Not to her")
    armed(page)
    page.locator("#message").press("Control+Enter")
    page.wait_for_url(re.compile(r"/$"))


def start(page: Page) -> None:
    page.get_by_role("button", name="Start the back-test").click()
    page.wait_for_url("**/policies/backtest/*-*")


def test_from_a_draft_to_what_people_denied(
    admins: Page, page: Page, server: Server
) -> None:
    denied, waits = server.submit("email.send"), server.submit("email.send")
    deny(page, denied["id"])
    write_draft(admins, "email.send")
    admins.get_by_role("link", name="Back-test").click()
    expect(admins.locator("#id_what")).to_have_value("draft")
    admins.get_by_label("Over").select_option("The last 7 days")
    start(admins)

    bar = admins.get_by_role("progressbar")
    most = int(bar.get_attribute("max") or 0)
    assert most > MORE
    admins.wait_for_function(
        "() => { const bar = document.querySelector('progress');"
        " return bar && 0 < bar.value && bar.value < bar.max; }",
        timeout=PATIENCE,
    )

    admins.evaluate("window.isTheSamePage = true")
    said = admins.get_by_role("heading", name="It would approve 2 by itself")
    said.wait_for(timeout=PATIENCE)
    assert admins.evaluate("window.isTheSamePage")
    expect(said).to_be_focused()
    expect(said).to_contain_text("of which people denied 1.")
    listed = admins.locator("#approves_denied")
    expect(listed.get_by_role("link")).to_have_attribute("href", f"/r/{denied['id']}")
    cell = admins.locator(".matrix .down")
    expect(cell).to_have_text("▼ 2 milder")
    cell.focus()
    admins.keyboard.press("Enter")
    expect(admins.locator("#cell a")).to_have_count(2)
    expect(admins.locator(f"#cell a[href='/r/{waits['id']}']")).to_be_visible()
    admins.get_by_role("link", name="Publish your draft").click()
    admins.wait_for_url("**/policies/publish")


def test_it_is_stopped_by_the_keyboard(admins: Page) -> None:
    admins.goto("/policies/backtest")
    admins.get_by_label("Over").select_option("The last 90 days")
    start(admins)
    stop = admins.get_by_role("button", name="Stop")
    stop.focus()
    for _ in range(2):
        with admins.expect_response("**/policies/backtest/*-*"):
            pass
    expect(stop).to_be_focused()
    admins.keyboard.press("Enter")
    expect(admins.locator("main")).to_contain_text("It was stopped after")
    expect(admins.get_by_role("progressbar")).to_have_count(0)


def test_everybody_can_use_it(window: Window, admins: Page, server: Server) -> None:
    server.submit("letter.send", environment="p\u0430yments/" + "x" * 50)
    write_draft(admins, "letter.send")
    page = window("admin").new_page()
    page.goto("/policies/backtest")
    assert_usable(page, "start")
    page.get_by_label("Over").select_option("The last 10,000 requests")
    start(page)
    if page.get_by_role("progressbar").count():
        assert violations(page) == [], "under way"
    page.locator(".backtest-said").wait_for(timeout=PATIENCE)
    page.locator(".matrix .cell").first.click()
    page.locator("#cell").wait_for()
    for closed in page.locator("details.backtest-list:not([open]) summary").all():
        closed.click()
    page.evaluate("scrollTo(0, 0)")
    assert_usable(page, "result")
