"""``/r/<id>/assign``: whom a request is handed to; advice, no lock."""

import re

import pytest
from django.contrib.auth.models import Group, User

from approvals import lifecycle
from approvals.models import ApprovalRequest
from tests.approvals.views.acts import OfOneRequest, everything
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def offered(text: str) -> list[str]:
    choice = text[text.index('<select id="assignee"') : text.index("</select>")]
    return re.findall(r'<option value="([^"]+)"', choice)


class TestAssign(OfOneRequest):
    endpoint = "assign"

    @pytest.fixture
    def form(self, bob: User) -> dict[str, str]:
        return {"assignee": "bob"}

    def test_hands_it_to_somebody_who_sees_it_marked(
        self, browser, alice, bob, approval, form
    ) -> None:
        client, page = browser(alice), f"/r/{approval.pk}"
        answer = client.post(self.address(approval), form)
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert ApprovalRequest.objects.get().assigned_to == bob
        assert "Assigned to bob." in client.get(page).text
        assert "for bob</span>" in client.get("/").text
        assert "for you</span>" in browser(bob).get("/").text

    def test_nobody_in_particular_again(
        self, browser, alice, bob, approval, form
    ) -> None:
        client = browser(alice)
        client.post(self.address(approval), form)
        client.post(self.address(approval), {"assignee": ""})
        assert ApprovalRequest.objects.get().assigned_to is None

    def test_offers_those_who_may_decide(
        self, browser, alice, bob, charlie, owner, reviewers, approval
    ) -> None:
        owner.groups.add(reviewers)
        gone = User.objects.create_user("gone", is_active=False)
        gone.groups.add(reviewers)
        other = User.objects.create_user("other")
        other.groups.add(Group.objects.create(name="other"))
        text = browser(alice).get(f"/r/{approval.pk}").text
        assert offered(text) == ["alice", "bob"]

    def test_keeps_nobody_from_deciding(
        self, browser, alice, bob, approval, form
    ) -> None:
        browser(alice).post(self.address(approval), form)
        assert 'data-verb="approve">' in browser(alice).get(f"/r/{approval.pk}").text

    @pytest.mark.parametrize("name", ["nobody-here", "gone"])
    def test_nobody_of_that_name(
        self, browser, alice, reviewers, approval, name
    ) -> None:
        gone = User.objects.create_user("gone", is_active=False)
        gone.groups.add(reviewers)
        before = everything()
        answer = browser(alice).post(self.address(approval), {"assignee": name})
        assert answer.status_code == 422
        assert "There is nobody of that name." in answer.text
        assert everything() == before

    def test_not_to_somebody_without_rights(
        self, browser, alice, charlie, approval
    ) -> None:
        before = everything()
        answer = browser(alice).post(self.address(approval), {"assignee": "charlie"})
        assert answer.status_code == 403
        assert "charlie may not see requests." in answer.text
        assert everything() == before

    def test_a_script_gets_the_content_alone(
        self, browser, alice, approval, form
    ) -> None:
        answer = browser(alice).post(self.address(approval), form, headers=HTMX)
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<article id="request"')
        assert 'data-assigned="bob"' in answer.text

    def test_not_after_the_decision(
        self, browser, alice, approval, agent, form
    ) -> None:
        lifecycle.cancel(approval.pk, agent=agent)
        before = everything()
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 409
        assert "This request is already cancelled." in answer.text
        assert everything() == before
