"""Each screen's main path, by mouse and by keyboard alone: staff, and one's account.

As in ``test_main_paths.py``, whose SHOWN says which path goes through which page.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_passkeys import home, plug_in
from tests.browser.test_policy_editor import throw_away
from tests.browser.two_hands import Hand, Keyboard, Mouse
from tests.serving import manage

Window = Callable[..., BrowserContext]
HANDS = [Mouse, Keyboard]
PATIENCE = 60_000
"""Milliseconds that a back-test may take beside other tests."""
PASSWORD = "a path of my own"
NEXT_PASSWORD = "another way to go"

SEED = """
from uuid import uuid4
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from agents import outbox, registry
from approvals import proposals
from approvals.models import Policy
from audit.log import person
admin = User.objects.get(username="admin")
source = Policy.objects.latest("version").source
for hand in ("mouse", "keyboard"):
    own = User.objects.create_user(f"own-{hand}", password=%r)
    own.groups.add(Group.objects.get(name="reviewers"))
    writer = User.objects.create_superuser(f"writer-{hand}")
    proposals.propose(
        source + "# changed", actor=person(writer), user=writer, reason="To see it."
    )
    called = registry.register_agent(
        f"called-by-{hand}", actor=person(admin), owner=admin
    ).agent
    registry.set_callback(called, "http://127.0.0.1:9/", actor=person(admin))
    called.refresh_from_db()
    for _ in range(2):
        with transaction.atomic():
            sent = outbox.enqueue(
                agent=called, type="request.denied", data={}, subject_id=str(uuid4())
            )
            gone = outbox.Attempt(timezone.now(), status=404, is_final=True)
            outbox.record_attempt(sent, gone)
