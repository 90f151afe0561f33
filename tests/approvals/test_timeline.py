"""What the page of a request tells of its past."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from agents import outbox
from agents.outbox import Attempt
from agents.registry import set_callback
from approvals import lifecycle
from approvals.models import ApprovalRequest
from approvals.timeline import timeline
from audit.log import SYSTEM
from tests.approvals.voting import cast_vote


def told(approval: ApprovalRequest) -> list[tuple[str, str]]:
    return [(event.who, event.what) for event in timeline(approval)]


def test_tells_what_policy_decided_at_once(ask, policy) -> None:
    asked = ("deploy-bot", f"asked; policy {policy.version} judged it")
    assert told(ask("none"))[0] == asked
    assert told(ask("none"))[-1][1] == "approved it at once by policy"
    assert told(ask("never"))[-1][1] == "denied it at once by policy"


def test_tells_that_the_agent_took_it_back(ask, agent) -> None:
    approval = ask("one")
    lifecycle.cancel(approval.pk, agent=agent)
    assert told(approval)[-1] == ("deploy-bot", "took it back")


def test_tells_that_nobody_decided_in_time(ask) -> None:
    approval = ask("one")
    ApprovalRequest.objects.update(
        created_at=Now() - timedelta(days=2), expires_at=Now() - timedelta(days=1)
    )
    assert lifecycle.expire_due() == 1
    assert told(approval)[-1][1] == "denied it: nobody decided in time"


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_tells_votes_with_what_was_written(ask, alice, verdict) -> None:
    approval = ask("two")
    cast_vote(approval, alice, verdict, message="I looked")
    (vote,) = [event for event in timeline(approval) if event.quote]
    assert (vote.who, vote.what) == ("alice", f"voted to {verdict}")
    assert vote.quote == "I looked"


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (
            {"status": 500, "duration_ms": 1234, "is_final": True},
            {
                "request.denied, attempt 1: status 500, 1,234 ms",
                "request.denied given up",
            },
        ),
        ({"error": "refused"}, {"request.denied, attempt 1: refused, 0 ms"}),
        (
            {"status": 200},
            {
                "request.denied, attempt 1: status 200, 0 ms",
                "request.denied delivered",
            },
        ),
    ],
)
def test_tells_how_the_callback_went(
    ask, agent, alice, settings, attempt, expected
) -> None:
    settings.ALLOW_LOOPBACK_CALLBACKS = True
    set_callback(agent, "http://127.0.0.1:9/hook", actor=SYSTEM)
    approval = ask("one")
    cast_vote(approval, alice, "deny")
    (delivery,) = outbox.claim_due(limit=1)
    outbox.record_attempt(delivery, Attempt(started_at=timezone.now(), **attempt))
    callback = {what for who, what in told(approval) if who == "Callback"}
    assert callback == {"request.denied queued", *expected}
