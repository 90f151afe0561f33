import io
import json

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from audit.actions import Action
from audit.models import Entry
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def create_user(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_user", *arguments, stdout=out)
    return out.getvalue()


def test_prints_a_password_that_works():
    answer = json.loads(create_user("dora", "--json"))

    assert answer.keys() == {"user", "groups", "password"}
    assert authenticate(username="dora", password=answer["password"])


def test_prints_user_and_groups_only_when_the_password_was_given(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))

    answer = json.loads(
        create_user(
            "dora", "--group", "b", "--group", "a", "--password-stdin", "--json"
        )
    )

    assert answer == {"user": "dora", "groups": ["a", "b"]}
    assert authenticate(username="dora", password=PASSWORD)


def test_prints_sentences_without_json():
    assert create_user("dora", "--group", "a").startswith("Created dora (a).\nPassword")


def test_staff_only_when_asked():
    create_user("dora", "--staff")
    create_user("emil")

    assert list(User.objects.filter(is_staff=True).values_list("username")) == [
        ("dora",)
    ]
    assert not User.objects.filter(is_superuser=True).exists()


def test_is_recorded_as_done_on_the_command_line():
    create_user("dora")

    entry = Entry.objects.get(action=Action.USER_CREATED)
    assert entry.actor_id == "command-line"


def test_somebody_who_is_there_already_is_an_error(alice):
    with pytest.raises(CommandError, match="already exists"):
        create_user("alice")


@pytest.mark.parametrize("weak", ["short", "password1234", ""])
def test_a_weak_password_is_an_error(monkeypatch, weak):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{weak}\n"))

    with pytest.raises(CommandError, match=r"too (short|common)"):
        create_user("dora", "--password-stdin")
    assert not User.objects.exists()
