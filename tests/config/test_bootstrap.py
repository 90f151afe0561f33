import io
import json
import os
import re
import shlex
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management.base import OutputWrapper
from django.db import connection

from agents.example import EXAMPLE
from agents.models import Agent, AgentKey
from approvals.models import Policy
from approvals.ruleset import SHIPPED
from audit.log import COMMAND_LINE
from audit.models import Entry
from config import bootstrap
from config.accounts import create_user
from tests.conftest import PASSWORD

URL = "http://127.0.0.1:8000"
pytestmark = pytest.mark.django_db


def finish(out=None):
    out = io.StringIO() if out is None else out
    bootstrap.finish(URL, OutputWrapper(out))
    return out.getvalue()


def printed_passwords(text):
    return dict(re.findall(r"^  (\w+) +(\w+)$", text, re.MULTILINE))


def printed_command(text):
    """Its words; shlex does not know that a backslash continues a line."""
    return shlex.split("curl" + text.partition("curl")[2].replace("\\\n", " "))


def test_the_first_start_makes_people_who_can_sign_in():
    bootstrap.prepare()
    passwords = printed_passwords(finish())

    assert passwords.keys() == {"admin", "alice", "bob"}
    for name, password in passwords.items():
        assert authenticate(username=name, password=password)


def test_rights_are_as_small_as_they_can_be():
    bootstrap.prepare()

    admin, alice, bob = User.objects.order_by("username")
    assert admin.is_superuser
    assert not admin.groups.exists()
    for person in (alice, bob):
        assert not person.is_staff
        assert [group.name for group in person.groups.all()] == ["reviewers"]
        assert person.get_all_permissions() == {"agents.release_brake"}


def test_nobody_can_sign_in_before_the_passwords_are_printed():
    bootstrap.prepare()

    assert not any(user.has_usable_password() for user in User.objects.all())


def test_the_shipped_policy_is_in_force():
    bootstrap.prepare()

    assert Policy.objects.get().source == SHIPPED.read_text()


def test_a_second_start_changes_nothing_and_prints_nothing():
    bootstrap.prepare()
    finish()
    entries, people = Entry.objects.count(), list(User.objects.values())

    bootstrap.prepare()

    assert finish() == ""
    assert Entry.objects.count() == entries
    assert list(User.objects.values()) == people
    assert Policy.objects.count() == 1


def test_killed_before_the_passwords_were_printed_the_next_start_prints_them():
    class Killed(io.StringIO):
        def write(self, text):
            raise KeyboardInterrupt

    bootstrap.prepare()
    with pytest.raises(KeyboardInterrupt):
        finish(Killed())
    bootstrap.prepare()

    text = finish()
    for name, password in printed_passwords(text).items():
        assert authenticate(username=name, password=password)
    (live,) = AgentKey.objects.filter(revoked_at=None)
    assert re.search(r"csk_\w+", text)[0].endswith(live.last4)


@pytest.mark.django_db(transaction=True)
def test_starts_at_once_print_one_set_of_credentials():
    bootstrap.prepare()
    together = threading.Barrier(2)

    def start(_):
        together.wait()
        try:
            return finish()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        texts = sorted(pool.map(start, range(2)))

    assert texts[0] == ""
    assert "First start." in texts[1]


def test_where_somebody_is_already_nobody_is_added():
    create_user("dora", actor=COMMAND_LINE, password=PASSWORD)

    bootstrap.prepare()

    assert finish() == ""
    assert [user.username for user in User.objects.all()] == ["dora"]
    assert not Agent.objects.exists()
    assert Policy.objects.exists()


def test_people_without_passwords_of_their_own_are_no_first_start():
    """They sign in elsewhere; a start must not give them passwords."""
    create_user("dora", actor=COMMAND_LINE, password=None)

    bootstrap.prepare()

    assert finish() == ""


def test_the_example_is_one_command_with_key_and_body():
    bootstrap.prepare()
    words = printed_command(finish())

    assert words[:3] == ["curl", "-sS", f"{URL}/api/v1/requests"]
    assert json.loads(words[-1]) == EXAMPLE
    assert "Prefer: wait=60" in words
    (key,) = (word for word in words if word.startswith("Authorization: Bearer csk_"))
    assert key[-4:] == AgentKey.objects.get().last4


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh"])
def test_the_example_survives_a_shell(shell, tmp_path):
    bootstrap.prepare()
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n')
    curl.chmod(0o755)
    text = finish()
    try:
        printed = subprocess.run(
            [shell],
            input="curl" + text.partition("curl")[2],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
    except FileNotFoundError:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs {shell}")
        pytest.skip(f"no {shell} on this machine")

    assert printed == printed_command(text)[1:]
