"""``/r/<id>/hide``, ``/r/<id>/unhide`` and ``/hidden``."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import Snooze
from approvals.snooze_views import morning_after
from audit.models import rfc3339
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def hide(client: Client, approval, minutes: object = 15, **headers: str):
    return client.post(f"/r/{approval.pk}/hide", {"minutes": minutes}, headers=headers)


def test_hides_and_goes_to_the_next_row(browser, alice, ask) -> None:
    approval, following = ask("one"), ask("one")
    client = browser(alice)
    assert hide(client, approval)["Location"] == f"/#row-{following.pk}"
    page = client.get("/").text
    assert f"row-{approval.pk}" not in page
    assert "Hidden (1)" in page
    assert "1 waiting" in page
    assert "The clock runs on." in page


def test_a_script_stays_where_it_asks_to(browser, alice, ask) -> None:
    answer = hide(browser(alice), ask("one"), **HTMX, **{"After-Decision": "stay"})
    assert answer.status_code == 200
    assert "Hidden from your lists until" in answer.text
    assert "The clock runs on" in answer.text


def test_lists_what_is_hidden_and_shows_it_again(browser, alice, bob, ask) -> None:
    approval = ask("one")
    client = browser(alice)
    hide(client, approval)
    hidden = client.get("/hidden").text
    assert f"row-{approval.pk}" in hidden
    ends = rfc3339(Snooze.objects.get().until)
    assert f'<span class="badge">back <time datetime="{ends}"' in hidden
    assert "Nothing is hidden" in browser(bob).get("/hidden").text
    assert "Show it in my lists" in client.get(f"/r/{approval.pk}").text
    answer = client.post(f"/r/{approval.pk}/unhide")
    assert answer["Location"] == f"/r/{approval.pk}"
    assert f"row-{approval.pk}" in client.get("/").text


@pytest.mark.parametrize("minutes", ["", "x", "-1", "10081", "1.5"])
def test_refuses_other_times(browser, alice, ask, minutes) -> None:
    assert hide(browser(alice), ask("one"), minutes).status_code == 422
    assert not Snooze.objects.exists()


def test_refuses_what_is_decided(browser, alice, bob, ask, cast) -> None:
    approval = ask("one")
    cast(approval, bob)
    answer = hide(browser(alice), approval)
    assert answer.status_code == 409
    assert "already approved" in answer.text
    assert not Snooze.objects.exists()


def test_until_tomorrow_is_until_the_morning(browser, alice, ask) -> None:
    hide(browser(alice), ask("two"), 0)
    until = Snooze.objects.get().until
    limit = timezone.now() + timedelta(hours=24) - timedelta(minutes=5)
    assert until == morning_after(timezone.now()) or abs(until - limit) < timedelta(
        minutes=1
    )
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert morning_after(noon) == datetime(2026, 2, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("verb", ["hide", "unhide"])
def test_only_a_reviewer_posts_it_for_what_is_there(
    browser, client, alice, charlie, ask, verb
) -> None:
    approval = ask("one")
    address, form = f"/r/{approval.pk}/{verb}", {"minutes": 15}
    assert client.post(address, form).status_code == 302
    assert browser(charlie).post(address, form).status_code == 403
    assert browser(alice).post(f"/r/{uuid4()}/{verb}", form).status_code == 404
    for method in ("get", "head", "put", "delete"):
        assert getattr(browser(alice), method)(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(address, form).status_code == 403
    assert not Snooze.objects.exists()


def test_the_list_is_for_reviewers_and_changes_nothing(
    browser, client, alice, charlie, policy
) -> None:
    assert client.get("/hidden").status_code == 302
    assert browser(charlie).get("/hidden").status_code == 403
    assert browser(alice).post("/hidden").status_code == 405
