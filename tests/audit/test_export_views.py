"""``POST /audit/export``: the log as a file to take away."""

import io
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from audit import sequencer
from audit.actions import Action
from audit.log import SYSTEM, record
from audit.models import Entry
from tests.audit.bundles import verified

pytestmark = pytest.mark.django_db(transaction=True)
REQUEST = "0199d0c0-0000-7000-8000-000000000001"


@pytest.fixture
def reader(client: Client, alice: User) -> Client:
    client.force_login(alice)
    with transaction.atomic():
        record(Action.AGENT_PAUSED, actor=SYSTEM, subject=("agent", "7"))
    sequencer.sequence_due()
    return client


def content(answer: object) -> bytes:
    pieces: Iterator[bytes] = answer.streaming_content  # type: ignore[attr-defined]
    return b"".join(pieces)


def test_gives_a_bundle_that_holds(reader: Client, alice: User) -> None:
    answer = reader.post("/audit/export")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-tar"
    assert answer["Content-Disposition"].startswith(
        'attachment; filename="countersign-audit-'
    )
    found = verified(io.BytesIO(content(answer)).getvalue())
    assert found.faults.shown == []
    exported = Entry.objects.get(action=Action.AUDIT_EXPORTED)
    assert (exported.actor_name, exported.data["form"]) == ("alice", "bundle")


def test_gives_a_part_as_csv(reader: Client) -> None:
    answer = reader.post("/audit/export", {"form": "csv", "since": "2026-01-01T00:00Z"})
    lines = content(answer).decode().splitlines()
    assert lines[0] == "time,action,actor,subject,data"
    assert any("agent:paused" in line for line in lines)
    assert Entry.objects.get(action=Action.AUDIT_EXPORTED).data["form"] == "csv"


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"request": "x"}, "id"),
        ({"since": "yesterday"}, "2026"),
        ({"agent": "a", "request": REQUEST}, "one at a time"),
        ({"request": REQUEST}, "no entries of that"),
        ({"agent": "nobody\0"}, "knows no agent nobody"),
    ],
)
def test_says_what_is_wrong_and_keeps_what_was_typed(
    reader: Client, form: dict[str, str], says: str
) -> None:
    answer = reader.post("/audit/export", form)
    assert answer.status_code == 400
    assert says in answer.text
    assert not Entry.objects.filter(action=Action.AUDIT_EXPORTED).exists()


def test_takes_a_post_of_somebody_who_may_read(
    reader: Client, charlie: User, client: Client
) -> None:
    assert reader.get("/audit/export").status_code == 405
    stranger = Client()
    assert stranger.post("/audit/export").status_code == 302
    stranger.force_login(charlie)
    assert stranger.post("/audit/export").status_code == 403
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(charlie)
    assert forged.post("/audit/export").status_code == 403
    assert not Entry.objects.filter(action=Action.AUDIT_EXPORTED).exists()
