"""The brake: an emergency stop with a scope, in force until people release it.

It is a fact that is read, never pushed: whoever is about to approve or redeem
something asks ``in_force`` in the same transaction, and an error there means no.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from psycopg.errors import UniqueViolation

from agents import outbox
from agents.models import Agent, Brake, BrakeRelease
from audit import log
from audit.actions import Action
from audit.log import Actor
from audit.models import rfc3339

MAX_REASON = 4000
"""Characters."""
MAX_VALUE = 500
MAX_AGENT = 63

_COLUMNS = [field.attname for field in Brake._meta.concrete_fields]
_IN_FORCE = (
    f"SELECT {', '.join(_COLUMNS)} FROM agents_brake"  # noqa: S608
    " WHERE released_at IS NULL ORDER BY engaged_at, id"
)

_listeners: list[Callable[[], None]] = []


class BrakeError(Exception):
    """Something about a brake that is refused; the text is for who asked."""


class InvalidBrake(BrakeError):
    """A brake, or a reason, that cannot be; ``member`` is what is wrong with it."""

    def __init__(self, sentence: str, member: str) -> None:
        super().__init__(sentence)
        self.member = member


class NotEngaged(BrakeError):
    """No such brake is in force."""


class AgreedAlready(BrakeError):
    """One human agrees once to release a brake."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a brake may stop: the facts of one request."""

    environment: str | None
    agent: str
    session: str | None
    action: str
    resource: str | None
    tier: str


def covers(brake: Brake, target: Target) -> bool:
    """Whether ``brake`` stops ``target``. A scope nobody knows stops everything."""
    match brake.scope:
        case Brake.Scope.ENVIRONMENT:
            return target.environment == brake.value
        case Brake.Scope.AGENT:
            return target.agent == brake.value
        case Brake.Scope.SESSION:
            is_theirs = brake.agent in ("", target.agent)
            return is_theirs and target.session == brake.value
        case Brake.Scope.ACTION:
            return stops_action(brake, target.action)
        case Brake.Scope.RESOURCE:
            return target.resource == brake.value
        case Brake.Scope.TIER:
            return target.tier == brake.value
        case _:
            return True


def stops_action(brake: Brake, action: str) -> bool:
    """Whether a request can be under ``brake`` as far as its action's name goes."""
    return brake.scope != Brake.Scope.ACTION or fnmatchcase(action, brake.value)


def in_force() -> list[Brake]:
    """All that are engaged now, oldest first: one query. Errors are the caller's,
    who must not approve then.
    """
    with connection.cursor() as cursor:
        # Written out: every submission and redemption asks this.
        cursor.execute(_IN_FORCE)
        rows = cursor.fetchall()
    return [Brake.from_db(connection.alias, _COLUMNS, row) for row in rows]


def covering(target: Target, brakes: Iterable[Brake] | None = None) -> list[Brake]:
    """Those of ``brakes`` that stop ``target``; by default of all in force."""
    asked = in_force() if brakes is None else brakes
    return [brake for brake in asked if covers(brake, target)]


def mode_of(brakes: Iterable[Brake]) -> Brake.Mode | None:
    """What several brakes do together: deny outranks hold; None when there is none."""
    modes = {Brake.Mode(brake.mode) for brake in brakes}
    if Brake.Mode.DENY in modes:
        return Brake.Mode.DENY
    return Brake.Mode.HOLD if modes else None


def concerning(agent_name: str, brakes: Iterable[Brake] | None = None) -> list[Brake]:
    """Those of ``brakes`` that can stop something this agent asks for."""
    asked = in_force() if brakes is None else brakes
    return [brake for brake in asked if _only_agent(brake) in (None, agent_name)]


