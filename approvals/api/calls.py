"""What every call of an agent needs: who calls, threads for the work, answers."""

import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import APIKeyHeader, HttpBearer

from agents import ratelimit
from agents.auth import authenticate_key, authenticate_webhook
from agents.models import Agent, AgentKey
from approvals import idempotency, schemas
from approvals.problems import MAX_BODY, Problem, too_large
from approvals.reading import StrictParser, handle_errors, idempotency_key

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
    """``Authorization: Bearer csk_…``; a call that stops something is not limited."""

    def __init__(self, *, is_limited: bool = True) -> None:
        super().__init__()
        self.is_limited = is_limited

    def __call__(self, request: HttpRequest) -> Coroutine[Any, Any, Caller]:
        return self.authenticate(request, request.headers.get("Authorization"))

    async def authenticate(self, request: HttpRequest, token: str | None) -> Caller:
        return await in_thread(_by_key)(token, self.is_limited)


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


def problems(*statuses: int) -> dict[int, Any]:
    return dict.fromkeys(statuses, schemas.ProblemDetails)


UNLIMITED = problems(400, 401, 503)
COMMON = {**UNLIMITED, **problems(429)}
CHANGES = problems(404, 409, 413, 415, 422)
"""What a call that changes a request can answer beside."""


def caller_of(request: HttpRequest) -> Caller:
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def call_of(
    request: HttpRequest, name: str, key: str | None = None
) -> idempotency.Call | None:
    """The call as its idempotency key names it, if there is one."""
    key = key or idempotency_key(request)
    if key is None:
        return None
    agent = caller_of(request).agent
    return idempotency.call(agent, key, name=name, body=request.body)


def answer(
    request: HttpRequest, status: int, document: Any, *, replayed: bool = False
) -> HttpResponse:
    """``document`` as JSON, with what the agent may still ask."""
    body = json.dumps(document, separators=(",", ":"))
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return _with_allowance(request, response)


def _by_key(authorization: str | None, is_limited: bool) -> Caller:
    key = authenticate_key(authorization)
    return Caller(key.agent, _take(key.agent, is_limited), key=key)


def _by_signature(name: str, headers: Any, body: bytes) -> Caller:
    agent, message_id = authenticate_webhook(name, headers, body, now=time.time())
    return Caller(agent, _take(agent, True), message_id=message_id)


def _take(agent: Agent, is_limited: bool) -> ratelimit.Allowance:
    allowance = ratelimit.take(agent.pk)
    if is_limited and not allowance.allowed:
        raise Problem(
            429,
            "rate-limited",
            f"An agent may make {allowance.limit} requests a minute.",
            headers=allowance.headers(),
        )
    return allowance


def _with_allowance(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    caller = getattr(request, "auth", None)
    if isinstance(caller, Caller):
        headers = caller.allowance.headers()
        # Whoever may call at the limit has nothing to wait for.
        headers.pop("Retry-After", None)
        for name, value in headers.items():
            response[name] = value
    return response
