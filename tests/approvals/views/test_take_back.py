"""``/r/<id>/take-back``: an approval that was not redeemed yet."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from approvals import lifecycle
from approvals.models import ApprovalRequest, Permit
from tests.approvals.views.acts import OfOneRequest, everything
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


class TestTakeBack(OfOneRequest):
    endpoint = "take-back"

    @pytest.fixture
    def approval(self, ask, alice, cast) -> ApprovalRequest:
        return cast(ask("one"), alice)

    @pytest.fixture
    def form(self, approval, alice, sealed) -> dict[str, Any]:
        return {"view": sealed(approval, alice), "reason": "Wrong database"}

    def test_revokes_the_permit_and_says_so(
        self, browser, alice, approval, form
    ) -> None:
        client, page = browser(alice), f"/r/{approval.pk}"
        assert "It can be taken back until the agent redeems" in client.get(page).text
        answer = client.post(self.address(approval), form)
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert Permit.objects.get().state == "revoked"
        text = client.get(page).text
        assert "The approval is taken back." in text
        assert "<strong>revoked</strong>" in text
        assert "Its permit is revoked; it cannot be taken back." in text
        assert "Wrong database" in text

    def test_anybody_who_could_have_decided_may(
        self, browser, bob, approval, sealed
    ) -> None:
        form = {"view": sealed(approval, bob)}
        assert browser(bob).post(self.address(approval), form).status_code == 302
        assert Permit.objects.get().state == "revoked"

    def test_a_script_gets_the_content_alone(
        self, browser, alice, approval, form
    ) -> None:
        answer = browser(alice).post(self.address(approval), form, headers=HTMX)
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<article id="request"')
        assert 'data-permit="revoked"' in answer.text

    def test_not_what_was_redeemed(self, browser, alice, approval, agent, form) -> None:
        lifecycle.redeem(approval.pk, agent=agent, digest=approval.digest)
        before = everything()
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 403
        assert "Its permit is redeemed; it cannot be taken back." in answer.text
        assert everything() == before
        text = browser(alice).get(f"/r/{approval.pk}").text
        assert "Its permit is redeemed; it cannot be taken back." in text
        assert "Take the approval back" not in text

    def test_not_what_has_lapsed(self, browser, alice, approval, form) -> None:
        Permit.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        before = everything()
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 403
        assert "Its permit is lapsed" in answer.text
        assert everything() == before

    def test_not_what_is_not_approved(self, browser, alice, ask, sealed) -> None:
        pending = ask("one")
        before = everything()
        form = {"view": sealed(pending, alice)}
        answer = browser(alice).post(self.address(pending), form)
        assert answer.status_code == 403
        assert "Only what is approved can be taken back." in answer.text
        assert everything() == before

    def test_not_by_members_of_other_groups(
        self, browser, charlie: User, approval, sealed
    ) -> None:
        charlie.groups.add(Group.objects.create(name="other"))
        before = everything()
        form = {"view": sealed(approval, charlie)}
        answer = browser(charlie).post(self.address(approval), form)
        assert answer.status_code == 403
        assert "Only members of reviewers may take this back." in answer.text
        assert everything() == before

    @pytest.mark.usefixtures("minute_to_read")
    def test_not_quicker_than_anybody_reads(
        self, browser, alice, approval, sealed
    ) -> None:
        before = everything()
        form = {"view": sealed(approval, alice, 0.1), "reason": "Half a sentence"}
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 409
        assert "quicker than anybody reads" in answer.text
        assert "Half a sentence</textarea>" in answer.text
        assert everything() == before

    def test_not_with_the_form_of_another_page(
        self, browser, alice, bob, approval, sealed
    ) -> None:
        before = everything()
        form = {"view": sealed(approval, bob)}
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 409
        assert "belongs to another page" in answer.text
        assert everything() == before

    @pytest.mark.parametrize(
        ("broken", "sentence"),
        [
            ({"view": ""}, "That form was not complete."),
            ({"view": "made-up"}, "That form was not complete."),
            ({"reason": "x" * 4001}, "at most 4000 characters"),
        ],
        ids=["no-view", "made-up-view", "long-reason"],
    )
    def test_not_with_an_incomplete_form(
        self, browser, alice, approval, form, broken, sentence
    ) -> None:
        before = everything()
        answer = browser(alice).post(self.address(approval), form | broken)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert everything() == before
