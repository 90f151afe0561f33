"""A log with entries in it."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from audit.actions import Action
from audit.log import SYSTEM, record
from audit.models import Entry

Writes = Callable[[int], list[Entry]]


@pytest.fixture
def writes(transactional_db: None) -> Writes:
    """Writes so many entries, each in a transaction of its own."""

    def write(number: int) -> list[Entry]:
        written = []
        for each in range(number):
            with transaction.atomic():
                written.append(
                    record(
                        Action.AGENT_PAUSED,
                        actor=SYSTEM,
                        subject=("agent", str(each)),
                        data={"n": each},
                    )
                )
        return written

    return write


def changed_by_force(statement: str, *values: object) -> None:
    """What somebody can do who owns the database: no trigger is in the way."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE tgenabled = 'A' AND NOT tgisinternal"
        )
        guards = cursor.fetchall()
        for table, guard in guards:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")
        cursor.execute(statement, values)
        for table, guard in guards:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}")
