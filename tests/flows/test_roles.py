"""The application, as it is served, cannot change the log; and says so if it could."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from audit.guards import TABLES
from config import embedded
from tests.serving import Serving, data_folder

LOUD = "THE AUDIT LOG IS NOT GUARDED"


@pytest.fixture(scope="module")
def served() -> Iterator[Serving]:
    with data_folder() as folder, Serving(folder) as serving:
        yield serving.ready()


def connection_as(served: Serving, role: str) -> psycopg.Connection[Any]:
    to = embedded.connection_settings(None, served.data_dir)
    return psycopg.connect(
        host=to["HOST"], port=to["PORT"], dbname=to["NAME"], user=role
    )


def test_the_start_finds_everything_guarded(served: Serving) -> None:
    assert LOUD not in served.output


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {} CASCADE",
    ],
)
def test_the_application_has_no_right_to_change_the_log(
    served: Serving, table: str, statement: str
) -> None:
    with (
        connection_as(served, embedded.APPLICATION) as application,
        pytest.raises(InsufficientPrivilege),
    ):
        application.execute(statement.format(table))


def test_nor_to_edit_an_entry_or_to_silence_triggers(served: Serving) -> None:
    for statement in (
        "UPDATE audit_entry SET actor_name = 'mallory'",
        "UPDATE audit_checkpoint SET size = 1",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger"
        " LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "SET ROLE countersign",
    ):
        with (
            connection_as(served, embedded.APPLICATION) as application,
            pytest.raises(InsufficientPrivilege),
        ):
            application.execute(statement)


def test_it_can_add_to_the_log_and_read_it(served: Serving) -> None:
    with connection_as(served, embedded.APPLICATION) as application:
        found = application.execute("SELECT count(*) FROM audit_entry").fetchone()
    assert found
    assert found[0] > 0


def test_one_role_for_everything_is_said_loudly(served: Serving) -> None:
    to = embedded.connection_settings(None, served.data_dir)
    address = (
        f"postgresql://{to['USER']}@/{to['NAME']}?host={to['HOST']}&port={to['PORT']}"
    )
    with data_folder() as folder, Serving(folder, DATABASE_URL=address) as other:
        other.ready()
        assert LOUD in other.output
        assert "is a superuser" in other.output