"""


@pytest.fixture(scope="module")
def seeded(running_server: Server) -> Server:
    """With what each hand works on: accounts, proposals, failed deliveries."""
    assert running_server.data_dir is not None
    code = SEED % PASSWORD
    made = manage(running_server.data_dir, "shell", "--verbosity=0", "--command", code)
    assert made.returncode == 0, made.stderr
    return running_server


@pytest.fixture
def admins(window: Window, seeded: Server) -> Iterator[Page]:
    """The admin's browser; a script error in it fails the test."""
    page = window("admin", viewport={"width": 1280, "height": 900}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture(params=HANDS, ids=[hand.name for hand in HANDS])
def hand(request: pytest.FixtureRequest, admins: Page) -> Hand:
    """The admin's, one after the other, in the history."""
    admins.goto("/history")
    made: Hand = request.param(admins)
    return made


def from_menu(hand: Hand, name: str, address: str) -> None:
    """To a page of the account's menu."""
    hand.press(hand.page.locator("details.account > summary"))
    hand.press(hand.page.locator(".account .menu a", has_text=name))
    hand.page.wait_for_url(f"**{address}")


def message(page: Page, text: str) -> None:
    """What was done is said, and the focus begins there or where the address says."""
    expect(page.locator(".messages")).to_contain_text(text)
    if "#" not in page.url:
        expect(page.locator("main:focus, main :focus")).to_have_count(1)


def test_an_agent_is_registered_rekeyed_and_paused(hand: Hand) -> None:
    page, name = hand.page, f"path-{hand.name}"
    copied = page.get_by_role("link", name="I have copied it")
    hand.go("g", "/agents/")
    hand.press(page.get_by_role("link", name="Register an agent"), "n")
    page.wait_for_url("**/-/register/")
    hand.write(page.get_by_label("Name"), name)
    hand.choose(page.get_by_label("Owner"), "alice")
    hand.press(page.get_by_role("button", name="Register"))
    key = page.locator("[data-once=key]").inner_text()
    hand.press(copied)
    page.wait_for_url(f"**/agents/{name}/")
    issue = page.get_by_role("button", name="Issue a key")
    hand.press(issue, "r", "Enter")
    expect(page.locator("[data-once=key]")).not_to_have_text(key)
    hand.press(copied)
    page.wait_for_url(f"**/agents/{name}/")
    hand.press(page.get_by_text("live · revoke…").first)
    hand.press(page.get_by_role("button", name="Revoke csk"))
    expect(page.get_by_text("live · revoke…")).to_have_count(1)
    hand.write(page.get_by_label("Callback address"), "http://127.0.0.1:9/told")
    hand.press(page.get_by_role("button", name="Set callback"), "Enter")
    expect(page.get_by_label("Callback address")).to_have_value(re.compile("told$"))
    hand.press(page.get_by_role("button", name="Make a new secret"))
    hand.press(copied)
    page.wait_for_url(f"**/agents/{name}/")
    hand.press(page.get_by_role("button", name="Drop the previous secret"))
    expect(page.get_by_role("button", name="Drop the")).to_have_count(0)
    for verb, state in (("Pause", "paused"), ("Resume", "active")):
        hand.press(page.get_by_role("button", name=verb), "p", "Enter")
        expect(page.locator(".page-head .badge")).to_have_text(state)
    hand.press(page.locator("a.back"), "Escape")
    page.wait_for_url("**/agents/")
    row = page.locator("[data-row]").first
    address = row.get_attribute("href")
    hand.press(row, "j", "o")
    page.wait_for_url(f"**{address}")


def test_failed_deliveries_are_sent_again(hand: Hand) -> None:
    page, name = hand.page, f"called-by-{hand.name}"
    hand.go("d", "/deliveries/")
    show_failed(hand, name)
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(2)
    hand.press(rows.nth(1), "j", "j", "o")
    page.wait_for_url("**/-/deliveries/*-*/")
    hand.press(page.get_by_role("button", name="Show the body"))
    expect(page.get_by_label("Body")).to_contain_text("request.denied")
    hand.press(page.get_by_role("button", name="Send again"), "r")
    message(page, "is on its way again.")
    hand.press(page.locator("a.back"), "Escape")
    page.wait_for_url("**/-/deliveries/")
    show_failed(hand, name)
    summary = page.locator("#again summary")
    hand.press(summary, "R")
    expect(summary).to_be_focused()
    hand.press(page.get_by_role("button", name=re.compile(r"^Send \d again$")))
    message(page, "on the way.")


def show_failed(hand: Hand, agent: str) -> None:
    hand.press(hand.page.get_by_role("link", name="Failed"))
    hand.page.wait_for_url("**?state=dead")
    hand.choose(hand.page.locator("#agent"), agent)
    hand.press(hand.page.get_by_role("button", name="Show"))
    hand.page.wait_for_url(f"**agent={agent}*")


def test_two_accounts_are_linked_and_unlinked(hand: Hand) -> None:
    page = hand.page
    own, writer = f"own-{hand.name}", f"writer-{hand.name}"
    from_menu(hand, "People", "/people")
    hand.choose(page.locator("select[name=account]"), writer)
    hand.choose(page.locator("select[name=human]"), own)
    hand.press(page.get_by_role("button", name="Link"))
    message(page, f"{writer} and {own} count as one human now.")
    hand.press(page.get_by_text(f"{own} · unlink…"))
    hand.press(page.get_by_role("button", name=f"Unlink {writer}"))
    message(page, f"{writer} counts as a human of its own now.")


def test_the_first_steps_are_tried_and_ended(hand: Hand) -> None:
    page = hand.page
    from_menu(hand, "First steps", "/welcome")
    hand.press(page.get_by_role("button", name="Let sample-agent ask"))
    waiting = page.get_by_label("Samples that wait").get_by_role("link")
    expect(waiting).to_have_count(3)
    hand.press(page.get_by_role("button", name="Pause it and take back"))
    message(page, "sample-agent is paused; nothing of it waits.")
    expect(waiting).to_have_count(0)


def test_a_policy_is_written_tried_published_and_rolled_back(
    hand: Hand, server: Server
) -> None:
    server.submit()
    page = hand.page
    throw_away(page)
    page.goto("/history")
    hand.go("p", "/policies")
    in_force = page.locator(".count").inner_text().split()[1]
    hand.press(page.get_by_role("link", name="Try a request"))
    page.wait_for_url("**/policies/try")
    bench(hand)
    hand.press(page.locator("a.back"))
    page.wait_for_url("**/policies")
    hand.press(page.get_by_role("link", name="Write a draft"))
    page.wait_for_url("**/policies/draft")
    hand.press(page.get_by_role("button", name="Begin with it"))
    source = page.locator("#source")
    text = source.input_value() + f"# by {hand.name}\n"
    hand.write(source, text)
    hand.press(page.locator("[data-save]"), "Control+s")
    expect(page.locator("#notice")).to_have_text("Saved.")
    hand.press(page.get_by_role("link", name="Back-test"))
    page.wait_for_url("**/policies/backtest")
    hand.press(page.get_by_role("button", name="Start the back-test"))
    page.wait_for_url("**/policies/backtest/*-*")
    page.locator(".backtest-said").wait_for(timeout=PATIENCE)
    hand.press(page.get_by_role("link", name="Publish your draft"))
    page.wait_for_url("**/policies/publish")
    why = page.get_by_label("Why", exact=True)
    hand.write(why, f"Says that it is by {hand.name}")
    hand.press(page.get_by_role("button", name="Publish as the next version"))
    message(page, "is in force.")
    expect(page.locator(".versions > li").first).to_contain_text(f"by {hand.name}")
    hand.press(page.get_by_role("link", name=f"Policy {in_force}", exact=True))
    page.wait_for_url(f"**/policies/{in_force}")
    hand.write(why, "It held up everything")
    hand.press(page.get_by_role("button", name=f"Roll back to policy {in_force}"))
    message(page, "is in force.")
    expect(page.locator(".versions > li").first).to_contain_text("It held up")


def bench(hand: Hand) -> None:
    """A request is tried, on what is in force."""
    text = hand.page.locator("#bench-text")
    hand.write(text, '{"action": "refund", "arguments": {}}')
    hand.press(hand.page.locator("[data-bench] [type=submit]"), "Control+Enter")
    expect(hand.page.locator("#trial")).to_contain_text("Medium")


def test_a_proposed_policy_is_answered(hand: Hand) -> None:
    page = hand.page
    hand.go("p", "/policies")
    hand.press(page.get_by_role("link", name=f"writer-{hand.name} proposes"))
    page.wait_for_url("**/policies/proposals/*")
    hand.write(page.get_by_label("Why", exact=True), "Not now")
    hand.press(page.get_by_role("button", name="Refuse"))
    message(page, "The proposal was refused.")


@pytest.mark.parametrize("kind", HANDS, ids=[kind.name for kind in HANDS])
def test_an_account_of_ones_own(
    window: Window, seeded: Server, kind: type[Hand]
) -> None:
    page = window(viewport={"width": 1280, "height": 800}).new_page()
    hand, name = kind(page), f"own-{kind.name}"
    for closed in ("inactive", "signup"):
        page.goto(f"{home(seeded)}/accounts/{closed}/")
        hand.press(page.get_by_role("link", name="Sign in"))
        page.wait_for_url("**/accounts/login/")
    sign_in(hand, name, PASSWORD)
    from_menu(hand, "Your settings", "/me")
    hand.choose(page.get_by_label("Density"), "Compact")
    hand.press(page.get_by_role("button", name="Save"), "Control+s")
    message(page, "Your preferences are saved.")
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    plug_in(page)
    hand.write(page.get_by_label("Name of the new passkey"), "laptop")
    hand.press(page.get_by_role("button", name="Add a passkey"), "Enter")
    message(page, "The passkey laptop is added.")
    hand.press(page.locator(".lined summary"))
    hand.press(page.get_by_role("button", name="Remove this passkey"))
    message(page, "is removed.")
    from_menu(hand, "Change password", "/accounts/password/")
    old, new, again = page.locator("input[type=password]").all()
    for field, text in ((old, PASSWORD), (new, NEXT_PASSWORD), (again, NEXT_PASSWORD)):
        hand.write(field, text)
    hand.press(page.get_by_role("button", name="Change password"), "Enter")
    message(page, "Password successfully changed.")
    page.goto(f"{home(seeded)}/accounts/reauthenticate/?next=/me")
    hand.write(page.locator("input[type=password]"), NEXT_PASSWORD)
    hand.press(page.get_by_role("button", name="Confirm"), "Enter")
    page.wait_for_url("**/me")
    hand.press(page.locator("details.account > summary"))
    hand.press(page.get_by_role("button", name="Sign out"))
    page.wait_for_url("**/accounts/login/**")
    sign_in(hand, name, NEXT_PASSWORD)
    page.goto(f"{home(seeded)}/accounts/logout/")
    hand.press(page.get_by_role("button", name="Sign out"))
    page.wait_for_url("**/accounts/login/**")


def sign_in(hand: Hand, name: str, password: str) -> None:
    hand.write(hand.page.locator("[name=login]"), name)
    hand.write(hand.page.locator("[name=password]"), password)
    hand.press(hand.page.get_by_role("button", name="Sign in"), "Enter")
    expect(hand.page.get_by_role("heading", name="Queue", level=1)).to_be_visible()
