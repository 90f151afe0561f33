"""POST /api/v1/requests: what is taken, what is refused, and how it is answered."""

import json
from typing import Any
from uuid import UUID

import httpx2
import pytest

from agents.models import Agent, AgentKey
from agents.registry import Registration, revoke_key
from approvals.models import ApprovalRequest
from audit.log import COMMAND_LINE
from tests.approvals.api.asking import ASK, URL, changes_nothing, problem

pytestmark = pytest.mark.django_db(transaction=True)


def send(api: httpx2.Client, body: bytes, **headers: str) -> httpx2.Response:
    return api.post(
        URL, content=body, headers={"Content-Type": "application/json", **headers}
    )


def test_answers_with_the_whole_request(api: httpx2.Client) -> None:
    asked = {
        **ASK,
        "environment": "production",
        "resource": "db/main",
        "subject": "customer 7",
        "summary": "read one row",
        "justification": "a test",
        "session": "run-1",
        "evidence": [{"kind": "sql", "title": "plan", "content": "Seq Scan"}],
        "expires_in": 600,
        "metadata": {"ticket": "T-1"},
    }
    answer = api.post(URL, json=asked)
    resource = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/api/v1/requests/{resource['id']}")
    assert UUID(resource["id"]).version == 7
    for member in ("action", "arguments", "environment", "resource", "subject",
                   "summary", "justification", "session", "metadata"):  # fmt: skip
        assert resource[member] == asked[member]
    assert resource["agent"] == "deploy-bot"
    assert (resource["state"], resource["tier"], resource["route"]) == (
        "pending",
        "one",
        "review",
    )
    assert resource["votes"] == {
        "approvals": 0, "denials": 0, "required": [{"group": "reviewers", "count": 1}],
    }  # fmt: skip
    for member in (
        "decision",
        "decided_at",
        "erased_at",
        "permit",
        "outcome",
        "question",
        "brake",
    ):
        assert resource[member] is None
    assert set(resource) == {
        "id", "url", "agent", "state", "action", "arguments", "environment", "resource",
        "subject", "summary", "justification", "session", "metadata", "revision",
        "digest", "tier", "route", "policy_version", "reasons", "votes", "created_at",
        "expires_at", "decided_at", "erased_at", "decision", "question", "permit",
        "outcome", "brake",
    }  # fmt: skip
    assert resource["created_at"].endswith("Z")


def test_the_digest_can_be_computed_by_the_agent(api: httpx2.Client) -> None:
    from hashlib import sha256

    resource = api.post(URL, json=ASK).json()
    # Small ASCII documents are canonical when sorted and compact (RFC 8785).
    action = {
        "agent": "deploy-bot",
        "environment": None,
        "resource": None,
        "subject": None,
        **ASK,
    }
    canonical = json.dumps(action, sort_keys=True, separators=(",", ":"))
    assert resource["digest"] == "sha256:" + sha256(canonical.encode()).hexdigest()


def test_answers_already_decided_where_policy_decides(api: httpx2.Client) -> None:
    approved = api.post(URL, json={**ASK, "action": "none"}).json()
    assert (approved["state"], approved["permit"]["state"]) == ("approved", "issued")
    assert approved["decision"]["source"] == "policy"
    denied = api.post(URL, json={**ASK, "action": "never"}).json()
    assert (denied["state"], denied["permit"]) == ("denied", None)
    assert denied["decision"]["verdict"] == "denied"


def test_says_how_much_the_agent_may_still_ask(api: httpx2.Client) -> None:
    answer = api.post(URL, json=ASK)
    assert answer.headers["RateLimit-Policy"] == '"default";q=6000;w=60'
    assert answer.headers["RateLimit"].startswith('"default";r=')


def test_refuses_an_agent_that_asks_too_much(api: httpx2.Client, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    answers = [api.post(URL, json=ASK) for _ in range(3)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    problem(refused[-1], 429, "rate-limited")
    assert 1 <= int(refused[-1].headers["Retry-After"]) <= 60
    assert ApprovalRequest.objects.count() == 3 - len(refused)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer csk_x",
        "Basic YTpi",
        "Bearer csk_" + "0" * 36,
        "Bearer \u00e9",
    ],
)
def test_refuses_callers_without_a_good_key(
    api: httpx2.Client, authorization: str | None
) -> None:
    del api.headers["Authorization"]
    headers = (
        {}
        if authorization is None
        else {"Authorization": authorization.encode("latin-1")}
    )
    answer = api.post(URL, json=ASK, headers=headers)
    problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert not ApprovalRequest.objects.exists()


