"""Two roles in the database: one owns the tables, the other one is the application's.

The application can add entries to the log and read them. It has no right to change
or remove any, whatever somebody makes it execute; only migrations run as the owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from audit import guards

GRANTS = """
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};
REVOKE UPDATE, DELETE ON {guarded}, approvals_policy FROM {role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};
"""


def are_apart() -> bool:
    """Whether the application's role is another than the owner's."""
    return bool(settings.DATABASE_OWNER["USER"] != settings.DATABASE_APPLICATION)


@contextmanager
def as_owner() -> Iterator[None]:
    """Let this process's connection be the owner's meanwhile; for start-up alone.

    No other thread may use the database then.
    """
    before = {name: connection.settings_dict[name] for name in settings.DATABASE_OWNER}
    if before == settings.DATABASE_OWNER:
        yield
        return
    _become(settings.DATABASE_OWNER)
    try:
        yield
    finally:
        _become(before)


def grant() -> None:
    """As the owner: give the application what it needs, and nothing else."""
    if not are_apart():
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        cursor.execute(
            GRANTS.format(
                schema=quote(schema),
                role=quote(settings.DATABASE_APPLICATION),
                guarded=", ".join(map(quote, guards.TABLES)),
            )
        )


def _become(role: dict[str, Any]) -> None:
    """Closed first: the pool keeps connections of whom it was made for."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict.update(role)
