"""Browsers of people, and votes as their pages would send them."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals import forms
from approvals.models import ApprovalRequest
from tests.approvals.voting import cast_vote

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser() -> Callable[[User], Client]:
    """A browser in which somebody is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def ballot() -> Callable[..., dict[str, Any]]:
    """What the form on a page sends, ``age`` seconds after the page was made."""

    def fill_in(
        approval: ApprovalRequest, person: User, verdict: str = "approve", **more: Any
    ) -> dict[str, Any]:
        age = more.pop("age", 5)
        shown = replace(forms.shown_now(approval, person), at=time.time() - age)
        return {
            "verdict": verdict,
            "revision": approval.revision,
            "digest": approval.digest,
            "view": shown.sealed(),
            **more,
        }

    return fill_in


@pytest.fixture
def sealed() -> Callable[..., str]:
    """The view token of a page that was made ``age`` seconds ago."""

    def seal(approval: ApprovalRequest, person: User, age: float = 5) -> str:
        shown = forms.shown_now(approval, person)
        return replace(shown, at=time.time() - age).sealed()

    return seal


@pytest.fixture
def cast() -> Callable[..., ApprovalRequest]:
    """Somebody's vote on the current revision."""

    def vote(
        approval: ApprovalRequest, person: User, verdict: str = "approve"
    ) -> ApprovalRequest:
        now = ApprovalRequest.objects.get(pk=approval.pk)
        return cast_vote(now, person, verdict, message="So.")

    return vote


@pytest.fixture
def minute_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine half a second is over before a form has arrived."""
    monkeypatch.setattr(forms, "INERT", 60)
