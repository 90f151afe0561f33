"""Passkeys as they are kept: added, counted up, removed, and only by their owner."""

import json
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from approvals import passkeys, webauthn
from approvals.models import Passkey
from approvals.passkeys import PasskeyRefused
from audit.actions import Action
from audit.log import person
from audit.models import Entry
from tests.agents.race import at_once
from tests.approvals.authenticator import UP, Authenticator, b64

CHALLENGE = bytes(range(32))


@pytest.fixture(autouse=True)
def _at_home(settings: Settings) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def passkey() -> Authenticator:
    return Authenticator()


def stored(user: User, device: Authenticator, **members: Any) -> Passkey:
    return Passkey.objects.create(
        user=user,
        name="laptop",
        credential_id=b64(device.credential_id),
        public_key=device.public_key,
        **members,
    )


@transaction.atomic
def verify(user: User, sent: Any, challenge: bytes = CHALLENGE) -> dict[str, str]:
    return passkeys.verify(user, sent, challenge=challenge)


def add(
    user: User,
    device: Authenticator,
    name: str = "laptop",
    change: dict[str, Any] | None = None,
) -> Passkey:
    """Both steps; ``change`` replaces what the session kept between them."""
    options, kept = passkeys.begin_registration(user)
    sent = json.dumps(device.register(webauthn.decode(options["challenge"])))
    state = kept | (change or {})
    return passkeys.add(user, name, sent, state, actor=person(user))


@pytest.mark.django_db
def test_gives_evidence_and_counts_up(alice: User, passkey: Authenticator) -> None:
    kept = stored(alice, passkey)
    sent = passkey.answer(CHALLENGE)
    evidence = verify(alice, json.dumps(sent))
    assert (
        json.loads(json.dumps(evidence))["signature"] == sent["response"]["signature"]
    )
    kept.refresh_from_db()
    assert kept.sign_count == 1
    assert kept.last_used_at is not None


@pytest.mark.django_db
def test_an_answer_is_good_once(alice: User, passkey: Authenticator) -> None:
    stored(alice, passkey)
    sent = passkey.answer(CHALLENGE)
    verify(alice, sent)
    with pytest.raises(PasskeyRefused, match="copy"):
        verify(alice, sent)


@pytest.mark.django_db
def test_somebody_elses_passkey_is_refused(
    alice: User, bob: User, passkey: Authenticator
) -> None:
    kept = stored(bob, passkey)
    sent = passkey.answer(CHALLENGE)
    with pytest.raises(PasskeyRefused, match="not one of yours"):
        verify(alice, sent)
    kept.refresh_from_db()
    assert kept.sign_count == 0
    assert verify(bob, sent)


@pytest.mark.django_db
def test_my_key_under_the_id_of_somebody_elses_is_refused(
    alice: User, bob: User, passkey: Authenticator
) -> None:
    stored(alice, passkey)
    bobs = Authenticator(credential_id=b"credential-2")
    stored(bob, bobs)
    forged = passkey.answer(CHALLENGE) | {"rawId": b64(b"credential-2")}
    for user, why in ((alice, "not one of yours"), (bob, "signature")):
        with pytest.raises(PasskeyRefused, match=why):
            verify(user, forged)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault",
    [
        {"client": {"origin": "http://127.0.0.1:8000"}},
        {"rp_id": "127.0.0.1"},
        {"flags": UP},
        {"count": 3},
    ],
    ids=["origin", "rp id", "not verified", "counter"],
)
def test_a_refused_answer_changes_nothing(
    alice: User, passkey: Authenticator, fault: dict[str, Any]
) -> None:
    kept = stored(alice, passkey, sign_count=3)
    with pytest.raises(PasskeyRefused):
        verify(alice, passkey.answer(CHALLENGE, **fault))
    kept.refresh_from_db()
    assert (kept.sign_count, kept.last_used_at) == (3, None)
    assert verify(alice, passkey.answer(CHALLENGE, count=4))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent",
    [None, "", "{", 7, [], {}, {"type": "public-key", "rawId": "a\0"}],
    ids=["null", "empty", "half", "number", "list", "object", "nul"],
)
def test_what_is_no_answer_is_refused(
    alice: User, passkey: Authenticator, sent: Any
) -> None:
    stored(alice, passkey)
    with pytest.raises(PasskeyRefused, match="cannot be read"):
        verify(alice, sent)


@pytest.mark.django_db
def test_where_there_can_be_no_passkeys_none_is_good(
    alice: User, passkey: Authenticator, settings: Settings
) -> None:
    stored(alice, passkey)
    sent = passkey.answer(CHALLENGE)
    settings.BASE_URL = "http://192.0.2.7:8000"
    for refused in (
        lambda: verify(alice, sent),
        lambda: passkeys.begin_registration(alice),
        lambda: passkeys.request_options(alice, challenge=CHALLENGE),
    ):
        with pytest.raises(PasskeyRefused, match="https://"):
            refused()


@pytest.mark.django_db
def test_the_counter_is_undone_with_the_decision(
    alice: User, passkey: Authenticator
) -> None:
    kept = stored(alice, passkey)
    sent = passkey.answer(CHALLENGE)
    with transaction.atomic():
        passkeys.verify(alice, sent, challenge=CHALLENGE)
        transaction.set_rollback(True)
    kept.refresh_from_db()
    assert kept.sign_count == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_with_one_counter_one_is_good(
    alice: User, passkey: Authenticator
) -> None:
    stored(alice, passkey)
    sent = passkey.answer(CHALLENGE)
    answers = at_once(4, lambda: verify(alice, sent), PasskeyRefused)
    assert sum(isinstance(answer, dict) for answer in answers) == 1


