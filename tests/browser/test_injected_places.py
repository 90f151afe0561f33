"""Each field that an agent fills, on each page where it stands: text, and all visible.

``test_injections`` shows all three hundred payloads on the pages of a request. Here one
of each family goes into every field, a different one into each, so that a page that
lets a single field through is named with it. ``injected.SHOWN`` is the list of both.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.agents.endpoint import Endpoint, serving, status
from tests.browser.conftest import Server
from tests.browser.injected import FIELDS, GROUPS, JSON, SHOWN, TOLD, Told
from tests.browser.test_injections import HIDDEN, PAYLOADS, Watch, read, squeezed
from tests.browser.tiers import announced
from tests.serving import Serving, data_folder, manage

POLICY = """
default_tier: plain
tiers:
  harmless: {rank: 10, route: auto}
  plain:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    reason_required: never
    grants: {max_uses: 50, max_duration: 7d}
    bulk: 20
rules:
  - {key: harmless, when: action.name == "auto.do", tier: harmless}
"""
SEED = """
from django.core.management import call_command
from agents import registry
from agents.models import Agent
from audit.log import SYSTEM
agent = Agent.objects.get(name="demo-agent")
registry.set_callback(agent, "{url}", actor=SYSTEM)
call_command("policy", "publish", "{file}", reason="for tests")
"""
DESK = {"width": 1280, "height": 800}
USUAL = {
    "GET /",
    "GET /audit/checkpoint",
    "GET /audit/entries/ID/canonical",
    "GET /audit/entries/ID/proof",
    "GET /audit/key",
    "GET /brake/banner",
    "GET /bulk",
    "GET /palette",
    "GET /r/ID",
    "GET /r/ID/looking",
    "GET /r/ID/row",
    "GET /waiting",
    "POST /policies/try",
    "POST /r/ID/viewed",
}
"""All that these pages fetch by themselves, or send by what the test presses."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """A callback that answers with payloads, and with a failure."""
    body = "\n".join(told["answer"] for told in TOLD).encode()
    with serving(status(500, body=body)) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def running_server(
    tmp_path_factory: pytest.TempPathFactory, endpoint: Endpoint
) -> Iterator[Server]:
    """With one tier that allows everything, and a callback for the agent."""
    with data_folder() as data_dir, Serving(data_dir) as serving:
        server = announced(serving)
        file = tmp_path_factory.mktemp("policy") / "policy.yaml"
        file.write_text(POLICY, encoding="utf-8")
        script = SEED.format(url=endpoint.url, file=file)
        done = manage(data_dir, "shell", "--verbosity=0", "--command", script)
        assert done.returncode == 0, done.stderr
        yield server


class Walk:
    """A person's browser, and what it has to see where."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.server = server
        self.watch = Watch(context, server.address)
        self.page = context.new_page()
        self.seen: set[str] = set()

    def see(
        self, place: str, address: str, told: Sequence[Told], within: str = ""
    ) -> None:
        """Go there; every field that stands there has to be seen as it should."""
        text = read(self.page, address, self.watch)
        if within:
            text = squeezed(" ".join(self.page.locator(within).all_text_contents()))
        self.check(place, text, told)

    def check(self, place: str, text: str, told: Sequence[Told]) -> None:
        """The same of a text that is there already."""
        self.seen.add(place)
        for one in told:
            for field in SHOWN[place]:
                wanted = squeezed(one.shown(field))
                assert wanted in text, f"{place}: {field}: {wanted}"

    def here(self, within: str = "body") -> str:
        """What stands on the page now; nothing has come alive since it was loaded."""
        self.watch.quiet(self.page)
        return squeezed(" ".join(self.page.locator(within).all_text_contents()))

    def post(self, address: str, **fields: str) -> bytes:
        """What a form on the page sends."""
        token = self.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
        form = {"csrfmiddlewaretoken": token, **fields}
        answer = self.page.request.post(address, form=form, max_redirects=0)
        assert answer.status < 400, (address, answer.status)
        return answer.body()


@dataclass(frozen=True)
class Asked:
    """Of each family, the ids of its requests."""

    first: list[str]
    """Two and two equal ones wait."""
    equal: list[str]
    lot: list[str]
    """Alike in all that has to be the same for deciding them at once."""
    like: list[str]
    """The same arguments elsewhere, in the session of the first."""
    over: list[str]
    """Cancelled after a question."""
    done: list[str]
    """Approved by policy, with an outcome."""


