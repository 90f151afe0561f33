"""Sign-in, sign-out, and the pages that say no."""

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_signs_in_and_goes_where_one_wanted(client, alice, policy) -> None:
    answer = client.post(
        "/accounts/login/?next=/history",
        {"login": "alice", "password": PASSWORD, "next": "/history"},
    )
    assert answer["Location"] == "/history"


def test_refuses_a_wrong_password(client, alice) -> None:
    answer = client.post("/accounts/login/", {"login": "alice", "password": "wrong"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_offers_neither_sign_up_nor_a_reset_that_leads_nowhere(client) -> None:
    page = client.get("/accounts/login/").text
    assert "signup" not in page
    assert "reset" not in page
    with pytest.raises(NoReverseMatch):
        reverse("account_reset_password")
    assert "No sign-up here" in client.get("/accounts/signup/").text


def test_signs_out_by_post_only(browser, alice, policy) -> None:
    client = browser(alice)
    assert "Do you want to sign out?" in client.get("/accounts/logout/").text
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_changes_the_password(browser, alice, policy) -> None:
    new = "a completely new pass phrase"
    answer = browser(alice).post(
        "/accounts/password/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(new)


def test_has_a_page_for_what_is_not_there(client, db) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "Nothing was decided" in answer.text


def test_has_a_page_for_our_own_failures(browser, alice, policy, monkeypatch) -> None:
    monkeypatch.setattr("approvals.queue.pending", lambda *_, **__: 1 / 0)
    client: Client = browser(alice)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something failed on our side" in answer.text


def test_allows_no_script_or_style_but_our_own_files(client, db) -> None:
    csp = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "script-src 'self';" in f"{csp};"
    assert "style-src 'self';" in f"{csp};"
    assert "unsafe" not in csp
    assert "frame-ancestors 'none'" in csp
