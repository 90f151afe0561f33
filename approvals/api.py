"""The HTTP API of agents: everything in API.md that they call."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, Literal, ParamSpec, TypeVar
from uuid import UUID

from channels.db import database_sync_to_async
from csp.decorators import csp_update
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, NinjaAPI, Query
from ninja.security import APIKeyHeader, HttpBearer

from agents import ratelimit
from agents.auth import authenticate_key, authenticate_webhook
from agents.models import Agent, AgentKey
from approvals import heartbeat, idempotency, lifecycle, live, permits, schemas
from approvals.models import ApprovalRequest
from approvals.problems import MAX_BODY, Problem, too_large
from approvals.reading import (
    MAX_WAIT,
    StrictParser,
    handle_errors,
    idempotency_key,
    request_id,
    seconds_to_wait,
)
from approvals.resource import request_resource, with_related
from approvals.submission import Submission

P = ParamSpec("P")
R = TypeVar("R")

THREADS = ThreadPoolExecutor(8, thread_name_prefix="api")
"""All database work of the API; fewer threads than the pool has connections."""


def in_thread(work: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """``work`` as a coroutine function that runs in THREADS."""
    threaded: Callable[P, Coroutine[Any, Any, R]] = database_sync_to_async(
        work, thread_sensitive=False, executor=THREADS
    )
    return threaded


@dataclass(frozen=True, slots=True)
class Caller:
    """The agent behind a call, and how it proved that."""

    agent: Agent
    allowance: ratelimit.Allowance
    key: AgentKey | None = None
    message_id: str | None = None
    """The ``webhook-id`` of a signed webhook: its idempotency key."""


class BearerKey(HttpBearer):
    """``Authorization: Bearer csk_…``."""

    def __call__(self, request: HttpRequest) -> Coroutine[Any, Any, Caller]:
        return self.authenticate(request, request.headers.get("Authorization"))

    async def authenticate(self, request: HttpRequest, token: str | None) -> Caller:
        return await in_thread(_by_key)(token)


class WebhookSignature(APIKeyHeader):
    """Standard Webhooks 1.0.0: ``webhook-id``, ``-timestamp`` and ``-signature``."""

    param_name = "webhook-signature"

    def __call__(self, request: HttpRequest) -> Coroutine[Any, Any, Caller]:
        return self.authenticate(request, None)

    async def authenticate(self, request: HttpRequest, key: str | None) -> Caller:
        if len(request.body) > MAX_BODY:
            raise too_large()
        assert request.resolver_match is not None
        name = request.resolver_match.kwargs["agent"]
        return await in_thread(_by_signature)(name, request.headers, request.body)


class AgentAPI(NinjaAPI):
    """Says in every answer how much the agent may still ask."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        return _with_allowance(request, super().on_exception(request, exc))


api = AgentAPI(
    title="Countersign",
    version="1",
    description="Agents ask before they act; people decide.",
    docs_url="/api/docs",
    openapi_url="/api/v1/openapi.json",
    docs_decorator=csp_update({"img-src": "data:"}),
    parser=StrictParser(),
    urls_namespace="api",
    servers=[{"url": settings.BASE_URL}],
)
handle_errors(api)


def _problems(*statuses: int) -> dict[int, Any]:
    return dict.fromkeys(statuses, schemas.ProblemDetails)


COMMON = _problems(400, 401, 429, 503)


@api.post(
    "/api/v1/requests",
    auth=BearerKey(),
    response={
        200: schemas.Request,
        201: schemas.Request,
        **COMMON,
        **_problems(409, 413, 415, 422),
    },
    operation_id="submit",
    summary="Ask for an action",
)
async def submit(request: HttpRequest, payload: schemas.Submit) -> HttpResponse:
    """Answers 201 with the request; with `Prefer: wait=N`, once it is decided."""
    return await _submit(request, payload, idempotency_key(request))


