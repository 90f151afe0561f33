"""``/palette``: agents and requests that somebody may go to."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals import palette
from approvals.models import ApprovalRequest

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("policy"),
]
Browser = Callable[[User], Client]
Ask = Callable[..., ApprovalRequest]


def test_has_the_newest_requests_first(browser: Browser, alice: User, ask: Ask) -> None:
    older, newer = ask("one"), ask("two")
    answer = browser(alice).get("/palette")
    found = answer.json()["requests"]
    assert [one["address"] for one in found] == [f"/r/{newer.pk}", f"/r/{older.pk}"]
    assert found[0]["words"].startswith("two")
    assert found[0]["detail"] == "pending · deploy-bot"
    assert "no-store" in answer["Cache-Control"]


def test_has_no_more_than_its_bound(
    browser: Browser, alice: User, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(palette, "REQUESTS", 2)
    for name in ("one", "two", "three"):
        ask(name)
    assert len(browser(alice).get("/palette").json()["requests"]) == 2


def test_agents_are_for_staff(
    browser: Browser, alice: User, admin: User, ask: Ask
) -> None:
    ask("one")
    assert browser(alice).get("/palette").json()["agents"] == []
    assert browser(admin).get("/palette").json()["agents"] == [
        {"words": "deploy-bot", "detail": "", "address": "/agents/deploy-bot/"}
    ]


def test_hidden_characters_are_marked_and_what_is_cut_is_counted(
    browser: Browser, alice: User, ask: Ask
) -> None:
    ask("one", resource="a\u202eb" + "c" * 200)
    (found,) = browser(alice).get("/palette").json()["requests"]
    assert "\u202e" not in found["words"]
    assert "U+202E" in found["words"]
    assert found["words"].endswith(" more)")


def test_strangers_and_people_in_no_group_get_nothing(
    browser: Browser, charlie: User, ask: Ask
) -> None:
    ask("one")
    assert browser(charlie).get("/palette").status_code == 403
    assert Client().get("/palette").status_code == 302


def test_asks_the_database_the_same_for_many(
    browser: Browser,
    admin: User,
    ask: Ask,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for _ in range(5):
        ask("one")
    client = browser(admin)
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        found = client.get("/palette").json()["requests"]
    assert len(found) == 5
