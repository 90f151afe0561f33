"""What the published OpenAPI description says is what happens."""

import httpx2
import pytest
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import (
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from tests.approvals.api.asking import (
    ASK,
    URL,
    Resource,
    decide,
    pull_brake,
    question_to,
)

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = 30
"""Generated calls of each operation."""
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def test_no_call_fails_and_every_answer_is_in_the_description(
    api: httpx2.Client,
) -> None:
    schema = schemathesis.openapi.from_url(f"{api.base_url}/api/v1/openapi.json")
    credentials = {"Authorization": api.headers["Authorization"]}
    tried: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answers_as_described(case: Case) -> None:
            case.call_and_validate(
                base_url=str(api.base_url), headers=credentials, checks=CHECKS
            )

        if operation.label != "GET /readyz":  # 503 here: no sweeper runs in a test
            answers_as_described()
            tried.append(operation.label)
    assert len(tried) == 12
    assert api.get("/healthz").status_code == 200


@pytest.fixture
def requests(api: httpx2.Client, alice: User) -> list[Resource]:
    """One with an open question, one approved, one approved and braked."""
    asked, approved, braked = (
        api.post(URL, json={**ASK, "resource": name}).json() for name in "abc"
    )
    question = {"id": question_to(asked, alice)}
    decide(approved, alice)
    decide(braked, alice)
    pull_brake(scope="resource", value="c")
    return [{**one, "question": question} for one in (asked, approved, braked)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cancel", {200, 409}),
        ("replies", {200, 409}),
        ("redeem", {200, 409, 423}),
        ("outcome", {200, 409}),
    ],
    ids=["cancel", "replies", "redeem", "outcome"],
)
def test_calls_about_requests_that_exist_answer_as_described(
    api: httpx2.Client, requests: list[Resource], name: str, expected: set[int]
) -> None:
    schema = schemathesis.openapi.from_url(f"{api.base_url}/api/v1/openapi.json")
    credentials = {"Authorization": api.headers["Authorization"]}
    operation = schema[f"{URL}/{{id}}/{name}"]["POST"]
    seen: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(), st.sampled_from(requests), st.booleans())
    def answers_as_described(case: Case, about: Resource, is_apt: bool) -> None:
        case.path_parameters = {"id": about["id"]}
        if is_apt and isinstance(case.body, dict):
            apt = {"digest": about["digest"], "question": about["question"]["id"]}
            case.body |= {member: apt[member] for member in apt if member in case.body}
        answer = case.call_and_validate(
            base_url=str(api.base_url), headers=credentials, checks=CHECKS
        )
        seen.add(answer.status_code)

    answers_as_described()
    assert seen >= expected
