"""What the tests of the API have in common."""

from typing import Any
from uuid import UUID

import httpx2
from django.contrib.auth.models import User

from approvals import lifecycle

URL = "/api/v1/requests"
ASK: dict[str, Any] = {"action": "one", "arguments": {"sql": "SELECT 1"}}


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
    resource: dict[str, Any], user: User, verdict: str = "approve", message: str = ""
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
