"""From an HTTP request to checked values, and refusals as problems."""

import re
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from psycopg_pool import PoolTimeout

from agents.auth import Unauthenticated
from agents.brake import InvalidBrake
from approvals import idempotency, lifecycle
from approvals.canonical import InvalidJSON, MalformedJSON, parse, pointer_to
from approvals.models import ApprovalRequest
from approvals.problems import MAX_BODY, Problem, invalid, not_found, too_large
from approvals.ruleset import NoPolicy

MAX_WAIT = 60
"""Seconds an answer can be held."""
REFUSALS: dict[type[lifecycle.Refusal], tuple[int, str]] = {
    lifecycle.AlreadyDecided: (409, "already-decided"),
    lifecycle.AlreadyRedeemed: (409, "already-redeemed"),
    lifecycle.Braked: (423, "braked"),
    lifecycle.NoOpenQuestion: (409, "conflict"),
    lifecycle.NotRedeemable: (409, "not-redeemable"),
    lifecycle.OtherOutcome: (409, "conflict"),
    lifecycle.StaleRevision: (409, "stale-revision"),
}
"""Status and slug of what the lifecycle refuses to agents (API.md, Act)."""
PLAIN: dict[type[Exception], tuple[int, str, str]] = {
    idempotency.Mismatch: (
        422,
        "idempotency-mismatch",
        "This idempotency key came before with another call or body.",
    ),
    NoPolicy: (503, "unavailable", "No policy is published yet."),
}
"""Status, slug and detail of what needs no more words."""
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")
_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?(?=$|[,;\s])")


class StrictParser(Parser):
    """The one way a body comes in."""

    def parse_body(self, request: HttpRequest) -> Any:
        if len(request.body) > MAX_BODY:
            raise too_large()
        if (request.content_type or "").lower() != "application/json":
            raise Problem(
                415, "unsupported-media-type", "Send Content-Type: application/json."
            )
        try:
            return parse(request.body)
        except MalformedJSON as error:
            raise Problem(400, "malformed", f"The body is {_no_json(error)}") from None
        except InvalidJSON as error:
            message = {"pointer": error.pointer, "message": error.message}
            raise invalid([message]) from None


def _no_json(error: MalformedJSON) -> str:
    return f"not acceptable JSON: {error}."


def request_id(text: str) -> UUID:
    """The id in a path; what is no UUID names nothing. Raises Problem 404."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found() from None


def seconds_to_wait(request: HttpRequest) -> int:
    """N of ``Prefer: wait=N`` (RFC 7240), at most MAX_WAIT; 0 without one."""
    found = _PREFER_WAIT.search(request.headers.get("Prefer", "").lower())
    return min(int(found[1]), MAX_WAIT) if found else 0


def idempotency_key(request: HttpRequest) -> str | None:
    """The Idempotency-Key header; raises Problem 400 for a malformed one."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _VISIBLE_ASCII.fullmatch(key):
        raise Problem(
            400,
            "malformed",
            "Idempotency-Key must be 1 to 255 visible ASCII characters.",
        )
    return key


def handle_errors(api: NinjaAPI) -> None:
    """Give every error the API can meet its problem."""

    @api.exception_handler(Problem)
    def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
        return error.response()

    @api.exception_handler(HttpError)
    def _body(request: HttpRequest, error: HttpError) -> HttpResponse:
        # django-ninja wraps whatever the parser raises.
        cause = error.__cause__
        if isinstance(cause, Problem):
            return cause.response()
        return Problem(400, "malformed", "The body could not be read.").response()

    @api.exception_handler(ValidationError)
    def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
        if not request.body and any(e["loc"][0] == "body" for e in error.errors):
            return Problem(400, "malformed", "The body is empty.").response()
        return invalid([_as_error(entry) for entry in error.errors]).response()

    @api.exception_handler(Unauthenticated)
    def _unauthenticated(request: HttpRequest, error: Unauthenticated) -> HttpResponse:
        headers = {"WWW-Authenticate": 'Bearer realm="countersign"'}
        return Problem(401, "unauthenticated", str(error), headers=headers).response()

    @api.exception_handler(ApprovalRequest.DoesNotExist)
    def _missing(request: HttpRequest, error: Exception) -> HttpResponse:
        return not_found().response()

    @api.exception_handler(lifecycle.Refusal)
    def _refused(request: HttpRequest, error: lifecycle.Refusal) -> HttpResponse:
        status, slug = REFUSALS.get(type(error), (422, "invalid"))
        return Problem(status, slug, str(error)).response()

    @api.exception_handler(InvalidBrake)
    def _brake(request: HttpRequest, error: InvalidBrake) -> HttpResponse:
        return invalid([{"pointer": "/reason", "message": str(error)}]).response()

    @api.exception_handler(idempotency.InFlight)
    def _in_flight(request: HttpRequest, error: Exception) -> HttpResponse:
        detail = "Ask again in a moment: the first call has not finished."
        headers = {"Retry-After": "1"}
        return Problem(409, "idempotency-in-flight", detail, headers=headers).response()

    @api.exception_handler(idempotency.Mismatch)
    @api.exception_handler(NoPolicy)
    def _plain(request: HttpRequest, error: Exception) -> HttpResponse:
        return Problem(*PLAIN[type(error)]).response()

    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    @api.exception_handler(PoolTimeout)
    def _database(request: HttpRequest, error: Exception) -> HttpResponse:
        detail = "The database does not answer; nothing was decided."
        headers = {"Retry-After": "5"}
        return Problem(503, "unavailable", detail, headers=headers).response()


def _as_error(entry: dict[str, Any]) -> dict[str, str]:
    """A pydantic error as {"pointer", "message"}; body errors point into the body."""
    where, *path = entry["loc"]
    pointer = ""
    for member in path[1:] if where == "body" else path:
        pointer = pointer_to(pointer, member)
    return {"pointer": pointer, "message": entry["msg"]}