def test_a_revoked_key_is_refused_at_the_next_request(
    api: httpx2.Client, registration: Registration
) -> None:
    assert api.post(URL, json=ASK).status_code == 201
    revoke_key(AgentKey.objects.get(), actor=COMMAND_LINE)
    problem(api.post(URL, json=ASK), 401, "unauthenticated")


MALFORMED = {
    "nothing": b"",
    "cut short": b'{"action": "one"',
    "no JSON": b"action=one",
    "duplicate members": b'{"action":"one","action":"none","arguments":{}}',
    "nested duplicates": b'{"action":"one","arguments":{"a":1,"a":2}}',
    "NaN": b'{"action":"one","arguments":{"n":NaN}}',
    "Infinity": b'{"action":"one","arguments":{"n":-Infinity}}',
    "lone surrogate": b'{"action":"one","arguments":{"s":"\\ud800"}}',
    "surrogate in a name": b'{"action":"one","arguments":{"\\udfff":1}}',
    "invalid UTF-8": b'{"action":"one","arguments":{"s":"\xff"}}',
    "byte order mark": b'\xef\xbb\xbf{"action":"one","arguments":{}}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_refuses_malformed_bodies(api: httpx2.Client, body: bytes) -> None:
    problem(send(api, body), 400, "malformed")
    assert not ApprovalRequest.objects.exists()


def deep(levels: int) -> Any:
    return [deep(levels - 1)] if levels else 1


def with_evidence(**members: Any) -> dict[str, Any]:
    return {
        **ASK,
        "evidence": [{"kind": "text", "title": "", "content": "", **members}],
    }


INVALID: dict[str, tuple[Any, str]] = {
    "no action": ({"arguments": {}}, "/action"),
    "no arguments": ({"action": "one"}, "/arguments"),
    "unknown member": ({**ASK, "approve": True}, "/approve"),
    "action not a string": ({**ASK, "action": 5}, "/action"),
    "action empty": ({**ASK, "action": ""}, "/action"),
    "action too long": ({**ASK, "action": "a" * 201}, "/action"),
    "action with a newline": ({**ASK, "action": "one\n"}, "/action"),
    "action with a space": ({**ASK, "action": "o ne"}, "/action"),
    "arguments a list": ({**ASK, "arguments": []}, "/arguments"),
    "arguments null": ({**ASK, "arguments": None}, "/arguments"),
    "environment too long": ({**ASK, "environment": "e" * 65}, "/environment"),
    "environment a number": ({**ASK, "environment": 1}, "/environment"),
    "resource too long": ({**ASK, "resource": "r" * 501}, "/resource"),
    "subject too long": ({**ASK, "subject": "s" * 201}, "/subject"),
    "summary too long": ({**ASK, "summary": "s" * 281}, "/summary"),
    "justification too long": ({**ASK, "justification": "j" * 4001}, "/justification"),
    "session too long": ({**ASK, "session": "s" * 201}, "/session"),
    "expires_in zero": ({**ASK, "expires_in": 0}, "/expires_in"),
    "expires_in too long": ({**ASK, "expires_in": 604_801}, "/expires_in"),
    "expires_in a string": ({**ASK, "expires_in": "60"}, "/expires_in"),
    "expires_in a boolean": ({**ASK, "expires_in": True}, "/expires_in"),
    "expires_in a fraction": ({**ASK, "expires_in": 1.5}, "/expires_in"),
    "evidence of unknown kind": (with_evidence(kind="html"), "/evidence/0/kind"),
    "evidence with more": (with_evidence(x=1), "/evidence/0/x"),
    "evidence title too long": (with_evidence(title="t" * 121), "/evidence/0/title"),
    "too much evidence": (
        {**ASK, "evidence": [{"kind": "text", "title": "", "content": ""}] * 21},
        "/evidence",
    ),
    "metadata of numbers": ({**ASK, "metadata": {"a": 1}}, "/metadata/a"),
    "metadata value too long": ({**ASK, "metadata": {"a": "v" * 501}}, "/metadata/a"),
    "too much metadata": (
        {**ASK, "metadata": {str(n): "" for n in range(21)}},
        "/metadata",
    ),
    "U+0000 outside arguments": ({**ASK, "summary": "a\0b"}, "/summary"),
    "U+0000 in metadata": ({**ASK, "metadata": {"a": "\0"}}, "/metadata/a"),
    "integer too large": ({**ASK, "arguments": {"n": 2**53}}, "/arguments/n"),
    "number too large": ({**ASK, "arguments": {"n": 10**400}}, "/arguments/n"),
    "40 levels deep": (
        {**ASK, "arguments": {"d": deep(40)}},
        "/arguments/d" + "/0" * 30,
    ),
    "not an object": ([ASK], ""),
    "a string": ("one", ""),
    "null": (None, ""),
}


@pytest.mark.parametrize(("document", "pointer"), INVALID.values(), ids=INVALID)
def test_refuses_invalid_requests_and_says_where(
    api: httpx2.Client, document: Any, pointer: str
) -> None:
    errors = problem(send(api, json.dumps(document).encode()), 422, "invalid")["errors"]
    assert pointer in [error["pointer"] for error in errors]
    assert all(error["message"] for error in errors)
    assert not ApprovalRequest.objects.exists()


def test_takes_the_largest_values_that_are_allowed(api: httpx2.Client) -> None:
    document = {
        **ASK,
        "action": "a" * 200,
        "arguments": {"n": 2**53 - 1, "d": deep(30), "nul": "\0", "emoji": "😀"},
        "summary": "s" * 280,
        "justification": "j" * 4000,
        "expires_in": 604_800,
        "metadata": {str(n): "v" * 500 for n in range(20)},
        "evidence": [{"kind": "text", "title": "t" * 120, "content": "c" * 65_536}],
    }
    answer = send(api, json.dumps(document).encode())
    assert answer.status_code == 201, answer.text
    assert answer.json()["arguments"] == document["arguments"]


@pytest.mark.parametrize("size", [300 * 1024, 2 * 1024 * 1024])
def test_refuses_bodies_over_256_kib(api: httpx2.Client, size: int) -> None:
    body = json.dumps({**ASK, "arguments": {"x": "x" * size}}).encode()
    problem(send(api, body), 413, "too-large")
    assert not ApprovalRequest.objects.exists()
    assert api.get("/healthz").status_code == 200


def test_refuses_a_large_body_whose_length_is_not_announced(api: httpx2.Client) -> None:
    chunks = (
        b'{"action":"one","arguments":{"x":"' if n == 0 else b"x" * 4096
        for n in range(80)
    )
    answer = api.post(URL, content=chunks, headers={"Content-Type": "application/json"})
    problem(answer, 413, "too-large")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]
)
def test_refuses_other_content_types(api: httpx2.Client, kind: str) -> None:
    answer = api.post(URL, content=json.dumps(ASK), headers={"Content-Type": kind})
    problem(answer, 415, "unsupported-media-type")


def test_takes_a_content_type_with_a_charset(api: httpx2.Client) -> None:
    kind = "application/json; charset=utf-8"
    assert (
        api.post(
            URL, content=json.dumps(ASK), headers={"Content-Type": kind}
        ).status_code
        == 201
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_refuses_other_methods(api: httpx2.Client, method: str) -> None:
    answer = api.request(method, URL, json=ASK)
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "POST" in answer.headers["Allow"]


def test_an_unknown_address_is_a_problem_too(api: httpx2.Client) -> None:
    problem(api.get("/api/v1/nothing"), 404, "not-found")


def test_refuses_a_paused_agent(api: httpx2.Client, agent: Agent) -> None:
    Agent.objects.update(is_active=False)
    with changes_nothing():
        refused = problem(api.post(URL, json=ASK), 401, "unauthenticated")
    assert "paused" in refused["detail"]
    Agent.objects.update(is_active=True)
    assert api.post(URL, json=ASK).status_code == 201


def test_is_unavailable_without_a_policy(
    http: httpx2.Client, registration: Registration
) -> None:
    http.headers["Authorization"] = f"Bearer {registration.key}"
    with changes_nothing():
        problem(http.post(URL, json=ASK), 503, "unavailable")
