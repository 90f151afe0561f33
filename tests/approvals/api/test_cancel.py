"""POST /api/v1/requests/{id}/cancel."""

from typing import Any

import httpx2
import pytest
from django.contrib.auth.models import User

from approvals.models import ApprovalRequest
from tests.approvals.api.asking import URL, decide, problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("body", "message"),
    [({"json": {"reason": "solved"}}, "solved"), ({"json": {}}, None), ({}, None)],
)
def test_takes_a_request_back(
    api: httpx2.Client, asked: dict[str, Any], body: dict[str, Any], message: str | None
) -> None:
    answer = api.post(f"{URL}/{asked['id']}/cancel", **body)
    resource = answer.json()
    assert (answer.status_code, resource["state"]) == (200, "cancelled")
    assert resource["decision"]["source"] == "agent"
    assert resource["decision"]["message"] == message


def test_refuses_to_cancel_what_is_decided(
    api: httpx2.Client, asked: dict[str, Any], alice: User
) -> None:
    decide(asked, alice)
    problem(api.post(f"{URL}/{asked['id']}/cancel", json={}), 409, "already-decided")
    assert ApprovalRequest.objects.get().state == "approved"


def test_same_idempotency_key_cancels_once(
    api: httpx2.Client, asked: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "cancel-1"}
    path = f"{URL}/{asked['id']}/cancel"
    first = api.post(path, json={"reason": "x"}, headers=headers)
    again = api.post(path, json={"reason": "x"}, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    problem(
        api.post(path, json={"reason": "y"}, headers=headers),
        422,
        "idempotency-mismatch",
    )


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"reason": 1}, "/reason"),
        ({"why": "x"}, "/why"),
        ({"reason": "\0"}, "/reason"),
        ([], ""),
    ],
)
def test_refuses_invalid_bodies(
    api: httpx2.Client, asked: dict[str, Any], document: Any, pointer: str
) -> None:
    answer = api.post(f"{URL}/{asked['id']}/cancel", json=document)
    assert problem(answer, 422, "invalid")["errors"][0]["pointer"] == pointer
    assert ApprovalRequest.objects.get().state == "pending"


def test_refuses_malformed_bodies(api: httpx2.Client, asked: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    answer = api.post(f"{URL}/{asked['id']}/cancel", content=b"{", headers=headers)
    problem(answer, 400, "malformed")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_refuses_other_methods(
    api: httpx2.Client, asked: dict[str, Any], method: str
) -> None:
    assert api.request(method, f"{URL}/{asked['id']}/cancel").status_code == 405
    assert ApprovalRequest.objects.get().state == "pending"


def test_refuses_ids_that_name_nothing(api: httpx2.Client) -> None:
    problem(api.post(f"{URL}/1/cancel", json={}), 404, "not-found")