def as_dict(brake: Brake) -> dict[str, Any]:
    """A brake as agents and programs read it; times are RFC 3339 in UTC."""
    named = {"agent": brake.agent} if brake.agent else {}
    return {
        "id": str(brake.pk),
        "scope": str(brake.scope),
        "value": brake.value,
        **named,
        "mode": str(brake.mode),
        "reason": brake.reason,
        "engaged_at": rfc3339(brake.engaged_at),
        "released_at": rfc3339(brake.released_at) if brake.released_at else None,
    }


@transaction.atomic(durable=True)
def engage(
    *,
    scope: str,
    value: str = "",
    agent: str = "",
    mode: str = "hold",
    reason: str,
    actor: Actor,
    trip_wire: str = "",
) -> Brake:
    """Stop what the scope covers, from the commit on.

    Pulled twice it is the same brake: an equal one in force is returned as it is.
    ``agent`` narrows a session to that agent's. Raises InvalidBrake.
    """
    _check(scope, value, agent, mode)
    wanted = {"scope": scope, "value": value, "agent": agent, "mode": mode}
    facts = {
        "reason": _checked_reason(reason),
        "trip_wire": trip_wire,
        "engaged_by_type": actor.type,
        "engaged_by_id": actor.id,
        "engaged_by_name": actor.name,
    }
    # Under a lock: one that is just being released does not count as in force.
    equal = Brake.objects.select_for_update(no_key=True).filter(released_at=None)
    while (brake := equal.filter(**wanted).first()) is None:
        # Now, not before the wait for such a lock.
        if (brake := _create(engaged_at=timezone.now(), **wanted, **facts)) is not None:
            more = {"trip_wire": trip_wire} if trip_wire else {}
            _record(
                Action.BRAKE_ENGAGED,
                brake,
                actor,
                reason=log.Sealed(brake.reason),
                **more,
            )
            _announce("brake.engaged", brake)
            _tell_after_commit()
            break
    return brake


@transaction.atomic
def release(
    brake_id: UUID,
    *,
    human: str,
    actor: Actor,
    reason: str,
    people_needed: int,
    now_known_as: Callable[[str], str] = str,
) -> Brake:
    """One human agrees to release; with ``people_needed`` of them it is released.

    ``now_known_as``: who a human that agreed earlier is known to be by now; two
    that turned out to be one count once. Not durable: the caller may have more to
    do in the same transaction. Raises NotEngaged, AgreedAlready, and InvalidBrake
    without a reason.
    """
    reason = _checked_reason(reason)
    in_force = Brake.objects.select_for_update(no_key=True).filter(released_at=None)
    brake = in_force.filter(pk=brake_id).first()
    if brake is None:
        raise NotEngaged("This brake is not engaged any more.")
    agreed = {now_known_as(name) for name in _humans(brake)}
    if human in agreed:
        raise AgreedAlready(
            "You have agreed to release this brake already; somebody else has to."
        )
    count = len(agreed) + 1
    _agree(brake, human, actor, reason, f"{count} of {people_needed}")
    if count >= people_needed:
        _release(brake, actor)
    _tell_after_commit()
    return brake


def holds_since(moment: datetime) -> list[Brake]:
    """The holds that stopped the clock after ``moment``: engaged, or released later."""
    recent = Q(released_at=None) | Q(released_at__gt=moment)
    return list(Brake.objects.filter(recent, mode=Brake.Mode.HOLD))


def held_time(
    brakes: Iterable[Brake], *, since: datetime, until: datetime
) -> timedelta:
    """How much of the time from ``since`` to ``until`` at least one was engaged.

    Time under several brakes counts once; one still engaged lasts to ``until``.
    """
    held, reached = timedelta(0), since
    for brake in sorted(brakes, key=lambda brake: brake.engaged_at):
        start = max(brake.engaged_at, reached)
        end = min(brake.released_at or until, until)
        if end > start:
            held += end - start
            reached = end
    return held


def on_change(listener: Callable[[], None]) -> None:
    """Call ``listener`` after each commit that changed a brake; it must not block."""
    if listener not in _listeners:
        _listeners.append(listener)


