"""/ws/live: browsers hear of every change, and only they who may."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from approvals import consumers, live
from approvals.models import ApprovalRequest
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., ApprovalRequest]
RIGHTS_LOST = 4401


@contextmanager
def listening(
    address: str, user: User | None = None, origin: str | None = None
) -> Iterator[ClientConnection]:
    headers = {}
    if user is not None:
        client = Client()
        client.force_login(user)
        headers["Cookie"] = f"sessionid={client.cookies['sessionid'].value}"
    url = f"{address.replace('http', 'ws')}/ws/live"
    with connect(
        url,
        additional_headers=headers,
        origin=origin or address,
        proxy=None,  # type: ignore[arg-type]
    ) as socket:
        yield socket


def frame(socket: ClientConnection) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(socket.recv(timeout=8))
    return document


def close_code(socket: ClientConnection) -> int | None:
    try:
        while True:
            socket.recv(timeout=8)
    except ConnectionClosed:
        return socket.close_code


def test_says_each_change_in_order_and_no_content(
    address: str, ask: Ask, alice: User
) -> None:
    with listening(address, alice) as socket:
        assert frame(socket)["seq"] == 0
        approval = ask("one")
        cast_vote(approval, alice)
        submitted, decided = frame(socket), frame(socket)
    assert [submitted["seq"], decided["seq"]] == [1, 2]
    assert submitted["id"] == decided["id"] == str(approval.id)
    assert decided["change"] > submitted["change"]
    assert set(submitted) == {"seq", "id", "change"}


def test_says_changes_that_nobody_announced(
    address: str, ask: Ask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "changed", lambda approval: None)
    with listening(address, alice) as socket:
        frame(socket)
        approval = ask("one")
        assert frame(socket)["id"] == str(approval.id)


@pytest.mark.parametrize("signed_in", [True, False])
def test_closes_for_people_without_rights(
    address: str, charlie: User, signed_in: bool
) -> None:
    with listening(address, charlie if signed_in else None) as socket:
        assert close_code(socket) == RIGHTS_LOST


def leave_groups(user: User) -> None:
    user.groups.clear()


def lose_account(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user: User) -> None:
    user.set_password("another")
    user.save()


@pytest.mark.parametrize("lose_rights", [leave_groups, lose_account, change_password])
def test_closes_when_rights_are_lost_meanwhile(
    address: str,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    lose_rights: Callable[[User], None],
) -> None:
    monkeypatch.setattr(consumers, "PING_EVERY", 0.1)
    with listening(address, alice) as socket:
        hello, ping = frame(socket), frame(socket)
        assert (hello["seq"], ping["seq"], "now" in ping) == (0, 1, True)
        lose_rights(alice)
        assert close_code(socket) == RIGHTS_LOST


def test_refuses_pages_of_other_origins(address: str, alice: User) -> None:
    with (
        pytest.raises(InvalidStatus),
        listening(address, alice, "https://evil.example"),
    ):
        pass
