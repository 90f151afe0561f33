"""Many small steps add up to a large one: exactly, for good, and whoever races."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from agents.registry import Registration, register_agent
from approvals.lifecycle import counters
from approvals.models import ApprovalRequest, Policy, WindowBucket
from approvals.ruleset import current
from approvals.submission import Submission
from audit.log import COMMAND_LINE
from tests.approvals import counting
from tests.approvals.api.asking import URL, problem
from tests.approvals.counting import SPENT, TIERS, mail, refund
from tests.approvals.racing import Racers

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = 10_000
STEP = 0.05
CONTENDERS = 8


@pytest.fixture
def policy(db: None) -> Policy:
    return counting.publish(TIERS + SPENT)


@pytest.fixture
def caller(http: httpx2.Client, registration: Registration) -> httpx2.Client:
    http.headers["Authorization"] = f"Bearer {registration.key}"
    return http


def call(caller: httpx2.Client, amount: Any, **headers: str) -> Any:
    """Ask for a refund as an agent does; the request."""
    body = {"action": "refund", "arguments": {"amount": amount}}
    answer = caller.post(URL, json=body, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def take_steps(agent: Agent, count: int) -> None:
    """So many refunds of STEP, counted as a submission counts them."""
    _, ruleset = current()
    action = Submission("refund", {"amount": STEP}).action_of(agent)
    for _ in range(count):
        with transaction.atomic():
            counters.count(
                ApprovalRequest(), ruleset.windows, action, now=timezone.now()
            )


def statements(agent: Agent) -> list[str]:
    """What one refund asks of the database, without its values."""
    with CaptureQueriesContext(connection) as asked:
        refund(agent, STEP)
    return [" ".join(q["sql"].split()[:3]) for q in asked.captured_queries]


def test_of_10000_small_steps_the_one_after_the_limit_is_stopped(
    policy: Policy, agent: Agent, caller: httpx2.Client
) -> None:
    assert call(caller, STEP)["state"] == "approved"
    first = statements(agent)
    take_steps(agent, STEPS - 53)
    # After so many, the database is asked for no more than at the beginning.
    assert statements(agent) == first
    assert WindowBucket.objects.count() <= 2
    for step in range(STEPS - 50, STEPS):
        resource = call(caller, STEP)
        assert (resource["state"], resource["tier"]) == ("approved", "none"), step
    assert ApprovalRequest.objects.latest("id").window_values == {"spent": 500.0}
    over = call(caller, STEP)
    assert (over["state"], over["tier"]) == ("denied", "never")
    assert over["reasons"][:2] == ["rule much", "rule small"]
    # What was denied counts as well: another try does not begin anew.
    assert call(caller, 0)["state"] == "denied"
    assert ApprovalRequest.objects.latest("id").window_values == {"spent": 500.05}


def test_a_call_that_is_repeated_counts_once(
    policy: Policy, caller: httpx2.Client
) -> None:
    once = {"Idempotency-Key": "once"}
    first = call(caller, 300, **once)
    for _ in range(5):
        assert call(caller, 300, **once)["id"] == first["id"]
    body = {"action": "refund", "arguments": {"amount": 301}}
    refused = caller.post(URL, json=body, headers=once)
    problem(refused, 422, "idempotency-mismatch")
    assert call(caller, 200)["state"] == "approved"
    assert call(caller, 0.01)["state"] == "denied"


def test_an_amount_that_cannot_be_read_goes_to_the_highest_tier(
    policy: Policy, caller: httpx2.Client
) -> None:
    for amount in ("100", None, -1, [100]):
        resource = call(caller, amount)
        assert (resource["state"], resource["tier"]) == ("denied", "never"), amount
        assert resource["reasons"][0].startswith("rule much failed: ")
    assert call(caller, 500)["state"] == "approved"


@pytest.fixture
def racers(policy: Policy, agent: Agent) -> Iterator[Racers]:
    with Racers(CONTENDERS) as racers:
        yield racers


def test_not_one_more_than_fits_gets_through_whoever_races(
    agent: Agent, racers: Racers
) -> None:
    """Of 8 at once only 5 fit below the limit; 20 agents, one after the other."""
    for number in range(20):
        racer = register_agent(f"racer-{number}", actor=COMMAND_LINE).agent
        asked = racers.at_once([lambda a=racer: refund(a, 100.0)] * CONTENDERS)
        assert sorted(approval.state for approval in asked) == (
            ["approved"] * 5 + ["denied"] * 3
        )
        held = sorted(approval.window_values["spent"] for approval in asked)
        assert held == [100.0 * step for step in range(1, CONTENDERS + 1)]


def test_groups_that_cross_wait_for_each_other_without_end_never(
    agent: Agent, racers: Racers
) -> None:
    """Each request is in three groups, which it shares with different others."""
    counting.publish(
        TIERS
        + """
windows:
  - {key: a, measure: count, per: [agent], within: 1h}
  - {key: b, measure: sum, of: /arguments/n, per: [subject], within: 1h}
  - {key: c, measure: distinct, of: /arguments/to, per: [everything], within: 1h}
rules: []
"""
    )
    others = [register_agent(f"o-{n}", actor=COMMAND_LINE).agent for n in range(3)]
    for _ in range(10):
        asked = racers.at_once(
            [
                lambda n=n: counting.ask(
                    others[n % 3], "x", {"n": 1, "to": n}, subject=f"s-{n % 2}"
                )
                for n in range(CONTENDERS)
            ]
        )
        assert all(isinstance(one, ApprovalRequest) for one in asked), asked
    held = [approval.window_values for approval in ApprovalRequest.objects.all()]
    for key, most in (("a", 30.0), ("b", 40.0), ("c", 8.0)):
        assert max(values[key] for values in held) == most


def test_the_first_use_of_a_value_is_counted_once_by_those_who_race(
    agent: Agent, racers: Racers
) -> None:
    counting.publish()
    asked = racers.at_once([lambda: mail(agent, "a@b.example")] * CONTENDERS)
    assert [approval.window_values["reached"] for approval in asked] == [1.0] * 8
    asked = racers.at_once([lambda n=n: mail(agent, n) for n in range(CONTENDERS)])
    held = sorted(approval.window_values["reached"] for approval in asked)
    assert held == [float(step) for step in range(2, CONTENDERS + 2)]


def test_what_one_reads_is_61_rows_of_one_group(policy: Policy) -> None:
    """However many groups there are and whatever they hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO approvals_windowbucket (counter, bucket, total, counts_until)"
            " SELECT md5(g::text)::uuid, b, 1, now() FROM generate_series(1, 500) g,"
            " generate_series(1, 200) b"
        )
        cursor.execute("SELECT md5('7')::uuid")
        counter: UUID = cursor.fetchone()[0]
        for _ in range(2):
            asked = f"EXPLAIN (ANALYZE, FORMAT JSON) {counters._TOTALS}"
            cursor.execute(asked, [[counter], [200 - 60]])
            plan = cursor.fetchone()[0]
            nodes = json.dumps(plan)
            assert "Seq Scan" not in nodes
            assert rows_read(plan[0]["Plan"]) == 61
            cursor.execute("ANALYZE approvals_windowbucket")


def rows_read(node: dict[str, Any]) -> int:
    """Rows that the leaves of a plan read from the table."""
    below = sum(map(rows_read, node.get("Plans", ())))
    is_leaf = node.get("Relation Name") == "approvals_windowbucket"
    return below + is_leaf * int(node["Actual Rows"] * node["Actual Loops"])
