"""The database and the people that every test can count on."""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import pytest

from config import embedded


def _start_database() -> None:
    """Before Django's settings load; workers inherit what it sets.

    An interrupted run ends like any other: pytest turns Ctrl+C into an orderly
    end, and so the other signals are made to look like it.
    """
    data_dir = Path(tempfile.mkdtemp(prefix="countersign-test-"))
    data_dir.chmod(0o711)
    os.environ["DATA_DIR"] = str(data_dir)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    if "DATABASE_URL" not in os.environ:
        database = ExitStack()
        atexit.register(database.close)
        database.enter_context(embedded.running(data_dir, durable=False))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


if "PYTEST_XDIST_WORKER" not in os.environ:
    _start_database()
django.setup()

# Models can only be imported now.
from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402
from pytest_django.fixtures import Settings  # noqa: E402

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session", autouse=True)
def _flush_guarded_tables() -> Iterator[None]:
    """Let the flush after a ``transaction=True`` test empty guarded tables.

    Their triggers refuse TRUNCATE, even to the owner, which is what they are for.
    """
    flush: Callable[[Any], None] = TransactionTestCase._fixture_teardown

    def flush_without_guards(case: TransactionTestCase) -> None:
        guards = _guards()
        _alter(guards, "DISABLE")
        try:
            flush(case)
        finally:
            _alter(guards, "ENABLE ALWAYS")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_without_guards)
        yield


def _guards() -> list[tuple[str, str]]:
    """Table and trigger of every ENABLE ALWAYS trigger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE tgenabled = 'A' AND NOT tgisinternal"
        )
        return cursor.fetchall()


def _alter(guards: list[tuple[str, str]], verb: str) -> None:
    with connection.cursor() as cursor:
        for table, trigger in guards:
            cursor.execute(f'ALTER TABLE {table} {verb} TRIGGER "{trigger}"')


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def reviewers(db: None) -> Group:
    return Group.objects.get_or_create(name="reviewers")[0]


@pytest.fixture
def dba(db: None) -> Group:
    return Group.objects.get_or_create(name="dba")[0]


@pytest.fixture
def alice(reviewers: Group) -> User:
    """A reviewer."""
    return _person("alice", reviewers)


@pytest.fixture
def bob(reviewers: Group, dba: Group) -> User:
    """A reviewer who is a database administrator too."""
    return _person("bob", reviewers, dba)


@pytest.fixture
def charlie(db: None) -> User:
    """Somebody without any rights."""
    return _person("charlie")


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin", password=PASSWORD)


def _person(name: str, *groups: Group) -> User:
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.set(groups)
    return user
