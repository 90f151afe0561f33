"""``/r/<id>/withdraw``: one's own vote, before the decision."""

import pytest

from approvals.models import Vote
from tests.approvals.views.acts import OfOneRequest, everything
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


class TestWithdraw(OfOneRequest):
    endpoint = "withdraw"

    def test_takes_the_vote_back_and_offers_the_verbs_again(
        self, browser, alice, approval, cast
    ) -> None:
        cast(approval, alice)
        client, page = browser(alice), f"/r/{approval.pk}"
        assert "Withdraw my vote" in client.get(page).text
        answer = client.post(self.address(approval))
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert Vote.objects.get().withdrawn_at is not None
        text = client.get(page).text
        assert "Your vote is withdrawn." in text
        assert "Withdraw my vote" not in text
        assert 'data-verb="approve">' in text
        assert "0 of 2</strong> approvals" in text

    def test_a_script_gets_the_content_alone(
        self, browser, alice, approval, cast
    ) -> None:
        cast(approval, alice)
        answer = browser(alice).post(self.address(approval), headers=HTMX)
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<article id="request"')
        assert 'data-done="Your vote is withdrawn."' in answer.text

    def test_there_must_be_one(self, browser, alice, bob, approval, cast) -> None:
        cast(approval, bob)
        before = everything()
        answer = browser(alice).post(self.address(approval))
        assert answer.status_code == 403
        assert "You have no vote on this request to take back." in answer.text
        assert everything() == before

    def test_a_decision_stands(self, browser, alice, bob, approval, cast) -> None:
        cast(approval, alice)
        cast(approval, bob)
        before = everything()
        answer = browser(alice).post(self.address(approval))
        assert answer.status_code == 409
        assert "This request is already approved." in answer.text
        assert everything() == before
