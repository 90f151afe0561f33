"""How fresh a sign-in is: what allauth really recorded, and nothing else."""

import json
import math
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals import stepup
from tests.conftest import PASSWORD

NOW = 1_800_000_000.0


def session(*records: Any, person: str = "7", owner: str = "7") -> dict[str, Any]:
    return {
        "_auth_user_id": person,
        "account_authentication_methods_user": owner,
        "account_authentication_methods": list(records),
    }


def at(moment: Any, method: str = "password") -> dict[str, Any]:
    return {"method": method, "at": moment}


@pytest.mark.parametrize("method", ["password", "socialaccount", "mfa"])
def test_reads_when_somebody_signed_in(method: str) -> None:
    assert stepup.signed_in_at(session(at(NOW - 5, method)), NOW) == NOW - 5


def test_the_latest_proof_counts_wherever_it_stands() -> None:
    several = session(at(NOW - 50), at(NOW - 5), at(NOW - 500))
    assert stepup.signed_in_at(several, NOW) == NOW - 5


@pytest.mark.parametrize(
    ("age", "fresh"), [(0, True), (900, True), (900.5, False), (86_400, False)]
)
def test_a_sign_in_is_fresh_for_a_quarter_of_an_hour(age: float, fresh: bool) -> None:
    assert stepup.is_recent(session(at(NOW - age)), NOW) is fresh


NO_PROOF: dict[str, Any] = {
    "later than now": at(NOW + 1),
    "without a time": {"method": "password"},
    "at nothing": at(None),
    "at a text": at(str(NOW)),
    "at true": at(True),
    "at zero": at(0),
    "before time": at(-NOW),
    "at no number": at(math.nan),
    "at infinity": at(math.inf),
    "without a method": {"at": NOW},
    "by mail": at(NOW, "password_reset"),
    "by a list": {"method": ["password"], "at": NOW},
    "no record": "password",
    "nothing": None,
}


@pytest.mark.parametrize("kind", list(NO_PROOF))
def test_what_is_no_proof_does_not_count(kind: str) -> None:
    assert stepup.signed_in_at(session(NO_PROOF[kind]), NOW) is None
    assert not stepup.is_recent(session(NO_PROOF[kind]), NOW)
    assert stepup.signed_in_at(session(at(NOW - 9), NO_PROOF[kind]), NOW) == NOW - 9


@pytest.mark.parametrize(
    "content",
    [
        {},
        session(at(NOW), owner="8"),
        session(at(NOW)) | {"account_authentication_methods_user": None},
        session(at(NOW)) | {"_auth_user_id": None},
        session(at(NOW)) | {"account_authentication_methods": at(NOW)},
        session(at(NOW)) | {"account_authentication_methods": None},
        session(),
    ],
    ids=[
        "no session",
        "of somebody else",
        "of nobody",
        "half a sign-in",
        "no list",
        "null",
        "empty",
    ],
)
def test_records_of_nobody_here_do_not_count(content: dict[str, Any]) -> None:
    assert stepup.signed_in_at(content, NOW) is None


def test_signing_in_with_a_password_is_a_proof(client: Client, alice: User) -> None:
    before = time.time()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    signed_in = stepup.signed_in_at(client.session)
    assert signed_in is not None
    assert before <= signed_in <= time.time()


def test_a_session_by_itself_is_no_proof(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert stepup.signed_in_at(client.session) is None


def test_a_wrong_password_is_no_proof(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert stepup.signed_in_at(client.session) is None


def test_confirming_the_password_is_a_proof_and_leads_back(
    client: Client, alice: User
) -> None:
    client.force_login(alice)
    page = client.get("/accounts/reauthenticate/?next=/r/1")
    assert '<input type="hidden" name="next" value="/r/1">' in page.text
    answer = client.post(
        "/accounts/reauthenticate/", {"password": PASSWORD, "next": "/r/1"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/r/1")
    assert stepup.is_recent(client.session, time.time())


def test_confirming_leads_to_no_other_site(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(
        "/accounts/reauthenticate/",
        {"password": PASSWORD, "next": "https://evil.example/"},
    )
    assert answer["Location"] == "/"


def test_confirming_never_repeats_what_was_posted_before(
    client: Client, alice: User
) -> None:
    """allauth would, for a POST that it had put aside in the session."""
    client.force_login(alice)
    aside = client.session
    post = {
        "path": "/accounts/logout/",
        "path_info": "/accounts/logout/",
        "META": {},
        "GET": "",
        "POST": "",
        "method": "POST",
        "scheme": "http",
    }
    aside["account_reauthentication_state"] = {"request": json.dumps(post)}
    aside.save()
    answer = client.post(
        "/accounts/reauthenticate/",
        {"password": PASSWORD, "next": "/accounts/logout/"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/logout/")
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_who_has_no_password_is_told_to_sign_in_again(
    client: Client, alice: User
) -> None:
    alice.set_unusable_password()
    alice.save()
    client.force_login(alice)
    answer = client.get("/accounts/reauthenticate/?next=/me")
    assert answer.status_code == 403
    assert "sign out and in again" in answer.text.lower()
    assert stepup.signed_in_at(client.session) is None