@pytest.mark.django_db
def test_asks_for_any_passkey_of_mine(
    alice: User, bob: User, passkey: Authenticator
) -> None:
    with pytest.raises(PasskeyRefused, match="no passkey yet"):
        passkeys.request_options(alice, challenge=CHALLENGE)
    stored(alice, passkey, transports=["usb"])
    stored(bob, Authenticator(credential_id=b"credential-2"))
    options = passkeys.request_options(alice, challenge=CHALLENGE)
    assert [known["id"] for known in options["allowCredentials"]] == [
        b64(passkey.credential_id)
    ]
    assert options["challenge"] == b64(CHALLENGE)


@pytest.mark.django_db(transaction=True)
def test_adds_a_passkey_with_its_entry(alice: User, passkey: Authenticator) -> None:
    made = add(alice, passkey, "  Alice's laptop ")
    assert made.name == "Alice's laptop"
    assert made.transports == ["internal"]
    entry = Entry.objects.get(action=Action.PASSKEY_ADDED)
    assert entry.subject_id == str(alice.pk)
    assert entry.data["public_key"] == b64(passkey.public_key)
    assert verify(alice, passkey.answer(CHALLENGE))


@pytest.mark.django_db(transaction=True)
def test_a_passkey_belongs_to_one_account(
    alice: User, bob: User, passkey: Authenticator
) -> None:
    add(alice, passkey)
    with pytest.raises(PasskeyRefused, match="belongs to an account already"):
        add(bob, passkey)
    assert Passkey.objects.get().user == alice
    assert Entry.objects.filter(action=Action.PASSKEY_ADDED).count() == 1


@pytest.mark.django_db
def test_the_database_refuses_the_same_passkey_twice(
    alice: User, bob: User, passkey: Authenticator
) -> None:
    stored(alice, passkey)
    with pytest.raises(IntegrityError, match="passkey_belongs_to_one_account"):
        stored(bob, passkey)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 65, "a\0b", "a\u202eb"], ids=lambda n: repr(n)[:12]
)
def test_refuses_a_name_nobody_could_read(
    alice: User, passkey: Authenticator, name: str
) -> None:
    with pytest.raises(PasskeyRefused, match="name"):
        add(alice, passkey, name)
    assert add(alice, passkey, "laptop")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"user": 0}, "begin on this page"),
        ({"at": time.time() - 601}, "ten minutes"),
        ({"at": time.time() + 3600}, "ten minutes"),
        ({"challenge": b64(bytes(32))}, "challenge"),
    ],
    ids=["other person", "too late", "too early", "other challenge"],
)
def test_refuses_what_answers_another_beginning(
    alice: User, passkey: Authenticator, change: dict[str, Any], why: str
) -> None:
    with pytest.raises(PasskeyRefused, match=why):
        add(alice, passkey, change=change)
    assert not Passkey.objects.exists()
    assert add(alice, passkey)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", [None, "x", {}], ids=["none", "text", "empty"])
def test_refuses_to_add_what_was_never_begun(
    alice: User, passkey: Authenticator, state: Any
) -> None:
    sent = passkey.register(CHALLENGE)
    with pytest.raises(PasskeyRefused, match="begin on this page"):
        passkeys.add(alice, "laptop", sent, state, actor=person(alice))


@pytest.mark.django_db(transaction=True)
def test_an_account_has_ten_passkeys_at_most(alice: User) -> None:
    for number in range(passkeys.LIMIT - 1):
        stored(alice, Authenticator(credential_id=b"c%d" % number))
    options, state = passkeys.begin_registration(alice)
    challenge = webauthn.decode(options["challenge"])
    devices = [Authenticator(credential_id=b"new-%d" % n) for n in range(3)]
    answers = [device.register(challenge) for device in devices]

    def add_one() -> Passkey:
        return passkeys.add(alice, "one", answers.pop(), state, actor=person(alice))

    got = at_once(3, add_one, PasskeyRefused)
    assert sum(isinstance(answer, Passkey) for answer in got) == 1
    assert passkeys.of(alice).count() == passkeys.LIMIT
    with pytest.raises(PasskeyRefused, match="10 passkeys"):
        passkeys.begin_registration(alice)


@pytest.mark.django_db
def test_an_authenticator_is_told_what_it_has_and_never_who_somebody_is(
    alice: User, bob: User, passkey: Authenticator
) -> None:
    stored(alice, passkey)
    (first, _), (again, _) = (passkeys.begin_registration(alice) for _ in range(2))
    other, _ = passkeys.begin_registration(bob)
    assert [key["id"] for key in first["excludeCredentials"]] == [
        b64(passkey.credential_id)
    ]
    assert first["user"]["id"] == again["user"]["id"] != other["user"]["id"]
    assert first["challenge"] != again["challenge"]
    assert first["rp"]["id"] == "localhost"


@pytest.mark.django_db(transaction=True)
def test_removes_a_passkey_with_its_entry_once(
    alice: User, passkey: Authenticator
) -> None:
    kept = stored(alice, passkey)
    copy = Passkey.objects.get()
    passkeys.remove(kept, actor=person(alice))
    passkeys.remove(copy, actor=person(alice))
    assert Entry.objects.filter(action=Action.PASSKEY_REMOVED).count() == 1
    with pytest.raises(PasskeyRefused, match="not one of yours"):
        verify(alice, passkey.answer(CHALLENGE))
