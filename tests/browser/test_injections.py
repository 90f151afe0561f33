"""Three hundred payloads in every field that an agent fills: all of it stays text.

Many go into one field and many fields into one request, so that a few dozen pages show
each payload in each field. ``tests.injections`` makes them.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, WebSocket, expect

from tests.browser.conftest import Server
from tests.browser.test_deciding import armed
from tests.injections import CORPUS, shown_in_json

PAYLOADS: list[dict[str, Any]] = json.loads(CORPUS.read_text())
IN_JSON = {payload["text"]: shown_in_json(payload) for payload in PAYLOADS}
HIDDEN = frozenset(chr(point) for payload in PAYLOADS for point in payload["hidden"])
CANARY = "window.hits = []; window.hit = window.h = (n) => window.hits.push(n);"
ANSWERS = 4000
"""Characters of a reply, an outcome's detail, a reason."""
TITLES, NAMES, ARGUMENTS = 8, 10, 12
"""How many of them one request has."""
SIGN = re.compile("hit|evil|⟦")
"""Stands in what agents wrote, and nowhere in what a socket brings."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPACE = re.compile("[ \n\t]|⟦U\\+000[9A]⟧")

Text = tuple[str, str]
"""As it is sent, and as it has to be seen."""


class Watch:
    """Everything one browser does beside showing pages."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.foreign: list[str] = []
        self.trouble: list[str] = []
        self.fetched: Counter[str] = Counter()
        self.frames = ""
        """Everything that came over sockets."""
        context.add_init_script(CANARY)
        context.on("page", lambda page: page.on("websocket", self._connected))
        context.on("request", self._asked)
        context.on("console", lambda said: self._said(said.type, said.text))
        context.on("dialog", self._opened)
        context.on("weberror", lambda error: self.trouble.append(str(error.error)))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(f"{self.address}/"):
            self.foreign.append(request.url)
            return
        path = _ID.sub("ID", urlsplit(request.url).path)
        is_page = request.is_navigation_request() and not request.frame.parent_frame
        if not is_page and not path.startswith("/static/"):
            self.fetched[f"{request.method} {path}"] += 1

    def _connected(self, socket: WebSocket) -> None:
        if urlsplit(socket.url).netloc != urlsplit(self.address).netloc:
            self.foreign.append(socket.url)
        socket.on("framereceived", self._heard)

    def _heard(self, frame: str | bytes) -> None:
        self.frames += frame if isinstance(frame, str) else frame.decode()

    def _said(self, kind: str, text: str) -> None:
        """The browser's complaint about what the policy of contents forbids, too."""
        if kind in ("error", "warning") and "Service Worker" not in text:
            self.trouble.append(text)  # Workers are blocked here, and it says so.

    def _opened(self, dialog: Any) -> None:
        self.trouble.append(dialog.message)
        dialog.dismiss()

    def quiet(self, page: Page) -> str:
        """What stands on a page, once all is quiet; nothing in it has come alive."""
        hits, title, html, text = page.evaluate(
            "[window.hits, document.title, document.documentElement.outerHTML,"
            " document.body.textContent]"
        )
        assert hits == [], page.url
        assert self.foreign == [], page.url
        assert self.trouble == [], page.url
        assert not SIGN.search(self.frames), self.frames
        raw = HIDDEN.intersection(html) | HIDDEN.intersection(title)
        found = [f"U+{ord(character):04X}" for character in raw]
        assert not found, f"{page.url} has {found} as they are"
        return squeezed(text)


def packed(limit: int) -> list[Text]:
    """All payloads, as many in each text as fit."""
    texts: list[Text] = []
    sent, shown = "", ""
    for payload in PAYLOADS:
        if sent and len(sent) + 1 + len(payload["text"]) > limit:
            texts.append((sent, shown))
            sent, shown = "", ""
        sent = f"{sent} {payload['text']}" if sent else payload["text"]
        shown = f"{shown} {payload['shown']}" if shown else payload["shown"]
    return [*texts, (sent, shown)]


def groups(texts: Sequence[Text], size: int) -> list[list[Text]]:
    return [list(texts[at : at + size]) for at in range(0, len(texts), size)]


