"""POST /api/v1/requests/{id}/redeem."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from approvals import lifecycle, ruleset
from approvals.conditions import Condition, Kind
from approvals.lifecycle.grants import Terms
from approvals.models import Grant, Permit
from audit.log import COMMAND_LINE
from audit.models import Entry
from audit.payloads import facts_of
from tests.approvals.api.asking import (
    ASK,
    OTHER_DIGEST,
    UNKNOWN,
    URL,
    Resource,
    answers_only_its_agent,
    change,
    changes_nothing,
    decide,
    does_it_once,
    let_brake_go,
    now_of,
    problem,
    pull_brake,
    refuses_other_methods,
    refuses_unreadable_bodies,
)

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = "permit:redemption_refused"


def redeem(
    api: httpx2.Client, resource: Resource, digest: str = "", key: str = ""
) -> httpx2.Response:
    return api.post(
        f"{URL}/{resource['id']}/redeem",
        json={"digest": digest or resource["digest"]},
        headers={"Idempotency-Key": key} if key else {},
    )


def not_redeemed(
    api: httpx2.Client, resource: Resource, status: int, slug: str, digest: str = ""
) -> str:
    """Refused like that, leaving nothing but an entry; the sentence that says why."""
    before = now_of(api, resource)
    with changes_nothing(REFUSED):
        document = problem(redeem(api, resource, digest), status, slug)
    assert now_of(api, resource) == before
    entry = Entry.objects.filter(action=REFUSED).latest("id")
    assert entry.subject_id == resource["id"]
    assert facts_of(entry)["digest"] == (digest or resource["digest"])
    detail: str = document["detail"]
    return detail


@pytest.fixture
def path(approved: Resource) -> str:
    return f"{URL}/{approved['id']}/redeem"


def test_consumes_the_permit(api: httpx2.Client, approved: Resource) -> None:
    assert approved["permit"]["state"] == "issued"
    answer = redeem(api, approved)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    permit = {**approved["permit"], "state": "redeemed"}
    assert answer.json() == {**approved, "permit": permit}
    assert now_of(api, approved) == answer.json()
    stored = Permit.objects.get()
    assert stored.closed_at is not None
    assert stored.outcome_due_at is not None
    entry = Entry.objects.get(action="permit:redeemed")
    assert (entry.actor_name, facts_of(entry)) == (
        "deploy-bot",
        {"digest": approved["digest"]},
    )


def test_is_good_for_one_redemption(api: httpx2.Client, approved: Resource) -> None:
    redeem(api, approved)
    not_redeemed(api, approved, 409, "already-redeemed")


def test_one_of_ten_at_once_redeems(api: httpx2.Client, approved: Resource) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: redeem(api, approved), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "already-redeemed")
    assert Entry.objects.filter(action="permit:redeemed").count() == 1


def test_one_key_redeems_once(
    api: httpx2.Client, approved: Resource, path: str
) -> None:
    body = {"digest": approved["digest"]}
    done = does_it_once(api, path, body, {"digest": OTHER_DIGEST})
    assert done["permit"]["state"] == "redeemed"
    assert Entry.objects.filter(action="permit:redeemed").count() == 1
    assert not Entry.objects.filter(action=REFUSED).exists()


def test_ten_at_once_with_one_key_redeem_once(
    api: httpx2.Client, approved: Resource
) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: redeem(api, approved, key="k"), range(10)))
    done = [answer for answer in answers if answer.status_code == 200]
    first = [a for a in done if "Idempotent-Replayed" not in a.headers]
    assert len(first) == 1
    for answer in answers:
        if answer.status_code != 200:
            problem(answer, 409, "idempotency-in-flight")
    assert Entry.objects.filter(action="permit:redeemed").count() == 1


def test_the_key_of_one_request_redeems_no_other(
    api: httpx2.Client, approved: Resource, alice: User
) -> None:
    other = api.post(URL, json=ASK).json()
    decide(other, alice)
    assert approved["digest"] == other["digest"]
    assert redeem(api, approved, key="k").status_code == 200
    with changes_nothing():
        problem(redeem(api, other, key="k"), 422, "idempotency-mismatch")


def test_a_refusal_does_not_use_the_key_up(
    api: httpx2.Client, approved: Resource
) -> None:
    held = pull_brake()
    problem(redeem(api, approved, key="k"), 423, "braked")
    let_brake_go(held)
    answer = redeem(api, approved, key="k")
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


def test_refuses_another_digest(api: httpx2.Client, approved: Resource) -> None:
    not_redeemed(api, approved, 409, "stale-revision", OTHER_DIGEST)


def test_refuses_the_digest_from_before_an_edit(
    api: httpx2.Client, asked: Resource, alice: User
) -> None:
    change(asked, alice, {"sql": "SELECT 2"})
    changed = now_of(api, asked)
    assert (changed["state"], changed["revision"]) == ("pending", 2)
    assert changed["arguments"] == {"sql": "SELECT 2"}
    decide(changed, alice)
    approved = now_of(api, asked)
    assert approved["arguments"] == {"sql": "SELECT 2"}
    assert approved["decision"]["edited"] is True
    assert approved["digest"] == changed["digest"] != asked["digest"]
    not_redeemed(api, approved, 409, "stale-revision", asked["digest"])
    assert redeem(api, approved).status_code == 200


def test_refuses_what_waits(api: httpx2.Client, asked: Resource) -> None:
    assert asked["permit"] is None
    assert "pending" in not_redeemed(api, asked, 409, "not-redeemable")


def test_refuses_what_was_denied(
    api: httpx2.Client, asked: Resource, alice: User
) -> None:
    decide(asked, alice, "deny")
    assert now_of(api, asked)["permit"] is None
    assert "denied" in not_redeemed(api, asked, 409, "not-redeemable")


def test_refuses_what_was_cancelled(api: httpx2.Client, asked: Resource) -> None:
    api.post(f"{URL}/{asked['id']}/cancel")
    assert "cancelled" in not_redeemed(api, asked, 409, "not-redeemable")


def test_refuses_what_lapsed_before_and_after_the_sweeper_saw_it(
    api: httpx2.Client, approved: Resource
) -> None:
    Permit.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert now_of(api, approved)["permit"]["state"] == "lapsed"
    assert "lapsed" in not_redeemed(api, approved, 409, "not-redeemable")
    assert lifecycle.lapse_due() == 1
    assert now_of(api, approved)["permit"]["state"] == "lapsed"
    assert "lapsed" in not_redeemed(api, approved, 409, "not-redeemable")


def test_refuses_what_somebody_took_back(
    api: httpx2.Client, approved: Resource, alice: User
) -> None:
    lifecycle.take_back(UUID(approved["id"]), actor=alice, reason="Wrong host.")
    resource = now_of(api, approved)
    assert (resource["state"], resource["permit"]["state"]) == ("approved", "revoked")
    assert "revoked" in not_redeemed(api, approved, 409, "not-redeemable")


def test_refuses_under_a_hold_and_redeems_after_it(
    api: httpx2.Client, approved: Resource
) -> None:
    held = pull_brake(scope="agent", value="deploy-bot")
    brake = now_of(api, approved)["brake"]
    assert (brake["mode"], [one["id"] for one in brake["scopes"]]) == (
        "hold",
        [str(held.pk)],
    )
    assert "brake" in not_redeemed(api, approved, 423, "braked")
    let_brake_go(held)
    assert now_of(api, approved)["brake"] is None
    assert redeem(api, approved).status_code == 200


def test_a_brake_that_denies_revokes_the_permit_for_good(
    api: httpx2.Client, approved: Resource
) -> None:
    denying = pull_brake(mode="deny")
    assert now_of(api, approved)["permit"]["state"] == "revoked"
    not_redeemed(api, approved, 423, "braked")
    let_brake_go(denying)
    not_redeemed(api, approved, 409, "not-redeemable")


def test_a_brake_on_something_else_is_no_obstacle(
    api: httpx2.Client, approved: Resource
) -> None:
    pull_brake(scope="agent", value="other-bot")
    pull_brake(scope="action", value="two*")
    assert redeem(api, approved).status_code == 200


def test_redeems_what_policy_approved(api: httpx2.Client) -> None:
    resource = api.post(URL, json={**ASK, "action": "none"}).json()
    assert resource["decision"]["source"] == "policy"
    assert redeem(api, resource).json()["permit"]["state"] == "redeemed"


GRANTING = """
default_tier: one
tiers:
  one:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    decide_within: 24h
    reason_required: never
    grants: {max_uses: 5, max_duration: 1h}
  never: {rank: 50, route: block}
