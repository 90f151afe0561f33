"""``/audit/``: the log as people read it."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import log, views
from audit.actions import Action
from audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def note():
    """Write an entry."""

    def write(action=Action.AGENT_PAUSED, subject=("agent", "7"), **data):
        with transaction.atomic():
            return log.record(action, actor=log.SYSTEM, subject=subject, data=data)

    return write


@pytest.fixture
def reader(client, alice):
    client.force_login(alice)
    return client


def shown(answer) -> list[str]:
    return [str(entry.id) for entry, _ in answer.context["rows"]]


def test_lists_entries_last_first(reader, note) -> None:
    first, second = note(), note()
    assert shown(reader.get("/audit/"))[:2] == [str(second.id), str(first.id)]


def test_finds_by_subject_id_and_by_action(reader, note) -> None:
    wanted, _other = note(subject=("agent", "agent-8")), note(Action.AGENT_RESUMED)
    assert shown(reader.get("/audit/?subject=agent-8")) == [str(wanted.id)]
    found = reader.get("/audit/?action=agent:resumed")
    assert [e.action for e, _ in found.context["rows"]] == ["agent:resumed"]
    assert "Nothing matches this filter" in reader.get("/audit/?subject=agent-9").text


def test_pages_keep_the_filter(reader, note, monkeypatch) -> None:
    monkeypatch.setattr(views, "PAGE", 2)
    ids = [str(note().id) for _ in range(5)]
    seen, before = [], ""
    while True:
        page = reader.get(f"/audit/?subject=7&before={before}")
        seen += shown(page)
        if not page.context["next"]:
            break
        assert "subject=7&amp;action=&amp;before=" in page.text
        before = page.context["next"]
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    ("query", "status"),
    [("before=x", 404), ("action=x", 404), ("subject=%00", 200), ("subject=x", 200)],
)
def test_answers_odd_questions(reader, note, query, status) -> None:
    assert reader.get(f"/audit/?{query}").status_code == status


def test_shows_text_as_text(reader, note) -> None:
    note(message="<script>alert(1)</script>\u202e")
    page = reader.get("/audit/").text
    assert "<script>alert" not in page
    assert "⟦U+202E⟧" in page


def test_shows_times_in_utc(reader, note) -> None:
    entry = note()
    assert f"{entry.at:%Y-%m-%d %H:%M:%S} UTC" in reader.get("/audit/").text


def test_is_for_reviewers_and_staff(client, charlie, admin, note) -> None:
    assert client.get("/audit/").status_code == 302
    client.force_login(charlie)
    assert client.get("/audit/").status_code == 403
    client.force_login(admin)
    assert client.get("/audit/").status_code == 200


def test_refuses_other_methods_and_changes_nothing(reader, note) -> None:
    note()
    before = Entry.objects.count()
    assert reader.post("/audit/").status_code == 405
    reader.head("/audit/")
    assert Entry.objects.count() == before


def test_asks_few_questions(reader, note) -> None:
    for _ in range(9):
        note()
    with CaptureQueriesContext(connection) as queries:
        reader.get("/audit/?subject=7")
    assert len(queries) <= 6


def test_knows_every_type_of_subject_there_is() -> None:
    types = {action.partition(":")[0] for action in Action}
    assert types <= set(views.SUBJECT_TYPES)
