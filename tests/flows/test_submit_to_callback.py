"""The main job: ask over HTTP, click in Chromium, hear by long poll and callback."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import jwt
import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks import Webhook

from config.embedded import connection_settings
from tests.agents.endpoint import Endpoint, serving
from tests.browser.conftest import chromium as chromium
from tests.serving import Serving, data_folder, manage

pytestmark = [pytest.mark.flow, pytest.mark.browser]

ASK = {
    "action": "sql.execute",
    "arguments": {"sql": "UPDATE accounts SET plan = 0 WHERE id = 42"},
    "environment": "production",
    "summary": "Move one customer to the free plan",
}


BACK = re.compile(r"/(#row-.*)?$")
"""The queue: a browser is not to be closed on its way there."""


@pytest.fixture(scope="module")
def product() -> Iterator[Serving]:
    with data_folder() as folder, Serving(folder) as served:
        yield served.ready()


@pytest.fixture(scope="module")
def callback() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def agent(product: Serving, callback: Endpoint) -> dict[str, str]:
    """Registered by the operator, with its callback."""
    done = manage(
        product.data_dir,
        "create_agent", "flow-agent", "--owner", "admin",
        "--callback", callback.url, "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    registered: dict[str, str] = json.loads(done.stdout)
    return registered


@pytest.fixture
def http(product: Serving, agent: dict[str, str]) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        base_url=product.url,
        trust_env=False,
        timeout=70,
        headers={"Authorization": f"Bearer {agent['key']}"},
    ) as client:
        yield client


@pytest.fixture
def queue(product: Serving, chromium: Browser) -> Iterator[Page]:
    """Alice's browser, signed in and live."""
    said = re.search(r"^ +alice +(\S+)$", product.output, re.MULTILINE)
    assert said
    context = chromium.new_context(base_url=product.url)
    page = context.new_page()
    page.goto("/")
    page.fill("[name=login]", "alice")
    page.fill("[name=password]", said[1])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    yield page
    context.close()


def received(callback: Endpoint, count: int) -> list[Any]:
    limit = time.monotonic() + 10
    while len(callback.received) < count and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(callback.received) == count
    return callback.received


def entries(data_dir: Path, request_id: str) -> list[tuple[str, str]]:
    """Action and actor of every entry about a request and its delivery."""
    to = connection_settings(None, data_dir)
    with closing(
        psycopg.connect(
            host=to["HOST"], port=to["PORT"], user=to["USER"], dbname=to["NAME"]
        )
    ) as database:
        return database.execute(
            "SELECT action, actor_name FROM audit_entry WHERE subject_id = %s"
            " OR data->>'request' = %s ORDER BY id",
            [request_id, request_id],
        ).fetchall()


def test_approved_in_the_browser_heard_by_long_poll_and_callback(
    product: Serving,
    agent: dict[str, str],
    callback: Endpoint,
    http: httpx2.Client,
    queue: Page,
) -> None:
    before = len(callback.received)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            http.post, "/api/v1/requests", json=ASK, headers={"Prefer": "wait=60"}
        )
        row = queue.locator("a.row").first
        expect(row).to_contain_text("sql.execute")
        row.click()
        expect(queue.get_by_text("UPDATE accounts SET plan = 0").first).to_be_visible()
        queue.wait_for_timeout(700)
        queue.get_by_role("button", name=re.compile("^Approve")).click()
        queue.wait_for_url(BACK)
        resource = asked.result(30).json()
    assert (resource["state"], resource["decision"]["decided_by"]) == (
        "approved",
        ["alice"],
    )

    keys = jwt.PyJWKSet.from_dict(http.get("/.well-known/jwks.json").json())
    token = resource["permit"]["token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key.key, algorithms=["EdDSA"])
    assert (claims["dig"], claims["apr"]) == (resource["digest"], ["alice"])

    call = received(callback, before + 1)[-1]
    message = Webhook(agent["webhook_secret"]).verify(call.body, call.headers)
    assert message["type"] == "request.approved"
    assert message["data"] == resource

    # The last is written once our answer has reached the worker.
    story = [
        ("request:submitted", "flow-agent"),
        ("request:voted", "alice"),
        ("request:decided", "alice"),
        ("delivery:delivered", "Countersign"),
    ]
    limit = time.monotonic() + 10
    while (found := entries(product.data_dir, resource["id"])) != story:
        assert time.monotonic() < limit, found
        time.sleep(0.05)


def test_denied_in_the_browser_the_agent_reads_the_message(
    callback: Endpoint, agent: dict[str, str], http: httpx2.Client, queue: Page
) -> None:
    before = len(callback.received)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            http.post, "/api/v1/requests", json=ASK, headers={"Prefer": "wait=60"}
        )
        queue.locator("a.row").first.click()
        queue.wait_for_timeout(700)
        queue.get_by_role("button", name=re.compile("^Deny")).first.click()
        queue.get_by_label(re.compile("reason|message", re.IGNORECASE)).first.fill(
            "Use the staging copy first."
        )
        queue.wait_for_timeout(700)
        queue.get_by_role("button", name=re.compile("^Send denial")).click()
        queue.wait_for_url(BACK)
        resource = asked.result(30).json()
    assert (resource["state"], resource["permit"]) == ("denied", None)
    assert resource["decision"]["message"] == "Use the staging copy first."
    call = received(callback, before + 1)[-1]
    assert Webhook(agent["webhook_secret"]).verify(call.body, call.headers)["type"] == (
        "request.denied"
    )


def test_the_log_of_all_this_holds(product: Serving) -> None:
    done = manage(product.data_dir, "verify_audit", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["ok"] is True