def each(
    server: Server, action: str, members: Callable[[Told], dict[str, Any]]
) -> list[str]:
    return [server.submit(action, **members(told))["id"] for told in TOLD]


def ask(walk: Walk) -> Asked:
    """In two steps: the queue shows few of one agent, so that others are seen."""
    server = walk.server
    first = each(server, "tool.call", Told.members)
    equal = each(server, "tool.call", Told.members)
    look_at_lists(walk, first)
    over = each(server, "tool.over", Told.members)
    for id, told in zip(over, TOLD, strict=True):
        walk.page.goto(f"/r/{id}")
        walk.post(f"/r/{id}/ask", text="Why?")
        question = server.call(f"/requests/{id}")["question"]["id"]
        reply = {"question": question, "message": told["reply"]}
        server.call(f"/requests/{id}/replies", reply)
        server.call(f"/requests/{id}/cancel", {"reason": told["reason"]})
    done = [server.submit("auto.do") for _ in TOLD]
    for one, told in zip(done, TOLD, strict=True):
        said = {"status": "failed", "digest": one["digest"], "detail": told["outcome"]}
        server.call(f"/requests/{one['id']}/outcome", said)
    return Asked(
        lot=each(server, "tool.lot", in_a_lot),
        like=each(server, "tool.call", elsewhere),
        first=first,
        equal=equal,
        over=over,
        done=[one["id"] for one in done],
    )


def in_a_lot(told: Told) -> dict[str, Any]:
    named = {name: told[name] for name in ("resource", "subject", "summary")}
    return {"arguments": {"text": told["argument"]}, "environment": "staging", **named}


def elsewhere(told: Told) -> dict[str, Any]:
    where = {"environment": "staging", "session": told["session"]}
    return {"arguments": told.arguments(), **where}


def look_at_lists(walk: Walk, first: list[str]) -> None:
    """While everything waits."""
    page = walk.page
    walk.see("queue", "/", TOLD)
    page.keyboard.press("Control+k")
    page.locator("#palette-text").fill("tool.call on")
    found = page.locator("#palette [role=option]")
    expect(found.nth(2 * len(TOLD) - 1)).to_be_visible()
    walk.check("palette", walk.here("#palette-list"), TOLD)
    page.keyboard.press("Escape")
    for id, told in zip(first, TOLD, strict=True):
        page.locator(f"#row-{id} a.row").focus()
        if page.locator("#pane").is_hidden():
            page.keyboard.press("o")
        page.locator(f'#pane article[data-request="{id}"]').wait_for()
        walk.check("pane", walk.here("#pane"), [told])
    walk.see("offline", "/offline", TOLD)


def look_at_requests(walk: Walk, asked: Asked) -> None:
    """The pages of one request each."""
    page = walk.page
    for first, equal, over, told in zip(
        asked.first, asked.equal, asked.over, TOLD, strict=True
    ):
        walk.see("request", f"/r/{first}", [told])
        walk.see("bulk, the same", f"/bulk?r={first}.1&r={equal}.1", [told])
        walk.see("afterwards", f"/r/{over}", [told])
        walk.see("story", f"/audit/requests/{over}", [told])
        page.locator("ol.story a[data-row]").first.click()
        page.wait_for_url("**/audit/entries/**")
        walk.check("entry", walk.here(), [told])
        page.goto(f"/r/{first}/edit")
        text = page.locator("#arguments").input_value()
        assert text.isascii()
        assert json.loads(text) == told.arguments()
        page.fill("#arguments", "{}")
        page.locator("[data-preview]").click()
        page.locator("#diff-title").wait_for()
        walk.check("edit", walk.here(), [told])


def look_at_many(walk: Walk, asked: Asked) -> None:
    """Deciding several at once, and what is hidden."""
    page = walk.page
    picked = "&".join(f"r={id}.1" for id in [asked.lot[0], *asked.first])
    walk.see("bulk, left out", f"/bulk?{picked}", TOLD)
    picked = "&".join(f"r={id}.1" for id in asked.lot)
    walk.see("bulk, different", f"/bulk?{picked}", TOLD)
    page.locator(".verb.approve:not([aria-disabled])").click()
    page.locator("#outcome-title").wait_for()
    walk.check("bulk, done", walk.here(), TOLD)
    page.goto("/brake")
    for id in asked.equal:
        walk.post(f"/r/{id}/hide", minutes="60")
    walk.see("hidden", "/hidden", TOLD)
    walk.see("history", "/history", TOLD)
    walk.see("reconciliation", "/reconciliation", TOLD)
    for id, told in zip(asked.done, TOLD, strict=True):
        walk.see("outcome", f"/r/{id}", [told])


