"""``/policies/backtest``: a draft on the past, before it is published."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals import backtests, comparison, drafts
from approvals.models import Backtest, Policy
from audit.models import Entry
from tests.approvals.replaying import STRICTER, many
from tests.approvals.test_backtests import vote
from tests.approvals.views.conftest import HTMX
from tests.approvals.views.granting import words_of

pytestmark = pytest.mark.django_db

START = "/policies/backtest"
State = Backtest.State


@pytest.fixture
def writer(alice: User) -> User:
    """A reviewer who may write policies."""
    alice.user_permissions.add(Permission.objects.get(codename="publish_policy"))
    return User.objects.get(pk=alice.pk)


@pytest.fixture
def page(browser: Callable[[User], Client], writer: User) -> Client:
    return browser(writer)


@pytest.fixture
def begin(writer: User) -> Callable[..., Backtest]:
    def begin(source: str = STRICTER, **more: Any) -> Backtest:
        options = {"origin": "a text", "actor": writer, **more}
        return backtests.start(source, backtests.Wanted(), **options)

    return begin


@pytest.fixture
def finished(begin) -> Callable[..., Backtest]:
    def finish(source: str = STRICTER) -> Backtest:
        backtest = begin(source)
        backtests.run_due()
        return Backtest.objects.get(pk=backtest.pk)

    return finish


def address(backtest: Backtest) -> str:
    return f"{START}/{backtest.pk}"


# Starting one


def test_starts_with_the_persons_own_draft(page, writer, ask) -> None:
    ask("one")
    in_force = Policy.objects.get()
    drafts.begin(STRICTER, based_on=in_force, seen=None, actor=writer)
    asks = page.get(START)
    assert asks.status_code == 200
    assert "Your draft" in asks.text
    answer = page.post(START, {"what": "draft", "span": "7"})
    backtest = Backtest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, address(backtest))
    assert backtest.owner == writer
    assert (backtest.source, backtest.origin) == (STRICTER, "your draft")
    assert (backtest.days, backtest.total) == (7, 1)


@pytest.mark.parametrize(
    ("sent", "origin"),
    [
        ({"what": "1"}, "policy 1"),
        ({"text": STRICTER}, "a text"),
        ({"file": SimpleUploadedFile("p.yaml", STRICTER.encode())}, "a file"),
    ],
    ids=["version", "text", "file"],
)
def test_starts_with_something_else(page, ask, sent, origin) -> None:
    ask("one")
    answer = page.post(START, {**sent, "span": "last"})
    backtest = Backtest.objects.get()
    assert answer.status_code == 302
    assert (backtest.origin, backtest.days) == (origin, None)
    wanted = Policy.objects.get().source if origin == "policy 1" else STRICTER
    assert backtest.source == wanted


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": "default_tier: x"}, "Line 1, column 1"),
        ({"text": ""}, "Choose what to try"),
        ({"what": "99"}, "99 is not one of the available choices"),
        ({"what": "draft"}, "draft is not one of the available choices"),
        ({"text": STRICTER, "span": "8"}, "8 is not one of the available choices"),
        ({"file": SimpleUploadedFile("p", b"\xff")}, "Not UTF-8"),
    ],
    ids=["no policy", "nothing", "no version", "no draft", "no span", "no text"],
)
def test_says_what_is_wrong_and_starts_nothing(page, ask, sent, said) -> None:
    ask("one")
    answer = page.post(START, {"span": "7", **sent})
    assert answer.status_code == 422
    assert said in words_of(answer)
    assert not Backtest.objects.exists()


def test_says_that_nothing_was_asked_for(page, policy) -> None:
    answer = page.post(START, {"text": STRICTER, "span": "1"})
    assert answer.status_code == 422
    assert "Nothing was asked for in that time." in words_of(answer)


def test_a_second_one_waits_for_the_first(page, ask, begin) -> None:
    ask("one")
    first = begin()
    answer = page.post(START, {"text": STRICTER, "span": "7"})
    assert answer.status_code == 409
    assert "one at a time" in words_of(answer)
    assert address(first) in answer.text
    assert Backtest.objects.count() == 1


def test_lists_ones_own_and_nobody_elses(page, ask, begin, bob) -> None:
    ask("one")
    mine, other = begin(), begin(actor=bob)
    shown = page.get(START).text
    assert address(mine) in shown
    assert address(other) not in shown


# While it runs


def test_shows_how_far_it_is_and_lets_its_owner_stop_it(page, ask, begin) -> None:
    many(ask("one"), 9)
    backtest = begin()
    assert "Waiting for a worker" in page.get(address(backtest)).text
    backtests.claim()
    Backtest.objects.update(done=4)
    shown = page.get(address(backtest))
    assert '<progress id="bar" aria-label="Requests replayed" value="4" max="10">' in (
        shown.text
    )
    assert "4 of 10 requests" in words_of(shown)
    assert 'hx-trigger="every 500ms"' in shown.text
    answer = page.post(f"{address(backtest)}/stop")
    assert answer.status_code == 302
    assert Backtest.objects.get().state == State.STOPPED
    after = page.get(address(backtest))
    assert "It was stopped after 4 of 10 requests" in words_of(after)
    assert "hx-trigger" not in after.text
    assert page.post(f"{address(backtest)}/stop", follow=True).status_code == 200


def test_its_fragment_is_the_progress_until_it_is_over(page, ask, begin) -> None:
    ask("one")
    backtest = begin()
    fragment = page.get(address(backtest), headers=HTMX)
    assert "<progress" in fragment.text
    assert "<h1" not in fragment.text
    assert "HX-Retarget" not in fragment
    backtests.run_due()
    over = page.get(address(backtest), headers=HTMX)
    assert (over["HX-Retarget"], over["HX-Reswap"]) == ("#backtest", "outerHTML")
    assert "It would" in words_of(over)
    assert "hx-trigger" not in over.text
    assert "<h1" not in over.text


def test_a_failure_is_said_in_a_sentence(page, ask, begin) -> None:
    ask("one")
    backtest = begin()
    Backtest.objects.update(source="rules: [")
    backtests.run_due()
    shown = words_of(page.get(address(backtest)))
    assert "It failed." in shown
    assert "Nothing was changed." in shown


# What it found


def test_says_first_what_people_denied_and_lists_it(
    page, ask, finished, writer
) -> None:
    denied, approved = ask("one"), ask("one")
    vote(denied, writer, "deny")
    vote(approved, writer, "approve")
    ask("none")
    answer = page.get(address(finished()))
    words = words_of(answer)
    assert "It would approve 2 by itself, of which people denied 1." in words
    assert "0 of 3 requests would get the tier that they got." in words
    assert "It would ask people about 1 request that policy approved." in words
    listed = answer.text.partition('id="approves_denied"')[2].partition("</details>")[0]
    assert listed.startswith(" open")
    assert f'href="/r/{denied.pk}"' in listed
    assert f'href="/r/{approved.pk}"' not in listed
    assert "Denied by alice" in words_of_text(listed)


def words_of_text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_shows_the_matrix_with_directions_in_words(page, ask, finished) -> None:
    ask("one")
    ask("two")
    ask("none")
    answer = page.get(address(finished()))
    table = answer.text.partition('<table class="matrix">')[2].partition("</table>")[0]
    words = words_of_text(table)
    assert "two by people · none · none · none ▲ 1 stricter" in words
    assert "one by people ▼ 1 milder" in words
    assert "none at once · none ▲ 1 stricter" in words


def test_a_cell_shows_its_requests(page, ask, finished, monkeypatch) -> None:
    monkeypatch.setattr(comparison, "SAMPLES", 2)
    old, *newer = ask("two"), ask("two"), ask("two")
    backtest = finished()
    plain = page.get(address(backtest))
    key = plain.text.partition('href="?cell=')[2].partition("#")[0]
    answer = page.get(address(backtest), {"cell": key})
    shown = answer.text.partition('id="cell"')[2].partition("</section>")[0]
    assert "3 from two to never" in words_of_text(shown)
    assert [f'href="/r/{one.pk}"' in shown for one in (*newer, old)] == [1, 1, 0]
    assert "And 1 more, older ones." in words_of_text(shown)
    for nonsense in ("9-9", "x", "\0", "0-0#"):
        assert 'id="cell"' not in page.get(address(backtest), {"cell": nonsense}).text


def test_other_peoples_text_is_only_text(page, ask, finished) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    ask("one", environment="<b>x</b>\u202e", resource=hostile, subject=hostile)
    drafted = STRICTER.replace("harmless", "h").replace("one]", "one]")
    answer = page.get(address(finished(drafted)))
    assert "<b>x" not in answer.text
    assert "&lt;b&gt;x" in answer.text
    assert "\u202e" not in answer.text
    assert "alert(1)" not in answer.text


def test_leads_back_to_publishing_the_draft(page, writer, ask, finished) -> None:
    ask("one")
    backtest = finished()
    assert "/policies/publish" not in page.get(address(backtest)).text
    drafts.begin(STRICTER, based_on=Policy.objects.get(), seen=None, actor=writer)
    assert 'href="/policies/publish"' in page.get(address(backtest)).text


def test_is_there_as_json(page, ask, finished) -> None:
    approval = ask("one")
    backtest = finished()
    answer = page.get(address(backtest), {"format": "json"})
    assert answer["Content-Type"] == "application/json"
    found = json.loads(answer.content)
    assert (found["state"], found["done"], found["total"]) == ("done", 1, 1)
    assert found["sentences"][0].startswith("It would approve 1 by itself")
    assert found["result"]["cells"][0]["ids"] == [str(approval.pk)]
    assert "source" not in found


# Who may


@pytest.mark.parametrize("who", ["bob", "charlie"])
@pytest.mark.parametrize("way", ["page", "post", "one", "fragment", "stop"])
def test_it_takes_the_right_to_write_policies(
    request, browser, ask, begin, who, way
) -> None:
    ask("one")
    backtest = begin()
    client = browser(request.getfixturevalue(who))
    entries = Entry.objects.count()
    answer = {
        "page": lambda: client.get(START),
        "post": lambda: client.post(START, {"text": STRICTER, "span": "7"}),
        "one": lambda: client.get(address(backtest)),
        "fragment": lambda: client.get(address(backtest), headers=HTMX),
        "stop": lambda: client.post(f"{address(backtest)}/stop"),
    }[way]()
    assert answer.status_code == 403
    assert Backtest.objects.get().state == State.QUEUED
    assert Entry.objects.count() == entries


def test_somebody_elses_can_be_read_but_not_stopped(browser, ask, begin, admin) -> None:
    ask("one")
    backtest, client = begin(), browser(admin)
    shown = client.get(address(backtest))
    assert shown.status_code == 200
    assert "/stop" not in shown.text
    assert client.post(f"{address(backtest)}/stop").status_code == 404
    assert Backtest.objects.get().state == State.QUEUED


def test_who_is_signed_out_signs_in_first(client, ask, begin) -> None:
    ask("one")
    for path in (START, address(begin())):
        assert "/accounts/login/" in client.get(path)["Location"]


def test_one_that_is_not_there_is_not_found(page) -> None:
    for path in (f"{START}/{uuid4()}", f"{START}/{uuid4()}?format=json"):
        assert page.get(path).status_code == 404
    assert page.post(f"{START}/{uuid4()}/stop").status_code == 404


def test_only_posting_changes_anything(page, ask, begin) -> None:
    ask("one")
    backtest = begin()
    assert page.get(f"{address(backtest)}/stop").status_code == 405
    assert page.delete(START).status_code == 405
    assert page.post(address(backtest)).status_code == 405
    assert Backtest.objects.get().state == State.QUEUED
