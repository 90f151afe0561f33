"""``/me``: one's own passkeys, and adding one right after signing in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from approvals import webauthn
from approvals.models import Passkey
from audit.actions import Action
from audit.models import Entry
from tests.approvals.authenticator import Authenticator, b64
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

HOME = {"host": "localhost:8000"}


@pytest.fixture(autouse=True)
def _at_home(settings: Settings) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def alices(alice: User) -> Client:
    """Alice's browser, right after she gave her password."""
    client = Client(headers=HOME)
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    return client


def stored(user: User, number: int = 1) -> Passkey:
    return Passkey.objects.create(
        user=user, name=f"key {number}", credential_id=f"c{number}", public_key=b""
    )


def answer(client: Client, device: Authenticator, **changed: str) -> dict[str, str]:
    """What the page's form sends once a passkey is made."""
    options = client.post("/me/passkeys/begin").json()
    sent = device.register(webauthn.decode(options["challenge"]))
    return {"name": "laptop", "credential": json.dumps(sent), **changed}


def test_shows_ones_own_passkeys_only(alices: Client, alice: User, bob: User) -> None:
    stored(alice, 1)
    stored(bob, 2)
    page = alices.get("/me").text
    assert "key 1" in page
    assert "key 2" not in page


def test_hidden_characters_in_names_are_marked(alices: Client, alice: User) -> None:
    Passkey.objects.create(
        user=alice, name="<b>\u202e", credential_id="c", public_key=b""
    )
    page = alices.get("/me").text
    assert "&lt;b&gt;" in page
    assert "U+202E" in page


def test_is_in_the_account_menu(alices: Client, alice: User) -> None:
    assert 'href="/me"' in alices.get("/me").text


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/me"),
        ("post", "/me/passkeys"),
        ("post", "/me/passkeys/begin"),
        ("post", "/me/passkeys/1/remove"),
    ],
)
def test_somebody_not_signed_in_is_sent_to_sign_in(method: str, address: str) -> None:
    response = getattr(Client(), method)(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "address", ["/me/passkeys", "/me/passkeys/begin", "/me/passkeys/1/remove"]
)
def test_reading_changes_nothing(alices: Client, address: str) -> None:
    assert alices.get(address).status_code == 405


def test_the_page_takes_no_posts(alices: Client) -> None:
    assert alices.post("/me").status_code == 405


@pytest.mark.parametrize(
    "address", ["/me/passkeys", "/me/passkeys/begin", "/me/passkeys/1/remove"]
)
def test_a_post_from_elsewhere_is_refused(alice: User, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(address).status_code == 403


def test_a_post_of_its_own_page_at_localhost_is_taken(alice: User) -> None:
    client = Client(enforce_csrf_checks=True, headers=HOME)
    client.force_login(alice)
    client.get("/me")
    token = client.cookies["csrftoken"].value
    headers = {"X-CSRFToken": token, "Origin": "http://localhost:8000"}
    refused = client.post("/me/passkeys/begin", headers=headers)
    assert "Confirm that it is you" in refused.json()["problem"]
    headers["Origin"] = "http://localhost:8001"
    assert client.post("/me/passkeys/begin", headers=headers).status_code == 403


def test_adds_a_passkey(alices: Client, alice: User) -> None:
    form = answer(alices, Authenticator())
    done = alices.post("/me/passkeys", form)
    assert (done.status_code, done["Location"]) == (302, "/me")
    assert Passkey.objects.get().user == alice
    assert "The passkey laptop is added." in alices.get("/me").text


def test_one_beginning_is_good_for_one_try(alices: Client) -> None:
    form = answer(alices, Authenticator())
    assert alices.post("/me/passkeys", form | {"name": ""}).status_code == 422
    again = alices.post("/me/passkeys", form)
    assert again.status_code == 422
    assert "has to begin on this page" in again.text
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": " "}, "Give the passkey a name"),
        ({"credential": ""}, "cannot be read"),
        ({"credential": "{"}, "cannot be read"),
        ({"credential": '{"type": "public-key"}'}, "cannot be read"),
    ],
    ids=["no name", "nothing", "half", "empty"],
)
def test_says_why_nothing_was_added(
    alices: Client, changed: dict[str, str], why: str
) -> None:
    response = alices.post("/me/passkeys", answer(alices, Authenticator(), **changed))
    assert response.status_code == 422
    assert why in response.text
    assert not Passkey.objects.exists()


