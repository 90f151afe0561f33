"""One key, one request, however often and however simultaneously it is sent."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from django.db import connection, transaction

from agents.models import Agent
from approvals import idempotency
from approvals.models import ApprovalRequest
from tests.approvals.api.asking import ASK, URL, problem

pytestmark = pytest.mark.django_db(transaction=True)


def submit(api: httpx2.Client, key: str, **changes: Any) -> httpx2.Response:
    return api.post(URL, json={**ASK, **changes}, headers={"Idempotency-Key": key})


def test_the_same_call_again_gives_the_first_answer(api: httpx2.Client) -> None:
    first, again = submit(api, "k-1"), submit(api, "k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    assert ApprovalRequest.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(api: httpx2.Client) -> None:
    submit(api, "k-1")
    problem(submit(api, "k-1", summary="other"), 422, "idempotency-mismatch")
    assert ApprovalRequest.objects.count() == 1


def test_a_refused_request_does_not_use_the_key_up(api: httpx2.Client) -> None:
    problem(submit(api, "k-1", action="not valid!"), 422, "invalid")
    assert submit(api, "k-1").status_code == 201


def test_another_key_is_another_request(api: httpx2.Client) -> None:
    assert submit(api, "k-1").json()["id"] != submit(api, "k-2").json()["id"]


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "\u00e9", "tab\there"])
def test_refuses_keys_that_are_not_visible_ascii(api: httpx2.Client, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    problem(api.post(URL, json=ASK, headers=headers), 400, "malformed")
    assert not ApprovalRequest.objects.exists()


def test_ten_at_once_make_one_request(api: httpx2.Client) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: submit(api, "k-1"), range(10)))
    assert ApprovalRequest.objects.count() == 1
    assert [a.status_code for a in answers].count(201) == 1
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "idempotency-in-flight")
        else:
            assert answer.json()["id"] == str(ApprovalRequest.objects.get().id)


def test_says_so_while_the_first_call_is_running(
    api: httpx2.Client, agent: Agent
) -> None:
    with transaction.atomic():
        idempotency.earlier(idempotency.call(agent, "k-1", name="submit", body=b""))
        answer = submit(api, "k-1")
        problem(answer, 409, "idempotency-in-flight")
        assert answer.headers["Retry-After"] == "1"
    connection.close()
    assert submit(api, "k-1").status_code == 201