@api.post(
    "/webhooks/{agent}",
    auth=WebhookSignature(),
    response={
        200: schemas.Request,
        201: schemas.Request,
        **COMMON,
        **_problems(409, 413, 415, 422),
    },
    operation_id="submitByWebhook",
    summary="Ask for an action by a signed webhook",
)
async def submit_by_webhook(
    request: HttpRequest, agent: str, payload: schemas.Submit
) -> HttpResponse:
    """Same body and answer as submit; `webhook-id` is the idempotency key."""
    return await _submit(request, payload, _caller(request).message_id)


@api.get(
    "/api/v1/requests",
    auth=BearerKey(),
    response={200: schemas.RequestPage, **COMMON, **_problems(422)},
    operation_id="listRequests",
    summary="List this agent's requests, newest first",
)
async def list_requests(
    request: HttpRequest,
    state: Literal["pending", "approved", "denied", "expired", "cancelled"]
    | None = None,
    session: Annotated[schemas.Text | None, Query(max_length=200)] = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> HttpResponse:
    filters: dict[str, Any] = {"state": state, "session": session, "id__lt": cursor}
    given = {name: value for name, value in filters.items() if value is not None}
    page = await in_thread(_page)(_caller(request).agent, given, limit)
    return _json(request, 200, page)


@api.get(
    "/api/v1/requests/{id}",
    auth=BearerKey(),
    response={200: schemas.Request, **COMMON, **_problems(404, 422)},
    operation_id="readRequest",
    summary="Read a request, or wait for its decision",
)
async def read_request(
    request: HttpRequest,
    id: str,
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT)] = 0,
) -> HttpResponse:
    """With `wait=N` or `Prefer: wait=N` the answer comes once it is decided."""
    caller, approval_id = _caller(request), request_id(id)
    seconds = max(wait, seconds_to_wait(request))
    if seconds:
        resource = await _decided(caller.agent, approval_id, seconds)
    else:
        resource = await in_thread(_resource)(caller.agent, approval_id)
    return _json(request, 200, resource)


@api.post(
    "/api/v1/requests/{id}/cancel",
    auth=BearerKey(),
    response={
        200: schemas.Request,
        **COMMON,
        **_problems(404, 409, 413, 415, 422),
    },
    operation_id="cancelRequest",
    summary="Take a request back",
)
async def cancel(
    request: HttpRequest,
    id: str,
    payload: Annotated[schemas.Cancel | None, Body()] = None,
) -> HttpResponse:
    reason = (payload.reason if payload else None) or ""
    caller, approval_id = _caller(request), request_id(id)
    call = _call(caller, f"cancel {approval_id}", request, idempotency_key(request))
    resource, replayed = await in_thread(_cancel)(
        caller.agent, approval_id, reason, call
    )
    return _json(request, 200, resource, replayed=replayed)


@api.get(
    "/.well-known/jwks.json",
    response={200: schemas.JsonWebKeySet},
    operation_id="jwks",
    summary="The public keys that permits verify with",
)
async def jwks(request: HttpRequest) -> HttpResponse:
    response = _json(request, 200, permits.jwks(permits.load_key(settings.PERMIT_KEY)))
    response["Cache-Control"] = "public, max-age=300"
    return response


@api.get(
    "/healthz",
    response={200: schemas.Health},
    operation_id="healthz",
    summary="The process answers",
)
async def healthz(request: HttpRequest) -> HttpResponse:
    return _json(request, 200, {"status": "ok"})


@api.get(
    "/readyz",
    response={200: schemas.Health, **_problems(503)},
    operation_id="readyz",
    summary="Database, migrations and sweeper are as they should be",
)
async def readyz(request: HttpRequest) -> HttpResponse:
    failing = await in_thread(_failing_parts)()
    if failing:
        raise Problem(
            503,
            "unavailable",
            f"Not ready: {', '.join(failing)}.",
            errors=[
                {"pointer": f"/{part}", "message": why} for part, why in failing.items()
            ],
        )
    return _json(request, 200, {"status": "ok"})