def test_what_was_made_for_another_beginning_is_refused(alices: Client) -> None:
    old = answer(alices, Authenticator())
    alices.post("/me/passkeys/begin")
    response = alices.post("/me/passkeys", old)
    assert response.status_code == 422
    assert "Wrong challenge" in response.text


def test_asks_for_a_fresh_sign_in(
    browser: Callable[[User], Client], alice: User
) -> None:
    client = browser(alice)
    page = client.get("/me", headers=HOME).text
    assert "/accounts/reauthenticate/?next=/me" in page
    assert "data-add-passkey" not in page
    assert client.post("/me/passkeys/begin").status_code == 403
    refused = client.post("/me/passkeys", {"name": "laptop", "credential": "{}"})
    assert refused.status_code == 403
    assert "Confirm that it is you first" in refused.text


def test_a_sign_in_that_grew_old_adds_nothing(alices: Client) -> None:
    form = answer(alices, Authenticator())
    session = alices.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 16 * 60
    session.save()
    assert alices.post("/me/passkeys", form).status_code == 403
    assert not Passkey.objects.exists()


def test_who_has_no_password_is_told_to_sign_in_again(
    browser: Callable[[User], Client], alice: User
) -> None:
    alice.set_unusable_password()
    alice.save()
    page = browser(alice).get("/me", headers=HOME).text
    assert "sign out and in again" in page
    assert "reauthenticate" not in page


def test_offers_no_eleventh(alices: Client, alice: User) -> None:
    for number in range(10):
        stored(alice, number)
    page = alices.get("/me").text
    assert "as many as there can be" in page
    assert "data-add-passkey" not in page
    refused = alices.post("/me/passkeys/begin")
    assert refused.status_code == 409
    assert "10 passkeys" in refused.json()["problem"]


def test_leads_to_the_address_where_passkeys_work(alice: User) -> None:
    client = Client(headers={"host": "127.0.0.1:8000"})
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    page = client.get("/me").text
    assert 'href="http://localhost:8000/me"' in page
    assert "data-add-passkey" not in page


def test_says_where_there_can_be_none(alices: Client, settings: Settings) -> None:
    settings.BASE_URL = "http://192.0.2.7:8000"
    page = alices.get("/me").text
    assert "https:// address with a domain name" in page
    assert "data-add-passkey" not in page
    assert alices.post("/me/passkeys/begin").status_code == 409


def test_removes_ones_own_passkey(alices: Client, alice: User) -> None:
    passkey = stored(alice)
    done = alices.post(f"/me/passkeys/{passkey.pk}/remove")
    assert done["Location"] == "/me"
    assert not Passkey.objects.exists()
    assert Entry.objects.get(action=Action.PASSKEY_REMOVED).actor_name == "alice"


@pytest.mark.parametrize("whose", ["bob", "nobody"])
def test_somebody_elses_passkey_is_not_there(
    alices: Client, bob: User, whose: str
) -> None:
    passkey = stored(bob)
    number: Any = passkey.pk if whose == "bob" else passkey.pk + 1
    assert alices.post(f"/me/passkeys/{number}/remove").status_code == 404
    assert Passkey.objects.get() == passkey


def test_brings_no_inline_code_and_is_not_kept(alices: Client, alice: User) -> None:
    stored(alice)
    response = alices.get("/me")
    assert "no-store" in response["Cache-Control"]
    for inline in ("style=", "onclick", "<script>"):
        assert inline not in response.text


def test_a_credential_is_known_by_its_id(alices: Client, alice: User) -> None:
    device = Authenticator()
    alices.post("/me/passkeys", answer(alices, device))
    options = alices.post("/me/passkeys/begin").json()
    known = [key["id"] for key in options["excludeCredentials"]]
    assert known == [b64(device.credential_id)]
