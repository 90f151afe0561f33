"""The only writer of agents and their keys.

Every function is one durable transaction: lock the agent, change it, record it.
Durable, because what is shown once (a key, a secret) must not be shown when the
transaction around it can still be rolled back. No key and no secret goes into
the audit log; a key's last four characters do.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from psycopg.errors import UniqueViolation

from agents import keys
from agents.addresses import check_url
from agents.models import AGENT_NAME, Agent, AgentKey
from audit import log
from audit.actions import Action
from audit.log import Actor


class RegistryError(Exception):
    """A change that is refused; the text is for the person who asked for it."""


class InvalidName(RegistryError):
    """A name that cannot be an agent's."""


class NameTaken(RegistryError):
    """An agent of this name is there already."""


class InvalidCallback(RegistryError):
    """An address that callbacks must not go to."""


class TooManyKeys(RegistryError):
    """Two keys of the agent are live already."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A new agent with what is shown only this once."""

    agent: Agent
    key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


@transaction.atomic(durable=True)
def register_agent(
    name: str,
    *,
    actor: Actor,
    owner: User | None = None,
    callback_url: str = "",
    created_by: User | None = None,
) -> Registration:
    """A new agent with its first key.

    Raises InvalidName, NameTaken, InvalidCallback.
    """
    if not re.fullmatch(AGENT_NAME, name):
        raise InvalidName(
            "An agent's name is 1 to 63 lower-case letters, digits, dots, dashes and"
            " underscores, and begins with a letter or digit."
        )
    _check_callback(callback_url)
    secret = keys.new_webhook_secret()
    with _unless_taken("agents_agent_name_key", NameTaken(f"{name} is taken.")):
        agent = Agent.objects.create(
            name=name,
            owner=owner,
            callback_url=callback_url,
            webhook_secret=secret,
            secret_made_by=created_by,
        )
    _record(
        Action.AGENT_REGISTERED,
        agent,
        actor,
        owner=owner.get_username() if owner else None,
        callback_url=callback_url,
    )
    key = _add_key(agent, slot=AgentKey.SLOTS[0], actor=actor, created_by=created_by)
    return Registration(agent=agent, key=key, webhook_secret=secret)


@transaction.atomic(durable=True)
def issue_key(agent: Agent, *, actor: Actor, created_by: User | None = None) -> str:
    """A further key, for rotation; raises TooManyKeys beside two live ones."""
    agent = _locked(agent)
    taken = set(agent.keys.filter(revoked_at=None).values_list("slot", flat=True))
    free = [slot for slot in AgentKey.SLOTS if slot not in taken]
    if not free:
        raise _too_many()
    return _add_key(agent, slot=free[0], actor=actor, created_by=created_by)


@transaction.atomic(durable=True)
def revoke_key(key: AgentKey, *, actor: Actor) -> None:
    """End a key at once; a revoked one stays as it is."""
    key = AgentKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if key.revoked_at is not None:
        return
    key.revoked_at = Now()
    key.save(update_fields=["revoked_at"])
    _record_key(Action.KEY_REVOKED, key, actor)


@transaction.atomic(durable=True)
def set_callback(agent: Agent, url: str, *, actor: Actor) -> None:
    """Send events to ``url`` from now on, or nowhere for ""; raises InvalidCallback."""
    _check_callback(url)
    agent = _locked(agent)
    before = agent.callback_url
    if before == url and agent.callback_disabled_at is None:
        return
    agent.callback_url = url
    agent.callback_disabled_at = None
    agent.save(update_fields=["callback_url", "callback_disabled_at"])
    _record(Action.AGENT_CALLBACK_SET, agent, actor, before=before, after=url)


@transaction.atomic(durable=True)
def rotate_webhook_secret(
    agent: Agent, *, actor: Actor, created_by: User | None = None
) -> str:
    """A new secret; the one in force until now stays valid beside it."""
    agent = _locked(agent)
    agent.previous_webhook_secret = agent.webhook_secret
    agent.previous_secret_made_by_id = agent.secret_made_by_id
    agent.webhook_secret = keys.new_webhook_secret()
    agent.secret_made_by = created_by
    agent.save(
        update_fields=[
            "webhook_secret",
            "previous_webhook_secret",
            "secret_made_by",
            "previous_secret_made_by",
        ]
    )
    _record(Action.AGENT_SECRET_ROTATED, agent, actor)
    return agent.webhook_secret


