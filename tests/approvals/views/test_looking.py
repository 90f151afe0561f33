"""``/r/<id>/looking``: who else has it on their screen, as a line of the page."""

from uuid import UUID, uuid4

import pytest

from approvals import looking
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def test_names_the_others(browser, alice, bob, ask) -> None:
    approval = ask("one")
    looking.look(uuid4(), alice, approval.pk)
    looking.look(uuid4(), bob, approval.pk)
    text = browser(alice).get(f"/r/{approval.pk}/looking", headers=HTMX).text
    assert "<strong>bob</strong> is looking" in text
    assert "alice" not in text


def test_says_nothing_where_nobody_looks(browser, alice, ask) -> None:
    text = browser(alice).get(f"/r/{ask('one').pk}/looking", headers=HTMX).text
    assert text.strip() == ""


def test_stands_on_the_page_and_is_no_fact_of_it(browser, alice, bob, ask) -> None:
    approval, client = ask("one"), browser(alice)
    before = client.get(f"/r/{approval.pk}", headers=HTMX).text
    looking.look(uuid4(), bob, approval.pk)
    after = client.get(f"/r/{approval.pk}", headers=HTMX).text
    assert "<strong>bob</strong> is looking" in after

    def facts(text: str) -> str:
        return text.partition('data-facts="')[2].partition('"')[0]

    assert facts(before) == facts(after) != ""


def test_refuses_other_methods(browser, alice, ask) -> None:
    assert browser(alice).post(f"/r/{ask('one').pk}/looking").status_code == 405


def test_is_for_people_with_rights_only(client, browser, charlie, ask) -> None:
    address = f"/r/{ask('one').pk}/looking"
    assert client.get(address).status_code == 302
    assert browser(charlie).get(address).status_code == 403


def test_is_missing_for_an_unknown_id(browser, alice, policy) -> None:
    assert browser(alice).get(f"/r/{UUID(int=7)}/looking").status_code == 404
