"""What somebody with all rights on the database, and even the log's key, could do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection

from audit import sequencer
from audit.merkle import leaf_hash
from audit.models import Entry, Leaf

GUARDS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE tgenabled = 'A' AND NOT tgisinternal
"""
TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
AND (starts_with(relname, 'audit_') OR relname IN (
    'approvals_approvalrequest', 'approvals_permit', 'approvals_vote'
))
"""
TREE = ("audit_cosignature", "audit_checkpoint", "audit_tile", "audit_leaf")


def sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def without_guards() -> Iterator[None]:
    """As a superuser who drops the triggers, and puts them back."""
    guards = sql(GUARDS)
    for table, trigger in guards:
        sql(f'ALTER TABLE {table} DISABLE TRIGGER "{trigger}"')
    try:
        yield
    finally:
        for table, trigger in guards:
            sql(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{trigger}"')


def rewrite(entry: Entry, **columns: Any) -> None:
    """Another entry in its place, with all that is computed from it; not the tree."""
    for name, value in columns.items():
        setattr(entry, name, value)
    entry.canonical = entry.canonical_bytes()
    entry.leaf_hash = leaf_hash(bytes(entry.canonical))
    Entry.objects.filter(pk=entry.pk).update(
        **columns, canonical=entry.canonical, leaf_hash=entry.leaf_hash
    )


def sign_anew(ids: list[UUID] | None = None) -> None:
    """Let the log's own sequencer make another tree, with the log's own key."""
    ids = ids if ids is not None else list(Leaf.objects.values_list("entry", flat=True))
    for table in TREE:
        sql(f"DELETE FROM {table}")
    for entry in ids:
        sql("INSERT INTO audit_pending (entry_id) VALUES (%s)", entry)
    sequencer.sequence_due()


@contextmanager
def unreferenced() -> Iterator[None]:
    """As a superuser who lets rows refer to rows that are not there."""
    sql("SET session_replication_role = replica")
    try:
        with without_guards():
            yield
    finally:
        sql("SET session_replication_role = origin")


@contextmanager
def dump() -> Iterator[Callable[[], None]]:
    """A dump of this moment; what it gives restores it."""
    tables = [name for (name,) in sql(TABLES)]
    for name in tables:
        sql(f"CREATE TABLE dumped_{name} AS TABLE {name}")

    def restore() -> None:
        with unreferenced():
            for name in tables:
                sql(f"DELETE FROM {name}")
                sql(f"INSERT INTO {name} SELECT * FROM dumped_{name}")

    try:
        yield restore
    finally:
        for name in tables:
            sql(f"DROP TABLE dumped_{name}")
