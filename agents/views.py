"""Pages for staff: agents, their keys, callbacks and deliveries."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from agents import registry
from agents.example import EXAMPLE, curl
from agents.forms import CallbackForm, RegisterForm
from agents.models import Agent, AgentKey
from audit.log import person

P = ParamSpec("P")
RECENT = 20
"""How many revoked keys and how many deliveries an agent's page shows."""


class StaffRequest(HttpRequest):
    """A request by somebody signed in who may manage agents and accounts."""

    user: User


def for_staff(
    view: Callable[Concatenate[StaffRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Sign-in first, then 403 for who is not staff. Nothing of it is ever cached:
    some answers show a key or a secret.
    """

    @never_cache
    @login_required
    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        staff = cast(StaffRequest, request)
        if not staff.user.is_staff:
            raise PermissionDenied("Only staff manages agents and accounts.")
        return view(staff, *args, **kwargs)

    return guarded


@require_safe
@for_staff
def show_agents(request: StaffRequest) -> HttpResponse:
    """All agents by name."""
    live = AgentKey.objects.filter(revoked_at=None).order_by("slot")
    agents = Agent.objects.select_related("owner").prefetch_related(
        Prefetch("keys", live, to_attr="live_keys")
    )
    return render(request, "agents/list.html", {"agents": agents})


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def register(request: StaffRequest) -> HttpResponse:
    """The form for a new agent; on success its key and secret, shown only now."""
    form = RegisterForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _show_form(request, form)
    try:
        new = registry.register_agent(
            form.cleaned_data["name"],
            actor=person(request.user),
            owner=form.cleaned_data["owner"],
            callback_url=form.cleaned_data["callback_url"],
            created_by=request.user,
        )
    except registry.NameTaken as error:
        form.add_error("name", str(error))
        return _show_form(request, form)
    return _show_once(request, new.agent, key=new.key, secret=new.webhook_secret)


@require_safe
@for_staff
def show_agent(request: StaffRequest, name: str) -> HttpResponse:
    """One agent."""
    agent = _find(name)
    return _show_agent(request, agent, _callback_form(agent))


@require_POST
@for_staff
def issue_key(request: StaffRequest, name: str) -> HttpResponse:
    """A further key, shown only in this answer."""
    agent = _find(name)
    try:
        key = registry.issue_key(
            agent, actor=person(request.user), created_by=request.user
        )
    except registry.TooManyKeys as error:
        return _show_agent(request, agent, _callback_form(agent), problem=str(error))
    return _show_once(request, agent, key=key)


@require_POST
@for_staff
def revoke_key(request: StaffRequest, name: str, key_id: UUID) -> HttpResponse:
    """End a key."""
    key = get_object_or_404(AgentKey, pk=key_id, agent=_find(name))
    registry.revoke_key(key, actor=person(request.user))
    return _back(request, name, f"The key {key} is revoked.")


@require_POST
@for_staff
def set_callback(request: StaffRequest, name: str) -> HttpResponse:
    """Set or remove the callback address."""
    agent = _find(name)
    form = CallbackForm(request.POST)
    if not form.is_valid():
        return _show_agent(request, agent, form, status=422)
    url = form.cleaned_data["callback_url"]
    registry.set_callback(agent, url, actor=person(request.user))
    return _back(request, name, "The callback is set." if url else "No callback now.")


@require_POST
@for_staff
def rotate_secret(request: StaffRequest, name: str) -> HttpResponse:
    """A new webhook secret, shown only in this answer."""
    agent = _find(name)
    secret = registry.rotate_webhook_secret(
        agent, actor=person(request.user), created_by=request.user
    )
    return _show_once(request, agent, secret=secret)


@require_POST
@for_staff
def drop_previous_secret(request: StaffRequest, name: str) -> HttpResponse:
    """End the rotation of the webhook secret."""
    registry.drop_previous_secret(_find(name), actor=person(request.user))
    return _back(request, name, "The previous secret is void.")


@require_POST
@for_staff
def pause(request: StaffRequest, name: str) -> HttpResponse:
    """Refuse what the agent sends."""
    registry.pause(_find(name), actor=person(request.user))
    return _back(request, name, f"{name} is paused.")


@require_POST
@for_staff
def resume(request: StaffRequest, name: str) -> HttpResponse:
    """Let the agent in again."""
    registry.resume(_find(name), actor=person(request.user))
    return _back(request, name, f"{name} is active again.")


def _find(name: str) -> Agent:
    return get_object_or_404(Agent.objects.select_related("owner"), name=name)


def _callback_form(agent: Agent) -> CallbackForm:
    return CallbackForm(initial={"callback_url": agent.callback_url})


def _back(request: StaffRequest, name: str, done: str) -> HttpResponse:
    messages.success(request, done)
    return redirect("agents:detail", name)


def _show_form(request: StaffRequest, form: RegisterForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "agents/register.html", {"form": form}, status=status)


def _show_agent(
    request: StaffRequest,
    agent: Agent,
    form: Form,
    *,
    problem: str = "",
    status: int | None = None,
) -> HttpResponse:
    keys = agent.keys.select_related("created_by")
    context = {
        "agent": agent,
        "form": form,
        "problem": problem,
        "live_keys": keys.filter(revoked_at=None).order_by("slot"),
        "max_keys": len(AgentKey.SLOTS),
        "revoked_keys": keys.exclude(revoked_at=None)[:RECENT],
        "deliveries": agent.deliveries.select_related("agent").defer("body")[:RECENT],
    }
    status = status or (409 if problem else 200)
    return render(request, "agents/detail.html", context, status=status)


def _show_once(
    request: StaffRequest, agent: Agent, *, key: str = "", secret: str = ""
) -> HttpResponse:
    ask = curl(settings.BASE_URL, key, "/requests", EXAMPLE, wait=60) if key else ""
    context = {"agent": agent, "key": key, "secret": secret, "ask": ask}
    return render(request, "agents/shown_once.html", context)
