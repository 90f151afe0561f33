"""One's own page: preferences and passkeys."""

import time
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from approvals import passkeys, preference_forms, preferences, stepup
from approvals.webauthn import relying_party
from audit.log import person

_STATE = "passkey_registration"
"""Where the session keeps what adding a passkey began with."""


@require_safe
@never_cache
@login_required
def show_me(request: HttpRequest) -> HttpResponse:
    """Preferences and passkeys of whoever looks."""
    return answer(request)


@require_POST
@never_cache
@login_required
def begin_passkey(request: HttpRequest) -> HttpResponse:
    """JSON for ``navigator.credentials.create``; 403 or 409 with ``problem``."""
    if not stepup.is_recent(request.session, time.time()):
        return JsonResponse({"problem": _SIGN_IN_AGAIN}, status=403)
    try:
        options, state = passkeys.begin_registration(_me(request))
    except passkeys.PasskeyRefused as error:
        return JsonResponse({"problem": str(error)}, status=409)
    request.session[_STATE] = state
    return JsonResponse(options)


@require_POST
@never_cache
@login_required
def add_passkey(request: HttpRequest) -> HttpResponse:
    """The second step: what the authenticator made."""
    # Taken out at once: one beginning is good for one try.
    state = request.session.pop(_STATE, None)
    if not stepup.is_recent(request.session, time.time()):
        return answer(request, problem=_SIGN_IN_AGAIN, status=403)
    user, name = _me(request), request.POST.get("name", "")
    credential = request.POST.get("credential", "")
    try:
        passkey = passkeys.add(user, name, credential, state, actor=person(user))
    except passkeys.PasskeyRefused as error:
        return answer(request, problem=str(error), status=422)
    messages.success(request, f"The passkey {passkey.name} is added.")
    return redirect("approvals:me")


@require_POST
@never_cache
@login_required
def remove_passkey(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """End one of one's own passkeys."""
    user = _me(request)
    passkey = get_object_or_404(passkeys.of(user), pk=passkey_id)
    passkeys.remove(passkey, actor=person(user))
    messages.success(request, f"The passkey {passkey.name} is removed.")
    return redirect("approvals:me")


_SIGN_IN_AGAIN = "Confirm that it is you first. Nothing was changed."


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


def answer(
    request: HttpRequest, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page, with what went wrong."""
    own = passkeys.of(_me(request))
    context = {
        "passkeys": own,
        "is_full": len(own) >= passkeys.LIMIT,
        "limit": passkeys.LIMIT,
        "max_name": passkeys.MAX_NAME,
        "is_recent": stepup.is_recent(request.session, time.time()),
        "recent_minutes": stepup.RECENT // 60,
        "is_possible": relying_party(settings.BASE_URL) is not None,
        "elsewhere": _elsewhere(request),
        "problem": problem,
        "preferences": preference_forms.shown(preferences.of(_me(request))),
    }
    return render(request, "approvals/me.html", context, status=status)


def _elsewhere(request: HttpRequest) -> str:
    """Where passkeys work when they do not at the address this page has now."""
    party = relying_party(settings.BASE_URL)
    if party is None or request.get_host() == urlsplit(party.origin).netloc:
        return ""
    return party.origin
