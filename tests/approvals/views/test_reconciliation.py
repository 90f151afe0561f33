"""``/reconciliation``: what was approved and what was done, side by side."""

import pytest
from django.contrib.auth.models import User

from approvals import reconciliation
from approvals.reconciliation import SOURCES, Kind
from tests.approvals.reconciling import OTHER, Mismatches
from tests.approvals.test_reconciliation import HOW
from tests.approvals.views.granting import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(ask, alice) -> Mismatches:
    return Mismatches(ask, alice)


def test_says_that_everything_fits(browser, alice, make) -> None:
    make.fitting()
    answer = browser(alice).get("/reconciliation")
    assert answer.status_code == 200
    assert "Everything fits" in answer.text


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_shows_each_kind_in_its_list_and_what_to_do(browser, alice, make, kind) -> None:
    approval = getattr(make, HOW[kind])(environment="production")
    client = browser(alice)
    for other in Kind:
        answer = client.get(f"/reconciliation?list={other}")
        assert (f'href="/r/{approval.pk}"' in answer.text) is (other is kind)
        assert SOURCES[other].meaning in words_of(answer)
        assert SOURCES[other].advice in words_of(answer)
    everything = client.get("/reconciliation")
    assert f'href="/r/{approval.pk}"' in everything.text
    assert "one in production" in words_of(everything)


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_leads_to_the_audit_entry(browser, alice, make, kind) -> None:
    approval = getattr(make, HOW[kind])()
    client = browser(alice)
    page = client.get(f"/reconciliation?list={kind}").text
    link = f"/audit/?subject={approval.pk}&amp;action="
    address = link + page.split(f'href="{link}')[1].partition('"')[0]
    entries = client.get(address.replace("&amp;", "&"))
    assert entries.text.count('class="entry"') == 1
    assert SOURCES[kind].verb in entries.text


def test_shows_what_the_agent_said_and_both_digests(browser, alice, make) -> None:
    approval = make.redeemed()
    said = "Done\u202e <b>all</b>"
    make.report(approval, status="failed", digest=OTHER, detail=said)
    answer = browser(alice).get("/reconciliation")
    assert "It failed, says the agent" in words_of(answer)
    assert "⟦U+202E⟧" in answer.text
    assert "\u202e" not in answer.text
    assert "<b>" not in answer.text
    assert approval.digest in answer.text
    assert OTHER in answer.text


def test_says_that_the_agent_said_nothing(browser, alice, make) -> None:
    make.overdue()
    assert "The agent said nothing." in browser(alice).get("/reconciliation").text


def test_says_how_much_it_leaves_out(browser, alice, make) -> None:
    make.report(make.approved(), detail="x" * 300)
    assert "+20 characters" in browser(alice).get("/reconciliation").text


def test_counts_each_list(browser, alice, make, monkeypatch) -> None:
    monkeypatch.setattr(reconciliation, "COUNT_LIMIT", 2)
    for _ in range(3):
        make.lapsed()
    make.unredeemed()
    words = words_of(browser(alice).get("/reconciliation"))
    assert "2+ Approved, never redeemed" in words
    assert "0 Redeemed, no outcome" in words
    assert "1 Outcome without redemption" in words


def test_filters_by_agent(browser, alice, make) -> None:
    approval = make.unredeemed()
    client = browser(alice)
    mine = client.get("/reconciliation?agent=deploy-bot")
    assert str(approval.pk) in mine.text
    assert "agent=deploy-bot" in mine.text, "the lists keep the agent"
    for name in ("nobody", "no%00body"):
        answer = client.get(f"/reconciliation?agent={name}")
        assert "There is no agent no" in answer.text
        assert str(approval.pk) not in answer.text


def test_turns_pages(browser, alice, make, monkeypatch) -> None:
    monkeypatch.setattr(reconciliation, "PAGE", 2)
    made = [str(make.lapsed().pk) for _ in range(3)]
    client = browser(alice)
    first = client.get("/reconciliation?list=unused&agent=deploy-bot").text
    assert [pk in first for pk in made] == [False, True, True]
    address = first.split('Pages">')[1].split('href="')[1].partition('"')[0]
    second = client.get("/reconciliation" + address.replace("&amp;", "&")).text
    assert [pk in second for pk in made] == [True, False, False]
    assert "Older" not in second


@pytest.mark.parametrize(
    "query", ["list=other", "before=x", "before=%00", "list=unused&before=a:b:c"]
)
def test_is_missing_for_what_we_did_not_make(browser, alice, query) -> None:
    assert browser(alice).get(f"/reconciliation?{query}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_answers_to_reading(browser, alice, method) -> None:
    answer = getattr(browser(alice), method)("/reconciliation")
    assert answer.status_code == 405


def test_staff_may_see_it_without_a_group(browser, admin: User) -> None:
    assert browser(admin).get("/reconciliation").status_code == 200


def test_sends_strangers_to_the_sign_in(client, db) -> None:
    answer = client.get("/reconciliation")
    assert answer["Location"].startswith("/accounts/login/")


def test_refuses_people_without_a_group(browser, charlie) -> None:
    assert browser(charlie).get("/reconciliation").status_code == 403
