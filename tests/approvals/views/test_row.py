"""``/r/<id>/row``: one row, for a list that stays true in place."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import lifecycle
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db


def test_gives_the_row_as_it_is_now(browser, alice, ask) -> None:
    approval = ask("one")
    fragment = browser(alice).get(f"/r/{approval.id}/row")
    assert fragment.status_code == 200
    assert fragment.text.lstrip().startswith(f'<li id="row-{approval.id}"')
    assert 'data-state="pending"' in fragment.text


def test_shows_who_decided(browser, alice, ask) -> None:
    approval = ask("one")
    cast_vote(approval, alice)
    text = browser(alice).get(f"/r/{approval.id}/row").text
    assert 'data-state="approved"' in text
    assert "by alice" in text


def test_shows_votes_so_far(browser, alice, ask) -> None:
    approval = ask("two")
    cast_vote(approval, alice)
    assert "1 of 2 approvals" in browser(alice).get(f"/r/{approval.id}/row").text


def test_is_missing_for_an_unknown_id(browser, alice, policy) -> None:
    assert browser(alice).get(f"/r/{UUID(int=7)}/row").status_code == 404
    assert browser(alice).get("/r/7/row").status_code == 404


def test_is_for_people_with_rights_only(client, browser, charlie, ask) -> None:
    address = f"/r/{ask('one').id}/row"
    assert client.get(address).status_code == 302
    assert browser(charlie).get(address).status_code == 403


def test_refuses_other_methods(browser, alice, ask) -> None:
    assert browser(alice).post(f"/r/{ask('one').id}/row").status_code == 405


def test_marks_what_others_do_with_it(browser, alice, bob, ask, agent) -> None:
    approval = ask("two")
    client, address = browser(alice), f"/r/{approval.pk}/row"
    assert 'class="badge' not in client.get(address).text
    lifecycle.edit(
        approval.pk,
        actor=bob,
        revision=1,
        digest=approval.digest,
        arguments={"n": 2},
    )
    question = lifecycle.ask(approval.pk, actor=bob, text="Why?")
    lifecycle.claim(approval.pk, actor=bob)
    lifecycle.assign(approval.pk, actor=bob, assignee=alice)
    text = client.get(address).text
    for mark in ("edited", "question open", "bob looks", "for you"):
        assert f">{mark}</span>" in text
    lifecycle.reply(
        approval.pk, agent=agent, question_id=question.pk, message="Because."
    )
    assert "question open" not in client.get(address).text
    lifecycle.cancel(approval.pk, agent=agent)
    assert 'class="badge' not in client.get(address).text


def test_marks_cost_no_question_each(browser, alice, bob, ask) -> None:
    def asked_with(number: int) -> int:
        for _ in range(number):
            approval = ask("one")
            lifecycle.claim(approval.pk, actor=bob)
            lifecycle.assign(approval.pk, actor=bob, assignee=alice)
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    client = browser(alice)
    asked_with(1)  # and the policy is known to this process
    assert asked_with(1) == asked_with(5)


def test_says_whether_it_belongs_to_the_search_of_the_list(browser, alice, ask) -> None:
    address = f"/r/{ask('one').id}/row"
    client = browser(alice)
    assert 'data-fits="yes"' in client.get(address, {"q": "tier:one"}).text
    assert 'data-fits="no"' in client.get(address, {"q": "is:mine"}).text
    assert client.get(address, {"q": "foo:bar"}).status_code == 404


def test_counts_what_is_equal(browser, alice, ask) -> None:
    first, second = ask("one"), ask("one")
    text = browser(alice).get(f"/r/{second.id}/row").text
    assert f'data-digest="{first.digest}"' in text
    assert 'data-count="2"' in text
