"""GET and POST /api/v1/brake."""

from typing import Any

import httpx2
import pytest
from django.contrib.auth.models import User
from django.db.models import F
from pytest_django.fixtures import Settings

from agents.models import Agent, Brake, RateWindow
from agents.registry import register_agent
from approvals import lifecycle
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.api.asking import (
    ASK,
    OTHER_DIGEST,
    URL,
    Resource,
    answers_only_agents,
    changes_nothing,
    decide,
    does_it_once,
    let_brake_go,
    now_of,
    problem,
    pull_brake,
    refuses_unreadable_bodies,
)

pytestmark = pytest.mark.django_db(transaction=True)

BRAKE = "/api/v1/brake"
STOP = {"reason": "I am repeating myself."}
NOTHING = {"engaged": False, "mode": None, "scopes": []}


def test_says_that_nothing_is_stopped(api: httpx2.Client) -> None:
    answer = api.get(BRAKE)
    assert (answer.status_code, answer.json()) == (200, NOTHING)
    assert answer.headers["Cache-Control"] == "no-store"


CONCERNS: dict[str, dict[str, str]] = {
    "everything": {"scope": "everything"},
    "environment": {"scope": "environment", "value": "production"},
    "this-agent": {"scope": "agent", "value": "deploy-bot"},
    "session-of-anybody": {"scope": "session", "value": "run-7"},
    "its-session": {"scope": "session", "value": "run-7", "agent": "deploy-bot"},
    "action": {"scope": "action", "value": "sql.*"},
    "resource": {"scope": "resource", "value": "billing-db"},
    "tier": {"scope": "tier", "value": "critical"},
}
FOREIGN: dict[str, dict[str, str]] = {
    "other-agent": {"scope": "agent", "value": "other-bot"},
    "other-agents-session": {"scope": "session", "value": "run-7", "agent": "other"},
}


@pytest.mark.parametrize("name", CONCERNS)
def test_tells_of_every_brake_that_can_stop_this_agent(
    api: httpx2.Client, name: str
) -> None:
    pulled = pull_brake(**CONCERNS[name])
    state = api.get(BRAKE).json()
    assert (state["engaged"], state["mode"]) == (True, "hold")
    (scope,) = state["scopes"]
    assert scope.pop("engaged_at").endswith("Z")
    assert scope == {
        "id": str(pulled.pk),
        "value": "",
        **CONCERNS[name],
        "mode": "hold",
        "reason": "It smells.",
        "released_at": None,
    }
    let_brake_go(pulled)
    assert api.get(BRAKE).json() == NOTHING


@pytest.mark.parametrize("name", FOREIGN)
def test_is_silent_about_brakes_on_other_agents(api: httpx2.Client, name: str) -> None:
    pull_brake(**FOREIGN[name])
    assert api.get(BRAKE).json() == NOTHING


def test_the_strictest_mode_counts(api: httpx2.Client) -> None:
    pull_brake()
    pull_brake(scope="tier", value="critical", mode="deny")
    state = api.get(BRAKE).json()
    assert state["mode"] == "deny"
    assert [scope["mode"] for scope in state["scopes"]] == ["hold", "deny"]


def test_an_agent_stops_itself(
    api: httpx2.Client, asked: Resource, alice: User
) -> None:
    answer = api.post(BRAKE, json=STOP)
    state = answer.json()
    assert answer.status_code == 200
    assert (state["engaged"], state["mode"]) == (True, "hold")
    (scope,) = state["scopes"]
    assert (scope["scope"], scope["value"], scope["reason"]) == (
        "agent",
        "deploy-bot",
        STOP["reason"],
    )
    assert api.get(BRAKE).json() == state
    entry = Entry.objects.get(action="brake:engaged")
    assert (entry.actor_type, entry.actor_name) == ("agent", "deploy-bot")
    # What waits keeps waiting, what needs nobody waits too, nothing is approved.
    assert now_of(api, asked)["brake"] == {"mode": "hold", "scopes": [scope]}
    with pytest.raises(lifecycle.Refusal, match="brake is on"):
        decide(asked, alice)
    auto = api.post(URL, json={**ASK, "action": "none"}).json()
    assert (auto["state"], auto["brake"]["mode"]) == ("pending", "hold")
    let_brake_go(Brake.objects.get())
    assert now_of(api, auto)["state"] == "approved"


def test_stopping_itself_leaves_other_agents_alone(api: httpx2.Client) -> None:
    api.post(BRAKE, json=STOP)
    other = register_agent("other", actor=COMMAND_LINE)
    headers = {"Authorization": f"Bearer {other.key}"}
    assert api.get(BRAKE, headers=headers).json() == NOTHING
    body = {**ASK, "action": "none"}
    assert api.post(URL, json=body, headers=headers).json()["state"] == "approved"


