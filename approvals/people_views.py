"""Which accounts are one human: a page for staff."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.views import StaffRequest, for_staff
from approvals import humans


class LinkForm(forms.Form):
    """Two accounts of one human."""

    account = forms.ModelChoiceField(
        queryset=User.objects.order_by("username"),
        label="Account",
        empty_label="Choose an account",
    )
    human = forms.ModelChoiceField(
        queryset=User.objects.order_by("username"),
        label="Same human as",
        empty_label="Choose an account",
    )


@require_safe
@for_staff
def show_people(request: StaffRequest) -> HttpResponse:
    """Every account, and whose it is."""
    return _answer(request, LinkForm())


@require_POST
@for_staff
def link(request: StaffRequest) -> HttpResponse:
    """Link two accounts."""
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _answer(request, form, status=422)
    account, human = form.cleaned_data["account"], form.cleaned_data["human"]
    try:
        humans.link(account, human, actor=request.user)
    except humans.LinkRefused as error:
        return _answer(request, form, problem=str(error), status=409)
    messages.success(request, f"{account} and {human} count as one human now.")
    return redirect("approvals:people")


@require_POST
@for_staff
def unlink(request: StaffRequest, user_id: int) -> HttpResponse:
    """Let one account count for itself again."""
    account = get_object_or_404(User, pk=user_id)
    try:
        humans.unlink(account, actor=request.user)
    except humans.LinkRefused as error:
        return _answer(request, LinkForm(), problem=str(error), status=409)
    messages.success(request, f"{account} counts as a human of its own now.")
    return redirect("approvals:people")


def _answer(
    request: StaffRequest, form: LinkForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {"rows": _rows(request.user), "form": form, "problem": problem}
    return render(request, "approvals/people.html", context, status=status)


def _rows(viewer: User) -> list[dict[str, Any]]:
    """The accounts of one human stand together, the first one first."""
    found = User.objects.prefetch_related("groups").order_by("username")
    people, now = {user.pk: user for user in found}, humans.current()
    rows = [
        {
            "account": user,
            "groups": sorted(group.name for group in user.groups.all()),
            "first": people[now.of(user.pk)] if now.of(user.pk) != user.pk else None,
            "is_mine": now.same(user.pk, viewer.pk),
        }
        for user in people.values()
    ]
    return sorted(rows, key=lambda row: _place(row["account"], row["first"]))


def _place(account: User, first: User | None) -> tuple[str, bool, str]:
    return (first or account).username, first is not None, account.username
