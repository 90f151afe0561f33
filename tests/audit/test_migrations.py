"""What an upgrade does to a log that is there already."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

PAYLOADS = import_module("audit.migrations.0007_one_payload_an_entry")
BEFORE = """
CREATE SCHEMA before;
SET LOCAL search_path = before, public;
CREATE TABLE audit_entry (LIKE public.audit_entry INCLUDING ALL);
CREATE TABLE audit_subjectkey (
    id bigserial PRIMARY KEY, subject_type varchar(32), subject_id varchar(64),
    secret bytea, CONSTRAINT one_key_per_subject UNIQUE (subject_type, subject_id)
);
CREATE TABLE audit_payload (
    id bigserial PRIMARY KEY, subject_type varchar(32), subject_id varchar(64),
    commitment varchar(76), content text,
    CONSTRAINT payload_is_kept_once UNIQUE (subject_type, subject_id, commitment)
);
INSERT INTO audit_subjectkey (subject_type, subject_id, secret)
    VALUES ('request', '1', '\\x01'), ('request', '2', '\\x02');
INSERT INTO audit_payload (subject_type, subject_id, commitment, content) VALUES
    ('request', '1', 'of-why', '"because"'), ('request', '1', 'of-digest', '"d"'),
    ('request', '2', 'of-why', '"other"');
INSERT INTO audit_entry SELECT id::uuid, now(), 'request:voted', 'user', '1', 'alice',
    'request', subject, data::jsonb, '', '' FROM (VALUES
    ('00000000-0000-7000-8000-000000000001', '1',
     '{"why": {"sealed": "of-why"}, "digest": {"sealed": "of-digest"}, "n": 1}'),
    ('00000000-0000-7000-8000-000000000002', '1',
     '{"digest": {"sealed": "of-digest"}, "gone": {"sealed": "of-erased"}}'),
    ('00000000-0000-7000-8000-000000000003', '2', '{"why": {"sealed": "of-why"}}'),
    ('00000000-0000-7000-8000-000000000004', '2', '{"n": {"plain": "of-why"}}')
) AS entry (id, subject, data);
"""


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.mark.django_db
def test_payloads_of_before_belong_to_the_entries_that_commit_to_them() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BEFORE)
        cursor.execute(PAYLOADS.FORWARD)
    found = rows("SELECT * FROM audit_payload ORDER BY entry_id")
    assert [
        (kind, name, entry.int % 16, *rest) for kind, name, entry, *rest in found
    ] == [
        ("request", "1", 1, ["digest", "why"], ['"d"', '"because"']),
        ("request", "1", 2, ["digest"], ['"d"']),
        ("request", "2", 3, ["why"], ['"other"']),
    ]
    keys = rows("SELECT subject_id, secret FROM audit_subjectkey ORDER BY subject_id")
    assert [(name, bytes(key)) for name, key in keys] == [("1", b"\1"), ("2", b"\2")]
