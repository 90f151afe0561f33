"""The page for when the server is out of reach, and the worker that shows it.

Both are the same for everybody and hold nothing of anybody.
"""

import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
@cache_control(no_cache=True)
def show_offline(request: HttpRequest) -> HttpResponse:
    """Without a form, a token or a name: it can decide nothing."""
    return HttpResponse(_page())


@require_safe
@cache_control(no_cache=True)
def send_worker(request: HttpRequest) -> HttpResponse:
    """The service worker; at the root, because it is for every page."""
    response = HttpResponse(_worker(), content_type="text/javascript")
    response["Service-Worker-Allowed"] = "/"
    return response


@cache
def _page() -> str:
    # Without the request: there must be nobody in it.
    return render_to_string("offline.html")


@cache
def _worker() -> str:
    """The script, with the files of the page before it.

    Their digest makes it another script when one of them changes, and that is when
    browsers take a new one.
    """
    page = _page()
    files = re.findall(rf'(?:href|src)="({re.escape(static(""))}[^"]+)"', page)
    digest = sha256(page.encode())
    for address in files:
        digest.update(_read(address.removeprefix(static(""))))
    told = {
        "page": reverse("approvals:offline"),
        "signOut": reverse("account_logout"),
        "files": files,
        "digest": digest.hexdigest()[:16],
    }
    return f"const FILES = {json.dumps(told)};\n{_read('js/worker.js').decode()}"


def _read(name: str) -> bytes:
    path = finders.find(name)
    assert isinstance(path, str)
    return Path(path).read_bytes()