@transaction.atomic(durable=True)
def drop_previous_secret(agent: Agent, *, actor: Actor) -> None:
    """End a rotation: only the current secret counts."""
    agent = _locked(agent)
    if not agent.previous_webhook_secret:
        return
    agent.previous_webhook_secret = ""
    agent.previous_secret_made_by = None
    agent.save(update_fields=["previous_webhook_secret", "previous_secret_made_by"])
    _record(Action.AGENT_PREVIOUS_SECRET_DROPPED, agent, actor)


def pause(agent: Agent, *, actor: Actor) -> None:
    """Refuse everything the agent sends; it is still told what was decided."""
    _set_active(agent, False, Action.AGENT_PAUSED, actor)


def resume(agent: Agent, *, actor: Actor) -> None:
    """Let a paused agent in again."""
    _set_active(agent, True, Action.AGENT_RESUMED, actor)


@transaction.atomic
def disable_callback(agent: Agent, url: str, *, actor: Actor) -> None:
    """Send nothing to ``url`` any more, because it said it is gone for good.

    An address that was set meanwhile is another one and stays. Not durable:
    it belongs to the transaction that records the answer.
    """
    agent = _locked(agent)
    if agent.callback_url != url or agent.callback_disabled_at is not None:
        return
    agent.callback_disabled_at = Now()
    agent.save(update_fields=["callback_disabled_at"])
    _record(Action.AGENT_CALLBACK_DISABLED, agent, actor, callback_url=url)


@transaction.atomic(durable=True)
def _set_active(agent: Agent, active: bool, action: Action, actor: Actor) -> None:
    agent = _locked(agent)
    if agent.is_active == active:
        return
    agent.is_active = active
    agent.save(update_fields=["is_active"])
    _record(action, agent, actor)


def _locked(agent: Agent) -> Agent:
    """A fresh copy under a lock: what the caller holds may be out of date."""
    return Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)


def _check_callback(url: str) -> None:
    try:
        if url:
            check_url(url, allow_loopback=settings.ALLOW_LOOPBACK_CALLBACKS)
    except ValueError as error:
        raise InvalidCallback(str(error)) from None


def _add_key(agent: Agent, *, slot: int, actor: Actor, created_by: User | None) -> str:
    key = keys.new_key()
    with _unless_taken("one_live_key_per_slot", _too_many()):
        stored = AgentKey.objects.create(
            agent=agent,
            slot=slot,
            hash=keys.digest(key),
            last4=keys.last4(key),
            created_by=created_by,
        )
    _record_key(Action.KEY_ISSUED, stored, actor)
    return key


def _too_many() -> TooManyKeys:
    return TooManyKeys("Two keys are live already: revoke one first.")


@contextmanager
def _unless_taken(constraint: str, error: RegistryError) -> Iterator[None]:
    """Turn the violation of this constraint into ``error``: the database decides."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as violation:
        cause = violation.__cause__
        if (
            isinstance(cause, UniqueViolation)
            and cause.diag.constraint_name == constraint
        ):
            raise error from None
        raise


def _record(action: Action, agent: Agent, actor: Actor, **data: str | None) -> None:
    log.record(
        action,
        actor=actor,
        subject=("agent", str(agent.pk)),
        data={"agent": agent.name, **data},
    )


def record_first_use(key: AgentKey) -> None:
    """In the transaction that notes it: from then on somebody has the key."""
    _record_key(Action.KEY_FIRST_USED, key, key.agent.actor)


def _record_key(action: Action, key: AgentKey, actor: Actor) -> None:
    log.record(
        action,
        actor=actor,
        subject=("key", str(key.pk)),
        data={"agent": key.agent.name, "last4": key.last4},
    )
