"""The row that every writer locks first, and what every writer ends with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from agents import outbox
from agents.models import Brake
from approvals import live
from approvals.lifecycle.refusals import TextRefused
from approvals.models import ApprovalRequest
from approvals.resource import request_resource

MAX_MESSAGE = 4000
"""Characters somebody may write in one text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A request, and whether the same call was carried out before."""

    approval: ApprovalRequest
    replayed: bool = False
    brakes: Sequence[Brake] | None = None
    """Those that were in force and cover it, where they were just read."""


def locked(approval_id: UUID, **filters: Any) -> ApprovalRequest:
    """The request, its row locked until the transaction ends.

    Raises ``ApprovalRequest.DoesNotExist``.
    """
    return (
        ApprovalRequest.objects.select_for_update(of=("self",))
        .select_related("agent", "key")
        .get(pk=approval_id, **filters)
    )


def save(approval: ApprovalRequest, *fields: str) -> None:
    """Store ``fields``, number the change and tell of it once it is committed."""
    approval.change = _next_change()
    approval.save(update_fields=[*fields, "change"])
    live.changed(approval)


def tell_people(approval: ApprovalRequest) -> None:
    """Tell of a request as it was just stored."""
    live.changed(approval)


def tell_agent(
    approval: ApprovalRequest, event: str, *, now: datetime, is_new: bool = False
) -> None:
    """Put ``event`` on its way to the agent, with the request as it is now."""
    if outbox.has_callback(approval.agent):
        outbox.enqueue(
            agent=approval.agent,
            type=event,
            data=request_resource(approval, now=now, is_new=is_new),
            subject_id=str(approval.id),
        )


def subject_of(approval: ApprovalRequest) -> tuple[str, str]:
    """The subject of its audit entries."""
    return ("request", str(approval.id))


def checked_text(text: str, *, required: bool = False) -> str:
    """``text`` without white space around it; raises TextRefused."""
    text = text.strip()
    if required and not text:
        raise TextRefused("Write something first.")
    if len(text) > MAX_MESSAGE:
        raise TextRefused(f"At most {MAX_MESSAGE:,} characters, not {len(text):,}.")
    if "\x00" in text:
        raise TextRefused("The character U+0000 cannot be stored.")
    return text


def _next_change() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('approvals_change')")
        number: int = cursor.fetchone()[0]
    return number
