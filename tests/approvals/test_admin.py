"""Requests, votes and policies in the admin: to look at, and no more."""

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import ApprovalRequest
from tests.approvals.voting import cast_vote

MODELS = ("approvalrequest", "policy")


@pytest.fixture
def client(admin):
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def rows(ask, policy, alice):
    approval = ask("two", summary="Trust me: this is harmless.")
    cast_vote(approval, alice)
    return {"approvalrequest": approval, "policy": policy}


@pytest.mark.parametrize("model", MODELS)
def test_rows_can_be_looked_at(client, rows, model) -> None:
    changelist = client.get(reverse(f"admin:approvals_{model}_changelist"))
    assert changelist.status_code == 200
    page = client.get(reverse(f"admin:approvals_{model}_change", args=[rows[model].pk]))
    assert page.status_code == 200


def test_a_request_shows_its_votes_and_no_claims(client, rows) -> None:
    page = client.get(
        reverse(
            "admin:approvals_approvalrequest_change", args=[rows["approvalrequest"].pk]
        )
    ).text
    assert "alice" in page
    assert "Trust me" not in page


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_added_changed_or_deleted(client, rows, model) -> None:
    row = [rows[model].pk]
    for address in (
        reverse(f"admin:approvals_{model}_add"),
        reverse(f"admin:approvals_{model}_change", args=row),
        reverse(f"admin:approvals_{model}_delete", args=row),
    ):
        posted = {"post": "yes", "state": "approved", "votes-TOTAL_FORMS": "0"}
        assert client.post(address, posted).status_code == 403
    assert ApprovalRequest.objects.get().is_pending
