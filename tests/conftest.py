"""The database and the people that every test can count on."""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

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
from django.conf import settings as django_settings  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402
from pytest_django.fixtures import Settings  # noqa: E402

# Tests make databases and change what nobody may; flows/ run as the application does.
connection.settings_dict.update(django_settings.DATABASE_OWNER)

PASSWORD = "correct horse battery staple"
LONG_FIRST = ("long", "flow", "browser")
LONGEST = 900
"""Seconds after which a test with many rounds hangs; pyproject.toml has the others'."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the longest tests first, so that no worker ends long after others.

    Those may take longer, too, unless they say themselves how long.
    """

    def turn(item: pytest.Item) -> int:
        kinds = {mark.name for mark in item.iter_markers()} | {item.path.parent.name}
        return next((n for n, kind in enumerate(LONG_FIRST) if kind in kinds), 9)

    turns: dict[Path, int] = {}
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONGEST))
        turns[item.path] = min(turn(item), turns.get(item.path, 9))
    items.sort(key=lambda item: turns[item.path])


EMPTY_ALL_TABLES = """
DO $$
DECLARE
    tables text[] := ARRAY(
        SELECT oid::regclass::text FROM pg_class
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
        AND relname NOT IN
            ('django_migrations', 'django_content_type', 'auth_permission')
    );
    one text;
    has_rows boolean;
BEGIN
    EXECUTE 'LOCK ' || array_to_string(tables, ',') || ' IN SHARE ROW EXCLUSIVE MODE';
    IF (SELECT max(pg_relation_size(name::regclass)) > 1000000
          FROM unnest(tables) AS name) THEN
        EXECUTE 'TRUNCATE ' || array_to_string(tables, ',');
        RETURN;
    END IF;
    FOREACH one IN ARRAY tables LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO has_rows;
        IF has_rows THEN
            EXECUTE 'DELETE FROM ' || one;
        END IF;
    END LOOP;
END $$
"""
"""After writers that are still at work. Most tests fill few tables with few rows,
and to truncate all takes PostgreSQL several times as long as to delete those."""


@pytest.fixture(scope="session", autouse=True)
def _flush_quickly() -> Iterator[None]:
    """What empties the tables after a ``transaction=True`` test.

    Django's own flush cannot: the triggers of guarded tables refuse it, even to the
    owner, which is what they are for. And most of its time goes into making anew
    content types and permissions, which are left alone here.
    """

    def flush(_: TransactionTestCase) -> None:
        guards = _guards()
        _alter(guards, "DISABLE")
        try:
            with connection.cursor() as cursor:
                cursor.execute(EMPTY_ALL_TABLES)
        finally:
            _alter(guards, "ENABLE ALWAYS")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush)
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
def _cheap_settings(settings: Settings) -> None:
    """What costs most and is about nothing here; ``serve`` in flows/ has none of it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Else each test client reads all static files first.
    settings.WHITENOISE_AUTOREFRESH = True


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
