"""Everybody can use every page: WCAG 2.2 A and AA by axe, and no sideways scrolling.

Every page is loaded once; colours and width change under it. A page that is added
and not visited here fails ``test_no_page_is_forgotten``.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.serving import manage

Window = Callable[..., BrowserContext]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
KIND = {"resultTypes": ["violations"]}
OPTIONS: dict[str, Any] = {"runOnly": {"type": "tag", "values": RULES}, **KIND}
LOOKS = [(s, w) for s in ("light", "dark") for w in (1280, 390)]
NARROW = (320, 768)
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], **KIND}
"""All that another colour scheme can change."""

VISITED = {
    "approvals:queue": "/",
    "approvals:history": "/history",
    "approvals:hidden": "/hidden",
    "approvals:bulk": "{bulk}",
    "approvals:request": "{waiting} {over}",
    "approvals:edit": "{waiting}/edit",
    "approvals:brake": "/brake",
    "approvals:policy_draft": "/policies/draft",
    "approvals:policy_proposal": "{proposal}",
    "approvals:welcome": "/welcome",
    "approvals:me": "/me",
    "approvals:people": "/people",
    "approvals:offline": "/offline",
    "agents:list": "/agents/",
    "agents:register": "/agents/-/register/",
    "agents:detail": "/agents/demo-agent/",
    "agents:deliveries": "/agents/-/deliveries/ /agents/-/deliveries/?state=dead",
    "agents:delivery": "{delivery}",
    "audit:list": "/audit/ /audit/?subject_type=nothing",
    "audit:verify": "/audit/verify",
    "audit:story": "{story}",
    "audit:entry": "{entries}",
    "account_logout": "/accounts/logout/",
    "account_inactive": "/accounts/inactive/",
    "account_signup": "/accounts/signup/",
    "account_reauthenticate": "/accounts/reauthenticate/",
    "account_change_password": "/accounts/password/",
}
"""By the name of the address; what stands in braces is made first."""
BESIDE = ["/nothing-here", "/agents/nobody/"]
"""Pages that have no address of their own: not found. ``test_accessible_states`` has
the others that say what cannot be answered, and what is empty or only to be read."""
ELSEWHERE = {
    "account_login": "test_the_sign_in_passes_axe",
    **dict.fromkeys(
        ("approvals:backtests", "approvals:backtest"),
        "tests/browser/test_backtest.py",
    ),
    **dict.fromkeys(
        (
            "approvals:grant",
            "approvals:grants",
            "approvals:grant_given",
            "approvals:reconciliation",
        ),
        "tests/browser/test_grants.py",
    ),
    **dict.fromkeys(
        (
            "approvals:policies",
            "approvals:policy_version",
            "approvals:publish_policy",
            "approvals:try_policy",
        ),
        "tests/browser/test_policy_editor.py",
    ),
}
"""Visited by ``assert_usable`` as well, but there."""
NO_PAGES = {
    "approvals:waiting": "a fragment of the queue",
    "approvals:row": "a fragment of the queue",
    "approvals:search_words": "a fragment of both lists",
    "approvals:looking": "a fragment of a request's page",
    "approvals:brake_banner": "a fragment of every page",
    "approvals:try_policy_requests": "a fragment of the test bench",
    "approvals:palette": "JSON",
    "approvals:worker": "a script",
    "audit:canonical": "bytes",
    "audit:proof": "JSON",
    "audit:checkpoint": "for auditors' programs",
    "audit:key": "for auditors' programs",
    "audit:bundle": "for auditors' programs",
    "audit:tile": "for auditors' programs",
}
NOT_OURS = ("admin:", "api:")
"""Django's administration, and what agents call."""

SEED = """
from django.contrib.auth.models import User
from django.db import transaction
from agents import outbox, registry
from approvals import proposals
from approvals.models import Policy
from audit.log import person
User.objects.create_user("charlie", password="nobody's password")
admin = User.objects.get(username="admin")
source = Policy.objects.latest("version").source + "# changed"
made = proposals.propose(
    source, actor=person(admin), user=admin, reason="To see it."
)
print("proposal", made.pk)
called = registry.register_agent("called-bot", actor=person(admin), owner=admin).agent
registry.set_callback(called, "http://127.0.0.1:9/", actor=person(admin))
called.refresh_from_db()
with transaction.atomic():
    sent = outbox.enqueue(agent=called, type="request.denied", data={}, subject_id="1")
print("delivery", sent.pk)
"""


