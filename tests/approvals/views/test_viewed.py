"""``POST /r/<id>/viewed``: who had a request before them, and for how long."""

import time
from collections.abc import Callable
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from approvals.forms import shown_now
from approvals.models import ApprovalRequest
from audit.actions import Action
from audit.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., ApprovalRequest]


@pytest.fixture
def reader(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def viewed() -> list[dict[str, object]]:
    found = Entry.objects.filter(action=Action.REQUEST_VIEWED).order_by("id")
    return [{"who": one.actor_name, **one.data} for one in found]


def say(client: Client, approval: ApprovalRequest, view: str, seconds: object) -> int:
    address = f"/r/{approval.pk}/viewed"
    form = {"view": view, "seconds": str(seconds)}
    return client.post(address, form).status_code


def test_is_kept_with_who_and_how_long(reader: Client, ask: Ask, alice: User) -> None:
    approval = ask("one")
    with time_machine.travel(time.time() - 60):
        view = shown_now(approval, alice).sealed()
    assert say(reader, approval, view, 12.4) == 204
    assert viewed() == [{"who": "alice", "revision": 1, "seconds": 12}]


def test_nobody_looked_longer_than_the_page_was_there(
    reader: Client, ask: Ask, alice: User
) -> None:
    approval = ask("one")
    assert say(reader, approval, shown_now(approval, alice).sealed(), 3600) == 204
    assert viewed() == [{"who": "alice", "revision": 1, "seconds": 0}]


def test_refuses_what_was_not_shown_here(
    reader: Client, ask: Ask, alice: User, bob: User
) -> None:
    approval, other = ask("one"), ask("one")
    mine, others = shown_now(other, alice).sealed(), shown_now(approval, bob).sealed()
    for view, seconds in (
        (mine, 1),
        (others, 1),
        ("made up", 1),
        (shown_now(approval, alice).sealed(), "x"),
        (shown_now(approval, alice).sealed(), -1),
    ):
        assert say(reader, approval, view, seconds) == 422
    assert viewed() == []


def test_needs_a_reviewer_a_request_and_a_post(
    reader: Client, ask: Ask, alice: User, charlie: User
) -> None:
    approval = ask("one")
    view = shown_now(approval, alice).sealed()
    assert reader.get(f"/r/{approval.pk}/viewed").status_code == 405
    assert reader.post(f"/r/{uuid4()}/viewed", {"view": view}).status_code == 404
    stranger = Client()
    stranger.force_login(charlie)
    assert say(stranger, approval, view, 1) in (403, 404)
    assert say(Client(), approval, view, 1) in (302, 401)
    assert viewed() == []
