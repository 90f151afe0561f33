"""``/r/<id>/vote``: one person's verdict on exactly what they saw."""

import time
from dataclasses import replace
from uuid import UUID

import pytest
from django.test import Client

from approvals import forms, lifecycle
from approvals.models import ApprovalRequest, Vote
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def stored(approval: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=approval.pk)


def test_approves_and_goes_to_the_next_row(browser, alice, ask, ballot) -> None:
    approval, following = ask("one"), ask("one")
    answer = browser(alice).post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 302
    assert answer["Location"] == f"/#row-{following.id}"
    assert stored(approval).state == "approved"
    assert stored(approval).decided_by == ["alice"]


def test_goes_to_the_queue_when_nothing_else_waits(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    answer = browser(alice).post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer["Location"] == "/"


def test_tells_a_script_where_to_go(browser, alice, ask, ballot) -> None:
    approval, client = ask("one"), browser(alice)
    answer = client.post(
        f"/r/{approval.id}/vote", ballot(approval, alice), headers=HTMX
    )
    assert answer["HX-Redirect"] == "/"
    assert "Approved: one of deploy-bot." in client.get("/").text


def test_denies_with_a_message_for_the_agent(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    form = ballot(
        approval, alice, "deny", message="Use the copy", reason_code="wrong-target"
    )
    browser(alice).post(f"/r/{approval.id}/vote", form)
    decided = stored(approval)
    assert decided.state == "denied"
    assert decided.decision_message == "Use the copy"
    assert decided.decision_reason_code == "wrong-target"


def test_says_when_more_people_are_needed(browser, alice, ask, ballot) -> None:
    approval, client = ask("two"), browser(alice)
    client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert stored(approval).state == "pending"
    assert "1 of 2 approvals so far" in client.get("/").text


def test_refuses_what_is_already_decided_and_says_what_changed(
    browser, alice, bob, ask, ballot
) -> None:
    approval = ask("one")
    late = ballot(approval, bob, "deny", message="I was about to say no")
    browser(alice).post(f"/r/{approval.id}/vote", ballot(approval, alice))
    answer = browser(bob).post(f"/r/{approval.id}/vote", late)
    assert answer.status_code == 409
    assert "This request is already approved." in answer.text
    assert "It was pending and is now approved." in answer.text
    assert Vote.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [{"revision": 2}, {"digest": "sha256:" + "0" * 64}],
    ids=["revision", "digest"],
)
def test_refuses_another_revision_or_digest(
    browser, alice, ask, ballot, changed
) -> None:
    approval = ask("one")
    form = ballot(approval, alice, "deny", message="typed by hand") | changed
    answer = browser(alice).post(f"/r/{approval.id}/vote", form, headers=HTMX)
    assert answer.status_code == 409
    assert answer.text.lstrip().startswith("<article")
    assert "changed after you opened it" in answer.text
    assert "typed by hand</textarea>" in answer.text
    assert stored(approval).state == "pending"
    assert not Vote.objects.exists()


def test_shows_old_and_new_revision(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    shown = replace(
        forms.shown_now(approval, alice), revision=9, at=time.time() - 5
    ).sealed()
    form = ballot(approval, alice, revision=9, view=shown)
    answer = browser(alice).post(f"/r/{approval.id}/vote", form)
    assert answer.status_code == 409
    assert "You saw revision 9" in answer.text
    assert "now it is revision 1" in answer.text


def test_counts_one_vote_of_one_person(browser, alice, ask, ballot) -> None:
    approval, client = ask("two"), browser(alice)
    client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    answer = client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 409
    assert "already voted" in answer.text


def test_refuses_a_vote_quicker_than_anybody_reads(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    form = ballot(approval, alice, age=0.1)
    answer = browser(alice).post(f"/r/{approval.id}/vote", form)
    assert answer.status_code == 409
    assert "quicker than anybody reads" in answer.text
    assert stored(approval).state == "pending"


def test_refuses_a_page_that_was_open_for_too_long(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    form = ballot(approval, alice, age=13 * 3600)
    answer = browser(alice).post(f"/r/{approval.id}/vote", form)
    assert answer.status_code == 409
    assert "more than 12 hours" in answer.text


def test_refuses_the_form_of_another_person_or_request(
    browser, alice, bob, ask, ballot
) -> None:
    approval, other = ask("one"), ask("one")
    for form in (
        ballot(approval, bob),
        ballot(approval, alice) | {"view": ballot(other, alice)["view"]},
    ):
        answer = browser(alice).post(f"/r/{approval.id}/vote", form)
        assert answer.status_code == 409
        assert "belongs to another page" in answer.text
    assert stored(approval).state == "pending"


@pytest.mark.parametrize(
    "broken",
    [
        {"view": ""},
        {"view": "made-up"},
        {"verdict": "maybe"},
        {"revision": "x"},
        {"digest": "x"},
        {"message": "a" * 4001},
        {"message": "a\0b"},
        {"reason_code": "because"},
    ],
    ids=str,
)
def test_refuses_an_incomplete_form(browser, alice, ask, ballot, broken) -> None:
    approval = ask("one")
    answer = browser(alice).post(
        f"/r/{approval.id}/vote", ballot(approval, alice, "deny") | broken
    )
    assert answer.status_code == 422
    assert stored(approval).state == "pending"


def test_asks_for_the_reason_where_the_tier_does(browser, alice, ask, ballot) -> None:
    approval = ask("two")
    answer = browser(alice).post(
        f"/r/{approval.id}/vote", ballot(approval, alice, "deny")
    )
    assert answer.status_code == 422
    assert "This tier asks for a reason" in answer.text
    assert 'data-asks-reason="yes"' in answer.text
    assert not Vote.objects.exists()


def test_refuses_whoever_may_not_decide(browser, owner, reviewers, ask, ballot) -> None:
    owner.groups.add(reviewers)
    approval = ask("one")
    answer = browser(owner).post(f"/r/{approval.id}/vote", ballot(approval, owner))
    assert answer.status_code == 403
    assert "You own this agent" in answer.text
    assert stored(approval).state == "pending"


def test_refuses_people_without_a_group(browser, charlie, ask, ballot) -> None:
    approval = ask("one")
    answer = browser(charlie).post(f"/r/{approval.id}/vote", ballot(approval, charlie))
    assert answer.status_code == 403
    assert stored(approval).state == "pending"


def test_sends_strangers_to_the_sign_in(client, alice, ask, ballot) -> None:
    approval = ask("one")
    answer = client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert stored(approval).state == "pending"


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_other_methods_change_nothing(browser, alice, ask, ballot, method) -> None:
    approval = ask("one")
    address = f"/r/{approval.id}/vote?verdict=approve"
    assert getattr(browser(alice), method)(address).status_code == 405
    assert stored(approval).state == "pending"


def test_refuses_a_form_from_another_site(alice, ask, ballot) -> None:
    approval = ask("one")
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.text
    assert stored(approval).state == "pending"


def test_is_missing_for_an_unknown_id(browser, alice, ask, ballot) -> None:
    form = ballot(ask("one"), alice)
    assert browser(alice).post(f"/r/{UUID(int=7)}/vote", form).status_code == 404


def test_keeps_messages_as_long_as_lifecycle_does() -> None:
    assert forms.MAX_MESSAGE == lifecycle.MAX_MESSAGE
