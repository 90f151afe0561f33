"""``/history``: what was decided."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import decided

pytestmark = pytest.mark.django_db


def test_lists_what_is_decided_and_not_what_waits(browser, alice, ask) -> None:
    decided, waiting = ask("none"), ask("one")
    page = browser(alice).get("/history")
    assert page.status_code == 200
    assert f'id="row-{decided.id}"' in page.text
    assert str(waiting.id) not in page.text


def test_says_when_there_is_nothing(browser, alice, policy) -> None:
    assert "Nothing was decided yet" in browser(alice).get("/history").text


def test_goes_back_page_by_page(browser, alice, ask, monkeypatch) -> None:
    monkeypatch.setattr(decided, "HISTORY_PAGE", 2)
    asked = [ask("none").id for _ in range(5)]
    client, shown, before = browser(alice), [], ""
    while True:
        page = client.get("/history", {"before": before} if before else {}).context[
            "page"
        ]
        shown += [row.approval.id for row in page.rows]
        if not (before := page.next):
            break
    assert shown == asked[::-1]


def test_knows_only_its_own_cursors(browser, alice, ask) -> None:
    assert browser(alice).get("/history?before=x").status_code == 404


def test_is_for_people_with_rights_only(client, browser, charlie) -> None:
    assert client.get("/history").status_code == 302
    assert browser(charlie).get("/history").status_code == 403


def test_refuses_other_methods(browser, alice) -> None:
    assert browser(alice).post("/history").status_code == 405


def test_asks_as_many_questions_for_many_rows_as_for_one(browser, alice, ask) -> None:
    client = browser(alice)
    ask("none")
    with CaptureQueriesContext(connection) as few:
        client.get("/history")
    for _ in range(8):
        ask("never")
    with CaptureQueriesContext(connection) as many:
        client.get("/history")
    assert len(many) <= len(few) <= 15


def test_finds_what_is_searched(browser, alice, ask) -> None:
    denied, _approved = ask("never"), ask("none")
    page = browser(alice).get("/history?q=is:denied").text
    assert page.count('class="row"') == 1
    assert f'id="row-{denied.id}"' in page
    assert "Nothing matches" in browser(alice).get("/history?q=tier:two").text


def test_says_how_far_a_search_looked(browser, alice, ask, monkeypatch) -> None:
    monkeypatch.setattr(decided, "LOOK", 2)
    for n in range(3):
        ask("none", arguments={"n": n})
    page = browser(alice).get("/history?q=nowhere")
    assert "Looked through 2 requests, back to" in page.text
    assert "Search older ones" in page.text
    rest = {"q": "nowhere", "before": page.context["page"].next}
    last = browser(alice).get("/history", rest).text
    assert "Nothing older answers this search" in last


def test_a_search_that_cannot_be_read_shows_nothing(browser, alice, ask) -> None:
    ask("none")
    answer = browser(alice).get("/history?q=is:pending")
    assert answer.status_code == 422
    assert "Search the queue for it" in answer.text
    assert 'class="row"' not in answer.text


def test_says_when_a_search_took_too_long(browser, alice, ask, monkeypatch) -> None:
    def give_up(*_, **__):
        raise decided.TooSlow

    monkeypatch.setattr(decided, "history", give_up)
    answer = browser(alice).get("/history?q=x")
    assert answer.status_code == 503
    assert "The search took too long" in answer.text
