"""Putting a request aside for oneself, and what one has put aside."""

from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from approvals import queue, snoozes
from approvals.render import visible_text
from approvals.views import (
    PersonRequest,
    answer,
    find,
    for_reviewers,
    go,
    next_place,
    stays,
)

MORNING = 8
"""The hour until which "until tomorrow" hides, in the server's zone; a browser sends
its own zone's morning in minutes instead."""
LONGEST = int(snoozes.LONGEST.total_seconds() // 60)


class HideForm(forms.Form):
    """For how many minutes; 0 until tomorrow morning."""

    minutes = forms.IntegerField(min_value=0, max_value=LONGEST)


@require_safe
@for_reviewers
def show_hidden(request: PersonRequest) -> HttpResponse:
    """What this person has put aside and still waits."""
    context = {"rows": queue.hidden(request.user)}
    return render(request, "approvals/hidden.html", context)


@require_POST
@for_reviewers
def hide(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Leave it out of one's own lists for a while; the clock runs on."""
    approval, form = find(request.user, approval_id), HideForm(request.POST)
    if not form.is_valid():
        words = f"Choose for how long, from 1 to {LONGEST:,} minutes."
        return answer(request, approval, status=422, problem=words)
    now = timezone.now()
    minutes = form.cleaned_data["minutes"]
    lasts = timedelta(minutes=minutes) if minutes else morning_after(now) - now
    try:
        snoozes.hide(approval, user=request.user, lasts=lasts, now=now)
    except snoozes.SnoozeRefused as error:
        return answer(request, approval, status=409, problem=str(error))
    if stays(request):
        return answer(request, approval, done="Hidden for you. The clock runs on.")
    what = f"{visible_text(approval.action)} of {approval.agent.name}"
    messages.success(request, f"Hidden for you: {what}. The clock runs on.")
    return go(request, next_place(request, approval))


@require_POST
@for_reviewers
def unhide(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Have it back in one's own lists."""
    approval = find(request.user, approval_id)
    snoozes.show(approval, user=request.user)
    if request.htmx:
        return answer(request, approval, done="It is in your lists again.")
    messages.success(request, "It is in your lists again.")
    return go(request, reverse("approvals:request", args=[approval_id]))


def morning_after(now: datetime) -> datetime:
    """The next day's MORNING in the server's zone."""
    tomorrow = timezone.localtime(now) + timedelta(days=1)
    return tomorrow.replace(hour=MORNING, minute=0, second=0, microsecond=0)
