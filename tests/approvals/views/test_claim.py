"""``/r/<id>/claim``: who looks at a request; advice, no lock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import ApprovalRequest
from tests.approvals.test_render import Outline
from tests.approvals.views.acts import OfOneRequest, everything
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def words(html: str) -> str:
    return " ".join(Outline(html).text.split())


class TestClaim(OfOneRequest):
    endpoint = "claim"

    def test_says_to_everybody_who_looks_at_it(
        self, browser, alice, bob, approval
    ) -> None:
        client, page = browser(alice), f"/r/{approval.pk}"
        answer = client.post(self.address(approval))
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert ApprovalRequest.objects.get().claimed_by == alice
        assert "You look at it until" in words(client.get(page).text)
        others = browser(bob)
        assert "alice looks at it until" in words(others.get(page).text)
        assert "alice looks" in words(others.get("/").text)
        assert ">you look</span>" in client.get("/").text

    def test_keeps_nobody_from_deciding(
        self, browser, alice, bob, approval, ballot
    ) -> None:
        browser(alice).post(self.address(approval))
        text = browser(bob).get(f"/r/{approval.pk}").text
        assert 'data-verb="approve">' in text
        assert 'data-verb="deny">' in text
        form = ballot(ApprovalRequest.objects.get(), bob, "deny", message="no")
        browser(bob).post(f"/r/{approval.pk}/vote", form)
        assert ApprovalRequest.objects.get().state == "denied"

    def test_lasts_ten_minutes(self, browser, alice, approval) -> None:
        browser(alice).post(self.address(approval))
        late = timezone.now() - timedelta(seconds=1)
        ApprovalRequest.objects.update(claimed_until=late)
        client = browser(alice)
        assert "look at it until" not in words(client.get(f"/r/{approval.pk}").text)
        assert ">you look</span>" not in client.get("/").text

    def test_is_released(self, browser, alice, approval) -> None:
        client = browser(alice)
        client.post(self.address(approval))
        client.post(self.address(approval), {"release": "yes"})
        assert ApprovalRequest.objects.get().claimed_by is None
        assert "look at it until" not in words(client.get(f"/r/{approval.pk}").text)

    def test_is_not_released_by_others(self, browser, alice, bob, approval) -> None:
        browser(alice).post(self.address(approval))
        before = everything()
        answer = browser(bob).post(self.address(approval), {"release": "yes"})
        assert answer.status_code == 403
        assert "You did not claim this request." in answer.text
        assert everything() == before

    def test_a_script_gets_the_content_alone(self, browser, alice, approval) -> None:
        answer = browser(alice).post(self.address(approval), headers=HTMX)
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<article id="request"')
        assert 'data-claimed="alice"' in answer.text

    def test_is_over_with_the_decision(
        self, browser, alice, bob, approval, cast
    ) -> None:
        browser(alice).post(self.address(approval))
        cast(approval, bob, "deny")
        text = browser(bob).get(f"/r/{approval.pk}").text
        assert "Anybody may still decide" not in text
        before = everything()
        answer = browser(bob).post(self.address(approval))
        assert answer.status_code == 409
        assert "This request is already denied." in answer.text
        assert everything() == before
