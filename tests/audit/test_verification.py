"""Tampering behind the application's back is found and named."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from audit.actions import Action
from audit.log import SYSTEM, record
from audit.models import Entry
from audit.verification import verify_log

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries() -> list[Entry]:
    with transaction.atomic():
        return [
            record(
                Action.REQUEST_SUBMITTED,
                actor=SYSTEM,
                subject=("request", str(number)),
                data={"n": number, "half": 0.5, "text": "\u2028 é 😀", "none": None},
            )
            for number in range(5)
        ]


def tamper(entry: Entry, **columns: Any) -> None:
    """Change a row as somebody with the database's superuser rights could."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER entry_is_final")
        Entry.objects.filter(pk=entry.pk).update(**columns)
        cursor.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER entry_is_final")


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue()
    return 0, out.getvalue()


def test_an_untouched_log_holds(entries: list[Entry]) -> None:
    assert run() == (0, "All 5 entries hold.\n")
    status, printed = run("--json")
    assert (status, json.loads(printed)) == (
        0,
        {"ok": True, "entries": 5, "fault": None},
    )


def test_an_empty_log_holds() -> None:
    assert verify_log().entries == 0
    assert verify_log().fault is None


@pytest.mark.parametrize(
    "columns",
    [
        {"action": "request:decided"},
        {"actor_name": "mallory"},
        {"actor_id": "1"},
        {"subject_id": "other"},
        {"data": {"n": 3}},
        {"at": "2020-01-01T00:00:00Z"},
        {"canonical": b"{}"},
        {"leaf_hash": bytes(32)},
    ],
)
def test_finds_the_first_entry_that_was_touched(
    entries: list[Entry], columns: dict[str, Any]
) -> None:
    tamper(entries[3], **columns)
    tamper(entries[4], **columns)
    status, printed = run("--json")
    report = json.loads(printed)
    assert (status, report["ok"], report["entries"]) == (1, False, 3)
    assert report["fault"]["entry"] == str(entries[3].pk)
    assert str(entries[3].pk) in run()[1]
