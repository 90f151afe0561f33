"""What the database does not refuse is found."""

import pytest
from django.db import connection

from audit import guards

pytestmark = pytest.mark.django_db

ROLE = "countersign_test_application"


@pytest.fixture
def application() -> None:
    """From now on the test is a role that may add to the log and read it."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        cursor.execute(f"GRANT SELECT, INSERT ON {', '.join(guards.TABLES)} TO {ROLE}")


def found(*statements: str) -> list[str]:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        try:
            return guards.missing()
        finally:
            cursor.execute("RESET ROLE")


def test_nothing_is_missing_where_the_application_can_only_add(
    application: None,
) -> None:
    assert found() == []


def test_a_superuser_is_found(db: None) -> None:
    assert any("superuser" in sentence for sentence in guards.missing())


def test_an_owner_is_found(application: None) -> None:
    (sentence,) = found(f"ALTER TABLE audit_leaf OWNER TO {ROLE}")
    assert "owns tables" in sentence


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_a_right_too_many_is_found(application: None, verb: str) -> None:
    (sentence,) = found(f"GRANT {verb} ON audit_payload TO {ROLE}")
    assert f"{verb} on audit_payload" in sentence


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit_entry DISABLE TRIGGER entry_is_final",
        "ALTER TABLE audit_entry ENABLE TRIGGER entry_is_final",
        "DROP TRIGGER entry_is_final ON audit_entry",
    ],
)
def test_a_trigger_that_can_be_silenced_is_found(
    application: None, statement: str
) -> None:
    (sentence,) = found(statement)
    assert "entry_is_final" in sentence


def test_every_trigger_of_the_log_is_looked_for(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
            "AND tgrelid::regclass::text LIKE 'audit_%'"
        )
        assert {name for (name,) in cursor.fetchall()} == set(guards.TRIGGERS)
