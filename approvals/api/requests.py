"""Asking, reading and waiting."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query

from agents import brake
from agents.models import Agent
from approvals import idempotency, lifecycle, live, schemas
from approvals.access import Standing
from approvals.api.calls import (
    COMMON,
    BearerKey,
    Caller,
    WebhookSignature,
    answer,
    api,
    call_of,
    caller_of,
    in_thread,
    problems,
)
from approvals.models import ApprovalRequest
from approvals.reading import MAX_WAIT, request_id, seconds_to_wait
from approvals.resource import request_resource, with_related
from approvals.submission import Submission

SUBMITTED: dict[int, Any] = {
    200: schemas.Request,
    201: schemas.Request,
    **COMMON,
    **problems(409, 413, 415, 422),
}


@api.post(
    "/api/v1/requests",
    auth=BearerKey(),
    response=SUBMITTED,
    operation_id="submit",
    summary="Ask for an action",
)
async def submit(request: HttpRequest, payload: schemas.Submit) -> HttpResponse:
    """Answers 201; with `Prefer: wait=N`, once it is decided or has a question."""
    return await _submit(request, payload, None)


@api.post(
    "/webhooks/{agent}",
    auth=WebhookSignature(),
    response=SUBMITTED,
    operation_id="submitByWebhook",
    summary="Ask for an action by a signed webhook",
)
async def submit_by_webhook(
    request: HttpRequest, agent: str, payload: schemas.Submit
) -> HttpResponse:
    """Same body and answer as submit; `webhook-id` is the idempotency key."""
    return await _submit(request, payload, caller_of(request).message_id)


@api.get(
    "/api/v1/requests",
    auth=BearerKey(),
    response={200: schemas.RequestPage, **COMMON, **problems(422)},
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
    page = await in_thread(_page)(caller_of(request).agent, given, limit)
    return answer(request, 200, page)


@api.get(
    "/api/v1/requests/{id}",
    auth=BearerKey(),
    response={200: schemas.Request, **COMMON, **problems(404, 422)},
    operation_id="readRequest",
    summary="Read a request, or wait for its decision or a question",
)
async def read_request(
    request: HttpRequest,
    id: str,
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT)] = 0,
) -> HttpResponse:
    """With `wait=N` or `Prefer: wait=N` once it is decided or has a question."""
    caller, approval_id = caller_of(request), request_id(id)
    seconds = max(wait, seconds_to_wait(request))
    if seconds:
        resource = await _decided(caller.agent, approval_id, seconds)
    else:
        resource = await in_thread(_resource)(caller.agent, approval_id)
    return answer(request, 200, resource)


async def _submit(
    request: HttpRequest, payload: schemas.Submit, key: str | None
) -> HttpResponse:
    caller, seconds = caller_of(request), seconds_to_wait(request)
    call = call_of(request, "submit", key)
    resource, replayed = await in_thread(_store)(caller, payload, call)
    if seconds and _is_waiting(resource):
        resource = await _decided(caller.agent, UUID(resource["id"]), seconds)
    response = answer(request, 200 if replayed else 201, resource, replayed=replayed)
    response["Location"] = f"{settings.BASE_URL}/api/v1/requests/{resource['id']}"
    if seconds:
        response["Preference-Applied"] = f"wait={seconds}"
    return response


async def _decided(agent: Agent, approval_id: UUID, seconds: int) -> dict[str, Any]:
    """The resource once it is decided or has a question, or as it is at the end.

    While it waits it holds neither a thread nor a connection.
    """
    read = in_thread(_resource)
    try:
        async with asyncio.timeout(seconds), live.watch(approval_id) as changed:
            while _is_waiting(resource := await read(agent, approval_id)):
                await changed.wait()
                changed.clear()
            return resource
    except TimeoutError:
        return await read(agent, approval_id)


def _store(
    caller: Caller, payload: schemas.Submit, call: idempotency.Call | None
) -> tuple[dict[str, Any], bool]:
    submission = Submission(
        **{**payload.__dict__, "evidence": [e.model_dump() for e in payload.evidence]}
    )
    done = lifecycle.submit(submission, agent=caller.agent, key=caller.key, call=call)
    is_new, now = not done.replayed, timezone.now()
    resource = request_resource(
        done.approval, now=now, is_new=is_new, brakes=done.brakes
    )
    return resource, done.replayed


def _resource(agent: Agent, approval_id: UUID) -> dict[str, Any]:
    requests = with_related(ApprovalRequest.objects.filter(agent=agent))
    return request_resource(requests.get(pk=approval_id), now=timezone.now())


def _page(agent: Agent, filters: dict[str, Any], limit: int) -> dict[str, Any]:
    requests = with_related(ApprovalRequest.objects.filter(agent=agent, **filters))
    found = list(requests.order_by("-id")[: limit + 1])
    now = timezone.now()
    known: Any = {"now": now, "brakes": brake.in_force(), "standing": Standing.of(now)}
    return {
        "items": [request_resource(approval, **known) for approval in found[:limit]],
        "next": str(found[limit - 1].id) if len(found) > limit else None,
    }


def _is_waiting(resource: dict[str, Any]) -> bool:
    return resource["state"] == "pending" and resource["question"] is None
