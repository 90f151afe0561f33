"""GET /api/v1/requests/{id} and the list: reading, and waiting for a decision."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx2
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.registry import register_agent
from approvals import lifecycle, live
from approvals.api import requests
from approvals.models import ApprovalRequest, Question
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.api.asking import (
    ASK,
    UNKNOWN,
    URL,
    Resource,
    change,
    decide,
    now_of,
    problem,
    pull_brake,
    question_to,
)

pytestmark = pytest.mark.django_db(transaction=True)

WAYS_TO_WAIT: list[dict[str, Any]] = [
    {"params": {"wait": 60}},
    {"headers": {"Prefer": "wait=60"}},
]


def later(work: Any, *arguments: Any) -> threading.Timer:
    """Run ``work`` in a moment, in a thread that gives its connection back."""

    def run() -> None:
        try:
            work(*arguments)
        finally:
            connection.close()

    timer = threading.Timer(0.3, run)
    timer.start()
    return timer


def test_reads_what_was_submitted(api: httpx2.Client, asked: dict[str, Any]) -> None:
    answer = api.get(f"{URL}/{asked['id']}")
    assert (answer.status_code, answer.json()) == (200, asked)
    assert answer.headers["Cache-Control"] == "no-store"


def test_shows_the_decision_and_the_permit(
    api: httpx2.Client, asked: dict[str, Any], alice: User
) -> None:
    decide(asked, alice, message="go ahead")
    resource = api.get(f"{URL}/{asked['id']}").json()
    assert resource["state"] == "approved"
    assert resource["votes"]["approvals"] == 1
    assert resource["decision"] == {
        "verdict": "approved", "source": "reviewer", "message": "go ahead",
        "reason_code": None, "decided_by": ["alice"], "edited": False,
    }  # fmt: skip
    assert resource["permit"]["state"] == "issued"
    assert resource["permit"]["token"].count(".") == 2


@pytest.mark.parametrize("how", WAYS_TO_WAIT, ids=["query", "header"])
def test_holds_the_answer_until_it_is_decided(
    api: httpx2.Client, asked: dict[str, Any], alice: User, how: dict[str, Any]
) -> None:
    timer = later(decide, asked, alice, "deny", "not today")
    resource = api.get(f"{URL}/{asked['id']}", **how).json()
    timer.join()
    assert (resource["state"], resource["decision"]["message"]) == (
        "denied",
        "not today",
    )


def test_holds_the_answer_to_the_submission_itself(
    api: httpx2.Client, alice: User
) -> None:
    def decide_the_only_one() -> None:
        row = ApprovalRequest.objects.get()
        decide(
            {"id": str(row.id), "revision": row.revision, "digest": row.digest}, alice
        )

    timer = later(decide_the_only_one)
    answer = api.post(URL, json=ASK, headers={"Prefer": "respond-async, wait=60"})
    timer.join()
    assert (answer.status_code, answer.json()["state"]) == (201, "approved")
    assert answer.headers["Preference-Applied"] == "wait=60"


def test_answers_pending_when_the_time_is_over(
    api: httpx2.Client, asked: dict[str, Any]
) -> None:
    start = time.monotonic()
    assert api.get(f"{URL}/{asked['id']}?wait=1").json()["state"] == "pending"
    assert time.monotonic() - start >= 1


def test_hears_of_a_decision_that_nobody_announced(
    api: httpx2.Client,
    asked: dict[str, Any],
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "changed", lambda approval: None)
    timer = later(decide, asked, alice)
    resource = api.get(f"{URL}/{asked['id']}?wait=60").json()
    timer.join()
    assert resource["state"] == "approved"


@pytest.mark.parametrize("how", WAYS_TO_WAIT, ids=["query", "header"])
def test_holds_the_answer_until_a_question_is_asked(
    api: httpx2.Client, asked: Resource, alice: User, how: dict[str, Any]
) -> None:
    timer = later(question_to, asked, alice, "Which rows?")
    resource = api.get(f"{URL}/{asked['id']}", **how).json()
    timer.join()
    assert resource["state"] == "pending"
    assert resource["question"]["text"] == "Which rows?"
    assert resource["question"]["id"] == str(Question.objects.get().pk)


def test_a_question_ends_the_wait_of_the_submission_itself(
    api: httpx2.Client, alice: User
) -> None:
    def ask_about_the_only_one() -> None:
        question_to({"id": str(ApprovalRequest.objects.get().pk)}, alice)

    timer = later(ask_about_the_only_one)
    answer = api.post(URL, json=ASK, headers={"Prefer": "wait=60"})
    timer.join()
    assert (answer.status_code, answer.json()["state"]) == (201, "pending")
    assert answer.json()["question"]["text"] == "Which rows?"


@pytest.mark.parametrize("how", WAYS_TO_WAIT, ids=["query", "header"])
def test_answers_at_once_while_a_question_is_open(
    api: httpx2.Client, asked: Resource, alice: User, how: dict[str, Any]
) -> None:
    question_to(asked, alice)
    resource = api.get(f"{URL}/{asked['id']}", **how).json()
    assert (resource["state"], resource["question"]["text"]) == (
        "pending",
        "Which rows?",
    )


def test_waits_again_once_the_question_is_answered(
    api: httpx2.Client, asked: Resource, alice: User
) -> None:
    body = {"question": question_to(asked, alice), "message": "42"}
    assert api.post(f"{URL}/{asked['id']}/replies", json=body).status_code == 200
    start = time.monotonic()
    resource = api.get(f"{URL}/{asked['id']}?wait=1").json()
    assert time.monotonic() - start >= 1
    assert (resource["state"], resource["question"]) == ("pending", None)


def test_holds_the_answer_until_a_brake_denies_it(
    api: httpx2.Client, asked: Resource
) -> None:
    timer = later(lambda: pull_brake(mode="deny", scope="action", value="on?"))
    resource = api.get(f"{URL}/{asked['id']}?wait=60").json()
    timer.join()
    assert (resource["state"], resource["permit"]) == ("denied", None)
    assert (resource["decision"]["verdict"], resource["decision"]["source"]) == (
        "denied",
        "brake",
    )
    assert resource["decision"]["decided_by"] == []
    (scope,) = resource["brake"]["scopes"]
    assert resource["brake"]["mode"] == "deny"
    assert (scope["scope"], scope["value"], scope["released_at"]) == (
        "action",
        "on?",
        None,
    )


def test_an_edit_alone_does_not_end_the_wait(
    api: httpx2.Client, asked: Resource, alice: User
) -> None:
    def change_it_and_then_approve() -> None:
        change(asked, alice, {"sql": "SELECT 2"})
        time.sleep(0.3)
        row = ApprovalRequest.objects.get()
        edited = {"id": asked["id"], "revision": row.revision, "digest": row.digest}
        decide(edited, alice)

    timer = later(change_it_and_then_approve)
    resource = api.get(f"{URL}/{asked['id']}?wait=60").json()
    timer.join()
    assert (resource["state"], resource["revision"]) == ("approved", 2)
    assert resource["arguments"] == {"sql": "SELECT 2"}
    assert resource["decision"]["edited"] is True
    assert resource["digest"] != asked["digest"]


def test_thirty_who_wait_leave_the_eight_threads_to_others(
    api: httpx2.Client, asked: Resource, alice: User
) -> None:
    path, waiting = f"{URL}/{asked['id']}?wait=60", 30
    with ThreadPoolExecutor(waiting) as pool:
        answers = [pool.submit(api.get, path) for _ in range(waiting)]
        limit = time.monotonic() + 10
        while _waiting_for(asked) < waiting:
            assert time.monotonic() < limit
            time.sleep(0.05)
        assert api.get("/api/v1/brake").json()["engaged"] is False
        question_to(asked, alice)
        resources = [answer.result(10).json() for answer in answers]
    assert {r["question"]["text"] for r in resources} == {"Which rows?"}


def _waiting_for(resource: Resource) -> int:
    name = UUID(resource["id"])
    return sum(len(hub._waiting.get(name, ())) for hub in live._hubs.values())


def test_counts_the_votes_that_stand(
    api: httpx2.Client, alice: User, bob: User
) -> None:
    asked = api.post(URL, json={**ASK, "action": "two"}).json()
    decide(asked, alice)
    assert now_of(api, asked)["votes"] == {
        "approvals": 1, "denials": 0,
        "required": [{"group": "reviewers", "count": 2}],
    }  # fmt: skip
    lifecycle.withdraw(UUID(asked["id"]), actor=alice)
    assert now_of(api, asked)["votes"]["approvals"] == 0
    decide(asked, bob)
    decide(asked, alice)
    resource = now_of(api, asked)
    assert resource["votes"]["approvals"] == 2
    assert resource["decision"]["decided_by"] == ["bob", "alice"]


def test_an_edit_dismisses_the_votes(
    api: httpx2.Client, alice: User, bob: User
) -> None:
    asked = api.post(URL, json={**ASK, "action": "two"}).json()
    decide(asked, alice)
    change(asked, bob, {"sql": "SELECT 2"})
    resource = now_of(api, asked)
    assert (resource["revision"], resource["votes"]["approvals"]) == (2, 0)
    assert resource["arguments"] == {"sql": "SELECT 2"}
    assert (resource["state"], resource["decision"]) == ("pending", None)


@pytest.mark.parametrize("wait", ["61", "-1", "x", "1.5"])
def test_refuses_to_wait_longer_than_a_minute(
    api: httpx2.Client, asked: dict[str, Any], wait: str
) -> None:
    document = problem(api.get(f"{URL}/{asked['id']}?wait={wait}"), 422, "invalid")
    assert document["errors"][0]["pointer"] == "/wait"


@pytest.mark.parametrize(
    "prefer", ["wait=", "wait=soon", "await=5", "wait=-5", "x; wait"]
)
def test_ignores_preferences_that_it_cannot_read(
    api: httpx2.Client, asked: dict[str, Any], prefer: str
) -> None:
    answer = api.get(f"{URL}/{asked['id']}", headers={"Prefer": prefer})
    assert answer.json()["state"] == "pending"


@pytest.mark.parametrize("identifier", [UNKNOWN, "1", "x" * 300, "%00", "0199"])
def test_refuses_ids_that_name_nothing(api: httpx2.Client, identifier: str) -> None:
    problem(api.get(f"{URL}/{identifier}"), 404, "not-found")


def test_hides_other_agents_requests(api: httpx2.Client, asked: dict[str, Any]) -> None:
    other = register_agent("other", actor=COMMAND_LINE)
    headers = {"Authorization": f"Bearer {other.key}"}
    problem(api.get(f"{URL}/{asked['id']}", headers=headers), 404, "not-found")
    problem(api.get(f"{URL}/{asked['id']}?wait=5", headers=headers), 404, "not-found")
    problem(api.post(f"{URL}/{asked['id']}/cancel", headers=headers), 404, "not-found")
    assert api.get(URL, headers=headers).json() == {"items": [], "next": None}
    assert ApprovalRequest.objects.get().state == "pending"


def test_refuses_callers_without_a_key(http: httpx2.Client) -> None:
    problem(http.get(f"{URL}/{UNKNOWN}"), 401, "unauthenticated")
    problem(http.get(URL), 401, "unauthenticated")


def test_reading_changes_nothing(api: httpx2.Client, asked: dict[str, Any]) -> None:
    before = Entry.objects.count()
    for path in (f"{URL}/{asked['id']}", URL):
        for method in ("GET", "HEAD", "OPTIONS"):
            api.request(method, path)
    assert Entry.objects.count() == before
    assert (
        ApprovalRequest.objects.get().change == ApprovalRequest.objects.first().change
    )  # type: ignore[union-attr]


def test_lists_newest_first_in_pages(api: httpx2.Client) -> None:
    ids = [api.post(URL, json=ASK).json()["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = api.get(URL, params=params).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == ids[::-1]


def test_a_page_takes_as_many_queries_as_one_request(
    api: httpx2.Client, agent: Agent, alice: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = requests._page(agent, {}, 50)
        assert all(item["votes"]["approvals"] == 1 for item in page["items"])
        return len(captured)

    # Pending, with a vote whose voter's standing is looked up.
    decide(api.post(URL, json={**ASK, "action": "two"}).json(), alice)
    one = queries()
    for _ in range(3):
        decide(api.post(URL, json={**ASK, "action": "two"}).json(), alice)
    assert queries() == one


def test_lists_by_state_and_session(api: httpx2.Client, alice: User) -> None:
    first = api.post(URL, json={**ASK, "session": "a"}).json()
    second = api.post(URL, json={**ASK, "session": "b"}).json()
    decide(first, alice)

    def listed(**params: str) -> list[str]:
        return [item["id"] for item in api.get(URL, params=params).json()["items"]]

    assert listed(state="approved") == [first["id"]]
    assert listed(state="pending") == [second["id"]]
    assert listed(session="b") == [second["id"]]
    assert listed(state="pending", session="a") == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"state": "open"},
        {"cursor": "x"},
        {"session": "a\0b"},
        {"session": "s" * 201},
        {"limit": "many"},
    ],
)
def test_refuses_lists_that_make_no_sense(
    api: httpx2.Client, params: dict[str, str]
) -> None:
    document = problem(api.get(URL, params=params), 422, "invalid")
    assert document["errors"][0]["pointer"] == f"/{next(iter(params))}"


def test_a_paused_agents_key_reads_nothing(
    api: httpx2.Client, asked: dict[str, Any]
) -> None:
    Agent.objects.update(is_active=False)
    problem(api.get(f"{URL}/{asked['id']}"), 401, "unauthenticated")
