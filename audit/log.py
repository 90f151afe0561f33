"""The only door into the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from audit.actions import Action
from audit.merkle import leaf_hash
from audit.models import Entry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as it is written down: a person, an agent or the system."""

    type: str
    id: str
    name: str


SYSTEM = Actor(type="system", id="countersign", name="Countersign")
COMMAND_LINE = Actor(type="system", id="command-line", name="command line")


def person(user: AbstractBaseUser) -> Actor:
    """A signed-in person as actor."""
    return Actor(type="user", id=str(user.pk), name=user.get_username())


def record(
    action: Action,
    *,
    actor: Actor,
    subject: tuple[str, str],
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """Write one entry; ``subject`` is (type, id), ``data`` a snapshot as JSON.

    Raises RuntimeError outside a transaction: a fact and its entry are stored
    together or not at all. Raises ``rfc8785.CanonicalizationError`` for data
    that is not JSON.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{action} must be recorded inside its fact's transaction")
    entry = Entry(
        at=timezone.now(),
        action=action,
        actor_type=actor.type,
        actor_id=actor.id,
        actor_name=actor.name,
        subject_type=subject[0],
        subject_id=subject[1],
        data=dict(data or {}),
    )
    entry.canonical = entry.canonical_bytes()
    entry.leaf_hash = leaf_hash(entry.canonical)
    entry.save(force_insert=True)
    return entry
