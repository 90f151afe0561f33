"""``/audit/`` and its pages: the log as people read it."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import log, search, sequencer, views
from audit.actions import Action
from audit.models import Checkpoint, Cosignature, Entry
from audit.search import Search
from audit.story import story_of
from tests.audit.conftest import changed_by_force

pytestmark = pytest.mark.django_db

REQUEST = UUID("0199aaaa-0000-7000-8000-000000000001")
BOT = log.Actor(type="agent", id="7", name="deploy-bot")
ALICE = log.Actor(type="user", id="1", name="alice")
Note = Callable[..., Entry]


@pytest.fixture
def note(db: None) -> Note:
    """Write an entry."""

    def write(
        action: Action = Action.AGENT_PAUSED,
        subject: tuple[str, str] = ("agent", "id-7"),
        actor: log.Actor = log.SYSTEM,
        **data: object,
    ) -> Entry:
        with transaction.atomic():
            return log.record(action, actor=actor, subject=subject, data=data)

    return write


@pytest.fixture
def reader(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def sequenced(transactional_db: None) -> Callable[[], int]:
    return sequencer.sequence_due


def shown(answer) -> list[str]:  # type: ignore[no-untyped-def]
    return [str(entry.id) for entry, _ in answer.context["rows"]]


def found(reader: Client, **asked: str) -> list[str]:
    answer = reader.get("/audit/", asked)
    assert answer.status_code == 200
    return shown(answer)


def ids(*entries: Entry) -> list[str]:
    return [str(entry.id) for entry in entries]


# What is found


def test_lists_entries_last_first(reader: Client, note: Note) -> None:
    first, second = note(), note()
    assert found(reader)[:2] == ids(second, first)


def test_finds_by_subject_id_whatever_its_type(reader: Client, note: Note) -> None:
    wanted, also = note(subject=("agent", "id-8")), note(subject=("rarely", "id-8"))
    note(subject=("agent", "id-80"))
    assert found(reader, subject="id-8") == ids(also, wanted)
    assert "Nothing matches this filter" in reader.get("/audit/?subject=id-9").text


def test_finds_by_verb_and_by_what_it_is_about(reader: Client, note: Note) -> None:
    asked, paused = note(Action.REQUEST_ASKED), note()
    decided = note(Action.REQUEST_DECIDED)
    assert found(reader, action="request:asked") == ids(asked)
    assert found(reader, action="request") == ids(decided, asked)
    assert found(reader, action="agent")[0] == str(paused.id)


def test_finds_by_who_by_the_whole_name(reader: Client, note: Note) -> None:
    his, _hers = note(actor=BOT), note(actor=ALICE)
    note(actor=log.Actor("agent", "8", "deploy-bot-2"))
    assert found(reader, who="deploy-bot") == ids(his)


def test_finds_by_time_to_the_microsecond(reader: Client, note: Note) -> None:
    first, second, third = note(), note(), note()
    at = second.at.isoformat().removesuffix("+00:00")
    after = (second.at + timedelta(microseconds=1)).isoformat()
    assert found(reader, **{"from": at}) == ids(third, second)
    assert found(reader, until=at, subject="id-7") == ids(first)
    assert found(reader, **{"from": at, "until": after}) == ids(second)
    assert found(reader, **{"from": "2026-01-01T00:00", "until": "2020-01-01"}) == []


def test_all_that_is_asked_has_to_be_so(reader: Client, note: Note) -> None:
    """Every combination of filters against the same entries, filtered in Python."""
    actors, subjects = (ALICE, BOT), ("a", "b")
    verbs = (Action.REQUEST_ASKED, Action.REQUEST_REPLIED, Action.AGENT_PAUSED)
    written = [
        note(verb, ("agent", subject), actor)
        for verb, subject, actor in itertools.product(verbs, subjects, actors)
    ]
    start, end = written[2].at, written[10].at
    choices = itertools.product(
        ("", "a"), ("", "alice"), ("", "request", "request:asked"), (None, start),
        (None, end),
    )  # fmt: skip
    for subject, who, what, since, until in choices:
        wanted = [
            entry
            for entry in reversed(written)
            if subject in ("", entry.subject_id)
            and who in ("", entry.actor_name)
            and entry.action.startswith(what)
            and (since is None or entry.at >= since)
            and (until is None or entry.at < until)
        ]
        question = Search(subject, who, what, since, until)
        got = [one for one in search.find(question, 50) if one in written]
        assert got == wanted, question


def test_pages_keep_the_filter(
    reader: Client, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE", 2)
    written = [str(note(actor=ALICE).id) for _ in range(5)]
    seen, address = [], "?subject=id-7&who=alice&action=agent"
    while True:
        page = reader.get(f"/audit/{address}")
        seen += shown(page)
        if not page.context["next"]:
            break
        address = f"?subject=id-7&who=alice&action=agent&before={page.context['next']}"
        assert address.replace("&", "&amp;") in page.text
    assert seen == written[::-1]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"before": "x"}, "the id of an entry"),
        ({"action": "x"}, "no such action"),
        ({"action": "request:"}, "no such action"),
        ({"from": "yesterday"}, "A time looks like"),
        ({"until": "2026-13-01"}, "A time looks like"),
        ({"from": "0001-01-01T00:00+23:59"}, "A time looks like"),
    ],
)
def test_says_what_is_wrong_with_a_question(
    reader: Client, asked: dict[str, str], reason: str
) -> None:
    answer = reader.get("/audit/", asked)
    assert answer.status_code == 400
    assert reason in answer.text


@pytest.mark.parametrize(
    "asked",
    [
        {"subject": "\0"},
        {"subject": "' OR true --"},
        {"who": "%s %(who)s {}"},
        {"who": "x\0y" * 100},
        {"from": "0001-01-01"},
        {"until": "9999-12-31T23:59:59"},
        {"before": "00000000-0000-0000-0000-000000000000"},
    ],
)
def test_answers_odd_questions(
    reader: Client, note: Note, asked: dict[str, str]
) -> None:
    note()
    assert reader.get("/audit/", asked).status_code == 200


# How it is shown


def test_shows_text_as_text(reader: Client, note: Note) -> None:
    note(message="<script>alert(1)</script>\u202e")
    page = reader.get("/audit/").text
    assert "<script>alert" not in page
    assert "⟦U+202E⟧" in page


def test_shows_times_in_utc(reader: Client, note: Note) -> None:
    entry = note()
    assert f"{entry.at:%Y-%m-%d %H:%M:%S} UTC" in reader.get("/audit/").text


def test_links_to_entry_story_and_who(reader: Client, note: Note) -> None:
    entry = note(
        subject=("request", str(REQUEST)), actor=log.Actor("user", "1", "a b&")
    )
    page = reader.get("/audit/").text
    assert f'href="/audit/entries/{entry.id}"' in page
    assert f'href="/audit/requests/{REQUEST}"' in page
    assert 'href="?who=a%20b%26"' in page


def test_odd_subjects_break_no_links(reader: Client, note: Note) -> None:
    note(subject=("request", "not-a-uuid"), request=["x"])
    note(subject=("policy", "x/y"))
    assert reader.get("/audit/").status_code == 200


def test_is_for_reviewers_and_staff(
    client: Client, charlie: User, admin: User, note: Note
) -> None:
    note(subject=("request", str(REQUEST)))
    for path in ("/audit/", "/audit/verify", f"/audit/requests/{REQUEST}"):
        client.logout()
        assert client.get(path).status_code == 302
        client.force_login(charlie)
        assert client.get(path).status_code == 403
        client.force_login(admin)
        assert client.get(path).status_code == 200


def test_refuses_other_methods_and_changes_nothing(reader: Client, note: Note) -> None:
    note(subject=("request", str(REQUEST)))
    before = Entry.objects.count()
    for path in ("/audit/", "/audit/verify", f"/audit/requests/{REQUEST}"):
        assert reader.post(path).status_code == 405
        assert reader.head(path).status_code == 200
    assert Entry.objects.count() == before


def test_asks_few_questions(reader: Client, note: Note) -> None:
    for _ in range(9):
        note(message=log.Sealed("x"))
    with CaptureQueriesContext(connection) as queries:
        reader.get("/audit/?subject=id-7")
    assert len(queries) <= 12


# The head


def test_head_says_before_the_first_that_there_is_none(reader: Client) -> None:
    assert "No signed head yet" in reader.get("/audit/").text
    assert "No signed head yet" in reader.get("/audit/verify").text


@pytest.mark.django_db(transaction=True)
def test_head_says_size_root_time_witnesses_and_what_waits(
    reader: Client, note: Note
) -> None:
    note()
    sequencer.sequence_due()
    note()
    head = Checkpoint.objects.get()
    for name, size in (("w.example/old", head), ("w.example/\u202enew", head)):
        Cosignature.objects.create(
            checkpoint=size, witness=name, line="x", at=timezone.now()
        )
    page = reader.get("/audit/").text
    assert f'data-size="{head.size}"' in page
    assert f"{head.at:%Y-%m-%d %H:%M:%S} UTC" in page
    assert head.note.split("\n")[2] in page
    assert "w.example/old" in page
    assert "⟦U+202E⟧" in page
    assert "<dt>Waiting for their place</dt><dd>1</dd>" in page
    assert str(sequencer.verifier()) in reader.get("/audit/verify").text


# The story of a request


@pytest.mark.django_db(transaction=True)
def test_story_has_every_entry_in_the_order_of_the_tree(
    reader: Client, note: Note
) -> None:
    subject, named = ("request", str(REQUEST)), {"request": str(REQUEST)}
    first = note(Action.REQUEST_SUBMITTED, subject, BOT)
    grant = note(Action.GRANT_USED, ("grant", "g1"), BOT, **named)
    note(Action.GRANT_USED, ("grant", "g2"), BOT, request=str(uuid4()))
    note(Action.REQUEST_SUBMITTED, ("request", str(uuid4())), BOT)
    sent = note(Action.DELIVERY_DELIVERED, ("delivery", "d1"), **named)
    sequencer.sequence_due()
    last = note(Action.REQUEST_DECIDED, subject, ALICE)
    story = story_of(REQUEST)
    assert [one.entry for one in story.entries] == [first, grant, sent, last]
    assert story.waiting == 1
    assert [name for _, name in story.actors] == ["deploy-bot", "Countersign", "alice"]
    page = reader.get(f"/audit/requests/{REQUEST}").text
    assert page.count('class="section story-entry"') == 4
    assert page.count("which names this request") == 2
    assert f'href="/r/{REQUEST}"' in page


def test_story_shows_what_was_written_and_whose_it_is(
    reader: Client, note: Note
) -> None:
    subject = ("request", str(REQUEST))
    message = log.Sealed("Trust\u202e me, <b>really</b>")
    note(Action.REQUEST_REPLIED, subject, BOT, message=message)
    page = reader.get(f"/audit/requests/{REQUEST}").text
    assert "The agent says" in page
    assert "⟦U+202E⟧" in page
    assert "<b>really" not in page
    note(Action.REQUEST_VOTED, subject, ALICE, message=log.Sealed("No."))
    page = reader.get(f"/audit/requests/{REQUEST}").text
    assert page.count("The agent says") == 1


def test_story_says_what_was_erased_and_what_was_changed(
    reader: Client, note: Note
) -> None:
    subject = ("request", str(REQUEST))
    note(Action.REQUEST_REPLIED, subject, BOT, message=log.Sealed("x"))
    note(Action.REQUEST_ASKED, subject, ALICE)
    assert (story_of(REQUEST).erased, story_of(REQUEST).altered) == (0, 0)
    changed_by_force("DELETE FROM audit_payload")
    changed_by_force(
        "UPDATE audit_entry SET actor_name = 'bob' WHERE action = 'request:asked'"
    )
    assert (story_of(REQUEST).erased, story_of(REQUEST).altered) == (1, 1)
    page = reader.get(f"/audit/requests/{REQUEST}").text
    assert "1 with something erased" in page
    assert "1 entry does not say any more what was written" in page


def test_story_of_a_request_that_never_was_is_not_found(reader: Client) -> None:
    assert reader.get(f"/audit/requests/{uuid4()}").status_code == 404
    assert reader.get("/audit/requests/x").status_code == 404


def test_a_long_story_says_that_it_is_cut(
    reader: Client, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.story.LIMIT", 3)
    for _ in range(4):
        note(Action.REQUEST_ASKED, ("request", str(REQUEST)))
    page = reader.get(f"/audit/requests/{REQUEST}").text
    assert "and more: only the first 3 are shown" in page


def test_story_asks_few_questions_however_long(reader: Client, note: Note) -> None:
    for _ in range(20):
        subject = ("request", str(REQUEST))
        note(Action.REQUEST_ASKED, subject, message=log.Sealed("x"))
    with CaptureQueriesContext(connection) as queries:
        reader.get(f"/audit/requests/{REQUEST}")
    assert len(queries) <= 13
