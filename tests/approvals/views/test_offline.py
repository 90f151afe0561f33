"""``/offline`` and ``/worker.js``: the same for everybody, with nothing of anybody."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals import offline_views

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
ROOT = Path(__file__).parent.parent.parent.parent


def test_the_page_can_decide_nothing(browser: Browser, alice: User) -> None:
    page = browser(alice).get("/offline").text
    assert "Nothing can be approved or denied here" in page
    for part in ("<form", "<input", "<button", "csrf", "alice", "hx-", "app.js"):
        assert part not in page
    assert page == Client().get("/offline").text


def test_the_worker_is_for_every_page(browser: Browser) -> None:
    answer = Client().get("/worker.js")
    assert answer["Content-Type"] == "text/javascript"
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert Client().post("/worker.js").status_code == 405


def test_the_worker_keeps_all_that_the_page_loads() -> None:
    answer = Client().get("/worker.js").text
    told = json.loads(re.match(r"const FILES = (\{.*\});\n", answer)[1])  # type: ignore[index]
    page = Client().get("/offline").text
    assert set(told["files"]) == set(re.findall(r'"(/static/[^"]+)"', page))
    assert told["page"] == "/offline"
    assert told["signOut"] == "/accounts/logout/"
    scripts = {Path(file).name for file in told["files"] if file.endswith(".js")}
    for name in scripts:
        text = (ROOT / "static" / "js" / name).read_text(encoding="utf-8")
        for used in re.findall(r'(?:from|import\()\s*"\./([^"]+)"', text):
            assert used in scripts, f"{name} needs {used}"


def test_the_worker_is_another_one_when_a_file_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = offline_views._worker()
    read = offline_views._read
    monkeypatch.setattr(offline_views, "_read", lambda name: read(name) + b"\n")
    offline_views._worker.cache_clear()
    assert offline_views._worker().splitlines()[0] != before.splitlines()[0]
    offline_views._worker.cache_clear()


def test_the_worker_neither_queues_nor_repeats() -> None:
    script = (ROOT / "static" / "js" / "worker.js").read_text(encoding="utf-8")
    for event in ("sync", "periodicsync", "backgroundfetch", "push"):
        assert f'"{event}' not in script
    assert "indexedDB" not in script
    body = script.split('self.addEventListener("fetch"')[1].split("\n});")[0]
    leaves = body.index('request.method !== "GET"')
    assert leaves < body.index("return;", leaves) < body.index("respondWith")
