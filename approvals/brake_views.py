"""The page of the brake, the control in every top bar, and the banner."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from agents import brake
from agents.models import Brake
from approvals import brake_board, lifecycle
from approvals.brake_forms import EngageForm, HoldForm, ReleaseForm
from approvals.render import visible_text
from approvals.views import PersonRequest, for_reviewers
from audit.log import person


@require_http_methods(["GET", "HEAD", "POST"])
@for_reviewers
def show_brake(request: PersonRequest) -> HttpResponse:
    """What is in force, and the form to pull one; as a fragment, the former alone."""
    if request.method == "POST":
        return _engage(request, EngageForm(request.POST))
    if request.htmx:
        return _page(request, "approvals/_brakes.html")
    return _page(request)


@require_POST
@for_reviewers
def hold_everything(request: PersonRequest) -> HttpResponse:
    """The control in the top bar: no questions asked."""
    form = HoldForm(request.POST)
    if not form.is_valid():
        asked = {"scope": Brake.Scope.EVERYTHING, "mode": Brake.Mode.HOLD}
        return _engage(request, EngageForm({**asked, **request.POST.dict()}))
    name = request.user.get_username()
    lifecycle.engage_brake(
        scope=Brake.Scope.EVERYTHING,
        reason=form.cleaned_data["reason"] or f"Held from the top bar by {name}",
        actor=person(request.user),
    )
    messages.warning(request, "Everything is on hold.")
    return redirect("approvals:brake")


@require_POST
@for_reviewers
def release_brake(request: PersonRequest, brake_id: UUID) -> HttpResponse:
    """One human agrees; 403 without the right, 409 when it is too late."""
    permission = brake_board.may_release(request.user)
    if not permission.allowed:
        return _refuse(request, brake_id, permission.why_not, 403)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        sentence = " ".join(map(str, form.errors["reason"]))
        return _refuse(request, brake_id, sentence, 422)
    try:
        released = lifecycle.release_brake(
            brake_id,
            human=brake_board.human_of(request.user),
            actor=person(request.user),
            reason=form.cleaned_data["reason"],
        )
    except brake.InvalidBrake as error:
        return _refuse(request, brake_id, str(error), 422)
    except brake.BrakeError as error:
        return _refuse(request, brake_id, str(error), 409)
    messages.success(request, _thanks(released))
    return redirect("approvals:brake")


@require_safe
@for_reviewers
def show_banner(request: PersonRequest) -> HttpResponse:
    """The banner as it is now, for pages that are open already."""
    return render(request, "approvals/_brake_banner.html")


def _engage(request: PersonRequest, form: EngageForm) -> HttpResponse:
    if form.is_valid():
        try:
            engaged = lifecycle.engage_brake(
                **form.cleaned_data, actor=person(request.user)
            )
        except brake.InvalidBrake as error:
            form.add_error(error.member, str(error))
        else:
            messages.warning(request, f"The brake is on: {_words(engaged)}.")
            return redirect("approvals:brake")
    return _page(request, status=422, form=form)


def _refuse(
    request: PersonRequest, brake_id: UUID, problem: str, status: int
) -> HttpResponse:
    """The page as it is now, with what went wrong and with what they had typed."""
    return _page(
        request,
        status=status,
        problem=problem,
        refused=brake_id,
        typed=request.POST.get("reason", ""),
    )


def _page(
    request: PersonRequest,
    template: str = "approvals/brake.html",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    first = EngageForm(initial={"scope": "everything", "mode": "hold"})
    context = {"board": brake_board.board(request.user), "form": first, **more}
    return render(request, template, context, status=status)


def _thanks(released: Brake) -> str:
    if released.released_at is not None:
        return f"Released: {_words(released)}."
    return "You agreed to release it. One more person has to agree."


def _words(engaged: Brake) -> str:
    return visible_text(str(engaged))
