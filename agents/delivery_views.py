"""The delivery log, for staff: what went to callbacks, what came back."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agents import deliveries, outbox
from agents.models import Agent, Delivery
from agents.views import StaffRequest, for_staff
from audit.actions import Action
from audit.log import person, record

MOST_AT_ONCE = 100
"""Failed deliveries that one press sends again."""


@require_safe
@for_staff
def show_deliveries(request: StaffRequest) -> HttpResponse:
    """All of them or those in one state, of one agent or of all; last first."""
    state, agent = _asked(request)
    page = deliveries.page(state=state, agent=agent, before=_before(request))
    counts = deliveries.counts(agent)
    context = {
        "page": page,
        "is_first": "before" not in request.GET,
        "tabs": _tabs(state, agent, counts),
        "state": state,
        "agent": agent,
        "query": _query(state, agent),
        "agents": Agent.objects.order_by("name").values_list("name", flat=True),
        "health": deliveries.health(agent) if agent else None,
        "health_of": deliveries.HEALTH_OF,
        "failed": min(counts[Delivery.State.DEAD], MOST_AT_ONCE),
        "is_more": counts[Delivery.State.DEAD] > MOST_AT_ONCE,
        "max_attempts": len(outbox.SCHEDULE),
    }
    return render(request, "agents/deliveries.html", context)


@require_safe
@for_staff
def show_delivery(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """One delivery with all its attempts."""
    return _show(request, _find(delivery_id))


@require_POST
@for_staff
@transaction.atomic(durable=True)
def reveal(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """The same with its body, which says what an agent asked: it is recorded."""
    delivery = _find(delivery_id)
    record(
        Action.DELIVERY_VIEWED,
        actor=person(request.user),
        subject=("delivery", str(delivery.pk)),
        data={"agent": delivery.agent.name, delivery.about: delivery.subject_id},
    )
    return _show(request, delivery, body=_readable(delivery.body), is_open=True)


@require_POST
@for_staff
def send_again(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """Try a dead delivery again."""
    delivery = _find(delivery_id)
    try:
        outbox.replay(delivery, actor=person(request.user))
    except outbox.NotDead as error:
        return _show(request, _find(delivery_id), problem=str(error), status=409)
    messages.success(request, f"{delivery.type} is on its way again.")
    return redirect("agents:delivery", delivery_id)


@require_POST
@for_staff
def send_all_again(request: StaffRequest) -> HttpResponse:
    """Try what failed again, the last MOST_AT_ONCE; each for itself."""
    _, agent = _asked(request)
    sent = 0
    for delivery in deliveries.dead(agent, MOST_AT_ONCE):
        try:
            outbox.replay(delivery, actor=person(request.user))
        except outbox.NotDead:
            continue  # Somebody else was quicker.
        sent += 1
    messages.success(
        request,
        f"{sent} {'delivery is' if sent == 1 else 'deliveries are'} on the way.",
    )
    query = _query(Delivery.State.PENDING, agent)
    return redirect(f"{reverse('agents:deliveries')}?{query}")


def _find(delivery_id: UUID) -> Delivery:
    found = Delivery.objects.select_related("agent").prefetch_related("attempts")
    return get_object_or_404(found, pk=delivery_id)


def _show(
    request: StaffRequest, delivery: Delivery, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"delivery": delivery, "max_attempts": len(outbox.SCHEDULE), **more}
    return render(request, "agents/delivery.html", context, status=status)


def _asked(request: HttpRequest) -> tuple[str, Agent | None]:
    """State and agent of the address; 404 for what there is none of."""
    asked = request.POST if request.method == "POST" else request.GET
    state, name = asked.get("state", ""), asked.get("agent", "")
    if state and state not in Delivery.State.values:
        raise Http404
    return state, get_object_or_404(Agent, name=name) if name else None


def _before(request: HttpRequest) -> UUID | None:
    if "before" not in request.GET:
        return None
    try:
        return UUID(request.GET["before"])
    except ValueError:
        raise Http404 from None


def _tabs(
    state: str, agent: Agent | None, counts: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Words, number, address and whether it is the one that is shown."""
    words = {
        "": "All",
        Delivery.State.PENDING: "On their way",
        Delivery.State.DEAD: "Failed",
        Delivery.State.DELIVERED: "Delivered",
    }
    return [
        {
            "words": said,
            "number": counts.get(value),
            "is_capped": counts.get(value, 0) > deliveries.COUNT_LIMIT,
            "query": _query(value, agent),
            "is_here": value == state,
        }
        for value, said in words.items()
    ]


def _query(state: str, agent: Agent | None) -> str:
    members = {"state": str(state), "agent": agent.name if agent else ""}
    return urlencode({name: value for name, value in members.items() if value})


def _readable(body: str) -> str:
    """Line by line; what is sent has no spaces."""
    if not body:
        return ""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
