"""``/views``: searches kept as tabs; ``/search/words``: what can be typed."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import saved_views
from approvals.models import SavedView

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"name": "Risky", "q": "tier:one", "where": "queue"}


def test_keeps_a_search_and_shows_it_as_the_current_tab(browser, alice, ask) -> None:
    ask("one"), ask("two")
    client = browser(alice)
    answer = client.post("/views", FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/?q=tier%3Aone")
    page = client.get(answer["Location"]).text
    assert "“Risky” is a tab now." in page
    assert '<a href="/?q=tier%3Aone" aria-current="page"' in page.replace(
        "tier:", "tier%3A"
    )
    assert "Remove this tab" in page
    view = SavedView.objects.get()
    assert f'data-split="{view.pk}">1</span>' in client.get("/").text
    assert f'data-split="{view.pk}">1</span>' in client.get("/waiting").text


@pytest.mark.parametrize("where", ["queue", "history"])
def test_only_what_is_no_tab_yet_can_become_one(browser, alice, ask, where) -> None:
    client, page = browser(alice), {"queue": "/", "history": "/history"}[where]
    assert "Keep as a tab" not in client.get(page).text
    assert "Keep as a tab" in client.get(page, {"q": "tier:one"}).text
    client.post("/views", {**FORM, "where": where})
    assert "Keep as a tab" not in client.get(page, {"q": " tier:one "}).text
    assert "Keep as a tab" in client.get(page, {"q": "tier:two"}).text
    assert "Keep as a tab" not in client.get("/", {"q": "is:mine"}).text


def test_tabs_are_ones_own(browser, alice, bob, ask) -> None:
    browser(alice).post("/views", FORM)
    assert "Risky" not in browser(bob).get("/").text


def test_says_what_keeps_a_search_from_being_a_tab(browser, alice, policy) -> None:
    client = browser(alice)
    answer = client.post("/views", {**FORM, "q": "foo:bar"}, follow=True)
    assert "The search cannot be read" in answer.text
    assert client.post("/views", {**FORM, "where": "audit"}).status_code == 422
    assert not SavedView.objects.exists()


def test_history_has_tabs_of_its_own_without_counts(browser, alice, ask) -> None:
    ask("none")
    client = browser(alice)
    client.post("/views", {**FORM, "q": "is:approved", "where": "history"})
    page = client.get("/history").text
    assert "Risky" in page
    assert "split-count" not in page
    assert "Risky" not in client.get("/").text.split('<ul class="rows"')[1]


def test_removes_a_tab(browser, alice, bob, policy) -> None:
    view = saved_views.save(
        name="Risky", query="tier:one", where=SavedView.Where.QUEUE, actor=alice
    )
    address = f"/views/{view.pk}/remove"
    assert browser(bob).post(address).status_code == 404
    answer = browser(alice).post(address)
    assert (answer.status_code, answer["Location"]) == (302, "/?q=tier%3Aone")
    assert browser(alice).post(address).status_code == 404


def test_a_view_that_cannot_be_read_any_more_has_no_count(browser, alice, ask) -> None:
    ask("one")
    SavedView.objects.create(
        user=alice, where="queue", name="Gone", query="agent:nobody"
    )
    page = browser(alice).get("/")
    assert page.status_code == 200
    assert "Gone" in page.text
    assert "There is no agent" in browser(alice).get("/?q=agent:nobody").text


def test_twelve_views_cost_one_question_more(browser, alice, ask) -> None:
    ask("one")
    client = browser(alice)
    client.get("/")
    with CaptureQueriesContext(connection) as without:
        client.get("/")
    for n in range(saved_views.MOST):
        SavedView.objects.create(
            user=alice, where="queue", name=str(n), query=f'tier:one "{n}"'
        )
    with CaptureQueriesContext(connection) as with_views:
        client.get("/")
    assert len(with_views) == len(without) + 1 <= 15


@pytest.mark.parametrize(
    ("address", "method"),
    [("/views", "get"), ("/views/1/remove", "get"), ("/search/words", "post")],
)
def test_refuses_other_methods(browser, alice, address, method) -> None:
    assert getattr(browser(alice), method)(address).status_code == 405


def test_is_for_people_with_rights_only(browser, charlie, policy) -> None:
    for client, status in ((Client(), 302), (browser(charlie), 403)):
        assert client.post("/views", FORM).status_code == status
        assert client.post("/views/1/remove").status_code == status
        assert client.get("/search/words").status_code == status
    assert not SavedView.objects.exists()


def test_offers_what_can_be_typed(browser, alice, ask) -> None:
    ask("one")
    words = browser(alice).get("/search/words").text
    for text in ("tier:", "is:mine", "agent:deploy-bot", "tier:both", "by:alice"):
        assert f'data-text="{text}"' in words
    assert "is:denied" not in words
    decided = browser(alice).get("/search/words?where=history").text
    assert "is:denied" in decided
    assert "is:group" not in decided
