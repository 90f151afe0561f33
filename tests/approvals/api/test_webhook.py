"""POST /webhooks/{agent}: the same door, opened by a signature."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from agents.registry import Registration, rotate_webhook_secret
from approvals.models import ApprovalRequest
from audit.log import COMMAND_LINE
from tests.approvals.api.asking import ASK, problem

pytestmark = pytest.mark.django_db(transaction=True)

BODY = json.dumps(ASK).encode()


def signed(
    secret: str, body: bytes = BODY, *, message_id: str = "msg_1", age: int = 0
) -> dict[str, str]:
    moment = datetime.now(UTC) - timedelta(seconds=age)
    signature = Webhook(secret).sign(message_id, moment, body.decode())
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }


def send(
    http: httpx2.Client,
    headers: dict[str, Any],
    body: bytes = BODY,
    agent: str = "deploy-bot",
) -> httpx2.Response:
    return http.post(f"/webhooks/{agent}", content=body, headers=headers)


@pytest.fixture
def secret(policy: Any, registration: Registration) -> str:
    return registration.webhook_secret


def test_a_signed_webhook_is_a_submission(http: httpx2.Client, secret: str) -> None:
    answer = send(http, signed(secret))
    assert answer.status_code == 201
    assert (answer.json()["agent"], answer.json()["state"]) == ("deploy-bot", "pending")
    assert answer.headers["Location"].endswith(answer.json()["id"])


def test_the_webhook_id_is_the_idempotency_key(
    http: httpx2.Client, secret: str
) -> None:
    first, again = send(http, signed(secret)), send(http, signed(secret))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ApprovalRequest.objects.count() == 1
    other = json.dumps({**ASK, "summary": "x"}).encode()
    problem(send(http, signed(secret, other), other), 422, "idempotency-mismatch")


def test_shares_its_idempotency_keys_with_the_other_door(
    http: httpx2.Client, secret: str, registration: Registration
) -> None:
    first = send(http, signed(secret))
    again = http.post(
        "/api/v1/requests",
        content=BODY,
        headers={
            "Authorization": f"Bearer {registration.key}",
            "Idempotency-Key": "msg_1",
            "Content-Type": "application/json",
        },
    )
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_both_secrets_are_good_while_the_agent_rotates(
    http: httpx2.Client, secret: str, registration: Registration
) -> None:
    new = rotate_webhook_secret(registration.agent, actor=COMMAND_LINE)
    for number, good in enumerate((secret, new)):
        assert send(http, signed(good, message_id=f"msg_{number}")).status_code == 201


def test_one_good_signature_among_several_is_enough(
    http: httpx2.Client, secret: str
) -> None:
    headers = signed(secret)
    headers["webhook-signature"] = f"v1,AAAA v1a,x {headers['webhook-signature']}"
    assert send(http, headers).status_code == 201


@pytest.mark.parametrize("age", [301, 3600, -301])
def test_refuses_what_was_signed_outside_five_minutes(
    http: httpx2.Client, secret: str, age: int
) -> None:
    problem(send(http, signed(secret, age=age)), 401, "unauthenticated")
    assert not ApprovalRequest.objects.exists()


def test_takes_what_was_signed_just_inside_five_minutes(
    http: httpx2.Client, secret: str
) -> None:
    assert send(http, signed(secret, age=290)).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": None},
        {"webhook-timestamp": None},
        {"webhook-signature": None},
        {"webhook-id": ""},
        {"webhook-id": "another"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1" * 400},
        {"webhook-timestamp": str(int(time.time()) + 1)},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": b"v1,\xff\xfe"},
    ],
)
def test_refuses_every_malformed_header(
    http: httpx2.Client, secret: str, change: dict[str, Any]
) -> None:
    headers: dict[str, Any] = {**signed(secret), **change}
    answer = send(http, {k: v for k, v in headers.items() if v is not None})
    problem(answer, 401, "unauthenticated")
    assert not ApprovalRequest.objects.exists()


def test_refuses_a_body_that_was_not_signed(http: httpx2.Client, secret: str) -> None:
    other = BODY.replace(b"SELECT 1", b"DROP TABLE users")
    problem(send(http, signed(secret), other), 401, "unauthenticated")


def test_does_not_tell_which_agents_exist(http: httpx2.Client, secret: str) -> None:
    unknown = problem(
        send(http, signed(secret), agent="nobody"), 401, "unauthenticated"
    )
    wrong = signed("whsec_" + "A" * 43 + "=")
    known = problem(send(http, wrong), 401, "unauthenticated")
    assert unknown["detail"] == known["detail"]


def test_a_signature_opens_no_other_door(http: httpx2.Client, secret: str) -> None:
    problem(
        http.post("/api/v1/requests", content=BODY, headers=signed(secret)),
        401,
        "unauthenticated",
    )


def test_reads_the_body_as_strictly(http: httpx2.Client, secret: str) -> None:
    for body, status, slug in (
        (b'{"action":"one","action":"none","arguments":{}}', 400, "malformed"),
        (b'{"action":"one","arguments":{},"x":1}', 422, "invalid"),
    ):
        problem(send(http, signed(secret, body), body), status, slug)
    large = b'{"x":"' + b"x" * 300_000 + b'"}'
    problem(send(http, signed(secret, large), large), 413, "too-large")
    assert not ApprovalRequest.objects.exists()
