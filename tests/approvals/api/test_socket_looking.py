"""/ws/live: who looks at a request, as those hear who look at it, too."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from websockets.sync.client import ClientConnection

from approvals import looking
from approvals.models import ApprovalRequest, Look
from tests.approvals.api.test_socket import Ask, frame, listening

pytestmark = pytest.mark.django_db(transaction=True)


def look_at(socket: ClientConnection, approval: ApprovalRequest | None) -> None:
    socket.send(json.dumps({"looking": str(approval.pk) if approval else None}))


def settled(is_so: Callable[[], bool]) -> bool:
    """The server acts a moment after the browser has spoken."""
    until = time.monotonic() + 8
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)
    return is_so()


def test_those_who_look_at_it_hear_who_comes_and_goes(
    address: str, ask: Ask, alice: User, bob: User
) -> None:
    approval = ask("one")
    before = ApprovalRequest.objects.values().get()
    with listening(address, alice) as alices:
        frame(alices)
        look_at(alices, approval)
        assert frame(alices) == {"seq": 1, "looking": str(approval.pk)}
        with listening(address, bob) as bobs:
            frame(bobs)
            look_at(bobs, approval)
            assert frame(alices) == {"seq": 2, "looking": str(approval.pk)}
            assert looking.others_at(approval, alice) == ["bob"]
            assert looking.others_at(approval, bob) == ["alice"]
        assert frame(alices) == {"seq": 3, "looking": str(approval.pk)}
        assert looking.others_at(approval, alice) == []
    assert settled(lambda: not Look.objects.exists())
    assert ApprovalRequest.objects.values().get() == before


def test_nobody_hears_of_what_they_do_not_look_at(
    address: str, ask: Ask, alice: User, bob: User
) -> None:
    approval, other = ask("one"), ask("one")
    with listening(address, alice) as alices, listening(address, bob) as bobs:
        frame(alices), frame(bobs)
        look_at(alices, approval)
        frame(alices)
        look_at(bobs, other)
        frame(bobs)
        look_at(bobs, None)
        assert settled(lambda: looking.others_at(other, alice) == [])
        new, heard = ask("one"), frame(alices)
        # The next that alice hears of is the new request; no number is missing.
        assert (heard["seq"], heard.get("id")) == (2, str(new.pk))


NONSENSE = [
    *("", "x", "[]", "7", '{"looking": 7}', '{"looking": "x"}', '{"other": null}'),
    json.dumps({"looking": str(uuid4())}),
    json.dumps({"looking": "x" * 10_000}),
]


@pytest.mark.parametrize("said", NONSENSE, ids=range(len(NONSENSE)))
def test_what_is_no_request_means_nothing(
    address: str, ask: Ask, alice: User, said: str
) -> None:
    with listening(address, alice) as socket:
        frame(socket)
        socket.send(said)
        approval = ask("one")
        assert frame(socket)["id"] == str(approval.pk)
    assert not Look.objects.exists()


def test_a_page_that_fell_silent_is_gone_soon(ask: Ask, alice: User, bob: User) -> None:
    approval, socket = ask("one"), uuid4()
    assert looking.look(socket, bob, approval.pk)
    assert looking.others_at(approval, alice) == ["bob"]
    Look.objects.update(seen_at=timezone.now() - looking.KEPT)
    assert looking.others_at(approval, alice) == []
    looking.keep(socket)
    assert looking.others_at(approval, alice) == ["bob"]


def test_what_a_dead_process_left_is_cleared_away(
    ask: Ask, alice: User, bob: User
) -> None:
    approval = ask("one")
    looking.look(uuid4(), bob, approval.pk)
    Look.objects.update(seen_at=timezone.now() - timedelta(minutes=11))
    looking.look(uuid4(), alice, approval.pk)
    assert [found.person for found in Look.objects.all()] == [alice]


def test_strangers_look_at_nothing(ask: Ask, charlie: User) -> None:
    assert not looking.look(uuid4(), charlie, ask("one").pk)
    assert not looking.look(uuid4(), charlie, UUID(int=7))