def requests() -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Submissions, and what their page has to show."""
    single = [(payload["text"], payload["shown"]) for payload in PAYLOADS]
    fields = {
        "resource": packed(500), "subject": packed(200), "summary": packed(280),
        "session": packed(200), "justification": packed(400),
        # All of them stand in rows of history, in the end.
        "environment": packed(64)[::6],
    }  # fmt: skip
    parts = zip_longest(
        *fields.values(),
        groups(single, ARGUMENTS), groups(single[150:] + single[:150], ARGUMENTS),
        groups(packed(120), TITLES), groups(packed(900), TITLES),
        groups(packed(200), NAMES), groups(packed(500), NAMES),
    )  # fmt: skip
    for texts in parts:
        lone = dict(zip(fields, texts, strict=False))
        names, values, titles, contents, keys, words = (
            group or [] for group in texts[len(fields) :]
        )
        told: list[Text] = [text for text in lone.values() if text]
        for group in (names, values, titles, contents, keys, words):
            told += group
        deep = [(name, IN_JSON[name]) for name, _ in names]
        told += [(name, f'"{shown}": ["{shown}"]') for name, shown in deep]
        evidence = zip_longest(titles, contents, fillvalue=("nothing", "nothing"))
        metadata = zip_longest(keys, words, fillvalue=("nothing", "nothing"))
        yield {
            **{name: text[0] for name, text in lone.items() if text},
            "arguments": {
                name: value
                for (name, _), (value, _) in zip(names, values, strict=True)
            } | {"deep": {name: [name] for name, _ in names}},
            "evidence": [
                {"kind": "text", "title": title, "content": content}
                for (title, _), (content, _) in evidence
            ],
            "metadata": {key: word for (key, _), (word, _) in metadata},
        }, [shown for _, shown in told]  # fmt: skip


def squeezed(text: str) -> str:
    """Without white space, which identifiers mark and prose keeps."""
    return _SPACE.sub("", text)


def read(page: Page, address: str, watch: Watch) -> str:
    """What stands on a page, once all is quiet; nothing in it has come alive."""
    page.goto(address)
    if (live := page.locator("#live")).count():
        expect(live).to_have_attribute("data-state", "live")
    return watch.quiet(page)


def missing(text: str, wanted: Sequence[str]) -> list[str]:
    return [shown for shown in wanted if squeezed(shown) not in text]


@pytest.fixture
def watched(
    window: Callable[..., BrowserContext], server: Server
) -> tuple[Page, Watch]:
    context = window("alice", viewport={"width": 1280, "height": 800})
    watch = Watch(context, server.address)
    return context.new_page(), watch


def answered(page: Page, server: Server, text: str) -> dict[str, Any]:
    """A request whose agent was asked, and said ``text``."""
    approval = server.submit("calendar.update")
    page.goto(f"/r/{approval['id']}")
    armed(page)
    page.keyboard.press("c")
    page.locator("#question-text").fill("Why?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#questions")).to_contain_text("The agent has not answered yet")
    question = server.state(approval)["question"]["id"]
    reply = {"question": question, "message": text}
    server.call(f"/requests/{approval['id']}/replies", reply)
    return approval


def carried_out(server: Server, text: str) -> dict[str, Any]:
    """A request that policy approved, and what its agent says became of it."""
    approval = server.submit("sql.query", arguments={"sql": "SELECT 1 FROM accounts"})
    assert approval["state"] == "approved"
    outcome = {"status": "failed", "digest": approval["digest"], "detail": text}
    server.call(f"/requests/{approval['id']}/outcome", outcome)
    return approval


def cancelled(server: Server, text: str, **members: Any) -> dict[str, Any]:
    approval = server.submit("calendar.update", **members)
    server.call(f"/requests/{approval['id']}/cancel", {"reason": text})
    return approval


def walk(
    page: Page, server: Server, watch: Watch, stories: dict[str, list[str]]
) -> Counter[str]:
    """Every page of these requests; what was fetched, at most, for one of them."""
    most: Counter[str] = Counter()
    for number, (id, wanted) in enumerate(stories.items()):
        watch.fetched.clear()
        text = read(page, f"/r/{id}", watch)
        assert missing(text, wanted) == []
        most |= watch.fetched
        if number % 9 == 0:
            text = read(page, f"/audit/requests/{id}", watch)
            page.locator("ol.story a[data-row]").first.click()
            page.wait_for_url("**/audit/entries/**")
            read(page, page.url, watch)
            most |= watch.fetched
    return most


def lists(page: Page, watch: Watch) -> tuple[Counter[str], str]:
    """The queue, and history to its end; what was fetched, and what they say."""
    watch.fetched.clear()
    said = read(page, "/", watch)
    said += read(page, "/history", watch)
    older = page.locator('a[href*="before="]')
    while older.count():
        said += read(page, older.first.evaluate("link => link.href"), watch)
    return Counter(watch.fetched), said


def test_nothing_that_an_agent_writes_comes_alive_or_stays_hidden(
    watched: tuple[Page, Watch], server: Server
) -> None:
    page, watch = watched
    harmless = [server.submit("calendar.update"), answered(page, server, "Because.")]
    harmless += [carried_out(server, "It broke."), cancelled(server, "Not needed.")]
    usual = walk(page, server, watch, {one["id"]: [] for one in harmless})
    # Together: the last page that is left may still fetch something.
    usual |= lists(page, watch)[0]
    server.cancel_all()

    stories: dict[str, list[str]] = {}
    for submission, wanted in requests():
        stories[server.submit("sql.execute", **submission)["id"]] = wanted
    for sent, shown in packed(ANSWERS):
        stories[answered(page, server, sent)["id"]] = [shown]
        stories[carried_out(server, sent)["id"]] = [shown]
        stories[cancelled(server, sent)["id"]] = [shown]
    environments = packed(64)
    for sent, _ in environments:
        cancelled(server, "", environment=sent)

    fetched = walk(page, server, watch, stories)
    assert set(fetched) <= set(usual)
    fetched, said = lists(page, watch)
    assert set(fetched) <= set(usual)
    assert missing(said, [shown for _, shown in environments]) == []
