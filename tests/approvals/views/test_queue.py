"""``/``: what waits."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import queue
from tests.approvals.test_render import HOSTILE
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def test_lists_what_waits_and_not_what_is_decided(browser, alice, ask) -> None:
    waiting, _decided = ask("one"), ask("none")
    page = browser(alice).get("/")
    assert page.status_code == 200
    assert f'id="row-{waiting.id}"' in page.text
    assert page.text.count('class="row"') == 1
    assert "1 waiting" in page.text


def test_says_when_nothing_waits(browser, alice, policy) -> None:
    assert "Nothing waits for you" in browser(alice).get("/").text


def test_counts_by_itself(browser, alice, charlie, client, ask) -> None:
    ask("one")
    assert ">1 waiting</span>" in browser(alice).get("/waiting").text
    assert browser(charlie).get("/waiting").status_code == 403
    assert client.get("/waiting").status_code == 302


def test_gives_the_page_or_the_list_alone(browser, alice, ask) -> None:
    ask("one")
    page, fragment = browser(alice).get("/"), browser(alice).get("/", headers=HTMX)
    assert "<!doctype html>" in page.text
    assert "<!doctype html>" not in fragment.text
    assert 'class="row"' in fragment.text
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in fragment["Vary"]


def test_is_never_kept_in_a_cache(browser, alice, policy) -> None:
    assert "no-store" in browser(alice).get("/")["Cache-Control"]


def test_sends_strangers_to_the_sign_in(client, db) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/")


def test_tells_a_script_to_leave_for_the_sign_in(client, db) -> None:
    here = {**HTMX, "HX-Current-URL": "http://testserver/history"}
    answer = client.get("/", headers=here)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/history"


def test_tells_people_without_a_group_what_to_ask_for(browser, charlie, ask) -> None:
    ask("one")
    answer = browser(charlie).get("/")
    assert answer.status_code == 403
    assert (
        "Ask an administrator to add <strong>charlie</strong> to a group" in answer.text
    )
    assert 'class="row"' not in answer.text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_refuses_other_methods(browser, alice, method) -> None:
    assert getattr(browser(alice), method)("/").status_code == 405


def test_knows_only_its_own_cursors(browser, alice, policy) -> None:
    assert browser(alice).get("/?after=abc").status_code == 404


def test_has_pages(browser, alice, ask, monkeypatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    asked = [str(ask("one").id) for _ in range(3)]
    first = browser(alice).get("/")
    cursor = first.context["page"].next
    second = browser(alice).get("/", {"after": cursor})
    shown = [str(row.approval.id) for row in first.context["page"].rows]
    shown += [str(row.approval.id) for row in second.context["page"].rows]
    assert sorted(shown) == sorted(asked)
    assert "First page" in second.text


def test_asks_as_many_questions_for_many_rows_as_for_one(
    browser, alice, bob, ask
) -> None:
    client = browser(alice)
    ask("two")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/")
    for _ in range(8):
        ask("two")
    with CaptureQueriesContext(connection) as many:
        client.get("/")
    assert len(many) <= len(few)
    assert len(many) <= 15


@pytest.mark.parametrize("text", HOSTILE)
def test_shows_agents_text_as_text(browser, alice, ask, text) -> None:
    # PostgreSQL's text has no U+0000; the API refuses it in these members.
    plain = text.replace("\0", "")
    ask(
        "one",
        resource=plain,
        subject=plain,
        environment=plain[:60],
        arguments={"a": text},
    )
    page = browser(alice).get("/").text
    for markup in ("<script>alert", "<img", "<svg onload", "<iframe", "<a href='http"):
        assert markup not in page
    assert "\u202e" not in page
