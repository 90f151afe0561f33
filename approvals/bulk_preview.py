"""What deciding several requests at once would mean, on one page. Reads only."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from approvals import forms, queue, render
from approvals.access import tier_of
from approvals.bulk_candidates import NOT_THERE, SIGN_IN, Weighed, head_of, read, weigh
from approvals.bulk_forms import Chosen, new_lot
from approvals.bulk_shape import compared, sift
from approvals.models import ApprovalRequest
from approvals.queue import TierMark
from approvals.resource import votes_of


@dataclass(frozen=True, slots=True)
class Value:
    """One argument, whole."""

    name: str
    text: str
    is_json: bool
    size: str


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a lot, with what is different about it."""

    approval: ApprovalRequest
    tier: TierMark
    token: str
    values: tuple[Value, ...]
    """The arguments that not all have alike, in the order of their names."""
    findings: tuple[Mapping[str, Any], ...]
    """Those that not all have."""
    why_not_approve: str
    approvals: int
    denials: int
    places: int

    @property
    def facts(self) -> str:
        """Changes whenever what somebody decides on does."""
        found = self.approval
        return f"{found.state} {found.revision} {self.approvals} {self.denials}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A request that is not decided with the others, and why."""

    id: UUID
    approval: ApprovalRequest | None
    why: str

    @property
    def head(self) -> tuple[str, int]:
        return head_of(self.approval) if self.approval else ("", 0)


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything one person has to see before they decide several requests at once."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    more: int
    """How many further ones were selected, and not even looked at."""
    lot: str
    same: tuple[Value, ...]
    differing: tuple[str, ...]
    findings: tuple[Mapping[str, Any], ...]
    columns: frozenset[str]
    """Which of agent, resource, subject and tier are not alike in all of them."""

    @property
    def first(self) -> ApprovalRequest | None:
        """Stands for what all have in common."""
        return self.items[0].approval if self.items else None

    @property
    def may_approve(self) -> bool:
        return any(not item.why_not_approve for item in self.items)

    @property
    def needs_sign_in(self) -> bool:
        return any(left.why == SIGN_IN for left in self.left_out)

    @property
    def asks_reason(self) -> str:
        """The strictest of what their tiers say; empty where no reason is asked."""
        asked = {str(tier_of(item.approval).reason_required) for item in self.items}
        return next((word for word in ("always", "on_deny") if word in asked), "")


def preview(
    chosen: Sequence[Chosen], more: int, *, user: User, session: Mapping[str, Any]
) -> Preview:
    """What deciding ``chosen`` at once would mean, for this person and now."""
    found = read(user, [one.request for one in chosen])
    asked = {str(one.request): one.revision for one in chosen}
    weighed = weigh(found, asked, user, session)
    taken, left = sift(weighed.candidates)
    items = [found[key] for key in taken]
    left_out = [
        LeftOut(UUID(key), found.get(key), left.get(key, NOT_THERE))
        for key in asked
        if key not in taken
    ]
    both = compared([item.arguments for item in items]) if items else None
    findings = _in_all(items)
    return Preview(
        items=tuple(
            _items(items, both.differing if both else (), findings, weighed, user)
        ),
        left_out=tuple(left_out),
        more=more,
        lot=new_lot(user, (item.pk for item in items)).sealed(),
        same=tuple(_value(*pair) for pair in both.same.items()) if both else (),
        differing=both.differing if both else (),
        findings=findings,
        columns=_columns(items),
    )


def _items(
    approvals: Sequence[ApprovalRequest],
    differing: Sequence[str],
    findings: Sequence[Mapping[str, Any]],
    weighed: Weighed,
    user: User,
) -> Iterable[Item]:
    for approval in approvals:
        arguments, votes = (
            approval.arguments,
            votes_of(approval, standing=weighed.standing),
        )
        yield Item(
            approval=approval,
            tier=queue.tier_mark(approval),
            token=forms.shown_now(approval, user).sealed(),
            values=tuple(_value(name, arguments[name]) for name in differing),
            findings=tuple(one for one in approval.findings if one not in findings),
            why_not_approve=weighed.approve[str(approval.pk)].why_not,
            approvals=votes["approvals"],
            denials=votes["denials"],
            places=queue.places_of(approval),
        )


def _in_all(approvals: Sequence[ApprovalRequest]) -> tuple[Mapping[str, Any], ...]:
    """The findings that every one of them has."""
    first = approvals[0].findings if approvals else []
    written = [{_written(one) for one in other.findings} for other in approvals]
    return tuple(one for one in first if all(_written(one) in w for w in written))


def _written(finding: Mapping[str, Any]) -> str:
    return json.dumps(finding, sort_keys=True)


def _columns(approvals: Sequence[ApprovalRequest]) -> frozenset[str]:
    facts: dict[str, set[Any]] = {
        "agent": {approval.agent_id for approval in approvals},
        "resource": {approval.resource for approval in approvals},
        "subject": {approval.subject for approval in approvals},
        "tier": {(approval.policy_id, approval.tier) for approval in approvals},
    }
    return frozenset(name for name, found in facts.items() if len(found) > 1)


def _value(name: str, value: Any) -> Value:
    text = value if isinstance(value, str) else render.json_text(value)
    return Value(name, text, not isinstance(value, str), render.size_of(text))
