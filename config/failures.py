"""The last page: something failed that nobody expected."""

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string
from uuid_utils.compat import uuid7

log = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with an id that the log has too, right before Django's traceback.

    Rendered without the request: what failed may be what the top bar needs.
    """
    failure = str(uuid7())
    log.error("failure %s: %s %r", failure, request.method, request.path)
    page = render_to_string("500.html", {"failure": failure})
    return HttpResponseServerError(page, headers={"X-Request-ID": failure})
