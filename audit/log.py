"""The only door into the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from audit import sealing
from audit.actions import Action
from audit.merkle import leaf_hash
from audit.models import Entry, SubjectKey
from audit.sealing import Payload, Sealed

__all__ = ["COMMAND_LINE", "SYSTEM", "Actor", "Sealed", "person", "record"]

_COLUMNS = (
    "id", "at", "action", "actor_type", "actor_id", "actor_name",
    "subject_type", "subject_id", "canonical", "leaf_hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as it is written down: a person, an agent or the system."""

    type: str
    id: str
    name: str


SYSTEM = Actor(type="system", id="countersign", name="Countersign")
COMMAND_LINE = Actor(type="system", id="command-line", name="command line")


def person(user: AbstractBaseUser) -> Actor:
    """A signed-in person as actor."""
    return Actor(type="user", id=str(user.pk), name=user.get_username())


_INSERT = """
WITH kept AS (
    INSERT INTO audit_payload (subject_type, subject_id, entry_id, members, contents)
    SELECT %(subject_type)s, %(subject_id)s, %(id)s, %(members)s::text[],
        %(contents)s::text[]
    WHERE cardinality(%(members)s::text[]) > 0
), made AS (
    INSERT INTO audit_subjectkey (subject_type, subject_id, secret)
    SELECT %(subject_type)s, %(subject_id)s, %(secret)s::bytea
    WHERE %(secret)s::bytea IS NOT NULL
)
INSERT INTO audit_entry (
    id, at, action, actor_type, actor_id, actor_name,
    subject_type, subject_id, data, canonical, leaf_hash
) VALUES (
    %(id)s, %(at)s, %(action)s, %(actor_type)s, %(actor_id)s, %(actor_name)s,
    %(subject_type)s, %(subject_id)s,
    convert_from(%(canonical)s, 'UTF8')::jsonb -> 'data', %(canonical)s, %(leaf_hash)s
)
"""


def record(
    action: Action,
    *,
    actor: Actor,
    subject: tuple[str, str],
    data: Mapping[str, Any] | None = None,
    is_new: bool = False,
) -> Entry:
    """Write one entry; ``subject`` is (type, id), ``data`` a snapshot as JSON.

    What a person or an agent wrote is given as ``Sealed``: the entry holds only a
    commitment to it, the text lies apart and can be erased. ``is_new``: nothing was
    ever recorded of this subject, which saves looking for its key.

    Raises RuntimeError outside a transaction: a fact and its entry are stored
    together or not at all. Raises ``rfc8785.CanonicalizationError`` for data
    that is not JSON.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{action} must be recorded inside its fact's transaction")
    entry = Entry(
        at=timezone.now(),
        action=action,
        actor_type=actor.type,
        actor_id=actor.id,
        actor_name=actor.name,
        subject_type=subject[0],
        subject_id=subject[1],
    )
    facts = data or {}
    secret = sealing.new_key() if is_new else None
    key = (secret or _key_of(subject)) if sealing.needs_key(facts) else b""
    entry.data, payloads = sealing.sealed(facts, key)
    entry.canonical = entry.canonical_bytes()
    entry.leaf_hash = leaf_hash(entry.canonical)
    _store(entry, secret, payloads)
    return entry


def _key_of(subject: tuple[str, str]) -> bytes:
    """The key of this subject's commitments, made where it has none.

    Of two that make it at once the second waits for the first and takes that one.
    """
    name = {"subject_type": subject[0], "subject_id": subject[1]}
    kept = SubjectKey.objects.filter(**name).values_list("secret", flat=True)
    if not kept:
        made = SubjectKey(**name, secret=sealing.new_key())
        SubjectKey.objects.bulk_create([made], ignore_conflicts=True)
    return bytes(kept.all()[0])


def _store(entry: Entry, secret: bytes | None, payloads: list[Payload]) -> None:
    """All of it in one statement, for every answer waits for it.

    By psycopg's own cursor, so that PostgreSQL plans it once for a connection and not
    each time.
    """
    values: dict[str, Any] = {
        **{field: getattr(entry, field) for field in _COLUMNS},
        "secret": secret,
        "members": [one.member for one in payloads],
        "contents": [one.content for one in payloads],
    }
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as sent:
        sent.execute(_INSERT, values)