rules:
  - {key: forbidden, when: action.name == "never", tier: never}
"""


def test_the_permit_of_a_standing_approval_names_the_grant(
    api: httpx2.Client, alice: User
) -> None:
    ruleset.publish(GRANTING, actor=COMMAND_LINE, reason="with grants")
    first = api.post(URL, json=ASK).json()
    like = [Condition("sql", Kind.PREFIX, "SELECT")]
    lifecycle.vote(
        UUID(first["id"]),
        actor=alice,
        verdict="approve",
        revision=first["revision"],
        digest=first["digest"],
        grant=Terms(like, max_uses=1, lasts=timedelta(minutes=5)),
    )
    answer = api.post(URL, json={**ASK, "arguments": {"sql": "SELECT 2"}})
    resource = answer.json()
    grant = Grant.objects.get()
    assert (answer.status_code, resource["state"]) == (201, "approved")
    assert resource["decision"] == {
        "verdict": "approved", "source": "grant", "message": None,
        "reason_code": None, "decided_by": [f"grant:{grant.pk}"], "edited": False,
    }  # fmt: skip
    token = resource["permit"]["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["apr"], claims["dig"]) == (
        [f"grant:{grant.pk}"],
        resource["digest"],
    )
    assert redeem(api, resource).status_code == 200
    used_up = api.post(URL, json={**ASK, "arguments": {"sql": "SELECT 3"}})
    assert used_up.json()["state"] == "pending"


def test_answers_only_its_own_agent(
    api: httpx2.Client, approved: Resource, path: str
) -> None:
    answers_only_its_agent(api, path, {"digest": approved["digest"]})
    assert now_of(api, approved) == approved


@pytest.mark.parametrize("identifier", [UNKNOWN, "1", "%00"])
def test_refuses_ids_that_name_nothing(api: httpx2.Client, identifier: str) -> None:
    with changes_nothing():
        answer = api.post(f"{URL}/{identifier}/redeem", json={"digest": OTHER_DIGEST})
        problem(answer, 404, "not-found")


INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no-digest": ({}, "/digest"),
    "null": ({"digest": None}, "/digest"),
    "number": ({"digest": 1}, "/digest"),
    "no-prefix": ({"digest": "0" * 64}, "/digest"),
    "other-hash": ({"digest": "sha512:" + "0" * 64}, "/digest"),
    "too-short": ({"digest": OTHER_DIGEST[:-1]}, "/digest"),
    "too-long": ({"digest": OTHER_DIGEST + "0"}, "/digest"),
    "capitals": ({"digest": "sha256:" + "A" * 64}, "/digest"),
    "new-line": ({"digest": OTHER_DIGEST + "\n"}, "/digest"),
    "nul": ({"digest": OTHER_DIGEST[:-1] + "\0"}, "/digest"),
    "unknown-member": ({"digest": OTHER_DIGEST, "force": True}, "/force"),
}


@pytest.mark.parametrize("name", INVALID)
def test_refuses_invalid_bodies(api: httpx2.Client, path: str, name: str) -> None:
    body, pointer = INVALID[name]
    with changes_nothing():
        document = problem(api.post(path, json=body), 422, "invalid")
    assert [error["pointer"] for error in document["errors"]] == [pointer]


def test_refuses_bodies_it_cannot_read(api: httpx2.Client, path: str) -> None:
    refuses_unreadable_bodies(api, path)


def test_refuses_other_methods(api: httpx2.Client, path: str) -> None:
    refuses_other_methods(api, path, "GET", "HEAD", "OPTIONS", "PUT", "DELETE")
