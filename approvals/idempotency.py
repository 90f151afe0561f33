"""One Idempotency-Key, one call (API.md, Idempotency)."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import connection
from django.db.models.functions import Now

from agents.models import Agent
from approvals.models import ApprovalRequest, IdempotentCall

KEPT_FOR = timedelta(days=8)
"""API.md promises seven days; one more, so that no clock can cut it short."""


class Mismatch(Exception):
    """The key was used before, with another call or body."""


class InFlight(Exception):
    """The first call with this key is still running."""


@dataclass(frozen=True, slots=True)
class Call:
    """A POST that carries an idempotency key."""

    agent: Agent
    key: str
    fingerprint: str


def call(agent: Agent, key: str, *, name: str, body: bytes) -> Call:
    """The call ``name`` with ``body``; equal calls have equal fingerprints."""
    return Call(agent, key, sha256(name.encode() + b"\0" + body).hexdigest())


def earlier(call: Call) -> ApprovalRequest | None:
    """What the same call did before; holds the key until the transaction ends.

    Raises Mismatch when the key was used for something else, and InFlight
    while another transaction holds it.
    """
    known = _known(call)
    return known.approval if known else None


def is_repeated(call: Call) -> bool:
    """The same for a call that is about no request: whether it was carried out."""
    return _known(call) is not None


def is_known(call: Call) -> bool:
    """Whether the key was used before, by whatever call; holds nothing."""
    return IdempotentCall.objects.filter(agent=call.agent, key=call.key).exists()


def remember(call: Call, approval: ApprovalRequest | None) -> None:
    """Keep what the call did, in the same transaction."""
    IdempotentCall.objects.create(
        agent=call.agent,
        key=call.key,
        fingerprint=call.fingerprint,
        approval=approval,
    )


def forget_old() -> int:
    """Delete what is past KEPT_FOR; returns how many."""
    old = IdempotentCall.objects.filter(created_at__lt=Now() - KEPT_FOR)
    return old.delete()[0]


def _known(call: Call) -> IdempotentCall | None:
    """Once the lock is ours, whatever its last holder committed is visible,
    because it unlocks after its commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"idempotency {call.agent.pk} {call.key}"],
        )
        (ours,) = cursor.fetchone()
    if not ours:
        raise InFlight
    known = (
        IdempotentCall.objects.select_related("approval__agent")
        .filter(agent=call.agent, key=call.key)
        .first()
    )
    if known is not None and known.fingerprint != call.fingerprint:
        raise Mismatch
    return known
