"""The log as a file to take away; a POST, for it leaves an entry of its own."""

from collections.abc import AsyncIterator, Generator

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from audit import export, heads, sequencer, spreadsheet
from audit.export import ExportError, Scope
from audit.log import person
from audit.readers import may_read, sign_in_or_refuse

FORMS = {"bundle": ("application/x-tar", "tar"), "csv": ("text/csv", "csv")}
"""Type and ending of the file."""


@require_POST
@never_cache
def take_export(request: HttpRequest) -> HttpResponseBase:
    """A bundle or CSV of all or a part; back to the form with what is wrong."""
    if not may_read(request.user) or not isinstance(request.user, User):
        return sign_in_or_refuse(request)
    form = request.POST.get("form", "bundle")
    try:
        scope = _scope(request)
        make = spreadsheet.stream if form == "csv" else export.stream
        pieces = make(scope, actor=person(request.user))
    except ExportError as error:
        context = {
            "head": heads.current(),
            "key": str(sequencer.verifier()),
            "problem": str(error),
            "asked": request.POST,
        }
        return render(request, "audit/verify.html", context, status=400)
    return _download(request, pieces, "csv" if form == "csv" else "bundle")


def _scope(request: HttpRequest) -> Scope:
    """Raises ExportError. PostgreSQL's text has no U+0000."""
    names = ("since", "until", "agent", "request")
    asked = {name: request.POST.get(name, "").replace("\0", "") for name in names}
    said = {name: text.strip() for name, text in asked.items()}
    return Scope.of(
        since=export.moment(said["since"]) if said["since"] else None,
        until=export.moment(said["until"]) if said["until"] else None,
        agent=said["agent"],
        request=said["request"],
    )


def _download(
    request: HttpRequest, pieces: Generator[bytes], form: str
) -> StreamingHttpResponse:
    kind, ending = FORMS[form]
    # Each handler streams only its own kind of iterator without holding it all.
    is_async = isinstance(request, ASGIRequest)
    answer = StreamingHttpResponse(
        _one_by_one(pieces) if is_async else pieces, content_type=kind
    )
    name = f"countersign-audit-{timezone.now():%Y%m%dT%H%M%SZ}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


async def _one_by_one(pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    """In this request's own thread, whose database transaction they are read in."""
    following = sync_to_async(lambda: next(pieces, None))
    try:
        while (piece := await following()) is not None:
            yield piece
    finally:
        await sync_to_async(pieces.close)()
