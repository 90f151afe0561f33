"""What the tests of the API have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx2
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model

from agents.models import Agent, Brake, BrakeRelease, Delivery
from agents.registry import register_agent
from approvals import idempotency, lifecycle
from approvals.models import (
    ApprovalRequest,
    Grant,
    IdempotentCall,
    Outcome,
    Permit,
    Question,
    Revision,
    Vote,
    WindowBucket,
    WindowValue,
)
from audit.log import COMMAND_LINE
from audit.models import Entry

URL = "/api/v1/requests"
ASK: dict[str, Any] = {"action": "one", "arguments": {"sql": "SELECT 1"}}
UNKNOWN = "0199d0c0-0000-7000-8000-000000000000"
OTHER_DIGEST = "sha256:" + "0" * 64
TABLES: tuple[type[Model], ...] = (
    ApprovalRequest,
    Revision,
    Question,
    Vote,
    Permit,
    Outcome,
    Grant,
    Brake,
    BrakeRelease,
    Delivery,
    IdempotentCall,
    WindowBucket,
    WindowValue,
)
"""All that a call can change, beside the log."""

Resource = dict[str, Any]


def problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem in ``answer``, which has to be this one and complete."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "application/problem+json",
    ), answer.text
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"https://countersign.dev/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert UUID(document["request_id"])
    return document


def decide(
    resource: Resource, user: User, verdict: str = "approve", message: str = ""
) -> None:
    """Vote on a request as a reviewer in the browser would."""
    lifecycle.vote(
        UUID(resource["id"]),
        actor=user,
        verdict=verdict,
        revision=resource["revision"],
        digest=resource["digest"],
        message=message,
    )


def change(resource: Resource, user: User, arguments: dict[str, Any]) -> None:
    """Edit a request as a reviewer in the browser would."""
    lifecycle.edit(
        UUID(resource["id"]),
        actor=user,
        revision=resource["revision"],
        digest=resource["digest"],
        arguments=arguments,
    )


def question_to(resource: Resource, user: User, text: str = "Which rows?") -> str:
    """Ask the agent as a reviewer in the browser would; the question's id."""
    question = lifecycle.ask(UUID(resource["id"]), actor=user, text=text)
    return str(question.pk)


def pull_brake(**wanted: Any) -> Brake:
    """Engage a brake as somebody with a shell would; a hold on everything."""
    values = {"scope": "everything", "reason": "It smells.", "actor": COMMAND_LINE}
    return lifecycle.engage_brake(**{**values, **wanted})


def let_brake_go(engaged: Brake) -> None:
    """Release it by two humans, as many as a test's settings can ask for."""
    for human in ("user:1", "user:2"):
        engaged.refresh_from_db()
        if engaged.released_at is None:
            lifecycle.release_brake(
                engaged.pk, human=human, actor=COMMAND_LINE, reason="All is well"
            )


def now_of(api: httpx2.Client, resource: Resource) -> Resource:
    """The request as its agent reads it now."""
    found: Resource = api.get(f"{URL}/{resource['id']}").json()
    return found


@contextmanager
def changes_nothing(*verbs: str) -> Iterator[None]:
    """No row of TABLES differs after the block; ``verbs`` is all the log gained,
    beside that a key was used for the first time.
    """
    rows = _rows()
    known = set(Entry.objects.values_list("pk", flat=True))
    yield
    assert _rows() == rows
    added = Entry.objects.exclude(pk__in=known).exclude(action="key:first_used")
    assert tuple(added.order_by("id").values_list("action", flat=True)) == verbs


def answers_only_its_agent(api: httpx2.Client, path: str, body: Any) -> None:
    """Without a good key, paused or as another agent nothing is done."""
    answers_only_agents(api, path, body)
    other = register_agent("other", actor=COMMAND_LINE)
    with changes_nothing():
        headers = {"Authorization": f"Bearer {other.key}"}
        problem(api.post(path, json=body, headers=headers), 404, "not-found")


def answers_only_agents(api: httpx2.Client, path: str, body: Any) -> None:
    """Without a good key, or while the agent is paused, nothing is done."""
    good = api.headers["Authorization"]
    with (
        changes_nothing(),
        httpx2.Client(base_url=api.base_url, trust_env=False, verify=False) as no,
    ):
        problem(no.post(path, json=body), 401, "unauthenticated")
        for bad in ("", "Bearer", "Basic YTpi", good[:-1], good.replace("csk", "csx")):
            refused = no.post(path, json=body, headers={"Authorization": bad})
            problem(refused, 401, "unauthenticated")
    Agent.objects.update(is_active=False)
    with changes_nothing():
        paused = problem(api.post(path, json=body), 401, "unauthenticated")
        assert "paused" in paused["detail"]
    Agent.objects.update(is_active=True)


def refuses_other_methods(api: httpx2.Client, path: str, *methods: str) -> None:
    """405 with what is allowed instead, and nothing is done."""
    with changes_nothing():
        for method in methods:
            answer = api.request(method, path)
            assert answer.status_code == 405, method
            assert answer.headers["Allow"] == "POST"


def refuses_unreadable_bodies(api: httpx2.Client, path: str) -> None:
    """What is no strict JSON object of at most 256 KiB is not even looked at."""
    json_ = {"Content-Type": "application/json"}
    unreadable = (
        b"",
        b"{",
        b"\xff",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
    )
    with changes_nothing():
        for content in unreadable:
            answer = api.post(path, content=content, headers=json_)
            problem(answer, 400, "malformed")
        for content in (b"[]", b"null", b'"x"', b"1"):
            answer = api.post(path, content=content, headers=json_)
            problem(answer, 422, "invalid")
        large = b'{"a":"' + b"x" * 262_144 + b'"}'
        problem(api.post(path, content=large, headers=json_), 413, "too-large")
        form = api.post(path, data={"digest": OTHER_DIGEST})
        problem(form, 415, "unsupported-media-type")


def does_it_once(api: httpx2.Client, path: str, body: Any, other: Any) -> Resource:
    """With one key: done, answered again, refused for anything else; the answer."""
    headers = {"Idempotency-Key": "once"}
    agent = Agent.objects.get(name="deploy-bot")
    with changes_nothing(), transaction.atomic():
        idempotency.is_repeated(idempotency.call(agent, "once", name="x", body=b""))
        refused = api.post(path, json=body, headers=headers)
        problem(refused, 409, "idempotency-in-flight")
        assert refused.headers["Retry-After"] == "1"
    first = api.post(path, json=body, headers=headers)
    assert first.status_code == 200, first.text
    assert "Idempotent-Replayed" not in first.headers
    with changes_nothing():
        again = api.post(path, json=body, headers=headers)
        assert (again.status_code, again.json()) == (200, first.json())
        assert again.headers["Idempotent-Replayed"] == "true"
        refused = api.post(path, json=other, headers=headers)
        problem(refused, 422, "idempotency-mismatch")
        elsewhere = api.post(URL, json=ASK, headers=headers)
        problem(elsewhere, 422, "idempotency-mismatch")
    with changes_nothing():
        refused = api.post(path, json=body, headers={"Idempotency-Key": "a b"})
        problem(refused, 400, "malformed")
    done: Resource = first.json()
    return done


def _rows() -> dict[str, list[dict[str, Any]]]:
    return {
        table.__name__: list(table._default_manager.order_by("pk").values())
        for table in TABLES
    }
