"""From a request's credentials to the agent that sent it."""

import re
from collections.abc import Mapping
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from agents import keys, registry, signing
from agents.models import AGENT_NAME, Agent, AgentKey

USE_IS_NOTED_EVERY = timedelta(minutes=1)
_NOBODYS_SECRET = keys.new_webhook_secret()
"""Stands in for the secret of an agent that does not exist."""

_KEY_COLUMNS = [field.attname for field in AgentKey._meta.concrete_fields]
_AGENT_COLUMNS = [field.attname for field in Agent._meta.concrete_fields]
_KEY_BY_HASH = """
SELECT {key}, {agent} FROM agents_agentkey k JOIN agents_agent a ON a.id = k.agent_id
WHERE k.hash = %s
""".format(
    key=", ".join(f"k.{name}" for name in _KEY_COLUMNS),
    agent=", ".join(f"a.{name}" for name in _AGENT_COLUMNS),
)


class Unauthenticated(Exception):
    """Not proven to come from an agent at work; ``detail`` may be sent to it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def authenticate_key(authorization: str | None) -> AgentKey:
    """The live key in an ``Authorization`` header, with its agent loaded.

    Nothing is cached, so a revocation holds at the next request everywhere.
    Raises Unauthenticated.
    """
    key = _stored(_bearer_token(authorization))
    if key is None or key.revoked_at is not None:
        raise Unauthenticated("The agent key is unknown or was revoked.")
    _require_active(key.agent)
    _note_use(key)
    return key


def authenticate_webhook(
    agent_name: str, headers: Mapping[str, str], body: bytes, *, now: float
) -> tuple[Agent, str]:
    """The agent that signed this message and the message's id.

    ``now`` is Unix time. An agent that does not exist gets the answer of a wrong
    signature, after the same work. Raises Unauthenticated.
    """
    agent = _named(agent_name) or _nobody()
    try:
        message_id = signing.verify(agent.webhook_secrets, headers, body, now=now)
    except signing.SignatureError as error:
        raise Unauthenticated(str(error)) from None
    _require_active(agent)
    return agent, message_id


def _bearer_token(authorization: str | None) -> str:
    if not authorization:
        raise Unauthenticated(
            "Send the agent key in the header 'Authorization: Bearer csk_…'."
        )
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("The Authorization header must use the Bearer scheme.")
    if not keys.is_well_formed(token.strip()):
        raise Unauthenticated(
            "The agent key is not complete: it reads csk_ and 36 letters and digits,"
            " the last six of which are a checksum."
        )
    return token.strip()


def _stored(token: str) -> AgentKey | None:
    """The key and its agent, by one statement written out.

    Every call of every agent comes through here, and building this query anew
    each time costs four times what it takes to run it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEY_BY_HASH, [keys.digest(token)])
        row = cursor.fetchone()
    if row is None:
        return None
    key = AgentKey.from_db(connection.alias, _KEY_COLUMNS, row[: len(_KEY_COLUMNS)])
    key.agent = Agent.from_db(
        connection.alias, _AGENT_COLUMNS, row[len(_KEY_COLUMNS) :]
    )
    return key


def _named(name: str) -> Agent | None:
    if not re.fullmatch(AGENT_NAME, name):
        return None
    return Agent.objects.filter(name=name).first()


def _nobody() -> Agent:
    """Whom no signature fits; and were there one, paused."""
    return Agent(webhook_secret=_NOBODYS_SECRET, is_active=False)


def _require_active(agent: Agent) -> None:
    if not agent.is_active:
        raise Unauthenticated("This agent is paused; a person has to resume it.")


def _note_use(key: AgentKey) -> None:
    """At most one write a minute for a key, however many requests race."""
    if key.last_used_at and timezone.now() - key.last_used_at < USE_IS_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_IS_NOTED_EVERY)
    with transaction.atomic():
        noted = AgentKey.objects.filter(stale, pk=key.pk).update(last_used_at=Now())
        # Of several first uses at once one finds the row as it was.
        if noted and key.last_used_at is None:
            registry.record_first_use(key)
