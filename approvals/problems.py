"""Errors as agents read them: RFC 9457 problem details."""

import json
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from uuid_utils.compat import uuid7

from approvals.canonical import MAX_DEPTH

BASE = "https://countersign.dev/problems/"
CONTENT_TYPE = "application/problem+json"
MAX_BODY = 256 * 1024
"""Bytes a request body may have."""

TITLES = {
    "malformed": "The request could not be read",
    "invalid": "The request is not valid",
    "unauthenticated": "Not authenticated",
    "forbidden": "Not allowed",
    "not-found": "Not found",
    "conflict": "Conflict",
    "already-decided": "The request is already decided",
    "stale-revision": "It is about another revision or digest",
    "already-redeemed": "The permit was redeemed before",
    "not-redeemable": "There is no permit to redeem",
    "braked": "A brake is in force",
    "idempotency-mismatch": "The idempotency key was used for something else",
    "idempotency-in-flight": "The first call with this idempotency key is running",
    "too-large": "The request body is too large",
    "unsupported-media-type": "The content type is not supported",
    "rate-limited": "Too many requests",
    "unavailable": "Temporarily unavailable",
}


class Problem(Exception):
    """An answer other than success; ``errors`` are {"pointer", "message"}."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: Sequence[dict[str, str]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}

    def response(self) -> HttpResponse:
        return _response(
            self.status,
            f"{BASE}{self.slug}",
            TITLES[self.slug],
            self.detail,
            errors=self.errors,
            headers=self.headers,
        )


def too_large() -> Problem:
    return Problem(
        413, "too-large", f"A request body may have {MAX_BODY} bytes at most."
    )


def too_deep(pointer: str) -> Problem:
    message = f"nested deeper than {MAX_DEPTH} levels"
    return invalid([{"pointer": pointer, "message": message}])


def invalid(errors: Sequence[dict[str, str]]) -> Problem:
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return Problem(422, "invalid", f"The request has {count}.", errors=errors)


def not_found() -> Problem:
    return Problem(404, "not-found", "There is no such thing here.")


Answer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


def as_problem(answer: Answer) -> Answer:
    """Turn what Django itself answers (404, 405, 500 …) into problems too."""

    async def answer_with_problems(request: HttpRequest) -> HttpResponseBase:
        response = await answer(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        if not is_error or response.get("Content-Type") == CONTENT_TYPE:
            return response
        status = HTTPStatus(response.status_code)
        if status is HTTPStatus.NOT_FOUND:
            return not_found().response()
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            detail = "Something failed on our side; nothing was approved by it."
            return _response(status, f"{BASE}unavailable", status.phrase, detail)
        headers = {"Allow": response["Allow"]} if "Allow" in response else {}
        return _response(
            status, "about:blank", status.phrase, status.description, headers=headers
        )

    return answer_with_problems


def _response(
    status: int,
    type_: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    request_id = str(uuid7())
    document: dict[str, Any] = {
        "type": type_,
        "title": title,
        "status": int(status),
        "detail": detail,
        "request_id": request_id,
    }
    if errors:
        document["errors"] = list(errors)
    response = HttpResponse(
        json.dumps(document), status=int(status), content_type=CONTENT_TYPE
    )
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    return response
