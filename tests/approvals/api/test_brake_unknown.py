"""No answer about the brake means braked: nothing is approved, nothing redeemed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import httpx2
import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection

from approvals.models import ApprovalRequest, Permit
from audit.models import Entry
from tests.approvals.api.asking import ASK, URL, decide, problem
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., ApprovalRequest]

A_MOMENT = 1.0
"""Seconds in which an answer would long have come."""


@pytest.fixture
def approved(api: httpx2.Client) -> dict[str, Any]:
    resource: dict[str, Any] = api.post(URL, json=ASK | {"action": "none"}).json()
    assert resource["state"] == "approved"
    return resource


@contextmanager
def own_connection() -> Iterator[psycopg.Connection[Any]]:
    """Beside Django's, as somebody else's who is in the way."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield other


@contextmanager
def brakes_locked() -> Iterator[None]:
    with own_connection() as other, other.transaction():
        other.execute("LOCK TABLE agents_brake IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def brakes_unreadable() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE agents_brake RENAME TO elsewhere")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO agents_brake")


@pytest.fixture
def impatient(transactional_db: None) -> Iterator[None]:
    """Every connection gives up a lock after a moment, as operators can set it."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])

    def alter(what: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} {what}")
        connection.close()
        connection.close_pool()

    alter("SET lock_timeout = '300ms'")
    yield
    alter("RESET lock_timeout")


def redeem(api: httpx2.Client, resource: dict[str, Any]) -> httpx2.Response:
    body = {"digest": resource["digest"]}
    return api.post(f"{URL}/{resource['id']}/redeem", json=body)


def in_thread(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return error
    finally:
        connection.close()


def nothing_happened(approved: dict[str, Any], waiting: ApprovalRequest) -> bool:
    """Neither redeemed nor approved, in rows and in the log."""
    waiting.refresh_from_db()
    return (
        Permit.objects.get(approval=approved["id"]).state == "issued"
        and waiting.is_pending
        and not Entry.objects.filter(action="permit:redeemed").exists()
    )


def test_while_the_brakes_are_locked_nobody_gets_a_yes(
    api: httpx2.Client, approved: dict[str, Any], ask: Ask, alice: User
) -> None:
    waiting = ask("one")
    works = (
        partial(redeem, api, approved),
        partial(cast_vote, waiting, alice),
        partial(api.post, URL, json=ASK | {"action": "none"}),
    )
    with ThreadPoolExecutor(3) as pool:
        with brakes_locked():
            answers = [pool.submit(in_thread, work) for work in works]
            with pytest.raises(TimeoutError):
                answers[0].result(A_MOMENT)
            assert not any(answer.done() for answer in answers)
            assert nothing_happened(approved, waiting)
            assert ApprovalRequest.objects.count() == 2
        redeemed, voted, submitted = [answer.result(20) for answer in answers]
    # With the answer that there is no brake, what waited goes on.
    assert redeemed.status_code == 200, redeemed.text
    assert voted.state == "approved"
    assert submitted.json()["state"] == "approved"


def test_who_does_not_wait_for_the_lock_answers_503_and_not_yes(
    api: httpx2.Client,
    approved: dict[str, Any],
    ask: Ask,
    alice: User,
    impatient: None,
) -> None:
    waiting = ask("one")
    with brakes_locked():
        problem(redeem(api, approved), 503, "unavailable")
        problem(api.get("/api/v1/brake"), 503, "unavailable")
        problem(api.post(URL, json=ASK | {"action": "none"}), 503, "unavailable")
        with pytest.raises(OperationalError):
            cast_vote(waiting, alice)
        assert nothing_happened(approved, waiting)
    assert redeem(api, approved).status_code == 200
    assert cast_vote(waiting, alice).state == "approved"


@pytest.mark.parametrize(
    "unless", [nullcontext, brakes_unreadable], ids=["readable", "unreadable"]
)
def test_without_the_table_of_brakes_nothing_is_approved(
    api: httpx2.Client, approved: dict[str, Any], ask: Ask, alice: User, unless: Any
) -> None:
    waiting, is_known = ask("one"), unless is nullcontext
    with unless():
        answer = redeem(api, approved)
        assert answer.is_success == is_known
        assert "Traceback" not in answer.text
        if is_known:
            assert cast_vote(waiting, alice).state == "approved"
        else:
            with pytest.raises(DatabaseError):
                cast_vote(waiting, alice)
            assert nothing_happened(approved, waiting)


def test_a_vote_that_got_no_answer_can_be_given_again(
    api: httpx2.Client, alice: User, impatient: None
) -> None:
    """What failed for want of an answer is still there to be decided after it."""
    asked = api.post(URL, json=ASK).json()
    with brakes_locked(), pytest.raises(OperationalError):
        decide(asked, alice)
    decide(asked, alice)
    assert api.get(f"{URL}/{asked['id']}").json()["state"] == "approved"
