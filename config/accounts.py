"""Who may sign in: only people an administrator made; and what is recorded of it."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.views import ReauthenticateView
from django.contrib.auth.models import AbstractBaseUser, Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from uuid_utils.compat import uuid7

from audit import log
from audit.actions import Action
from audit.erasure import SIGN_IN

NAME_LIMIT = 150
"""Characters in a user name; what else was typed there is cut to it."""


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up from outside."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class Reauthenticate(ReauthenticateView):  # type: ignore[misc]
    """Confirm who one is with the password; then back to where one was, by GET."""

    def form_valid(self, form: Any) -> HttpResponse:
        # allauth would repeat a POST that it had put aside: nobody decides by that.
        self.request.session.pop(STATE_SESSION_KEY, None)
        answer: HttpResponse = super().form_valid(form)
        return answer

    def _check_reauthentication_method_available(
        self, request: HttpRequest
    ) -> HttpResponse | None:
        if isinstance(request.user, User) and request.user.has_usable_password():
            return None
        return render(request, "account/no_password.html", status=403)


@transaction.atomic
def create_user(
    name: str,
    *,
    actor: log.Actor,
    password: str | None,
    groups: Iterable[str] = (),
    is_staff: bool = False,
    is_superuser: bool = False,
) -> User:
    """Make a person and the groups that are missing; returns the person.

    ``password=None`` makes somebody who cannot sign in. Raises ValidationError
    for a name that is taken or not allowed, and for a password that is too weak.
    """
    user = User(username=name, is_staff=is_staff, is_superuser=is_superuser)
    if password is not None:
        validate_password(password, user)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        # Somebody else was quicker between the check and the row.
        raise ValidationError("A user with that username already exists.") from None
    names = sorted(set(groups))
    user.groups.set([Group.objects.get_or_create(name=group)[0] for group in names])
    log.record(
        Action.USER_CREATED,
        actor=actor,
        subject=("user", str(user.pk)),
        data={
            "name": name,
            "groups": names,
            "staff": is_staff,
            "superuser": is_superuser,
        },
    )
    return user


def record_sign_ins() -> None:
    """Have every way of signing in and out recorded.

    Django's signals, against the rule of the house: they are the only place that
    the sign-in page, the admin and whatever comes later all pass through.
    """
    user_logged_in.connect(_signed_in, dispatch_uid="audit-signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit-signed-out")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="audit-sign-in-failed")


def _signed_in(
    sender: object, request: HttpRequest | None, user: AbstractBaseUser, **_: Any
) -> None:
    _record(Action.USER_SIGNED_IN, log.person(user), _origin(request))


def _signed_out(
    sender: object, request: HttpRequest | None, user: AbstractBaseUser | None, **_: Any
) -> None:
    if user is not None:
        _record(Action.USER_SIGNED_OUT, log.person(user), _origin(request))


def _sign_in_failed(
    sender: object,
    credentials: dict[str, Any],
    request: HttpRequest | None = None,
    **_: Any,
) -> None:
    """Nobody knows who it was; the name is only what was typed."""
    typed = _storable(str(credentials.get("username", "")))
    stranger = log.Actor(type="anonymous", id="", name="")
    data = {"name": log.Sealed(typed), **_origin(request)}
    _record(Action.USER_SIGN_IN_FAILED, stranger, data)


@transaction.atomic
def _record(action: Action, actor: log.Actor, data: dict[str, Any]) -> None:
    """Each is a subject of its own, so that its address can be erased in time."""
    subject = (SIGN_IN, str(uuid7()))
    log.record(action, actor=actor, subject=subject, data=data, is_new=True)


def _origin(request: HttpRequest | None) -> dict[str, Any]:
    if request is None:
        return {}
    return {"address": log.Sealed(request.META.get("REMOTE_ADDR", ""))}


def _storable(text: str) -> str:
    """What PostgreSQL's jsonb can hold: no U+0000, no lone surrogates."""
    cut = text[:NAME_LIMIT].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return cut.encode("utf-8", "replace").decode()