def test_stopped_it_redeems_nothing(api: httpx2.Client, approved: Resource) -> None:
    api.post(BRAKE, json=STOP)
    body = {"digest": approved["digest"]}
    answer = api.post(f"{URL}/{approved['id']}/redeem", json=body)
    problem(answer, 423, "braked")
    assert now_of(api, approved)["permit"]["state"] == "issued"


def test_stopping_twice_is_one_brake(api: httpx2.Client) -> None:
    first = api.post(BRAKE, json=STOP)
    with changes_nothing():
        again = api.post(BRAKE, json={"reason": "Still."})
    assert (again.status_code, again.json()) == (200, first.json())


def test_under_a_brake_that_denies_it_still_stops_itself(api: httpx2.Client) -> None:
    denying = pull_brake(mode="deny")
    state = api.post(BRAKE, json=STOP).json()
    assert (state["mode"], len(state["scopes"])) == ("deny", 2)
    let_brake_go(denying)
    assert api.get(BRAKE).json()["mode"] == "hold"


def test_one_key_stops_once(api: httpx2.Client) -> None:
    done = does_it_once(api, BRAKE, STOP, {"reason": "Other."})
    assert done["engaged"] is True
    assert Entry.objects.filter(action="brake:engaged").count() == 1


def test_a_key_from_before_the_release_does_not_stop_again(
    api: httpx2.Client,
) -> None:
    headers = {"Idempotency-Key": "stop"}
    api.post(BRAKE, json=STOP, headers=headers)
    let_brake_go(Brake.objects.get())
    again = api.post(BRAKE, json=STOP, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == NOTHING
    assert api.post(BRAKE, json=STOP).json()["engaged"] is True


def test_the_rate_limit_does_not_keep_an_agent_from_stopping(
    api: httpx2.Client, settings: Settings
) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    api.get(URL)
    # The next minute's window, begun early: it does not end during this test.
    RateWindow.objects.update(start=F("start") + 60, used=1)
    problem(api.get(URL), 429, "rate-limited")
    problem(api.post(URL, json=ASK), 429, "rate-limited")
    assert api.get(BRAKE).json() == NOTHING
    answer = api.post(BRAKE, json=STOP)
    assert (answer.status_code, answer.json()["engaged"]) == (200, True)
    assert answer.headers["RateLimit"].startswith('"default";r=0;')
    assert "Retry-After" not in answer.headers
    assert Brake.objects.get().value == "deploy-bot"


def test_answers_agents_only(api: httpx2.Client) -> None:
    answers_only_agents(api, BRAKE, STOP)
    Agent.objects.update(is_active=False)
    problem(api.get(BRAKE), 401, "unauthenticated")
    del api.headers["Authorization"]
    problem(api.get(BRAKE), 401, "unauthenticated")


INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no-reason": ({}, "/reason"),
    "null": ({"reason": None}, "/reason"),
    "number": ({"reason": 1}, "/reason"),
    "empty": ({"reason": ""}, "/reason"),
    "blank": ({"reason": " \n "}, "/reason"),
    "too-long": ({"reason": "r" * 4001}, "/reason"),
    "nul": ({"reason": "a\0b"}, "/reason"),
    "scope": ({**STOP, "scope": "everything"}, "/scope"),
    "agent": ({**STOP, "agent": "other-bot"}, "/agent"),
    "mode": ({**STOP, "mode": "deny"}, "/mode"),
}


@pytest.mark.parametrize("name", INVALID)
def test_refuses_invalid_bodies(api: httpx2.Client, name: str) -> None:
    body, pointer = INVALID[name]
    with changes_nothing():
        document = problem(api.post(BRAKE, json=body), 422, "invalid")
    assert [error["pointer"] for error in document["errors"]] == [pointer]


def test_takes_a_reason_of_four_thousand_characters(api: httpx2.Client) -> None:
    assert api.post(BRAKE, json={"reason": "\u00e9" * 4000}).status_code == 200


def test_refuses_bodies_it_cannot_read(api: httpx2.Client) -> None:
    refuses_unreadable_bodies(api, BRAKE)


@pytest.mark.parametrize("is_engaged", [False, True], ids=["free", "engaged"])
def test_only_a_post_changes_anything_and_nothing_releases(
    api: httpx2.Client, is_engaged: bool
) -> None:
    if is_engaged:
        api.post(BRAKE, json=STOP)
    with changes_nothing():
        for method in ("GET", "HEAD", "OPTIONS"):
            assert api.request(method, BRAKE).status_code in (200, 405)
        for method in ("PUT", "PATCH", "DELETE"):
            answer = api.request(method, BRAKE, json=STOP)
            allowed = sorted(answer.headers["Allow"].split(", "))
            assert (answer.status_code, allowed) == (405, ["GET", "POST"])
        for path in (f"{BRAKE}/release", f"{BRAKE}/{OTHER_DIGEST}/release"):
            problem(api.post(path, json=STOP), 404, "not-found")
    assert api.get(BRAKE).json()["engaged"] is is_engaged
