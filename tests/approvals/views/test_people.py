"""``/people``: staff say which accounts are one human."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals import humans
from approvals.models import LinkedAccount
from audit.actions import Action
from audit.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

POSTS = ["/people/link", "/people/1/unlink"]


@pytest.fixture
def staff(admin: User, browser: Callable[[User], Client]) -> Client:
    return browser(admin)


def pair(account: User, human: User) -> dict[str, Any]:
    return {"account": account.pk, "human": human.pk}


def test_shows_accounts_with_groups_and_links(
    staff: Client, alice: User, bob: User, charlie: User, admin: User
) -> None:
    humans.link(charlie, alice, actor=admin)
    page = " ".join(staff.get("/people").text.split())
    assert "dba, reviewers" in page
    assert "alice · unlink…" in page
    names = ["admin", "alice", "charlie", "bob"]
    places = [page.index(f'<th scope="row">{name}') for name in names]
    assert places == sorted(places)


def test_links_two_accounts(staff: Client, alice: User, bob: User) -> None:
    done = staff.post("/people/link", pair(bob, alice))
    assert (done.status_code, done["Location"]) == (302, "/people")
    assert humans.current().same(alice.pk, bob.pk)
    assert "bob and alice count as one human now." in staff.get("/people").text
    assert Entry.objects.get(action=Action.USER_LINKED).actor_name == "admin"


def test_unlinks_an_account(staff: Client, alice: User, bob: User, admin: User) -> None:
    humans.link(bob, alice, actor=admin)
    done = staff.post(f"/people/{bob.pk}/unlink")
    assert done["Location"] == "/people"
    assert not LinkedAccount.objects.exists()


def test_refuses_what_cannot_be_linked(
    staff: Client, alice: User, bob: User, admin: User
) -> None:
    humans.link(bob, alice, actor=admin)
    for form, why in (
        (pair(alice, alice), "itself"),
        (pair(alice, bob), "linked already"),
    ):
        refused = staff.post("/people/link", form)
        assert refused.status_code == 409
        assert why in refused.text


@pytest.mark.parametrize(
    "form",
    [{}, {"account": "x", "human": "y"}, {"account": 0, "human": 0}],
    ids=["empty", "words", "nobody"],
)
def test_refuses_a_form_that_names_nobody(staff: Client, form: dict[str, Any]) -> None:
    assert staff.post("/people/link", form).status_code == 422
    assert not LinkedAccount.objects.exists()


def test_refuses_to_unlink_what_is_not_linked(staff: Client, alice: User) -> None:
    refused = staff.post(f"/people/{alice.pk}/unlink")
    assert refused.status_code == 409
    assert "alice is not linked" in refused.text


def test_staff_do_not_unlink_their_own_accounts(
    staff: Client, alice: User, admin: User
) -> None:
    humans.link(alice, admin, actor=admin)
    assert "somebody else can unlink them" in staff.get("/people").text
    refused = staff.post(f"/people/{alice.pk}/unlink")
    assert refused.status_code == 409
    assert LinkedAccount.objects.exists()


def test_an_account_that_does_not_exist_is_not_found(staff: Client) -> None:
    assert staff.post("/people/999999/unlink").status_code == 404


@pytest.mark.parametrize("address", ["/people", *POSTS])
def test_somebody_not_signed_in_is_sent_to_sign_in(address: str) -> None:
    client = Client()
    response = (client.get if address == "/people" else client.post)(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", ["/people", *POSTS])
def test_a_reviewer_who_is_not_staff_is_refused(
    alice: User, bob: User, browser: Callable[[User], Client], address: str
) -> None:
    client = browser(alice)
    if address == "/people":
        response = client.get(address)
    else:
        response = client.post(address, pair(bob, alice))
    assert response.status_code == 403
    assert not LinkedAccount.objects.exists()


@pytest.mark.parametrize("address", POSTS)
def test_reading_changes_nothing(staff: Client, address: str) -> None:
    assert staff.get(address).status_code == 405


def test_the_page_takes_no_posts(staff: Client) -> None:
    assert staff.post("/people").status_code == 405


@pytest.mark.parametrize("address", POSTS)
def test_a_post_from_elsewhere_is_refused(admin: User, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    assert client.post(address).status_code == 403


def test_is_in_the_menu_of_staff_alone(
    staff: Client, alice: User, browser: Callable[[User], Client]
) -> None:
    assert 'href="/people"' in staff.get("/me").text
    assert 'href="/people"' not in browser(alice).get("/me").text
