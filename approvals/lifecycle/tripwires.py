"""Wires in the policy that engage a hold by themselves."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.models import Brake
from approvals import idempotency
from approvals.lifecycle import brakes
from approvals.models import ApprovalRequest
from approvals.policy import TripWire, Watch
from approvals.states import Source, State
from audit.log import SYSTEM


def on_request(
    approval: ApprovalRequest,
    wires: Iterable[TripWire],
    call: idempotency.Call | None,
) -> None:
    """Before a new request is stored: a wire that it trips holds it too."""
    watching = [wire for wire in wires if wire.watches is not Watch.DENIALS]
    if watching and (call is None or not idempotency.is_known(call)):
        _trip(approval, watching)


def on_denial(approval: ApprovalRequest, wires: Iterable[TripWire]) -> None:
    """After a request was denied."""
    if approval.decision_source != Source.BRAKE:
        _trip(approval, [wire for wire in wires if wire.watches is Watch.DENIALS])


def _trip(approval: ApprovalRequest, wires: Iterable[TripWire]) -> None:
    for wire in wires:
        scope, value, agent = _scope(approval, wire)
        if not _is_tripped(approval, wire, (scope, value, agent)):
            continue
        brakes.engage_brake(
            scope=scope,
            value=value,
            agent=agent,
            reason=f"Trip wire {wire.key}: {_words(wire)}.",
            actor=SYSTEM,
            trip_wire=wire.key,
        )


def _scope(approval: ApprovalRequest, wire: TripWire) -> tuple[Brake.Scope, str, str]:
    """A session's wire holds the agent where the request names no session."""
    name = approval.agent.name
    if wire.brakes == "session" and approval.session:
        return Brake.Scope.SESSION, approval.session, name
    return Brake.Scope.AGENT, name, ""


def _is_tripped(
    approval: ApprovalRequest, wire: TripWire, scope: tuple[str, str, str]
) -> bool:
    if wire.watches is Watch.CANARY:
        return any(fnmatchcase(approval.action, p) for p in wire.actions) or any(
            fnmatchcase(approval.resource or "", p) for p in wire.resources
        )
    since = _since(wire, scope)
    found = _watched(approval, wire, since)
    # A request is looked at before it is stored, a denial after.
    missing = wire.at_least - (wire.watches is not Watch.DENIALS)
    return found[: wire.at_least].count() >= missing


def _since(wire: TripWire, scope: tuple[str, str, str]) -> datetime:
    """The window begins anew when people have released what the wire engaged."""
    start = timezone.now() - timedelta(seconds=wire.within)
    kind, value, agent = scope
    last = (
        Brake.objects.filter(
            trip_wire=wire.key,
            scope=kind,
            value=value,
            agent=agent,
            released_at__gt=start,
        )
        .order_by("-released_at")
        .first()
    )
    return last.released_at if last and last.released_at else start


def _watched(
    approval: ApprovalRequest, wire: TripWire, since: datetime
) -> QuerySet[ApprovalRequest]:
    mine = Q(agent=approval.agent)
    if wire.brakes == "session" and approval.session:
        mine &= Q(session=approval.session)
    found = ApprovalRequest.objects.filter(mine).order_by()
    if wire.watches is Watch.DENIALS:
        denied = found.filter(state=State.DENIED, decided_at__gt=since)
        return denied.exclude(decision_source=Source.BRAKE)
    recent = found.filter(id__gte=_first_id(since), created_at__gt=since)
    if wire.watches is Watch.REPEATS:
        return recent.filter(digest=approval.digest)
    return recent


def _first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of its millisecond (RFC 9562), so that the index is used."""
    milliseconds = int(moment.timestamp() * 1000) - 1000
    return UUID(int=milliseconds << 80)


def _words(wire: TripWire) -> str:
    match wire.watches:
        case Watch.CANARY:
            return "a canary was touched"
        case Watch.REPEATS:
            return f"the same action {wire.at_least} times in {wire.within} s"
        case watched:
            return f"{wire.at_least} {watched} in {wire.within} s"
