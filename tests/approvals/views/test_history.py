"""``/history``: what was decided."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import queue

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
    monkeypatch.setattr(queue, "HISTORY_PAGE", 2)
    decided = [ask("none").id for _ in range(5)]
    client, shown, before = browser(alice), [], ""
    while True:
        page = client.get("/history", {"before": before} if before else {}).context[
            "page"
        ]
        shown += [row.approval.id for row in page.rows]
        if not (before := page.next):
            break
    assert shown == decided[::-1]


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
