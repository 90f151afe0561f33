"""Deliveries as they are after some attempts."""

from django.db import transaction
from django.utils import timezone

from agents import outbox
from agents.models import Agent, Delivery
from agents.outbox import Attempt

SUBJECT = "01990000-0000-7000-8000-000000000000"


def send(agent: Agent, *attempts: Attempt, type: str = "request.approved") -> Delivery:
    with transaction.atomic():
        delivery = outbox.enqueue(
            agent=agent, type=type, data={"action": "x\u202ey"}, subject_id=SUBJECT
        )
    assert delivery is not None
    for attempt in attempts:
        delivery = outbox.record_attempt(delivery, attempt)
    return delivery


def died(response: str = "Gone\u202e fishing <b>") -> Attempt:
    return Attempt(
        started_at=timezone.now(),
        duration_ms=34,
        status=404,
        response=response,
        is_final=True,
    )


def arrived() -> Attempt:
    return Attempt(started_at=timezone.now(), duration_ms=12, status=204)
