"""Saving what one prefers."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from approvals import me_views, preferences
from approvals.preference_forms import PreferencesForm, ThemeForm


@require_POST
@never_cache
@login_required
def save(request: HttpRequest) -> HttpResponse:
    """One's own preferences, all of them."""
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        problem = "Something in that form is not among the choices. Nothing was saved."
        return me_views.answer(request, problem=problem, status=422)
    preferences.save(actor=cast(User, request.user), **form.cleaned_data)
    messages.success(request, "Your preferences are saved.")
    return redirect(reverse("approvals:me") + "#preferences")


@require_POST
@never_cache
@login_required
def save_theme(request: HttpRequest) -> HttpResponse:
    """The theme alone, by the button in the top bar."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    preferences.save(actor=cast(User, request.user), **form.cleaned_data)
    return HttpResponse(status=204)
