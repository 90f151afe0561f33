"""What an agent does with a request: take it back, answer, redeem, report."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body

from approvals import lifecycle, schemas
from approvals.api.calls import (
    CHANGES,
    COMMON,
    BearerKey,
    answer,
    api,
    call_of,
    caller_of,
    in_thread,
    problems,
)
from approvals.reading import request_id
from approvals.resource import request_resource

CHANGED: dict[int, Any] = {200: schemas.Request, **COMMON, **CHANGES}


@api.post(
    "/api/v1/requests/{id}/cancel",
    auth=BearerKey(),
    response=CHANGED,
    operation_id="cancelRequest",
    summary="Take a request back",
)
async def cancel(
    request: HttpRequest,
    id: str,
    payload: Annotated[schemas.Cancel | None, Body()] = None,
) -> HttpResponse:
    reason = (payload.reason if payload else None) or ""
    return await _act(request, "cancel", id, lifecycle.cancel, reason=reason)


@api.post(
    "/api/v1/requests/{id}/replies",
    auth=BearerKey(),
    response=CHANGED,
    operation_id="reply",
    summary="Answer the open question",
)
async def reply(request: HttpRequest, id: str, payload: schemas.Reply) -> HttpResponse:
    return await _act(
        request,
        "reply",
        id,
        lifecycle.reply,
        question_id=UUID(payload.question),
        message=payload.message,
    )


@api.post(
    "/api/v1/requests/{id}/redeem",
    auth=BearerKey(),
    response={**CHANGED, **problems(423)},
    operation_id="redeem",
    summary="Use the permit, just before executing",
)
async def redeem(
    request: HttpRequest, id: str, payload: schemas.Redeem
) -> HttpResponse:
    """Once. Execute only after a 200, and exactly what the digest covers."""
    digest = payload.digest
    return await _act(request, "redeem", id, lifecycle.redeem, digest=digest)


@api.post(
    "/api/v1/requests/{id}/outcome",
    auth=BearerKey(),
    response=CHANGED,
    operation_id="reportOutcome",
    summary="Say what happened",
)
async def report_outcome(
    request: HttpRequest, id: str, payload: schemas.Outcome
) -> HttpResponse:
    """Kept in any case; flagged when it does not fit what was approved."""
    return await _act(
        request,
        "outcome",
        id,
        lifecycle.report_outcome,
        status=payload.status,
        digest=payload.digest,
        detail=payload.detail or "",
    )


async def _act(
    request: HttpRequest,
    name: str,
    id: str,
    act: Callable[..., lifecycle.Answer],
    **members: Any,
) -> HttpResponse:
    approval_id = request_id(id)
    members["call"] = call_of(request, f"{name} {approval_id}")
    members["agent"] = caller_of(request).agent

    def carry_out() -> tuple[dict[str, Any], bool]:
        done = act(approval_id, **members)
        return request_resource(done.approval, now=timezone.now()), done.replayed

    resource, replayed = await in_thread(carry_out)()
    return answer(request, 200, resource, replayed=replayed)
