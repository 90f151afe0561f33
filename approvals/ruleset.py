"""Published policies: a new version for every change, and what is in force now."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection, transaction

from approvals.models import Policy
from approvals.policy import Ruleset
from approvals.policy_document import parse
from audit.actions import Action
from audit.log import Actor, record

SHIPPED = Path(__file__).parent / "policies" / "default.yaml"
"""The policy to start with."""

_PUBLISHING = 0x706F6C696379
"""The advisory lock that lets one publish at a time: "policy" in ASCII."""


class NoPolicy(Exception):
    """No such policy was published, or what is stored is not what was published."""


class ReasonMissing(ValueError):
    """A policy was to be published without saying why."""

    def __init__(self) -> None:
        super().__init__("say why this policy is published")


@transaction.atomic(durable=True)
def publish(
    source: str, *, actor: Actor, user: User | None = None, reason: str
) -> Policy:
    """The next version, or the current one when ``source`` is what is in force.

    Raises ``policy_document.PolicyError`` and ReasonMissing; stores nothing then.
    """
    ruleset = parse(source)
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    with connection.cursor() as cursor:
        # No constraint orders two publishers: the second has to see the first.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISHING])
    newest = Policy.objects.order_by("-version").first()
    digest = digest_of(source)
    if newest and newest.digest == digest:
        return newest
    policy = Policy.objects.create(
        version=newest.version + 1 if newest else 1,
        source=source,
        digest=digest,
        published_by=user,
        reason=reason,
    )
    # A version that was rolled back here may have been read and kept meanwhile.
    ruleset_for.cache_clear()
    data = {
        "version": policy.version,
        "digest": digest,
        "reason": reason,
        "tiers": list(ruleset.tiers),
        "rules": [rule.key for rule in ruleset.rules],
        "trip_wires": [wire.key for wire in ruleset.trip_wires],
    }
    subject = ("policy", str(policy.version))
    record(Action.POLICY_PUBLISHED, actor=actor, subject=subject, data=data)
    return policy


def current() -> tuple[int, Ruleset]:
    """Version and rules of the newest policy; raises NoPolicy when there is none."""
    with connection.cursor() as cursor:
        # Written out: every submission asks this, and building it costs more.
        cursor.execute(
            "SELECT version, digest FROM approvals_policy ORDER BY version DESC LIMIT 1"
        )
        newest = cursor.fetchone()
    if newest is not None:
        return newest[0], _ruleset(*newest)
    raise NoPolicy("no policy was published")


@lru_cache(maxsize=256)
def ruleset_for(version: int) -> Ruleset:
    """The rules of one version; raises NoPolicy when it was never published.

    Kept by version alone, without a query: what was published cannot change.
    """
    found = Policy.objects.filter(version=version).values_list("digest", flat=True)
    for digest in found:
        return _ruleset(version, digest)
    raise NoPolicy(f"policy {version} was never published")


def digest_of(source: str) -> str:
    """``sha256:`` and the hex SHA-256 of a policy's document."""
    return f"sha256:{sha256(source.encode()).hexdigest()}"


@lru_cache(maxsize=32)
def _ruleset(version: int, digest: str) -> Ruleset:
    """By digest too, which says that it is still the document of that version."""
    source = Policy.objects.values_list("source", flat=True).get(version=version)
    if digest_of(source) != digest:
        raise NoPolicy(f"policy {version} is not what was published")
    return parse(source)
