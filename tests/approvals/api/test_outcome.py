"""POST /api/v1/requests/{id}/outcome."""

from typing import Any

import httpx2
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from approvals import lifecycle
from approvals.models import Outcome, Permit
from audit.models import Entry
from tests.approvals.api.asking import (
    OTHER_DIGEST,
    UNKNOWN,
    URL,
    Resource,
    answers_only_its_agent,
    changes_nothing,
    decide,
    does_it_once,
    now_of,
    problem,
    pull_brake,
    refuses_other_methods,
    refuses_unreadable_bodies,
)

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "outcome:other_digest"
UNREDEEMED = "outcome:without_redemption"


@pytest.fixture
def redeemed(api: httpx2.Client, approved: Resource) -> Resource:
    path = f"{URL}/{approved['id']}/redeem"
    resource: Resource = api.post(path, json={"digest": approved["digest"]}).json()
    return resource


@pytest.fixture
def path(redeemed: Resource) -> str:
    return f"{URL}/{redeemed['id']}/outcome"


def report(
    api: httpx2.Client, resource: Resource, status: str = "succeeded", **more: Any
) -> httpx2.Response:
    body = {"status": status, "digest": resource["digest"], **more}
    return api.post(f"{URL}/{resource['id']}/outcome", json=body)


def flags_of(resource: Resource) -> list[str]:
    """What the log says does not fit, in order; the row has to agree."""
    stored = Outcome.objects.get(approval=resource["id"])
    about = Entry.objects.filter(subject_id=resource["id"]).order_by("id")
    verbs = list(about.values_list("action", flat=True))
    assert (OTHER in verbs, UNREDEEMED in verbs) == (
        stored.other_digest,
        stored.unredeemed,
    )
    return [verb for verb in verbs if verb in (OTHER, UNREDEEMED)]


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_keeps_what_the_agent_says_happened(
    api: httpx2.Client, redeemed: Resource, status: str
) -> None:
    assert redeemed["outcome"] is None
    answer = report(api, redeemed, status, detail=" 3 rows ")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    outcome = answer.json()["outcome"]
    assert outcome.pop("reported_at").endswith("Z")
    assert outcome == {
        "status": status,
        "digest": redeemed["digest"],
        "detail": "3 rows",
    }
    assert {**answer.json(), "outcome": None} == redeemed
    assert now_of(api, redeemed) == answer.json()
    assert flags_of(redeemed) == []
    assert Permit.objects.get().outcome_due_at is None


@pytest.mark.parametrize(
    "detail", [{}, {"detail": None}, {"detail": ""}], ids=["absent", "null", "empty"]
)
def test_needs_no_detail(
    api: httpx2.Client, redeemed: Resource, detail: dict[str, Any]
) -> None:
    outcome = report(api, redeemed, **detail).json()["outcome"]
    assert (outcome["status"], outcome["detail"]) == ("succeeded", None)


def test_is_overdue_until_it_comes(api: httpx2.Client, redeemed: Resource) -> None:
    Permit.objects.update(outcome_due_at=timezone.now())
    assert lifecycle.mark_overdue() == 1
    assert now_of(api, redeemed)["outcome"] == {
        "status": "overdue", "digest": None, "detail": None, "reported_at": None,
    }  # fmt: skip
    late = report(api, redeemed)
    assert (late.status_code, late.json()["outcome"]["status"]) == (200, "succeeded")
    assert now_of(api, redeemed)["outcome"]["status"] == "succeeded"
    assert lifecycle.mark_overdue() == 0


def test_flags_an_outcome_for_another_digest(
    api: httpx2.Client, redeemed: Resource
) -> None:
    answer = report(api, redeemed, digest=OTHER_DIGEST)
    assert answer.status_code == 200
    assert answer.json()["outcome"]["digest"] == OTHER_DIGEST
    assert flags_of(redeemed) == [OTHER]


def test_flags_an_outcome_without_redemption(
    api: httpx2.Client, approved: Resource
) -> None:
    answer = report(api, approved)
    assert (answer.status_code, answer.json()["permit"]["state"]) == (200, "issued")
    assert flags_of(approved) == [UNREDEEMED]