@pytest.fixture(scope="module")
def requests(running_server: Server) -> dict[str, str]:
    """One that waits and one that is over, both full of everything."""
    running_server.cancel_all()
    members = {
        "arguments": {
            "sql": "DROP TABLE a\u202eb; -- " + "x" * 900,
            "n": {"deep": [1, None]},
            "patch": "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n same\n-x = 1\n+x = 2\n",
            "script": "echo 1\n" * 200,
        },
        "environment": "production",
        "resource": "db/p\u0430yments/" + "y" * 200,
        "subject": "customer 42",
        "summary": "Nothing to see here",
        "justification": "Because.\n" * 5,
        "session": "run-1",
        "evidence": [{"kind": "diff", "title": "A diff", "content": "-a\n+b" * 50}],
        "metadata": {"ticket": "OPS-1"},
    }
    waiting = running_server.submit("sql.execute", **members)
    over = running_server.submit("sql.execute", **members)
    running_server.call(f"/requests/{over['id']}/cancel", {"reason": "Changed my mind"})
    for n in range(3):
        running_server.submit(f"tool.{n}")
    lot = [running_server.submit("email.send")["id"] for _ in range(2)]
    return {
        "bulk": f"/bulk?r={lot[0]}.1&r={lot[1]}.1",
        "waiting": f"/r/{waiting['id']}",
        "over": f"/r/{over['id']}",
        "story": f"/audit/requests/{over['id']}",
    }


SETTLED = """(isLive) =>
  !document.querySelector(":is(.verb, .send, .armed, [data-allow])[aria-disabled]")
  && (!isLive || document.querySelector("#live")?.dataset.state !== "connecting")
  && document.getAnimations().every((one) => one.playState === "finished")"""


BAR_FITS = """() => {
  const bar = document.querySelector(".topbar");
  return !bar || bar.scrollWidth <= bar.clientWidth;
}"""


def settled(page: Page, *, is_live: bool = True) -> None:
    """As people find it who read before they press: what is inert is not judged."""
    page.wait_for_function(SETTLED, arg=is_live)


def violations(page: Page, options: dict[str, Any] = OPTIONS) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("(options) => axe.run(options)", options)["violations"]
    return [f"{v['id']}: {n['html']}" for v in found for n in v["nodes"]]


def assert_usable(page: Page, what: str, *, is_live: bool = True) -> None:
    """In every look, and without sideways scrolling at every width.

    ``is_live``: whether the page's socket gets an answer.
    """
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        settled(page, is_live=is_live)
        rules = OPTIONS if scheme == "light" else COLOURS
        assert violations(page, rules) == [], (what, scheme, width)
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 640})
        wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room == width, (what, width)
        assert page.evaluate(BAR_FITS), (what, width)


@pytest.fixture(scope="module")
def places(
    running_server: Server, chromium_window: Window, requests: dict[str, str]
) -> dict[str, str]:
    """What is in the braces of VISITED."""
    assert running_server.data_dir is not None
    made = manage(running_server.data_dir, "shell", "--verbosity=0", "--command", SEED)
    ids = dict(re.findall(r"(proposal|delivery) (\S+)", made.stdout))
    assert len(ids) == 2, made.stderr
    page = chromium_window("admin").new_page()
    page.goto(requests["story"])
    rows = page.locator("[data-row]").all()
    entries = [str(row.get_attribute("href")) for row in rows]
    return {
        **requests,
        "entries": " ".join(entries),
        "proposal": f"/policies/proposals/{ids['proposal']}",
        "delivery": f"/agents/-/deliveries/{ids['delivery']}/",
    }


def test_every_page_passes_axe_and_fits_a_small_phone(
    window: Window, running_server: Server, places: dict[str, str]
) -> None:
    page = window("admin").new_page()
    addresses = [a for made in VISITED.values() for a in made.format(**places).split()]
    for address in [*addresses, *BESIDE]:
        page.goto(address)
        assert_usable(page, address)
    running_server.cancel_all()
    page.goto("/")
    page.get_by_text("Nothing waits for you").wait_for()
    assert_usable(page, "the empty queue")


