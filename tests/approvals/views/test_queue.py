"""``/``: what waits."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import brake
from approvals import folding, lifecycle, queue, saved_views, snoozes
from approvals.models import SavedView
from audit.log import SYSTEM
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
    assert 'id="found"' not in browser(alice).get("/waiting").text
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
    asked = [str(ask("one", arguments={"n": n}).id) for n in range(3)]
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
    for n in range(8):
        ask("two", arguments={"n": n})
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


TABS = {
    "is:mine": "Nothing is yours",
    "is:group": "Nothing that you may decide on waits",
    "is:second": "Nothing needs a second",
    "is:expiring": "Nothing is about to run out",
    "": "New requests appear here by themselves",
}


@pytest.mark.parametrize("query", TABS)
def test_every_tab_says_what_it_is_when_it_is_empty(
    browser, alice, policy, query
) -> None:
    page = browser(alice).get("/", {"q": query} if query else {}).text
    assert TABS[query] in page
    assert page.count('aria-current="page"') == 2  # the tab, and Queue in the bar


def test_tabs_have_counts(browser, alice, bob, ask) -> None:
    lifecycle.assign(ask("one").pk, actor=bob, assignee=alice)
    ask("two")
    for address in ("/", "/waiting", "/?q=is:mine"):
        page = browser(alice).get(address).text
        for split, number in (("is:mine", 1), ("is:group", 2), ("is:second", 0)):
            assert f'data-split="{split}">{number}</span>' in page


def test_finds_what_is_searched_and_keeps_what_was_typed(browser, alice, ask) -> None:
    found, _other = ask("one"), ask("two")
    page = browser(alice).get("/", {"q": 'tier:one "deploy"'}).text
    assert page.count('class="row"') == 1
    assert f'id="row-{found.id}"' in page
    assert "1 found" in page
    assert 'value="tier:one &quot;deploy&quot;"' in page


def test_counts_what_a_search_finds_the_same_way_alone(browser, alice, ask) -> None:
    for n in range(3):
        ask("one")
        ask("two", arguments={"n": n})
    for query, number in (("tier:one", 3), ("is:group", 6), ("zebra", 0)):
        for address in ("/", "/waiting"):
            page = browser(alice).get(address, {"q": query}).text
            assert f'id="found">{number} found</span>' in page, (address, query)
    assert 'id="found"' not in browser(alice).get("/waiting", {"q": "is:no"}).text


def test_says_when_nothing_matches(browser, alice, ask) -> None:
    ask("one")
    page = browser(alice).get("/?q=tier:two").text
    assert "Nothing matches" in page
    assert ">Clear the search</a>" in page


def test_a_search_that_cannot_be_read_shows_nothing_and_where(
    browser, alice, ask
) -> None:
    ask("one")
    answer = browser(alice).get("/?q=tier:one foo:<b>")
    assert answer.status_code == 422
    page = answer.text
    assert 'class="row"' not in page
    assert "At character 10:" in page
    assert '<span class="search-caret">foo</span>:&lt;b&gt;' in page
    assert 'value="tier:one foo:&lt;b&gt;"' in page
    assert "Nothing was searched" in page
    assert "1 waiting" in page


def test_pages_of_a_search_lead_on_within_it(browser, alice, ask, monkeypatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 1)
    for n in range(3):
        ask("one", arguments={"n": n})
    first = browser(alice).get("/?q=tier:one")
    assert "?q=tier%3Aone&amp;after=" in first.text.replace("tier:one&", "tier%3Aone&")
    cursor = first.context["page"].next
    second = browser(alice).get("/", {"q": "tier:one", "after": cursor})
    assert second.text.count('class="row"') == 1


def test_equal_requests_are_one_row_that_lists_the_others(browser, alice, ask) -> None:
    asked = [ask("one", summary=f"Try {n}") for n in range(8)]
    page = browser(alice).get("/").text
    assert page.count('class="row"') == 1
    assert 'data-count="8"' in page
    assert f'data-next="{asked[1].pk}"' in page
    assert ">×8</span> equal" in page
    assert f'href="/r/{asked[5].pk}"' in page
    assert f'href="/r/{asked[6].pk}"' not in page
    assert f"?q=digest:{asked[0].digest[7:]}" in page
    assert "and 2 more" in page


def test_what_the_cap_leaves_out_is_said_and_one_click_away(
    browser, alice, ask, ask_as, monkeypatch
) -> None:
    ask_as("quiet-bot", "one")
    monkeypatch.setattr(folding, "AGENT_CAP", 2)
    for n in range(5):
        ask("one", arguments={"n": n})
    page = browser(alice).get("/").text
    assert page.count('class="row"') == 3
    assert "+3 more of <strong>deploy-bot</strong>" in page
    assert 'href="/?q=agent:deploy-bot"' in page
    assert browser(alice).get("/?q=agent:deploy-bot").text.count('class="row"') == 5


def test_rows_say_what_an_action_does(browser, alice, ask) -> None:
    ask("sql.execute", arguments={"sql": "DELETE FROM accounts WHERE id = 1"})
    ask("one", arguments={"n": 1}, resource="billing-db")
    page = browser(alice).get("/").text
    assert '<strong>Deletes <span class="mono">accounts</span></strong>' in page
    assert '<span class="mono action">sql.execute</span>' in page


def test_a_row_ends_its_sentence_where_nothing_is_named(browser, alice, ask) -> None:
    ask("refund.create", arguments={"amount": 12, "currency": "EUR"})
    assert "<strong>Moves money</strong>" in browser(alice).get("/").text


def test_a_row_says_that_its_clock_stands_still_under_a_hold(
    browser, alice, ask
) -> None:
    held = ask("one", environment="production")
    runs, denied = ask("one", environment="staging"), ask("one", environment="test")
    for value, mode in (("production", "hold"), ("test", "deny")):
        brake.engage(
            scope="environment", value=value, mode=mode, reason="x", actor=SYSTEM
        )
    page, client = browser(alice).get("/").text, browser(alice)
    for approval, words in ((held, "clock stands still"), (runs, "then denied")):
        [row] = re.findall(rf'<li id="row-{approval.pk}".*?</li>', page, re.DOTALL)
        assert words in row
        assert words in client.get(f"/r/{approval.pk}/row").text
    assert "On hold" not in client.get(f"/r/{denied.pk}/row").text


def test_says_what_ran_without_a_person(browser, alice, ask) -> None:
    for n in range(2):
        ask("none", arguments={"n": n})
    ask("never")
    page = browser(alice).get("/").text
    assert "2 of 3 decisions approved without a person" in page


def test_asks_fifteen_questions_at_most(browser, alice, bob, ask, cast) -> None:
    for number in range(4):
        ask("one", arguments={"n": number})
        cast(ask("two", arguments={"n": number}), bob, "approve")
    aside = ask("one", arguments={"n": "aside"})
    snoozes.hide(aside, user=alice, lasts=timedelta(hours=1), now=timezone.now())
    saved_views.save(
        name="Two", query="tier:two", where=SavedView.Where.QUEUE, actor=alice
    )
    client = browser(alice)
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/").text
    assert "1 of 2 approvals" in page
    assert "Hidden (1)" in page
    assert (
        page.count('">4</span>') == 2
    )  # what needs a second, and the tab of one's own
    assert len(queries) <= 15
