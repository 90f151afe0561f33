"""``/grants``: what else is allowed, how much of it is left, and how it ends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import brake
from agents.registry import register_agent
from approvals import grant_board, lifecycle, ruleset
from approvals.models import ApprovalRequest, Grant, Policy
from audit.log import COMMAND_LINE, SYSTEM
from audit.models import Entry
from audit.payloads import facts_of
from tests.approvals.views.granting import TIERS, give, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy(db: None) -> Policy:
    return ruleset.publish(TIERS, actor=COMMAND_LINE, reason="for tests")


@pytest.fixture
def allow(browser, alice, ask) -> Callable[..., Grant]:
    """A grant, given through the page; ``typed``: what of the form was changed."""

    def allow(arguments: dict[str, Any] | None = None, **typed: Any) -> Grant:
        approval = ask("one", arguments=arguments or {"n": 1}, environment="test")
        return give(browser(alice), approval, alice, **typed)

    return allow


def expire(grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now())


def is_revoked(grant: Grant) -> bool:
    return Grant.objects.get(pk=grant.pk).revoked_at is not None


def test_shows_what_is_allowed_how_often_and_by_whom(
    browser, alice, allow, ask
) -> None:
    typed = {"kind__0": "at_most", "at_most__0": "9", "sum_argument": "n"}
    grant = allow(**typed, max_sum="20.5")
    assert ask("one", arguments={"n": 3}, environment="test").grant_id == grant.pk
    answer = browser(alice).get("/grants")
    assert answer.status_code == 200
    words = words_of(answer)
    assert "deploy-bot may run one in test" in words
    assert "n is from 0 to at most 9" in words
    assert "Used1 of 10" in words
    assert "Sum of n3 of 20.5" in words
    assert "by alice" in words
    assert f'href="/r/{grant.origin_id}"' in answer.text
    assert "In force" in words


def test_shows_what_was_only_proposed_nowhere(browser, alice, allow) -> None:
    grant = allow()
    Grant.objects.filter(pk=grant.pk).update(granted_at=None, expires_at=None)
    client = browser(alice)
    for address in ("/grants", "/grants?show=ended"):
        assert str(grant.pk) not in client.get(address).text
    assert client.get(f"/grants/{grant.pk}").status_code == 404


@pytest.mark.parametrize("how", ["revoked", "expired", "used up"])
def test_what_ended_is_in_the_other_list(browser, alice, allow, ask, how) -> None:
    grant = allow(max_uses="1")
    if how == "revoked":
        lifecycle.revoke_grant(grant.pk, actor=alice)
    elif how == "expired":
        expire(grant)
    else:
        ask("one", environment="test")
    client = browser(alice)
    assert "No grant is in force" in client.get("/grants").text
    ended = words_of(client.get("/grants?show=ended"))
    assert how.capitalize() in ended
    assert f"/grants/{grant.pk}/revoke" not in client.get("/grants?show=ended").text


def test_filters_by_agent(browser, alice, allow, owner) -> None:
    grant = allow()
    register_agent("other-bot", actor=COMMAND_LINE, owner=owner)
    client = browser(alice)
    assert str(grant.pk) in client.get("/grants?agent=deploy-bot").text
    assert str(grant.pk) not in client.get("/grants?agent=other-bot").text
    for name in ("nobody", "no%00body"):
        assert "There is no agent no" in client.get(f"/grants?agent={name}").text


def test_lists_the_requests_that_it_approved(browser, alice, allow, ask) -> None:
    grant = allow()
    mine = [ask("one", environment="test") for _ in range(2)]
    other = ask("one", environment="staging")
    answer = browser(alice).get(f"/grants/{grant.pk}")
    assert "2 requests" in words_of(answer)
    for approval in mine:
        assert f'href="/r/{approval.pk}"' in answer.text
    assert f'href="/r/{other.pk}"' not in answer.text


def test_says_when_it_approved_more_than_it_lists(
    browser, alice, allow, ask, monkeypatch
) -> None:
    monkeypatch.setattr(grant_board, "SHOWN", 1)
    grant = allow()
    first, last = (ask("one", environment="test") for _ in range(2))
    answer = browser(alice).get(f"/grants/{grant.pk}")
    assert "2 requests, the last 1 here" in words_of(answer)
    assert f'href="/r/{last.pk}"' in answer.text
    assert f'href="/r/{first.pk}"' not in answer.text


@pytest.mark.parametrize(
    ("scope", "value", "is_suspended"),
    [
        ("everything", "", True),
        ("agent", "deploy-bot", True),
        ("environment", "test", True),
        ("action", "on*", True),
        ("tier", "one", True),
        ("agent", "other", False),
        ("environment", "production", False),
    ],
)
def test_marks_what_a_brake_suspends(
    browser, alice, allow, scope, value, is_suspended
) -> None:
    allow()
    brake.engage(scope=scope, value=value, reason="Stop", actor=SYSTEM)
    words = words_of(browser(alice).get("/grants"))
    assert ("Suspended by the brake" in words) is is_suspended
    assert words.count("In force") == (1 if is_suspended else 2), "the filter has one"


def test_turns_pages_without_losing_or_repeating_one(
    browser, alice, allow, monkeypatch
) -> None:
    monkeypatch.setattr(grant_board, "PAGE", 2)
    grants = [allow({"n": n}) for n in range(5)]
    # Given at one moment: the order among them is the id's.
    Grant.objects.update(granted_at=timezone.now())
    client, address, found = browser(alice), "/grants", []
    for _ in range(3):
        page = client.get(address).text
        found += [str(g.pk) for g in reversed(grants) if f"grant-{g.pk}" in page]
        _, _, rest = page.partition("&amp;before=")
        address = "/grants?before=" + rest.partition('"')[0]
    assert rest == ""
    assert found == [str(grant.pk) for grant in reversed(grants)]


def test_goes_on_where_nothing_was_found_among_the_newest(
    browser, alice, allow, owner, monkeypatch
) -> None:
    monkeypatch.setattr(grant_board, "LOOKED_AT", 2)
    oldest, *newer = [allow({"n": n}) for n in range(3)]
    for grant in newer:
        expire(grant)
    page = browser(alice).get("/grants").text
    assert "None among the newest" in page
    before = page.split("&amp;before=")[1].partition('"')[0]
    assert str(oldest.pk) in browser(alice).get(f"/grants?before={before}").text


@pytest.mark.parametrize("before", ["x", "eyJhIjoxfQ:1:x", "%00"])
def test_a_cursor_that_we_did_not_make_is_missing(browser, alice, before) -> None:
    assert browser(alice).get(f"/grants?before={before}").status_code == 404


def test_asks_as_many_questions_for_ten_as_for_one(browser, alice, allow) -> None:
    allow({"n": 0})
    client, numbers = browser(alice), []
    client.get("/grants")
    for more in (1, 9):
        for n in range(more):
            allow({"n": n, "more": more})
        with CaptureQueriesContext(connection) as queries:
            client.get("/grants")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] < 20


# Revoking


def test_revokes_at_once_and_keeps_the_reason(browser, alice, allow, ask) -> None:
    grant, client = allow(), browser(alice)
    answer = client.post(f"/grants/{grant.pk}/revoke", {"reason": " Too wide. "})
    assert (answer.status_code, answer["Location"]) == (302, "/grants")
    assert "Revoked: one of deploy-bot." in client.get("/grants").text
    assert is_revoked(grant)
    assert ask("one", environment="test").state == "pending"
    entry = Entry.objects.get(action="grant:revoked")
    assert entry.subject_id == str(grant.pk)
    assert (entry.actor_name, facts_of(entry)["reason"]) == ("alice", "Too wide.")


def test_needs_no_reason(browser, alice, allow) -> None:
    grant = allow()
    assert browser(alice).post(f"/grants/{grant.pk}/revoke").status_code == 302
    assert is_revoked(grant)


def test_refuses_to_revoke_twice(browser, alice, bob, allow) -> None:
    grant = allow()
    browser(alice).post(f"/grants/{grant.pk}/revoke")
    answer = browser(bob).post(f"/grants/{grant.pk}/revoke", {"reason": "Mine too"})
    assert answer.status_code == 409
    assert "It is revoked already." in answer.text
    assert "Mine too" in answer.text
    assert Grant.objects.get().revoked_by == "alice"
    assert Entry.objects.filter(action="grant:revoked").count() == 1


def test_refuses_to_revoke_what_has_expired(browser, alice, allow) -> None:
    grant = allow()
    expire(grant)
    answer = browser(alice).post(f"/grants/{grant.pk}/revoke")
    assert answer.status_code == 409
    assert not is_revoked(grant)


def test_staff_may_revoke_whatever_their_groups(browser, admin, allow) -> None:
    grant = allow()
    assert browser(admin).post(f"/grants/{grant.pk}/revoke").status_code == 302
    assert is_revoked(grant)


def test_says_why_somebody_may_not(browser, allow) -> None:
    grant = allow()
    dora = User.objects.create_user("dora")
    dora.groups.add(Group.objects.create(name="others"))
    words = "Only members of reviewers, and staff, may revoke this."
    page = browser(dora).get("/grants").text
    assert words in page
    assert "/revoke" not in page
    answer = browser(dora).post(f"/grants/{grant.pk}/revoke", {"reason": "x"})
    assert answer.status_code == 403
    assert words in answer.text
    assert not is_revoked(grant)


@pytest.mark.parametrize("reason", ["a" * 4001, "a\0b"], ids=["long", "null"])
def test_refuses_a_reason_that_cannot_be_kept(browser, alice, allow, reason) -> None:
    grant = allow()
    answer = browser(alice).post(f"/grants/{grant.pk}/revoke", {"reason": reason})
    assert answer.status_code == 422
    assert not is_revoked(grant)


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_other_methods_revoke_nothing(browser, alice, allow, method) -> None:
    grant = allow()
    answer = getattr(browser(alice), method)(f"/grants/{grant.pk}/revoke")
    assert answer.status_code == 405
    assert not is_revoked(grant)


def test_the_lists_only_answer_to_reading(browser, alice, allow) -> None:
    grant, client = allow(), browser(alice)
    for address in ("/grants", f"/grants/{grant.pk}"):
        assert client.post(address).status_code == 405


def test_sends_strangers_to_the_sign_in(client, allow) -> None:
    grant = allow()
    for answer in (
        client.get("/grants"),
        client.get(f"/grants/{grant.pk}"),
        client.post(f"/grants/{grant.pk}/revoke"),
    ):
        assert answer["Location"].startswith("/accounts/login/")
    assert not is_revoked(grant)


def test_refuses_people_without_a_group(browser, charlie, allow) -> None:
    grant, client = allow(), browser(charlie)
    for answer in (
        client.get("/grants"),
        client.get(f"/grants/{grant.pk}"),
        client.post(f"/grants/{grant.pk}/revoke"),
    ):
        assert answer.status_code == 403
    assert not is_revoked(grant)


def test_is_missing_for_an_unknown_id(browser, alice, db) -> None:
    client, unknown = browser(alice), UUID(int=7)
    assert client.get(f"/grants/{unknown}").status_code == 404
    assert client.post(f"/grants/{unknown}/revoke").status_code == 404


def test_refuses_a_form_from_another_site(alice, allow) -> None:
    grant = allow()
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(f"/grants/{grant.pk}/revoke").status_code == 403
    assert not is_revoked(grant)


def test_shows_what_hides_in_names_and_values(browser, alice, ask) -> None:
    approval = ask("one", arguments={"a\u202eb": "x\u200by<b>"}, resource="p\u0430y")
    grant = give(browser(alice), approval, alice)
    for address in ("/grants", f"/grants/{grant.pk}", f"/r/{approval.pk}/grant"):
        page = browser(alice).get(address).text
        assert "\u202e" not in page
        assert "\u200b" not in page
        assert "<b>" not in page
    assert "⟦U+202E⟧" in browser(alice).get("/grants").text


def test_time_that_is_over_counts_before_the_sweeper_comes(
    browser, alice, allow
) -> None:
    grant = allow()
    soon = timezone.now() - timedelta(seconds=1)
    Grant.objects.filter(pk=grant.pk).update(expires_at=soon)
    assert "No grant is in force" in browser(alice).get("/grants").text
    assert ApprovalRequest.objects.get(pk=grant.origin_id).state == "approved"
