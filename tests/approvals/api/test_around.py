"""Health, keys and the published description."""

from datetime import timedelta
from typing import Any

import httpx2
import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from django.test import RequestFactory
from django.utils import timezone
from psycopg_pool import PoolTimeout

from approvals import heartbeat
from approvals.api import api as agents_api
from approvals.models import Heartbeat
from tests.approvals.api.asking import ASK, URL, problem

pytestmark = pytest.mark.django_db(transaction=True)


def test_healthz_answers_while_the_process_does(http: httpx2.Client) -> None:
    answer = http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_needs_a_sweeper_that_was_seen(http: httpx2.Client) -> None:
    document = problem(http.get("/readyz"), 503, "unavailable")
    assert document["errors"][0]["pointer"] == "/sweeper"
    heartbeat.beat()
    assert http.get("/readyz").json() == {"status": "ok"}
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=31))
    problem(http.get("/readyz"), 503, "unavailable")


def test_readyz_needs_all_migrations(http: httpx2.Client) -> None:
    heartbeat.beat()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'audit' AND name ="
            " (SELECT max(name) FROM django_migrations WHERE app = 'audit')"
            " RETURNING name, applied"
        )
        newest = cursor.fetchone()
    try:
        document = problem(http.get("/readyz"), 503, "unavailable")
        assert document["errors"][0]["pointer"] == "/migrations"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('audit', %s, %s)",
                newest,
            )


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, PoolTimeout])
def test_says_that_nothing_was_decided_when_the_database_is_gone(
    rf: RequestFactory, error: type[Exception]
) -> None:
    answer = agents_api.on_exception(rf.get(URL), error("gone"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "nothing was decided" in answer.content.decode()


def test_a_permit_verifies_with_the_published_key(api: httpx2.Client) -> None:
    approved = api.post(URL, json={**ASK, "action": "none"}).json()
    keys = jwt.PyJWKSet.from_dict(api.get("/.well-known/jwks.json").json())
    token = approved["permit"]["token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key.key, algorithms=["EdDSA"], issuer=settings.BASE_URL)
    assert (claims["jti"], claims["dig"]) == (approved["id"], approved["digest"])
    assert (claims["sub"], claims["act"], claims["tier"]) == (
        "deploy-bot",
        "none",
        "none",
    )
    assert (claims["pol"], claims["apr"]) == (1, ["policy:1"])


def test_the_keys_need_no_credentials_and_may_be_cached(http: httpx2.Client) -> None:
    answer = http.get("/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["use"]) == ("OKP", "Ed25519", "sig")


@pytest.fixture
def openapi(http: httpx2.Client) -> dict[str, Any]:
    document: dict[str, Any] = http.get("/api/v1/openapi.json").json()
    return document


def test_publishes_what_it_can_do_and_nothing_more(openapi: dict[str, Any]) -> None:
    assert openapi["openapi"].startswith("3.1")
    operations = {
        f"{method.upper()} {path}"
        for path, item in openapi["paths"].items()
        for method in item
    }
    assert operations == {
        "POST /api/v1/requests",
        "GET /api/v1/requests",
        "GET /api/v1/requests/{id}",
        "POST /api/v1/requests/{id}/cancel",
        "POST /api/v1/requests/{id}/replies",
        "POST /api/v1/requests/{id}/redeem",
        "POST /api/v1/requests/{id}/outcome",
        "GET /api/v1/brake",
        "POST /api/v1/brake",
        "POST /webhooks/{agent}",
        "GET /.well-known/jwks.json",
        "GET /healthz",
        "GET /readyz",
    }


ALWAYS = {200, 400, 401, 503}
"""What every call with a key can answer."""
BODY = {409, 413, 415, 422}
STATUSES = {
    "submit": {201, 429, *ALWAYS, *BODY},
    "submitByWebhook": {201, 429, *ALWAYS, *BODY},
    "listRequests": {422, 429, *ALWAYS},
    "readRequest": {404, 422, 429, *ALWAYS},
    "cancelRequest": {404, 429, *ALWAYS, *BODY},
    "reply": {404, 429, *ALWAYS, *BODY},
    "redeem": {404, 423, 429, *ALWAYS, *BODY},
    "reportOutcome": {404, 429, *ALWAYS, *BODY},
    "readBrake": ALWAYS,
    "engageBrake": {*ALWAYS, *BODY},
    "jwks": {200},
    "healthz": {200},
    "readyz": {200, 503},
}


def test_every_operation_says_what_it_can_answer(openapi: dict[str, Any]) -> None:
    described = {
        operation["operationId"]: {int(status) for status in operation["responses"]}
        for item in openapi["paths"].values()
        for operation in item.values()
    }
    assert described == STATUSES


def test_the_description_has_the_limits_of_the_contract(
    openapi: dict[str, Any],
) -> None:
    submit = openapi["components"]["schemas"]["Submit"]
    assert submit["additionalProperties"] is False
    assert submit["required"] == ["action", "arguments"]
    assert submit["properties"]["action"]["pattern"] == "^[A-Za-z0-9_.:/-]{1,200}$"
    lengths = {
        name: next(
            option["maxLength"]
            for option in submit["properties"][name]["anyOf"]
            if "maxLength" in option
        )
        for name in (
            "environment",
            "resource",
            "subject",
            "summary",
            "justification",
            "session",
        )
    }
    assert lengths == {
        "environment": 64, "resource": 500, "subject": 200, "summary": 280,
        "justification": 4000, "session": 200,
    }  # fmt: skip


def test_the_docs_page_loads_nothing_from_elsewhere(http: httpx2.Client) -> None:
    page = http.get("/api/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "//" not in page.text.replace("http://127.0.0.1", "")
