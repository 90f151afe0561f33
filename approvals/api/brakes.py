"""The brake as an agent sees it, and pulls it on itself."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from agents import brake
from agents.models import Agent, Brake
from approvals import idempotency, lifecycle, schemas
from approvals.api.calls import (
    UNLIMITED,
    BearerKey,
    answer,
    api,
    call_of,
    caller_of,
    in_thread,
    problems,
)
from approvals.resource import brake_resource


@api.get(
    "/api/v1/brake",
    auth=BearerKey(is_limited=False),
    response={200: schemas.BrakeState, **UNLIMITED},
    operation_id="readBrake",
    summary="Is a brake in force that can stop this agent?",
)
async def read_brake(request: HttpRequest) -> HttpResponse:
    """No answer means braked."""
    state = await in_thread(_state)(caller_of(request).agent)
    return answer(request, 200, state)


@api.post(
    "/api/v1/brake",
    auth=BearerKey(is_limited=False),
    response={200: schemas.BrakeState, **UNLIMITED, **problems(409, 413, 415, 422)},
    operation_id="engageBrake",
    summary="Stop yourself",
)
async def engage_brake(request: HttpRequest, payload: schemas.Stop) -> HttpResponse:
    """Holds everything this agent asks for; only people release it."""
    agent, call = caller_of(request).agent, call_of(request, "brake")
    replayed = await in_thread(_engage)(agent, payload.reason, call)
    state = await in_thread(_state)(agent)
    return answer(request, 200, state, replayed=replayed)


def _state(agent: Agent) -> dict[str, Any]:
    state = brake_resource(brake.concerning(agent.name))
    return {"engaged": state is not None, **(state or {"mode": None, "scopes": []})}


def _engage(agent: Agent, reason: str, call: idempotency.Call | None) -> bool:
    """Whether the same call was carried out before.

    Remembered after the brake is in force: killed in between, the agent's next
    try engages what is engaged already, which changes nothing.
    """
    with transaction.atomic(durable=True):
        if call is not None and idempotency.is_repeated(call):
            return True
    lifecycle.engage_brake(
        scope=Brake.Scope.AGENT, value=agent.name, reason=reason, actor=agent.actor
    )
    if call is not None:
        with transaction.atomic(durable=True):
            if not idempotency.is_repeated(call):
                idempotency.remember(call, None)
    return False
