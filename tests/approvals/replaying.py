"""Requests by the hundred, and what a back-test says of each; for its tests."""

from copy import copy
from datetime import timedelta
from typing import Any

from django.db import connection
from uuid_utils.compat import uuid7

from approvals import comparison, history
from approvals.backtesting import compare
from approvals.models import ApprovalRequest
from approvals.models.requests import NextChange

STRICTER = """
default_tier: one
tiers:
  none: {rank: 10, route: auto}
  one: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
  two: {rank: 30, route: review, requirements: [{group: reviewers, count: 2}]}
  never: {rank: 50, route: block}
rules:
  - {key: harmless, when: 'action.name in ["one", "never"]', tier: none}
  - {key: asks-now, when: action.name == "none", tier: one}
  - {key: forbidden, when: action.name == "two", tier: never}
"""
"""What the policy of the fixtures does, the other way round."""


def many(approval: ApprovalRequest, count: int) -> list[ApprovalRequest]:
    """So many more of the same, each a millisecond later."""
    found = []
    for number in range(1, count + 1):
        one = copy(approval)
        one.pk = uuid7()
        one.change = NextChange()
        one.created_at = approval.created_at + timedelta(milliseconds=number)
        found.append(one)
    return ApprovalRequest.objects.bulk_create(found)


def very_many(approval: ApprovalRequest, count: int) -> None:
    """As ``many``, by the database alone: thousands a second."""
    table = ApprovalRequest._meta.db_table
    copied = [field.column for field in ApprovalRequest._meta.concrete_fields]
    values = {
        "id": f"(lpad(to_hex({approval.pk.int >> 80} + n), 12, '0') || '7000'"
        " || '8' || lpad(to_hex(n), 15, '0'))::uuid",
        "change": "nextval('approvals_change')",
        "created_at": "created_at + n * interval '1 ms'",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(copied)}) "
            f"SELECT {', '.join(values.get(name, name) for name in copied)} "
            f"FROM {table}, generate_series(1, %s) AS n WHERE id = %s",
            [count, approval.pk],
        )


def compared(source: str, most: int = 10_000) -> dict[str, Any]:
    """What a policy would have said of everything there is."""
    span = history.newest(most)
    assert span
    return compare(source, span, lambda done: None)


def tiers_of(result: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The old and the new tier of each request that is named, by its id."""
    old, new = result["old"], result["new"]
    return {
        request_id: (old[cell["old"]]["tier"], new[cell["new"]]["tier"])
        for cell in result["cells"]
        for request_id in cell["ids"]
    }


def name_all(monkeypatch: Any) -> None:
    """Let every cell and list name all of its requests."""
    monkeypatch.setattr(comparison, "SAMPLES", 100_000)
