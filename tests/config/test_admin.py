"""Whoever changes people and their groups in the admin leaves an entry."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from audit.actions import Action
from audit.models import Entry
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def form_of(user: User, **changed: Any) -> dict[str, Any]:
    form: dict[str, Any] = {
        "username": user.username,
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "groups": list(user.groups.values_list("pk", flat=True)),
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


def entry(action: Action) -> Entry:
    return Entry.objects.get(action=action)


def test_a_change_of_groups_and_rights_says_before_and_after(
    client: Client, alice: User, dba: Group
) -> None:
    address = reverse("admin:auth_user_change", args=[alice.pk])
    answer = client.post(
        address, form_of(alice, groups=[dba.pk], is_staff="on", is_active=None)
    )
    assert answer.status_code == 302
    changed = entry(Action.USER_CHANGED)
    assert (changed.actor_name, changed.subject_id) == ("admin", str(alice.pk))
    assert changed.data == {
        "name": "alice",
        "active": {"before": True, "after": False},
        "staff": {"before": False, "after": True},
        "groups": {"before": ["reviewers"], "after": ["dba"]},
    }


def test_saving_without_a_change_leaves_no_entry(client: Client, alice: User) -> None:
    address = reverse("admin:auth_user_change", args=[alice.pk])
    assert client.post(address, form_of(alice)).status_code == 302
    assert not Entry.objects.filter(action=Action.USER_CHANGED).exists()


def test_a_new_person_is_recorded(client: Client) -> None:
    form = {
        "username": "dora",
        "usable_password": "true",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }
    answer = client.post(reverse("admin:auth_user_add"), form)
    assert answer.status_code == 302
    made = entry(Action.USER_CREATED)
    assert (made.actor_name, made.data["name"]) == ("admin", "dora")


def test_a_new_password_is_recorded_without_it(client: Client, alice: User) -> None:
    address = reverse("admin:auth_user_password_change", args=[alice.pk])
    new = "another long enough one"
    form = {"usable_password": "true", "password1": new, "password2": new}
    assert client.post(address, form).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(new)
    recorded = entry(Action.USER_PASSWORD_SET)
    assert recorded.data == {"name": "alice"}


def test_a_refused_password_leaves_no_entry(client: Client, alice: User) -> None:
    address = reverse("admin:auth_user_password_change", args=[alice.pk])
    client.post(
        address, {"usable_password": "true", "password1": "1", "password2": "2"}
    )
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert not Entry.objects.filter(action=Action.USER_PASSWORD_SET).exists()


def test_a_deleted_person_is_recorded(client: Client, charlie: User) -> None:
    number = str(charlie.pk)
    address = reverse("admin:auth_user_delete", args=[charlie.pk])
    assert client.post(address, {"post": "yes"}).status_code == 302
    gone = entry(Action.USER_DELETED)
    assert (gone.subject_id, gone.data) == (number, {"name": "charlie"})


def test_many_deleted_at_once_are_recorded_each(client: Client, charlie: User) -> None:
    other = User.objects.create_user("dora")
    form = {
        "action": "delete_selected",
        "_selected_action": [charlie.pk, other.pk],
        "post": "yes",
    }
    client.post(reverse("admin:auth_user_changelist"), form)
    gone = Entry.objects.filter(action=Action.USER_DELETED)
    assert {one.data["name"] for one in gone} == {"charlie", "dora"}


def test_what_a_group_may_do_is_recorded(client: Client, dba: Group) -> None:
    right = Permission.objects.get(codename="release_brake")
    address = reverse("admin:auth_group_change", args=[dba.pk])
    form = {"name": "dba", "permissions": [right.pk]}
    assert client.post(address, form).status_code == 302
    assert entry(Action.GROUP_CHANGED).data == {
        "name": "dba",
        "permissions": {"before": [], "after": ["agents.release_brake"]},
    }


def test_a_deleted_group_says_who_was_in_it(client: Client, bob: User) -> None:
    dba = Group.objects.get(name="dba")
    client.post(reverse("admin:auth_group_delete", args=[dba.pk]), {"post": "yes"})
    assert entry(Action.GROUP_DELETED).data == {"name": "dba", "members": ["bob"]}
