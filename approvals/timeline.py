"""What happened to one request, in order: audit entries and deliveries. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.models import Delivery
from approvals.models import ApprovalRequest
from audit.actions import Action
from audit.models import Entry
from audit.payloads import revealed

LIMIT = 200
"""Entries shown; a request has a handful, beside who looked at it."""


_KINDS = {
    Action.REQUEST_EDITED: "edited",
    Action.REQUEST_ASKED: "question",
    Action.REQUEST_REPLIED: "question",
    Action.PERMIT_REVOKED: "denied",
    Action.PERMIT_REDEMPTION_REFUSED: "denied",
    Action.OUTCOME_FOR_OTHER_DIGEST: "denied",
    Action.OUTCOME_WITHOUT_REDEMPTION: "denied",
    Action.OUTCOME_OVERDUE: "expired",
    Action.PERMIT_LAPSED: "expired",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line; ``quote`` is what somebody wrote, shown as their text."""

    at: datetime
    kind: str
    who: str
    what: str
    quote: str = ""
    anchor: str = ""
    """Names it in links for ever: ``e`` and which of the request's entries it is.

    Entries are only ever added, and at the end.
    """


def timeline(approval: ApprovalRequest) -> list[Event]:
    """The events of one request, first to last, in four queries."""
    subject = {"subject_type": "request", "subject_id": str(approval.pk)}
    told = Entry.objects.filter(**subject).exclude(action=Action.REQUEST_VIEWED)
    entries = list(told.order_by("id")[:LIMIT])
    deliveries = Delivery.objects.filter(subject_id=str(approval.pk))
    data = revealed(entries)
    events = [
        _from_entry(entry, data[entry.pk], number)
        for number, entry in enumerate(entries, 1)
    ]
    for delivery in deliveries.prefetch_related("attempts").order_by("id")[:LIMIT]:
        events += _from_delivery(delivery)
    return sorted(events, key=lambda event: event.at)


def _from_entry(entry: Entry, data: Mapping[str, Any], number: int) -> Event:
    match entry.action:
        case Action.REQUEST_SUBMITTED:
            kind, what = (
                "asked",
                f"asked; policy {data.get('policy_version')} judged it",
            )
        case Action.REQUEST_VOTED:
            kind = "approved" if data.get("verdict") == "approve" else "denied"
            what = _vote(data)
        case Action.REQUEST_DECIDED:
            kind, what = str(data.get("state")), _decision(data)
        case action:
            kind, what = _other(action, data)
    quote = "" if entry.action == Action.REQUEST_DECIDED else _quote(data)
    return Event(entry.at, kind, entry.actor_name, what, quote, f"e{number}")


def _other(action: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and words of what is neither asked, voted nor decided."""
    to = data.get("to") or "nobody"
    words = {
        Action.REQUEST_VOTE_WITHDRAWN: f"took back the vote to {data.get('verdict')}",
        Action.REQUEST_EDITED: f"changed it: revision {data.get('revision')}",
        Action.REQUEST_JUDGED_ANEW: (
            f"policy {data.get('policy_version')} judged it anew: {data.get('tier')}"
        ),
        Action.REQUEST_ASKED: "asked the agent",
        Action.REQUEST_REPLIED: "answered, and claims",
        Action.REQUEST_CLAIMED: "looks at it" if data.get("to") else "stopped looking",
        Action.REQUEST_ASSIGNED: f"assigned it to {to}",
        Action.REQUEST_ERASED: "erased what was written in it",
        Action.HOLD_PLACED: f"placed a legal hold: {data.get('reference')}",
        Action.HOLD_LIFTED: f"lifted the legal hold: {data.get('reference')}",
        Action.REQUEST_ESCALATED: "let further groups decide",
        Action.REQUEST_DEADLINE_MOVED: "gave back the time under the brake",
        Action.PERMIT_REDEEMED: "redeemed the permit",
        Action.PERMIT_REDEMPTION_REFUSED: "was refused redemption",
        Action.PERMIT_REVOKED: "revoked the permit",
        Action.PERMIT_LAPSED: "closed the permit: nobody used it in time",
        Action.OUTCOME_REPORTED: f"says it {data.get('status')}",
        Action.OUTCOME_OVERDUE: "noted that no outcome was reported in time",
        Action.OUTCOME_FOR_OTHER_DIGEST: "noted an outcome for another digest",
        Action.OUTCOME_WITHOUT_REDEMPTION: "noted an outcome without redemption",
    }
    return _KINDS.get(Action(action), "other"), words.get(Action(action), action)


def _vote(data: Mapping[str, Any]) -> str:
    grant = " and agreed to the standing approval" if data.get("grant") else ""
    signed = ", signed by passkey" if data.get("passkey") else ""
    others = len((data.get("bulk") or {}).get("with", ()))
    together = f", at once with {others} other{'s'[: others != 1]}" if others else ""
    return f"voted to {data.get('verdict')}{grant}{signed}{together}"


def _decision(data: Mapping[str, Any]) -> str:
    people = ", ".join(data.get("decided_by") or ())
    state = data.get("state")
    match data.get("source"):
        case "reviewer":
            return f"settled it: {state} by {people}"
        case "policy":
            return f"{state} it at once by policy"
        case "timeout":
            return "denied it: nobody decided in time"
        case "agent":
            return "took it back"
        case "grant":
            return f"approved it by {people}"
        case "brake":
            return "denied it: the brake is on"
        case source:
            return f"settled it: {state} ({source})"


def _quote(data: Mapping[str, Any]) -> str:
    return str(data.get("message") or "")


def _from_delivery(delivery: Delivery) -> list[Event]:
    events = [Event(delivery.created_at, "sent", "Callback", f"{delivery.type} queued")]
    for attempt in delivery.attempts.all():
        answer = f"status {attempt.status}" if attempt.status else attempt.error
        what = f"{delivery.type}, attempt {attempt.number}: {answer}"
        what += f", {attempt.duration_ms:,} ms"
        events.append(Event(attempt.started_at, "sent", "Callback", what))
    if delivery.finished_at:
        end = "given up" if delivery.state == Delivery.State.DEAD else delivery.state
        what = f"{delivery.type} {end}"
        events.append(Event(delivery.finished_at, "sent", "Callback", what))
    return events
