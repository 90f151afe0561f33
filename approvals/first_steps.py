"""How far a new installation has come, and whether its parts are well. Reads only.

Nothing is noted anywhere: each step is done when the database has what it leads to.
"""

from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings
from django.db import connection

from agents.models import Agent, AgentKey, Delivery
from approvals import heartbeat, samples
from approvals.models import ApprovalRequest, Permit, Vote
from approvals.states import PermitState, Source, State

FEW = 10
"""With fewer requests than this, the empty queue points to the first steps."""
REDIS_PATIENCE = 1.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """When it was done first; None: not yet. ``who``: by which agent."""

    at: datetime | None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """The four, and what the later ones go on with."""

    key: Step
    request: Step
    decision: Step
    answer: Step
    approved: ApprovalRequest | None
    """One whose permit waits to be redeemed, for the last step."""

    @property
    def done(self) -> int:
        steps = (self.key, self.request, self.decision, self.answer)
        return sum(step.at is not None for step in steps)

    @property
    def is_complete(self) -> bool:
        return self.done == 4


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation: what it is, whether it is well, and what if not."""

    name: str
    is_well: bool | None
    """None: not used."""
    words: str


def steps() -> Steps:
    """Six queries, each to its first row."""
    answer = _delivered() or _redeemed() or Step(None)
    return Steps(
        key=_key() or Step(None),
        request=_request() or Step(None),
        decision=_decision() or Step(None),
        answer=answer,
        approved=None if answer.at else _approved(),
    )


def is_new() -> bool:
    """Whether there are only FEW requests."""
    return len(ApprovalRequest.objects.order_by().values_list("pk")[:FEW]) < FEW


def parts(host: str) -> list[Part]:
    """What the product needs around it; ``host``: where the reader's browser is."""
    return [_database(), _live(), _worker(), _address(host), _callbacks()]


def _key() -> Step | None:
    """The sample agent has none."""
    live = AgentKey.objects.filter(revoked_at=None).order_by("created_at")
    key = live.select_related("agent").first()
    return Step(key.created_at, key.agent.name) if key else None


def _request() -> Step | None:
    first = ApprovalRequest.objects.order_by("id").select_related("agent").first()
    return Step(first.created_at, first.agent.name) if first else None


def _decision() -> Step | None:
    """By the votes: what people decided has some, and little else has."""
    votes = Vote.objects.filter(approval__decision_source=Source.REVIEWER)
    first = votes.order_by("id").select_related("approval__agent").first()
    if first is None:
        return None
    return Step(first.approval.decided_at, first.approval.agent.name)


def _delivered() -> Step | None:
    done = Delivery.objects.filter(state=Delivery.State.DELIVERED).order_by("id")
    first = done.select_related("agent").first()
    return Step(first.finished_at, first.agent.name) if first else None


def _redeemed() -> Step | None:
    """Whoever redeems a permit has read the decision."""
    used = Permit.objects.filter(state=PermitState.REDEEMED).order_by("approval_id")
    first = used.select_related("approval__agent").first()
    return Step(first.closed_at, first.approval.agent.name) if first else None


def _approved() -> ApprovalRequest | None:
    newest = ApprovalRequest.objects.exclude(agent__name=samples.NAME).filter(
        state=State.APPROVED, permit__state=PermitState.ISSUED
    )
    return newest.select_related("agent").order_by("-permit__expires_at").first()


def _database() -> Part:
    version = str(connection.pg_version)[:2]  # type: ignore[attr-defined]
    where = "a server of yours" if settings.ENV.database_url else "which came along"
    return Part("Database", True, f"PostgreSQL {version}, {where}")


def _live() -> Part:
    if not settings.REDIS_URL:
        return Part("Live updates", True, "inside this process, without Redis")
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=REDIS_PATIENCE,
            socket_connect_timeout=REDIS_PATIENCE,
        ) as client:
            client.ping()
    except redis.RedisError:
        return Part(
            "Live updates",
            False,
            "Redis does not answer: pages hear of changes late. Look at REDIS_URL.",
        )
    return Part("Live updates", True, "through Redis")


def _worker() -> Part:
    if heartbeat.is_alive():
        return Part("Background work", True, "deadlines and callbacks are looked after")
    return Part(
        "Background work",
        False,
        "nobody was seen for half a minute: deadlines and callbacks wait. In "
        "production, are Celery's worker and beat running?",
    )


def _address(host: str) -> Part:
    if host == settings.BASE_URL.partition("://")[2]:
        return Part("Address", True, settings.BASE_URL)
    return Part(
        "Address",
        False,
        f"you are at {host}, links and permits say {settings.BASE_URL}. Set BASE_URL "
        "to what people type.",
    )


def _callbacks() -> Part:
    """Of agents that are called back: none gone, nothing given up lately."""
    called = Agent.objects.filter(is_active=True).exclude(callback_url="")
    total, gone = len(called), sum(a.callback_disabled_at is not None for a in called)
    if not total:
        return Part("Callbacks", None, "no agent has one: they wait or ask")
    newest = Delivery.objects.exclude(state=Delivery.State.PENDING).order_by("-id")
    last = newest.filter(agent__in=called).first()
    if gone or (last and last.state == Delivery.State.DEAD):
        words = "the last one could not be delivered" if not gone else f"{gone} gone"
        return Part("Callbacks", False, f"{words}, of {total} agents that have one")
    if last is None:
        return Part("Callbacks", None, f"none sent yet to {total} that have one")
    return Part("Callbacks", True, "the last one was delivered")
