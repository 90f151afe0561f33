"""What the log takes, keeps and refuses to change."""

import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from audit.actions import Action
from audit.log import COMMAND_LINE, SYSTEM, Actor, person, record
from audit.merkle import leaf_hash
from audit.models import Entry

pytestmark = pytest.mark.django_db
ALICE = Actor(type="user", id="7", name="alice")


def write(**data: object) -> Entry:
    return record(
        Action.REQUEST_VOTED, actor=ALICE, subject=("request", "r1"), data=data
    )


def test_keeps_actor_subject_and_data_as_they_were() -> None:
    entry = Entry.objects.get(pk=write(verdict="approve").pk)
    assert entry.facts()["actor"] == {"type": "user", "id": "7", "name": "alice"}
    assert entry.facts()["subject"] == {"type": "request", "id": "r1"}
    assert entry.facts()["data"] == {"verdict": "approve"}
    assert entry.facts()["action"] == "request:voted"


def test_stores_canonical_bytes_and_their_leaf_hash() -> None:
    entry = Entry.objects.get(pk=write(b=1, a="é").pk)
    canonical = bytes(entry.canonical)
    assert (
        canonical
        == json.dumps(
            entry.facts(), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    )
    assert bytes(entry.leaf_hash) == sha256(b"\x00" + canonical).digest()


def test_leaf_hash_of_nothing_is_the_well_known_one() -> None:
    # RFC 6962's hash of an empty leaf: SHA-256 of one zero byte.
    assert leaf_hash(b"").hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )


@pytest.mark.django_db(transaction=True)
def test_refuses_to_write_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        write()
    assert not Entry.objects.exists()


def update(entry: Entry) -> None:
    Entry.objects.filter(pk=entry.pk).update(actor_name="mallory")


def delete(entry: Entry) -> None:
    entry.delete()


def truncate(entry: Entry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_entry CASCADE")


def update_as_replica(entry: Entry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    update(entry)


@pytest.mark.parametrize("change", [update, delete, truncate, update_as_replica])
def test_database_refuses_every_change(change: Callable[[Entry], None]) -> None:
    entry = write(verdict="deny")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(entry)
    assert Entry.objects.get(pk=entry.pk).actor_name == "alice"


def test_is_rolled_back_with_its_fact() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Entry.objects.exists()


def test_names_people_and_the_system_as_actors(django_user_model: type) -> None:
    user = django_user_model.objects.create_user("alice")
    assert person(user) == Actor(type="user", id=str(user.pk), name="alice")
    assert (SYSTEM.type, COMMAND_LINE.type) == ("system", "system")


def test_every_verb_reads_subject_colon_verb() -> None:
    assert all(verb.value.count(":") == 1 for verb in Action)
    assert len({verb.value for verb in Action}) == len(Action)