async def _submit(
    request: HttpRequest, payload: schemas.Submit, key: str | None
) -> HttpResponse:
    caller, seconds = _caller(request), seconds_to_wait(request)
    call = _call(caller, "submit", request, key)
    resource, replayed = await in_thread(_store)(caller, payload, call)
    if seconds and resource["state"] == "pending":
        resource = await _decided(caller.agent, UUID(resource["id"]), seconds)
    response = _json(request, 200 if replayed else 201, resource, replayed=replayed)
    response["Location"] = f"{settings.BASE_URL}/api/v1/requests/{resource['id']}"
    if seconds:
        response["Preference-Applied"] = f"wait={seconds}"
    return response


async def _decided(agent: Agent, approval_id: UUID, seconds: int) -> dict[str, Any]:
    """The resource once it has left ``pending``, or as it is after ``seconds``.

    While it waits it holds neither a thread nor a connection.
    """
    read = in_thread(_resource)
    try:
        async with asyncio.timeout(seconds), live.watch(approval_id) as changed:
            while (resource := await read(agent, approval_id))["state"] == "pending":
                await changed.wait()
                changed.clear()
            return resource
    except TimeoutError:
        return await read(agent, approval_id)


def _by_key(authorization: str | None) -> Caller:
    key = authenticate_key(authorization)
    return Caller(key.agent, _take(key.agent), key=key)


def _by_signature(name: str, headers: Any, body: bytes) -> Caller:
    agent, message_id = authenticate_webhook(name, headers, body, now=time.time())
    return Caller(agent, _take(agent), message_id=message_id)


def _take(agent: Agent) -> ratelimit.Allowance:
    allowance = ratelimit.take(agent.pk)
    if not allowance.allowed:
        raise Problem(
            429,
            "rate-limited",
            f"An agent may make {allowance.limit} requests a minute.",
            headers=allowance.headers(),
        )
    return allowance


def _store(
    caller: Caller, payload: schemas.Submit, call: idempotency.Call | None
) -> tuple[dict[str, Any], bool]:
    submission = Submission(
        **{**payload.__dict__, "evidence": [e.model_dump() for e in payload.evidence]}
    )
    answer = lifecycle.submit(submission, agent=caller.agent, key=caller.key, call=call)
    votes = None if answer.replayed else ()
    now = timezone.now()
    return request_resource(answer.approval, now=now, votes=votes), answer.replayed


def _cancel(
    agent: Agent, approval_id: UUID, reason: str, call: idempotency.Call | None
) -> tuple[dict[str, Any], bool]:
    answer = lifecycle.cancel(approval_id, agent=agent, reason=reason, call=call)
    return request_resource(answer.approval, now=timezone.now()), answer.replayed


def _resource(agent: Agent, approval_id: UUID) -> dict[str, Any]:
    requests = with_related(ApprovalRequest.objects.filter(agent=agent))
    return request_resource(requests.get(pk=approval_id), now=timezone.now())


def _page(agent: Agent, filters: dict[str, Any], limit: int) -> dict[str, Any]:
    requests = with_related(ApprovalRequest.objects.filter(agent=agent, **filters))
    found = list(requests.order_by("-id")[: limit + 1])
    now = timezone.now()
    return {
        "items": [request_resource(approval, now=now) for approval in found[:limit]],
        "next": str(found[limit - 1].id) if len(found) > limit else None,
    }


def _failing_parts() -> dict[str, str]:
    """What keeps us from being ready, by part; empty when nothing does."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return {"migrations": "migrations have not been applied"}
        if not heartbeat.is_alive():
            return {"sweeper": "the sweeper was not seen within 30 seconds"}
    except Exception:
        return {"database": "the database does not answer"}
    return {}


def _caller(request: HttpRequest) -> Caller:
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def _call(
    caller: Caller, name: str, request: HttpRequest, key: str | None
) -> idempotency.Call | None:
    if key is None:
        return None
    return idempotency.call(caller.agent, key, name=name, body=request.body)


def _json(
    request: HttpRequest, status: int, document: Any, *, replayed: bool = False
) -> HttpResponse:
    body = json.dumps(document, separators=(",", ":"))
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return _with_allowance(request, response)


def _with_allowance(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    caller = getattr(request, "auth", None)
    if isinstance(caller, Caller):
        for name, value in caller.allowance.headers().items():
            response[name] = value
    return response
