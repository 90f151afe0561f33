"""Who may read the log, and what the others are told."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def may_read(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Staff, and members of any group."""
    return isinstance(user, User) and (user.is_staff or user.groups.exists())


def page_for_readers(view: View[P]) -> View[P]:
    """A page: sign-in first; then 403 with what to ask for, unless they may read."""
    return _for_readers(view, sign_in_or_refuse)


def file_for_readers(view: View[P]) -> View[P]:
    """What programs fetch: a sentence instead of a page to sign in on."""

    def refused(request: HttpRequest) -> HttpResponse:
        return text("Only people who may read the log get this: sign in.", 403)

    return _for_readers(view, refused)


def sign_in_or_refuse(request: HttpRequest) -> HttpResponse:
    """What a page answers to somebody who may not read it."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return render(request, "approvals/no_rights.html", status=403)


def text(content: str, status: int = 200) -> HttpResponse:
    """Plain text in UTF-8; ends with a newline."""
    content = content if content.endswith("\n") else f"{content}\n"
    return HttpResponse(
        content, status=status, content_type="text/plain; charset=utf-8"
    )


def _for_readers(
    view: View[P], refused: Callable[[HttpRequest], HttpResponse]
) -> View[P]:
    @require_safe
    @never_cache
    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not may_read(request.user):
            return refused(request)
        return view(request, *args, **kwargs)

    return guarded
