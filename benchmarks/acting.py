"""What agents and people do over HTTP while they are measured."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from benchmarks.client import Answer, Connection

PASSWORD = "correct horse battery staple"
PEOPLE = ("bench", "bench-two")
"""Two reviewers."""


def waits_for_one(number: int) -> dict[str, Any]:
    """A submission that one person decides on under the shipped policy."""
    return _sql(f"UPDATE accounts SET plan = 0 WHERE id = {number}")


def waits_for_two(number: int) -> dict[str, Any]:
    """One that two people have to approve."""
    return _sql(f"DROP TABLE accounts_{number}")


def approved_at_once(number: int) -> dict[str, Any]:
    """One that policy approves."""
    return _sql(f"SELECT plan FROM accounts WHERE id = {number}")


def adds_up(number: int) -> dict[str, Any]:
    """The first of these, with an amount that windows sum up."""
    submission = waits_for_one(number)
    submission["arguments"]["amount"] = 0.05
    return submission


def _sql(statement: str) -> dict[str, Any]:
    return {
        "action": "sql.execute",
        "arguments": {"sql": statement},
        "environment": "production",
        "resource": "billing-db",
        "summary": "Move a customer back to the free plan",
    }


async def call(
    connection: Connection, key: str, path: str, body: dict[str, Any] | None = None
) -> Answer:
    """An agent's POST of ``body``; a GET without one."""
    return await connection.request(
        "GET" if body is None else "POST",
        f"/api/v1/{path}",
        body=b"" if body is None else json.dumps(body).encode(),
        Authorization=f"Bearer {key}",
        Content_Type="application/json",
    )


async def submit(
    connection: Connection, key: str, submission: dict[str, Any]
) -> dict[str, Any]:
    answer = await call(connection, key, "requests", submission)
    assert answer.status == 201, answer.body
    resource: dict[str, Any] = answer.json()
    return resource


async def sign_in(browser: Connection, name: str = PEOPLE[0]) -> None:
    page = await browser.request("GET", "/accounts/login/")
    form = {**_hidden(page.body.decode()), "login": name, "password": PASSWORD}
    assert await post(browser, "/accounts/login/", form) == 302


async def vote_form(browser: Connection, request_id: str) -> dict[str, str]:
    page = await browser.request("GET", f"/r/{request_id}")
    return {**_hidden(page.body.decode()), "verdict": "approve"}


async def post(browser: Connection, path: str, form: dict[str, str]) -> int:
    answer = await browser.request(
        "POST",
        path,
        body=urlencode(form).encode(),
        Content_Type="application/x-www-form-urlencoded",
        Origin=browser.address,
        Referer=browser.address,
    )
    return answer.status


def _hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    fields = {}
    for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in attributes:
            fields[attributes["name"]] = attributes.get("value", "")
    return fields


def live_socket(address: str, browser: Connection) -> connect:
    cookie = f"sessionid={browser.cookies['sessionid']}"
    return connect(
        f"{address.replace('http', 'ws', 1)}/ws/live",
        additional_headers={"Cookie": cookie},
        origin=address,  # type: ignore[arg-type]
        proxy=None,
    )