def _check(scope: str, value: str, agent: str, mode: str) -> None:
    if scope not in Brake.Scope.values:
        known = ", ".join(Brake.Scope.values)
        raise InvalidBrake(f"There is no such scope; it is one of {known}.", "scope")
    if mode not in Brake.Mode.values:
        raise InvalidBrake("There is no such mode; it is hold or deny.", "mode")
    if scope == Brake.Scope.EVERYTHING and value:
        raise InvalidBrake("A brake on everything takes no value.", "value")
    if scope != Brake.Scope.EVERYTHING and not value.strip():
        raise InvalidBrake(f"Say which {scope} to stop.", "value")
    if agent and scope != Brake.Scope.SESSION:
        sentence = "Only a brake on a session names an agent beside it."
        raise InvalidBrake(sentence, "agent")
    _check_text(value, "value", MAX_VALUE)
    _check_text(agent, "agent", MAX_AGENT)


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise InvalidBrake("Say why.", "reason")
    _check_text(reason, "reason", MAX_REASON)
    return reason


def _check_text(text: str, member: str, most: int) -> None:
    """PostgreSQL stores neither U+0000 nor half a character."""
    if len(text) > most:
        raise InvalidBrake(f"The {member} has at most {most} characters.", member)
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        sentence = f"There is a character in the {member} that cannot be stored."
        raise InvalidBrake(sentence, member)


def _create(**values: Any) -> Brake | None:
    """The new brake; None when somebody was quicker with an equal one."""
    try:
        with transaction.atomic():
            return Brake.objects.create(**values)
    except IntegrityError as violation:
        cause = violation.__cause__
        name = "one_brake_in_force_per_scope"
        if isinstance(cause, UniqueViolation) and cause.diag.constraint_name == name:
            return None
        raise


def _agree(brake: Brake, human: str, actor: Actor, reason: str, agreed: str) -> None:
    BrakeRelease.objects.create(
        brake=brake, human=human, name=actor.name, reason=reason, at=timezone.now()
    )
    facts = {"reason": log.Sealed(reason), "agreed": agreed}
    _record(Action.BRAKE_RELEASE_AGREED, brake, actor, **facts)


def _humans(brake: Brake) -> QuerySet[BrakeRelease, str]:
    return brake.releases.values_list("human", flat=True)


def _release(brake: Brake, actor: Actor) -> None:
    # The clock of another machine may have been ahead when it was engaged.
    brake.released_at = max(timezone.now(), brake.engaged_at)
    brake.save(update_fields=["released_at"])
    names = list(brake.releases.values_list("name", flat=True))
    _record(Action.BRAKE_RELEASED, brake, actor, released_by=names)
    _announce("brake.released", brake)


def _only_agent(brake: Brake) -> str | None:
    """The one agent whose requests it can stop; None when it may be any."""
    if brake.scope == Brake.Scope.AGENT:
        return brake.value
    if brake.scope == Brake.Scope.SESSION:
        return brake.agent or None
    return None


def _announce(type: str, brake: Brake) -> None:
    """To every agent it concerns that can be told."""
    outbox.enqueue_for_all(
        _told(brake),
        type=type,
        data={"brake": as_dict(brake)},
        subject_id=str(brake.pk),
    )


def _told(brake: Brake) -> QuerySet[Agent]:
    active = Agent.objects.filter(is_active=True, callback_disabled_at=None)
    only = _only_agent(brake)
    named = active if only is None else active.filter(name=only)
    return named.exclude(callback_url="")


def _tell_after_commit() -> None:
    for listener in _listeners:
        transaction.on_commit(listener, robust=True)


def _record(action: Action, brake: Brake, actor: Actor, **data: Any) -> None:
    log.record(
        action,
        actor=actor,
        subject=("brake", str(brake.pk)),
        data={
            "scope": str(brake.scope),
            "value": log.Sealed(brake.value),
            "agent": brake.agent,
            "mode": str(brake.mode),
            **data,
        },
    )
