"""The first steps after installing, and the sample agent."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.example import EXAMPLE, curl
from agents.views import StaffRequest, for_staff
from approvals import first_steps, ruleset, samples
from approvals.views import PersonRequest, for_reviewers

PLACEHOLDER = "PASTE_THE_KEY_HERE"


@require_safe
@for_reviewers
def show_welcome(request: PersonRequest) -> HttpResponse:
    """How far this installation has come; as a fragment, without the page around."""
    template = "_welcome" if request.htmx else "welcome"
    return render(request, f"approvals/{template}.html", _contents(request))


@require_POST
@for_staff
def ask_samples(request: StaffRequest) -> HttpResponse:
    """Let the sample agent ask."""
    try:
        asked = samples.ask(actor=request.user)
    except samples.NameTaken:
        messages.error(request, f"{samples.NAME} is an agent that somebody uses.")
        return redirect("approvals:welcome")
    except ruleset.NoPolicy:
        messages.error(request, "No policy is in force: publish one first.")
        return redirect("approvals:welcome")
    number = sum(approval.is_pending for approval in asked)
    messages.success(
        request, f"{samples.NAME} asked for {len(asked)} things; {number} wait."
    )
    return redirect("approvals:welcome")


@require_POST
@for_staff
def end_samples(request: StaffRequest) -> HttpResponse:
    """Take its requests back and pause it."""
    try:
        samples.end(actor=request.user)
    except samples.NameTaken:
        messages.error(request, f"{samples.NAME} is an agent that somebody uses.")
    else:
        messages.success(request, f"{samples.NAME} is paused; nothing of it waits.")
    return redirect("approvals:welcome")


def _contents(request: PersonRequest) -> dict[str, Any]:
    steps = first_steps.steps()
    try:
        sample, is_taken = samples.agent(), False
    except samples.NameTaken:
        sample, is_taken = None, True
    return {
        "steps": steps,
        "parts": first_steps.parts(request.get_host()),
        "ask": curl(settings.BASE_URL, PLACEHOLDER, "/requests", EXAMPLE, wait=60),
        "redeem": _redeem(steps),
        "placeholder": PLACEHOLDER,
        "sample": sample,
        "is_sample_taken": is_taken,
        "samples": samples.waiting() if sample else [],
        "sample_name": samples.NAME,
        "base_url": settings.BASE_URL,
    }


def _redeem(steps: first_steps.Steps) -> str:
    """For the permit that waits; empty where none does."""
    if (approval := steps.approved) is None:
        return ""
    path, body = f"/requests/{approval.pk}/redeem", {"digest": approval.digest}
    return curl(settings.BASE_URL, PLACEHOLDER, path, body)
