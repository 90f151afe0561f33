"""Published policies: a new version for every change, and what is in force now."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction

from approvals.models import Policy
from approvals.policy import Ruleset
from approvals.policy_diff import may_lower
from approvals.policy_document import PolicyError, parse
from audit.actions import Action
from audit.log import Actor, Sealed, record

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


class OutOfDate(Exception):
    """Another policy is in force than the one it was compared with."""

    def __init__(self, newest: Policy | None) -> None:
        which = f"policy {newest.version}" if newest else "no policy"
        super().__init__(f"{which} is in force by now")


class SecondPersonNeeded(Exception):
    """It may lower risk, and nobody else has confirmed it (POLICY_SECOND_PERSON)."""


@dataclass(frozen=True, slots=True)
class Second:
    """The other human who confirmed it, and why."""

    user: User
    reason: str


@transaction.atomic(durable=True)
def publish(
    source: str,
    *,
    actor: Actor,
    user: User | None = None,
    reason: str,
    seen: int | None = None,
) -> Policy:
    """The next version, or the current one when ``source`` is what is in force.

    ``seen``: the version in force that it was compared with; None: not compared.
    Raises ``policy_document.PolicyError``, ReasonMissing, OutOfDate and
    SecondPersonNeeded; stores nothing then.
    """
    ruleset, reason = parse(source), said(reason)
    newest = alone()
    if newest and newest.digest == digest_of(source):
        return newest
    if seen is not None and (newest is None or newest.version != seen):
        raise OutOfDate(newest)
    if settings.POLICY_SECOND_PERSON and newest and _may_lower(newest, ruleset):
        raise SecondPersonNeeded
    return put_into_force(source, actor=actor, user=user, reason=reason)


def put_into_force(
    source: str,
    *,
    actor: Actor,
    user: User | None,
    reason: str,
    second: Second | None = None,
) -> Policy:
    """Inside the transaction of a writer that is ``alone``: the next version."""
    ruleset, digest = parse(source), digest_of(source)
    older = Policy.objects.order_by("-version")
    newest, same = older.first(), older.filter(digest=digest).first()
    policy = Policy.objects.create(
        version=newest.version + 1 if newest else 1,
        source=source,
        digest=digest,
        published_by=user,
        reason=reason,
        confirmed_by=second.user if second else None,
        confirmation=second.reason if second else "",
    )
    # A version that was rolled back here may have been read and kept meanwhile.
    ruleset_for.cache_clear()
    data = {
        "version": policy.version,
        "digest": digest,
        "reason": Sealed(reason),
        "tiers": list(ruleset.tiers),
        "rules": [rule.key for rule in ruleset.rules],
        "trip_wires": [wire.key for wire in ruleset.trip_wires],
    }
    if same:
        data["same_as"] = same.version
    if second:
        data["proposed_by"] = user.get_username() if user else None
        data["confirmed_by"] = second.user.get_username()
        data["confirmation"] = Sealed(second.reason)
    subject = ("policy", str(policy.version))
    record(Action.POLICY_PUBLISHED, actor=actor, subject=subject, data=data)
    return policy


def said(reason: str) -> str:
    """The reason as it is stored; raises ReasonMissing for none."""
    if reason := reason.strip():
        return reason
    raise ReasonMissing


def alone() -> Policy | None:
    """Inside a transaction: let one publish at a time; the newest policy."""
    with connection.cursor() as cursor:
        # No constraint orders two publishers: the second has to see the first.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISHING])
    return Policy.objects.order_by("-version").first()


def _may_lower(newest: Policy, ruleset: Ruleset) -> bool:
    """What cannot be read any more cannot be compared with: it may."""
    try:
        return bool(may_lower(parse(newest.source), ruleset))
    except PolicyError:
        return True


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