def test_what_opens_on_a_page_passes_axe(
    window: Window, places: dict[str, str], running_server: Server
) -> None:
    long = {"sql": "DROP TABLE customers", "script": "echo 1\n" * 200}
    asked = running_server.submit("sql.execute", arguments=long)
    page = window("alice").new_page()
    page.goto(f"/r/{asked['id']}")
    page.locator(".verb.deny:not([aria-disabled])").click()
    page.locator(".exact summary").click()
    page.locator(".rest summary").click()
    assert_usable(page, "the reason")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1280, "height": 844})
    for name in ("open-keys", "open-palette"):
        page.locator(f"[data-{name}]").click()
        page.locator("dialog[open]").wait_for()
        assert_usable(page, name)
        page.set_viewport_size({"width": 1280, "height": 844})
        page.locator("dialog[open]").get_by_role("button", name="Close").click()
    page.locator("details.account summary").click()
    assert_usable(page, "the account's menu")


def test_pages_for_nobody_in_particular_pass_axe(
    window: Window, places: dict[str, str]
) -> None:
    page = window("alice").new_page()
    page.goto("/people")
    assert_usable(page, "not allowed")
    stranger = window().new_page()
    stranger.goto("/accounts/login/")
    stranger.fill("[name=login]", "charlie")
    stranger.fill("[name=password]", "nobody's password")
    stranger.get_by_role("button", name="Sign in").click()
    stranger.get_by_text("You are not in a group yet").wait_for()
    assert_usable(stranger, "in no group")


def test_the_sign_in_passes_axe(window: Window, running_server: Server) -> None:
    page = window().new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", "nobody")
    page.fill("[name=password]", "wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert_usable(page, "the sign-in")


def test_on_a_phone_a_finger_hits_what_it_means(
    window: Window, requests: dict[str, str]
) -> None:
    context = window(
        "alice",
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    named = (".tabs > a", ".more > summary", ".tool", ".brake-control > summary")
    pressed = ", ".join([*named, ".verb", ".button:not(.small)"])
    for address in ("/", requests["waiting"], "/me", "/audit/"):
        page.goto(address)
        # A page that is too wide is shown smaller: then these would be larger.
        assert page.evaluate("innerWidth") == 390, address
        for element in page.locator(pressed).all():
            box = element.bounding_box()
            if box is not None and box["height"]:  # What is closed has none.
                assert box["height"] >= 48, (address, element.inner_text())
        tabs = page.locator(".tabs")
        if address == requests["waiting"]:
            expect(tabs).to_be_hidden()
            expect(page.locator("a.back")).to_be_visible()
        else:
            box = tabs.bounding_box()
            assert box
            assert box["y"] + box["height"] == 844


def names_of(
    resolver: URLResolver, space: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from names_of(pattern, space + inner)
        else:
            yield space + (pattern.name or ""), pattern


def filled(pattern: URLPattern, name: str) -> str:
    """An address with something in each of its places."""
    fill = {"uuid": "0" * 8 + "-0000-7000-8000-" + "0" * 12, "int": 1, "str": "x"}
    kinds = re.findall(r"<(\w+):(\w+)>", str(pattern.pattern))
    return reverse(name, kwargs={where: fill[kind] for kind, where in kinds})


@pytest.mark.django_db
def test_no_page_is_forgotten(admin: User) -> None:
    client = Client()
    client.force_login(admin)
    known = {*VISITED, *ELSEWHERE, *NO_PAGES}
    unknown = [
        name
        for name, pattern in names_of(get_resolver())
        if not name.startswith(NOT_OURS)
        and name not in known
        and client.get(filled(pattern, name)).status_code != 405
    ]
    assert unknown == []


@pytest.mark.parametrize("file", sorted({f for f in ELSEWHERE.values() if "/" in f}))
def test_what_is_visited_elsewhere_is_judged_there(file: str) -> None:
    assert "assert_usable(" in Path(file).read_text(encoding="utf-8")