def test_keeps_and_flags_what_was_done_although_it_waits_or_was_denied(
    api: httpx2.Client, asked: Resource, alice: User
) -> None:
    assert report(api, asked, digest=OTHER_DIGEST).status_code == 200
    assert flags_of(asked) == [OTHER, UNREDEEMED]
    denied = api.post(URL, json={"action": "one", "arguments": {}}).json()
    decide(denied, alice, "deny")
    assert report(api, denied, "failed").json()["state"] == "denied"
    assert flags_of(denied) == [UNREDEEMED]


def test_the_brake_is_no_reason_not_to_listen(
    api: httpx2.Client, redeemed: Resource
) -> None:
    pull_brake(mode="deny")
    answer = report(api, redeemed, "failed")
    assert (answer.status_code, answer.json()["outcome"]["status"]) == (200, "failed")
    assert flags_of(redeemed) == []


def test_the_same_again_changes_nothing(api: httpx2.Client, redeemed: Resource) -> None:
    first = report(api, redeemed, detail="3 rows")
    with changes_nothing():
        again = report(api, redeemed, detail="3 rows")
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize(
    "other",
    [{"status": "failed"}, {"digest": OTHER_DIGEST}, {"detail": "4 rows"}],
    ids=["status", "digest", "detail"],
)
def test_the_first_one_stands(
    api: httpx2.Client, redeemed: Resource, other: dict[str, str]
) -> None:
    report(api, redeemed, detail="3 rows")
    with changes_nothing():
        refused = report(api, redeemed, **{"detail": "3 rows", **other})
        problem(refused, 409, "conflict")


def test_one_key_reports_once(
    api: httpx2.Client, redeemed: Resource, path: str
) -> None:
    body = {"status": "succeeded", "digest": redeemed["digest"]}
    done = does_it_once(api, path, body, {**body, "status": "failed"})
    assert done["outcome"]["status"] == "succeeded"
    assert Entry.objects.filter(action="outcome:reported").count() == 1


def test_answers_only_its_own_agent(
    api: httpx2.Client, redeemed: Resource, path: str
) -> None:
    body = {"status": "succeeded", "digest": redeemed["digest"]}
    answers_only_its_agent(api, path, body)
    assert now_of(api, redeemed)["outcome"] is None


@pytest.mark.parametrize("identifier", [UNKNOWN, "1", "%00"])
def test_refuses_ids_that_name_nothing(api: httpx2.Client, identifier: str) -> None:
    body = {"status": "failed", "digest": OTHER_DIGEST}
    with changes_nothing():
        answer = api.post(f"{URL}/{identifier}/outcome", json=body)
        problem(answer, 404, "not-found")


GOOD: dict[str, Any] = {"status": "succeeded", "digest": OTHER_DIGEST}
INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no-status": ({"digest": OTHER_DIGEST}, "/status"),
    "no-digest": ({"status": "failed"}, "/digest"),
    "status-overdue": ({**GOOD, "status": "overdue"}, "/status"),
    "status-boolean": ({**GOOD, "status": True}, "/status"),
    "status-capitals": ({**GOOD, "status": "Failed"}, "/status"),
    "digest-short": ({**GOOD, "digest": OTHER_DIGEST[:-1]}, "/digest"),
    "digest-capitals": ({**GOOD, "digest": "sha256:" + "F" * 64}, "/digest"),
    "digest-null": ({**GOOD, "digest": None}, "/digest"),
    "detail-number": ({**GOOD, "detail": 3}, "/detail"),
    "detail-too-long": ({**GOOD, "detail": "d" * 4001}, "/detail"),
    "detail-nul": ({**GOOD, "detail": "a\0b"}, "/detail"),
    "unknown-member": ({**GOOD, "note": "x"}, "/note"),
}


@pytest.mark.parametrize("name", INVALID)
def test_refuses_invalid_bodies(api: httpx2.Client, path: str, name: str) -> None:
    body, pointer = INVALID[name]
    with changes_nothing():
        document = problem(api.post(path, json=body), 422, "invalid")
    assert [error["pointer"] for error in document["errors"]] == [pointer]


def test_takes_a_detail_of_four_thousand_characters(
    api: httpx2.Client, redeemed: Resource
) -> None:
    assert report(api, redeemed, detail="\u00e9" * 4000).status_code == 200


def test_refuses_bodies_it_cannot_read(api: httpx2.Client, path: str) -> None:
    refuses_unreadable_bodies(api, path)


def test_refuses_other_methods(api: httpx2.Client, path: str) -> None:
    refuses_other_methods(api, path, "GET", "HEAD", "OPTIONS", "PUT", "DELETE")
