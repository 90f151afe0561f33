"""The agents' guide, docs/agents.md, does what it says when it is copied."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from uuid import UUID

import httpx2
import pytest
from django.contrib.auth.models import User

from agents.models import Brake
from approvals import lifecycle
from approvals.models import ApprovalRequest, Outcome, Permit, Question
from tests.approvals.api.asking import (
    Resource,
    change,
    decide,
    now_of,
    pull_brake,
    question_to,
)
from tests.test_docs import _code

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def guide() -> SimpleNamespace:
    names: dict[str, Any] = {}
    for source in _code("docs/agents.md", "python"):
        exec(source, names)
    return SimpleNamespace(**names)


@pytest.fixture
def server(api: httpx2.Client) -> tuple[str, str]:
    """Base address and key, as the guide's functions want them."""
    key = api.headers["Authorization"].removeprefix("Bearer ")
    return str(api.base_url).rstrip("/"), key


def once(found: Callable[[], Any]) -> Any:
    """What ``found`` gives as soon as it gives something."""
    limit = time.monotonic() + 10
    while not (value := found()):
        assert time.monotonic() < limit
        time.sleep(0.02)
    return value


def test_asks_answers_a_question_and_runs_what_was_approved(
    api: httpx2.Client, guide: SimpleNamespace, server: tuple[str, str], alice: User
) -> None:
    asked_about, ran = [], []

    def reply(text: str) -> str:
        asked_about.append(text)
        return "Two are enough."

    with ThreadPoolExecutor(1) as agent:
        waiting = agent.submit(
            guide.ask, *server, "guide-1", "one", {"rows": 3}, reply, resource="db"
        )
        row = once(ApprovalRequest.objects.first)
        resource = {"id": str(row.pk)}
        question_to(resource, alice, "Three?")
        once(Question.objects.filter(reply="Two are enough.").first)
        change(now_of(api, resource), alice, {"rows": 2})
        decide(now_of(api, resource), alice)
        approved = waiting.result(10)
    assert asked_about == ["Three?"]
    guide.carry_out(*server, approved, lambda action: ran.append(action) or "2 rows")
    assert [(one["resource"], one["arguments"]) for one in ran] == [("db", {"rows": 2})]
    done = now_of(api, resource)
    assert done["permit"]["state"] == "redeemed"
    assert (done["outcome"]["status"], done["outcome"]["detail"]) == (
        "succeeded",
        "2 rows",
    )
    assert done["outcome"]["digest"] == done["digest"] == guide.digest_of(approved)


def test_runs_once(
    guide: SimpleNamespace, server: tuple[str, str], approved: Resource
) -> None:
    ran: list[Any] = []
    guide.carry_out(*server, approved, ran.append)
    with pytest.raises(HTTPError, match="409"):
        guide.carry_out(*server, approved, ran.append)
    assert len(ran) == 1


def test_reports_what_failed(
    guide: SimpleNamespace, server: tuple[str, str], approved: Resource
) -> None:
    def execute(action: Any) -> str:
        raise OSError("no such host")

    with pytest.raises(OSError, match="no such host"):
        guide.carry_out(*server, approved, execute)
    outcome = Outcome.objects.get()
    assert (outcome.status, outcome.detail) == ("failed", "no such host")


def test_runs_nothing_without_a_yes(
    api: httpx2.Client,
    guide: SimpleNamespace,
    server: tuple[str, str],
    asked: Resource,
    alice: User,
) -> None:
    decide(asked, alice, "deny", "Not today.")
    ran: list[Any] = []
    with pytest.raises(PermissionError, match=r"denied: Not today\."):
        guide.carry_out(*server, now_of(api, asked), ran.append)
    assert ran == []


def test_runs_nothing_under_the_brake(
    guide: SimpleNamespace, server: tuple[str, str], approved: Resource
) -> None:
    pull_brake()
    ran: list[Any] = []
    with pytest.raises(HTTPError, match="423"):
        guide.carry_out(*server, approved, ran.append)
    assert ran == []


def test_runs_nothing_that_was_taken_back(
    guide: SimpleNamespace, server: tuple[str, str], approved: Resource, alice: User
) -> None:
    lifecycle.take_back(UUID(approved["id"]), actor=alice)
    ran: list[Any] = []
    with pytest.raises(HTTPError, match="409"):
        guide.carry_out(*server, approved, ran.append)
    assert ran == []


def test_runs_nothing_else_than_the_digest_covers(
    guide: SimpleNamespace, server: tuple[str, str], approved: Resource
) -> None:
    ran: list[Any] = []
    changed = {**approved, "arguments": {"sql": "DROP TABLE accounts"}}
    with pytest.raises(HTTPError, match="409"):
        guide.carry_out(*server, changed, ran.append)
    assert ran == []
    assert Permit.objects.get().state == "issued"


@pytest.fixture
def curl(server: tuple[str, str]) -> Callable[..., Any]:
    """Runs the guide's one example with this in its text; the JSON it prints."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")

    def run(part: str, **variables: str) -> Any:
        (example,) = (
            text
            for text in _code("docs/agents.md", "sh")
            if part in text and "curl" in text
        )
        done = subprocess.run(
            ["sh", "-c", example],
            env={
                "PATH": os.environ["PATH"],
                "COUNTERSIGN": server[0],
                "COUNTERSIGN_KEY": server[1],
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return json.loads(done.stdout)

    return run


def test_the_curl_that_asks(curl: Callable[..., Any], alice: User) -> None:
    with ThreadPoolExecutor(1) as agent:
        answer = agent.submit(curl, "Idempotency-Key: nightly-cleanup")
        row = once(ApprovalRequest.objects.first)
        values = {"id": str(row.pk), "revision": 1, "digest": row.digest}
        decide(values, alice)
        resource = answer.result(20)
    assert (resource["state"], resource["resource"]) == ("approved", "shop-db")
    assert "interval '90 days'" in resource["arguments"]["sql"]


def test_the_curls_that_wait_and_answer(
    curl: Callable[..., Any], asked: Resource, alice: User
) -> None:
    question = question_to(asked, alice)
    waited = curl("?wait=60", ID=asked["id"])
    assert waited["question"]["id"] == question
    assert curl("/replies", ID=asked["id"], QUESTION=question)["question"] is None
    assert Question.objects.get().reply.endswith("ticket 1187.")


def test_the_curls_that_redeem_and_report(
    curl: Callable[..., Any], approved: Resource
) -> None:
    names = {"ID": approved["id"], "DIGEST": approved["digest"]}
    assert curl("/redeem", **names)["permit"]["state"] == "redeemed"
    assert curl("/outcome", **names)["outcome"]["detail"] == "12 rows"


def test_the_curls_for_the_brake(curl: Callable[..., Any]) -> None:
    assert curl('/brake" -H')["engaged"] is False
    assert curl('{"reason"')["mode"] == "hold"
    assert Brake.objects.get().reason == "I am repeating myself."
