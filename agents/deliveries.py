"""What was sent to agents and what came back, as staff looks through it. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from uuid import UUID

from django.db.models import QuerySet

from agents.models import Agent, Delivery, DeliveryAttempt

PAGE = 50
COUNT_LIMIT = 1000
"""Beyond this a tab's number is shown as "more than"."""
HEALTH_OF = 100
"""Deliveries that an endpoint's health is computed of."""

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Page:
    """Deliveries, last first, and the id that the page after them begins below."""

    rows: list[Delivery]
    next: UUID | None


@dataclass(frozen=True, slots=True)
class Health:
    """How an agent's endpoint answered its last deliveries."""

    finished: int
    delivered: int
    median_ms: int | None
    """Of the attempts that delivered; None where none did."""


def page(
    *, state: str = "", agent: Agent | None = None, before: UUID | None = None
) -> Page:
    """Deliveries in a state, "" for any, of an agent or of all."""
    found = _of(agent).select_related("agent").defer("body")
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: PAGE + 1])
    return Page(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None)


def counts(agent: Agent | None = None) -> Mapping[str, int]:
    """How many wait and how many failed; no more than COUNT_LIMIT + 1 are counted."""
    return {
        str(state): _of(agent).filter(state=state)[: COUNT_LIMIT + 1].count()
        for state in (State.PENDING, State.DEAD)
    }


def dead(agent: Agent | None, limit: int) -> list[Delivery]:
    """What failed for good and can be sent again, last first."""
    found = _of(agent).filter(state=State.DEAD).exclude(body="").select_related("agent")
    return list(found.order_by("-pk")[:limit])


def health(agent: Agent) -> Health:
    """Of its last HEALTH_OF deliveries."""
    last = list(agent.deliveries.order_by("-pk").values_list("pk", "state")[:HEALTH_OF])
    delivered = [pk for pk, state in last if state == State.DELIVERED]
    took = DeliveryAttempt.objects.filter(
        delivery__in=delivered, status__range=(200, 299)
    ).values_list("duration_ms", flat=True)
    return Health(
        finished=sum(state != State.PENDING for _, state in last),
        delivered=len(delivered),
        median_ms=round(median(took)) if took else None,
    )


def _of(agent: Agent | None) -> QuerySet[Delivery]:
    return Delivery.objects.all() if agent is None else agent.deliveries.all()
