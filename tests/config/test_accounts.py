import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.test import Client

from audit import log
from audit.actions import Action
from audit.models import Entry
from audit.payloads import facts_of
from config.accounts import create_user
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def entries(action):
    return list(Entry.objects.filter(action=action))


def test_makes_a_person_with_groups_and_an_entry():
    user = create_user(
        "dora", actor=log.COMMAND_LINE, password=PASSWORD, groups=["dba", "new", "dba"]
    )

    assert sorted(user.groups.values_list("name", flat=True)) == ["dba", "new"]
    (entry,) = entries(Action.USER_CREATED)
    assert entry.subject_id == str(user.pk)
    assert entry.data == {
        "name": "dora",
        "groups": ["dba", "new"],
        "staff": False,
        "superuser": False,
    }
    assert PASSWORD.encode() not in bytes(entry.canonical)


def test_somebody_without_a_password_cannot_sign_in():
    user = create_user("dora", actor=log.COMMAND_LINE, password=None)

    assert not user.has_usable_password()


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [
        ("alice", PASSWORD, "already exists"),
        ("two words", PASSWORD, "valid username"),
        ("", PASSWORD, "cannot be blank"),
        ("dora", "12345678", "too common"),
        ("dora", "short", "too short"),
    ],
)
def test_refuses_a_bad_name_or_password_and_leaves_nothing(alice, name, password, says):
    with pytest.raises(ValidationError, match=says):
        create_user(name, actor=log.COMMAND_LINE, password=password, groups=["new"])

    assert list(User.objects.all()) == [alice]
    assert entries(Action.USER_CREATED) == []


def test_a_person_without_an_entry_does_not_exist(monkeypatch):
    def full(*args, **kwargs):
        raise OperationalError("disk full")

    monkeypatch.setattr(log, "record", full)
    with pytest.raises(OperationalError):
        create_user("dora", actor=log.COMMAND_LINE, password=PASSWORD)

    assert not User.objects.exists()


def test_signing_in_and_out_is_recorded(alice, client):
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    client.post("/accounts/logout/")

    (signed_in,) = entries(Action.USER_SIGNED_IN)
    (signed_out,) = entries(Action.USER_SIGNED_OUT)
    assert signed_in.actor_name == signed_out.actor_name == "alice"
    assert signed_in.actor_id == str(alice.pk)
    assert facts_of(signed_in) == {"address": "127.0.0.1"}


def test_a_failed_sign_in_is_recorded_without_the_password(alice, client):
    client.post("/accounts/login/", {"login": "alice", "password": "my real one"})

    (entry,) = entries(Action.USER_SIGN_IN_FAILED)
    assert entry.actor_type == "anonymous"
    assert facts_of(entry) == {"name": "alice", "address": "127.0.0.1"}
    assert b"my real one" not in bytes(entry.canonical)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("x" * 151, "x" * 150), ("nul\0", "nul\ufffd"), ("half\ud800", "half?")],
)
def test_whatever_is_typed_for_a_name_can_be_recorded(typed, kept):
    user_login_failed.send(sender=None, credentials={"username": typed}, request=None)

    (entry,) = entries(Action.USER_SIGN_IN_FAILED)
    assert facts_of(entry) == {"name": kept}


def test_signing_out_without_being_signed_in_is_no_event(client: Client):
    client.logout()

    assert entries(Action.USER_SIGNED_OUT) == []


@pytest.mark.django_db
def test_the_admin_has_no_password_form_of_its_own() -> None:
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")
