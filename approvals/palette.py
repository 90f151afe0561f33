"""Where somebody can go by name: agents and the newest requests. Reads only."""

from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from agents.models import Agent
from approvals.access import visible_to
from approvals.render import visible_text

AGENTS = 100
REQUESTS = 30
_LONGEST = 120
"""Characters of an action's or a resource's name; more is said to be more."""


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the palette: plain text, hidden characters as marks."""

    words: str
    detail: str
    address: str


def places_for(user: User) -> dict[str, list[dict[str, Any]]]:
    """``agents`` (for staff, whose pages they are) and ``requests``, as JSON."""
    return {
        "agents": [asdict(place) for place in _agents(user)],
        "requests": [asdict(place) for place in _requests(user)],
    }


def _agents(user: User) -> list[Place]:
    if not user.is_staff:
        return []
    names = Agent.objects.order_by("name").values_list("name", flat=True)[:AGENTS]
    return [Place(name, "", reverse("agents:detail", args=[name])) for name in names]


def _requests(user: User) -> list[Place]:
    # Ids are in the order of time: the newest, by the primary key alone.
    newest = visible_to(user).order_by("-id")
    shown = newest.only("action", "resource", "state", "agent__name")[:REQUESTS]
    return [
        Place(
            " on ".join(_short(name) for name in (one.action, one.resource) if name),
            f"{one.state} · {one.agent.name}",
            reverse("approvals:request", args=[one.pk]),
        )
        for one in shown
    ]


def _short(name: str) -> str:
    text = visible_text(name)
    hidden = len(text) - _LONGEST
    return f"{text[:_LONGEST]}… ({hidden} more)" if hidden > 0 else text
