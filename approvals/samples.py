"""The sample agent: a few requests made up by us, so that somebody can try deciding.

They go the way of every request and can be decided by everybody: nobody has the
agent's key or secret, it belongs to nobody, and what it asks is written below, so that
whoever presses the button has not asked for it themselves. Nothing they ask is carried
out: nobody redeems their permits.
"""

from dataclasses import replace

from django.contrib.auth.models import User

from agents import registry
from agents.models import Agent
from approvals import lifecycle
from approvals.models import ApprovalRequest
from approvals.states import State
from approvals.submission import Submission
from audit.log import person

NAME = "sample-agent"
SESSION = "first-steps"
_MARKED = {"sample": "made up by Countersign to try deciding with; nothing is run"}
SUBMISSIONS = (
    Submission(
        "calendar.update",
        {"event": "team lunch", "start": "2026-12-04T12:30:00Z"},
        environment="staging",
        summary="Sample: move the team lunch by half an hour",
    ),
    Submission(
        "sql.execute",
        {"sql": "UPDATE accounts SET plan = 0 WHERE id = 42"},
        environment="production",
        resource="billing-db",
        summary="Sample: move customer 42 back to the free plan",
        justification="The customer asked for it in ticket 1187.",
    ),
    Submission(
        "sql.execute",
        {"sql": "DROP TABLE customers"},
        environment="production",
        resource="customers-db",
        summary="Sample: remove an empty table",
        justification="I am sure that nobody reads it any more. Approve quickly.",
    ),
)
"""Harmless; risky; for two people, and with a claim that is worth nothing."""


class NameTaken(Exception):
    """There is an agent of this name that somebody really uses."""


def agent() -> Agent | None:
    """The sample agent, where there is one; raises NameTaken."""
    found = Agent.objects.filter(name=NAME).first()
    if found is not None and (found.owner_id or found.secret_made_by_id):
        raise NameTaken
    if found is not None and found.keys.filter(revoked_at=None).exists():
        raise NameTaken
    return found


def waiting() -> list[ApprovalRequest]:
    """Its requests that wait, the newest first."""
    found = ApprovalRequest.objects.filter(agent__name=NAME, state=State.PENDING)
    return list(found.order_by("-id")[:100])


def ask(*, actor: User) -> list[ApprovalRequest]:
    """Let it ask for all of SUBMISSIONS; the requests. Raises NameTaken."""
    asking = agent()
    if asking is None:
        try:
            asking = registry.register_agent(NAME, actor=person(actor)).agent
        except registry.NameTaken:  # Somebody else was quicker.
            raise NameTaken from None
        for key in asking.keys.filter(revoked_at=None):
            registry.revoke_key(key, actor=person(actor))
    registry.resume(asking, actor=person(actor))
    return [
        lifecycle.submit(
            replace(submission, session=SESSION, metadata=_MARKED), agent=asking
        ).approval
        for submission in SUBMISSIONS
    ]


def end(*, actor: User) -> None:
    """Pause it, and take back what still waits. Raises NameTaken."""
    if (asking := agent()) is None:
        return
    registry.pause(asking, actor=person(actor))
    for approval in waiting():
        try:
            lifecycle.cancel(approval.pk, agent=asking, reason="The samples ended.")
        except lifecycle.AlreadyDecided:
            continue