def allow_the_like(walk: Walk, asked: Asked) -> None:
    """A grant of each family; then what was decided before stands beside the next."""
    page = walk.page
    forms: dict[str, dict[str, str]] = {}
    for id, told in zip(asked.first, TOLD, strict=True):
        walk.see("grant", f"/r/{id}/grant", [told])
        form = page.locator("form[data-terms]")
        forms[id] = dict(form.evaluate("form => [...new FormData(form)]"))
    # What the server would refuse of the last one, because it came too quickly.
    page.locator("[data-allow]:not([aria-disabled])").wait_for()
    for id, fields in forms.items():
        walk.post(f"/r/{id}/grant", verdict="approve", **fields)
    walk.see("grants", "/grants", TOLD)
    for id, told in zip(asked.like, TOLD, strict=True):
        walk.see("similar", f"/r/{id}", [told], within="#similar")
        walk.check("session", walk.here("ul.session"), [told])


def look_at_the_log(walk: Walk) -> None:
    """As a list, and as the table that people take away."""
    found = ""
    for verb in ("submitted", "replied", "decided"):
        read(walk.page, f"/audit/?action=request:{verb}", walk.watch)
        found += walk.here(".entry-data")
    walk.check("audit", found, TOLD)
    read(walk.page, "/audit/verify", walk.watch)
    table = walk.post("/audit/export", form="csv").decode()
    assert not HIDDEN.intersection(table) - set("\r\n")
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    walk.check("export", squeezed("".join(cells)), TOLD)


def look_at_what_staff_see(walk: Walk, asked: Asked) -> None:
    """What was sent to the callback and what it answered; the test bench."""
    page = walk.page
    page.goto("/agents/-/deliveries/")
    rows = page.locator("#rows tr", has_text="request.cancelled")
    links = rows.locator("a[data-row]")
    sent = links.evaluate_all("links => links.map((link) => link.href)")
    assert len(sent) == len(TOLD)
    bodies = ""
    for address in sent:
        walk.see("callback", address, TOLD)
        page.get_by_role("button", name="Show the body").click()
        page.locator("pre[aria-label=Body]").wait_for()
        bodies += walk.here("pre[aria-label=Body]")
    walk.check("delivery", bodies, TOLD)
    for id, told in zip(asked.like, TOLD, strict=True):
        page.goto(f"/policies/try?request={id}&version=2")
        text = page.locator("#bench-text").input_value()
        assert not HIDDEN.intersection(text) - {"\n"}
        assert json.loads(text)["arguments"] == told.arguments()
        page.locator("#bench-form [type=submit]").click()
        page.locator("#trial .sides").wait_for()
        walk.here()


def look_at_the_brake(walk: Walk) -> None:
    """An agent that stops itself: its words stand on every page until then."""
    walk.server.call("/brake", {"reason": " ".join(told["stop"] for told in TOLD)})
    walk.see("brake", "/brake", TOLD)
    walk.check("brake", walk.here("#brake-banner"), TOLD)
    walk.see("audit of the brake", "/audit/?action=brake:engaged", TOLD)


def test_what_an_agent_writes_stays_text_and_visible_wherever_it_stands(
    window: Callable[..., BrowserContext], running_server: Server
) -> None:
    alice = Walk(window("alice", viewport=DESK), running_server)
    asked = ask(alice)
    look_at_requests(alice, asked)
    allow_the_like(alice, asked)
    look_at_many(alice, asked)
    look_at_the_log(alice)
    admin = Walk(window("admin", viewport=DESK), running_server)
    look_at_what_staff_see(admin, asked)
    look_at_the_brake(admin)
    assert alice.seen | admin.seen == set(SHOWN)
    assert set(alice.watch.fetched | admin.watch.fetched) <= USUAL


def test_every_field_and_every_family_is_looked_at_somewhere() -> None:
    places = [name for names in SHOWN.values() for name in names]
    looked_at = {name.removesuffix(f" {JSON}") for name in places}
    assert looked_at == set(FIELDS)
    families = {payload["family"] for payload in PAYLOADS}
    assert {family for group in GROUPS for family in group} == families
