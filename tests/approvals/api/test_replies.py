"""POST /api/v1/requests/{id}/replies."""

from typing import Any

import httpx2
import pytest
from django.contrib.auth.models import User

from approvals.models import ApprovalRequest, Question
from audit.models import Entry
from tests.approvals.api.asking import (
    UNKNOWN,
    URL,
    Resource,
    answers_only_its_agent,
    change,
    changes_nothing,
    decide,
    does_it_once,
    now_of,
    problem,
    pull_brake,
    question_to,
    refuses_other_methods,
    refuses_unreadable_bodies,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def path(asked: Resource) -> str:
    return f"{URL}/{asked['id']}/replies"


@pytest.fixture
def question(asked: Resource, alice: User) -> str:
    """The id of what alice wants to know."""
    return question_to(asked, alice)


def test_a_question_is_in_the_resource_until_it_is_answered(
    api: httpx2.Client, asked: Resource, path: str, question: str
) -> None:
    shown = now_of(api, asked)["question"]
    assert (shown["id"], shown["text"]) == (question, "Which rows?")
    assert shown["asked_at"].endswith("Z")
    body = {"question": question, "message": " Those of customer 42. "}
    answer = api.post(path, json=body)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {**asked, "question": None}
    assert now_of(api, asked) == answer.json()
    stored = Question.objects.get()
    assert stored.reply == "Those of customer 42."
    assert stored.replied_at is not None
    entry = Entry.objects.get(action="request:replied")
    assert (entry.actor_name, entry.data["question"]) == ("deploy-bot", question)


def test_the_same_question_is_answered_once(
    api: httpx2.Client, path: str, question: str
) -> None:
    body = {"question": question, "message": "Those of customer 42."}
    assert api.post(path, json=body).status_code == 200
    with changes_nothing():
        problem(api.post(path, json=body), 409, "conflict")


def test_a_second_question_is_answered_for_itself(
    api: httpx2.Client, asked: Resource, alice: User, path: str, question: str
) -> None:
    api.post(path, json={"question": question, "message": "42"})
    second = question_to(asked, alice, "And why now?")
    assert now_of(api, asked)["question"]["id"] == second
    with changes_nothing():
        late = api.post(path, json={"question": question, "message": "43"})
        problem(late, 409, "conflict")
    assert api.post(path, json={"question": second, "message": "!"}).status_code == 200


def test_one_key_answers_once(api: httpx2.Client, path: str, question: str) -> None:
    body = {"question": question, "message": "42"}
    done = does_it_once(api, path, body, {**body, "message": "43"})
    assert done["question"] is None
    assert Entry.objects.filter(action="request:replied").count() == 1


def test_refuses_an_answer_where_nobody_asked(api: httpx2.Client, path: str) -> None:
    with changes_nothing():
        answer = api.post(path, json={"question": UNKNOWN, "message": "42"})
        problem(answer, 409, "conflict")


def test_refuses_an_answer_to_the_question_on_another_request(
    api: httpx2.Client, asked: Resource, question: str
) -> None:
    other = api.post(URL, json={"action": "one", "arguments": {}}).json()
    with changes_nothing():
        body = {"question": question, "message": "42"}
        answer = api.post(f"{URL}/{other['id']}/replies", json=body)
        problem(answer, 409, "conflict")


def test_a_decision_closes_the_question(
    api: httpx2.Client, asked: Resource, alice: User, path: str, question: str
) -> None:
    decide(asked, alice)
    assert now_of(api, asked)["question"] is None
    with changes_nothing():
        answer = api.post(path, json={"question": question, "message": "42"})
        problem(answer, 409, "already-decided")


def test_after_the_deadline_there_is_nothing_to_answer(
    api: httpx2.Client, asked: Resource, path: str, question: str
) -> None:
    row = ApprovalRequest.objects.get()
    ApprovalRequest.objects.update(
        created_at=row.created_at - (row.expires_at - row.created_at),
        expires_at=row.created_at,
    )
    with changes_nothing():
        answer = api.post(path, json={"question": question, "message": "42"})
        problem(answer, 409, "already-decided")


def test_a_question_stays_open_over_an_edit_and_under_the_brake(
    api: httpx2.Client, asked: Resource, alice: User, path: str, question: str
) -> None:
    change(asked, alice, {"sql": "SELECT 2"})
    pull_brake()
    answer = api.post(path, json={"question": question, "message": "42"})
    assert answer.status_code == 200
    resource = answer.json()
    assert (resource["revision"], resource["question"]) == (2, None)
    assert resource["brake"]["mode"] == "hold"


def test_answers_only_its_own_agent(
    api: httpx2.Client, path: str, question: str
) -> None:
    answers_only_its_agent(api, path, {"question": question, "message": "42"})


@pytest.mark.parametrize("identifier", [UNKNOWN, "1", "%00"])
def test_refuses_ids_that_name_nothing(
    api: httpx2.Client, question: str, identifier: str
) -> None:
    body = {"question": question, "message": "42"}
    with changes_nothing():
        answer = api.post(f"{URL}/{identifier}/replies", json=body)
        problem(answer, 404, "not-found")


GOOD: dict[str, Any] = {"question": UNKNOWN, "message": "42"}
INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no-question": ({"message": "42"}, "/question"),
    "no-message": ({"question": UNKNOWN}, "/message"),
    "question-null": ({**GOOD, "question": None}, "/question"),
    "question-number": ({**GOOD, "question": 1}, "/question"),
    "question-no-id": ({**GOOD, "question": "which"}, "/question"),
    "question-nul": ({**GOOD, "question": UNKNOWN[:-1] + "\0"}, "/question"),
    "question-and-more": ({**GOOD, "question": UNKNOWN + "\n"}, "/question"),
    "message-list": ({**GOOD, "message": ["42"]}, "/message"),
    "message-empty": ({**GOOD, "message": ""}, "/message"),
    "message-too-long": ({**GOOD, "message": "m" * 4001}, "/message"),
    "message-nul": ({**GOOD, "message": "4\0002"}, "/message"),
    "unknown-member": ({**GOOD, "note": "x"}, "/note"),
}


@pytest.mark.parametrize("name", INVALID)
def test_refuses_invalid_bodies(
    api: httpx2.Client, path: str, question: str, name: str
) -> None:
    body, pointer = INVALID[name]
    if body.get("question") == UNKNOWN:
        body = {**body, "question": question}
    with changes_nothing():
        document = problem(api.post(path, json=body), 422, "invalid")
    assert [error["pointer"] for error in document["errors"]] == [pointer]


def test_refuses_an_answer_of_nothing_but_blanks(
    api: httpx2.Client, path: str, question: str
) -> None:
    with changes_nothing():
        answer = api.post(path, json={"question": question, "message": " \n "})
        problem(answer, 422, "invalid")


def test_takes_an_answer_of_four_thousand_characters(
    api: httpx2.Client, path: str, question: str
) -> None:
    body = {"question": question, "message": "\u00e9" * 4000}
    assert api.post(path, json=body).status_code == 200
    assert Question.objects.get().reply == "\u00e9" * 4000


@pytest.mark.usefixtures("question")
def test_refuses_bodies_it_cannot_read(api: httpx2.Client, path: str) -> None:
    refuses_unreadable_bodies(api, path)


@pytest.mark.usefixtures("question")
def test_refuses_other_methods(api: httpx2.Client, path: str) -> None:
    refuses_other_methods(api, path, "GET", "HEAD", "OPTIONS", "PUT", "DELETE")
