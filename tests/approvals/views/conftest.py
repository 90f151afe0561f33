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
