"""Searches read an index, and as many rows as they answer with."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from audit import search, views
from audit.search import Search
from audit.story import _naming

pytestmark = pytest.mark.django_db

MANY = """
INSERT INTO audit_entry (
    id, at, action, actor_type, actor_id, actor_name, subject_type, subject_id,
    data, canonical, leaf_hash
)
SELECT
    (lpad(to_hex((extract(epoch FROM made) * 1000)::bigint), 12, '0')
     || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
    made,
    CASE WHEN n < 20000 THEN 'grant:used' WHEN n %% 3 = 0 THEN 'user:signed_in'
         ELSE 'request:submitted' END,
    'agent', '7', CASE WHEN n < 100 THEN 'rare' ELSE 'bot-' || n %% 5 END,
    CASE WHEN n %% 3 = 0 THEN 'user' ELSE 'request' END, (n %% 10000)::text,
    CASE WHEN n < 20000 THEN jsonb_build_object('request', n::text) ELSE '{}' END,
    '', ''
FROM (
    SELECT n, %s::timestamptz + n * interval '1 second' AS made
    FROM generate_series(1, 60000) AS n
) AS numbered
"""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def many(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MANY, [BEGIN])
        cursor.execute("ANALYZE audit_entry")


def rows_read(statement: str, values: object) -> tuple[str, int]:
    """The plan, and how many rows of entries were looked at to answer."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        plan = cursor.fetchone()[0][0]["Plan"]
    return str(plan), _read(plan)


def _read(plan: dict) -> int:  # type: ignore[type-arg]
    own = 0
    if plan.get("Relation Name") == "audit_entry":
        rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        own = int(rows * plan["Actual Loops"])
    return own + sum(_read(below) for below in plan.get("Plans", ()))


def test_every_question_reads_an_index_and_few_rows(many: None) -> None:
    """Also for what is rare and long ago, where a scan from the end would read all."""
    moments = (None, BEGIN + timedelta(seconds=50), BEGIN + timedelta(seconds=40_000))
    questions = itertools.product(
        ("", "42"), ("", "rare", "bot-1"), ("", "grant", "grant:used", "request"),
        moments, moments, (None, UUID(int=1 << 127)),
    )  # fmt: skip
    for asked in questions:
        question = Search(*asked)
        values = search.values(question, views.PAGE + 1)
        plan, read = rows_read(search.statement(question), values)
        assert "Seq Scan" not in plan, question
        assert read < 1500, (question, read)


def test_a_story_is_found_by_its_indexes(many: None) -> None:
    statement, values = _naming(uuid4()).values("id").query.sql_with_params()
    plan, read = rows_read(statement, values)
    assert "entry_naming_request" in plan
    assert read == 0
