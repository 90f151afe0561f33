"""What holds for everything that people do to a request with a form."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Brake
from approvals.models import (
    ApprovalRequest,
    Grant,
    Outcome,
    Permit,
    Question,
    Revision,
    Vote,
)
from audit.models import Entry

STORED = (ApprovalRequest, Vote, Revision, Question, Permit, Outcome, Grant, Brake)


def everything() -> list[Any]:
    """All that is stored about requests, and what the log holds beside sign-ins."""
    rows = [list(model.objects.order_by("pk").values()) for model in STORED]
    log = Entry.objects.exclude(subject_type="sign_in").order_by("pk")
    return [*rows, list(log.values_list("pk", "action"))]


class OfOneRequest:
    """Rules of every endpoint below ``/r/<id>/``; a subclass says which, and what
    its form sends for Alice."""

    endpoint = ""
    methods: tuple[str, ...] = ("get", "head", "options", "put", "delete")
    """Those that it refuses."""

    @pytest.fixture
    def approval(self, ask: Callable[..., ApprovalRequest]) -> ApprovalRequest:
        return ask("two")

    @pytest.fixture
    def form(self) -> dict[str, Any]:
        return {}

    def address(self, approval: ApprovalRequest) -> str:
        return f"/r/{approval.pk}/{self.endpoint}"

    def test_other_methods_change_nothing(self, browser, alice, approval) -> None:
        before = everything()
        for method in self.methods:
            answer = getattr(browser(alice), method)(self.address(approval))
            assert answer.status_code == 405, method
        assert everything() == before

    def test_strangers_sign_in_first(self, client, approval, form) -> None:
        before = everything()
        answer = client.post(self.address(approval), form)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")
        assert everything() == before

    def test_people_without_rights_are_refused(
        self, browser, charlie: User, approval, form
    ) -> None:
        before = everything()
        answer = browser(charlie).post(self.address(approval), form)
        assert answer.status_code == 403
        assert "deploy-bot" not in answer.text
        assert everything() == before

    def test_is_missing_for_an_unknown_id(self, browser, alice, approval, form) -> None:
        before = everything()
        address = f"/r/{UUID(int=7)}/{self.endpoint}"
        assert browser(alice).post(address, form).status_code == 404
        assert everything() == before

    def test_refuses_a_form_from_another_site(self, alice, approval, form) -> None:
        before = everything()
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)
        answer = client.post(self.address(approval), form)
        assert answer.status_code == 403
        assert "This form is no longer valid" in answer.text
        assert everything() == before
