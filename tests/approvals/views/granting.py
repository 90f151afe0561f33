"""Tiers that allow grants, and forms as the pages of grants would send them."""

import re
import time
from dataclasses import replace
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from approvals.access import tier_of
from approvals.forms import Shown
from approvals.grant_forms import TermsForm, preview_shown
from approvals.models import ApprovalRequest, Grant

TIERS = (
    """
default_tier: one
tiers:
  none: {rank: 10, route: auto}
  one:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    grants: {max_uses: 50, max_duration: 7d}
  sum:
    rank: 21
    route: review
    requirements: [{group: reviewers, count: 1}]
    grants: {max_uses: 5, max_duration: 90m, max_sum: 1000}
  two:
    rank: 30
    route: review
    requirements: [{group: reviewers, count: 2}]
    reason_required: always
    grants: {max_uses: 10, max_duration: 1d}
  typed:
    rank: 31
    route: review
    requirements: [{group: dba, count: 1}]
    confirmation: type_target
    grants: {max_uses: 10, max_duration: 1d}
  viewed:
    rank: 34
    route: review
    requirements: [{group: reviewers, count: 1}]
    must_view: true
    grants: {max_uses: 10, max_duration: 1d}
  passkey:
    rank: 32
    route: review
    requirements: [{group: reviewers, count: 1}]
    step_up: passkey
    grants: {max_uses: 10, max_duration: 1d}
  signed-in:
    rank: 33
    route: review
    requirements: [{group: reviewers, count: 1}]
    step_up: recent_login
    grants: {max_uses: 10, max_duration: 1d}
  never-the-like:
    rank: 40
    route: review
    requirements: [{group: reviewers, count: 1}]
rules:
"""
    + "".join(
        f'  - {{key: tier-{name}, when: action.name == "{name}", tier: {name}}}\n'
        for name in ("none", "sum", "two", "typed", "viewed", "passkey", "signed-in")
    )
    + (
        '  - {key: tier-never, when: action.name == "never-the-like", '
        "tier: never-the-like}\n"
        '  - {key: riskier, when: action.environment == "risky", tier: two}\n'
    )
)


def filled(approval: ApprovalRequest, **changes: Any) -> dict[str, Any]:
    """What the page's form sends; ``changes``: what somebody typed, - as __."""
    caps = tier_of(approval).grants
    assert caps is not None
    data = TermsForm(approval, caps).defaults()
    data = {name: "" if value is None else value for name, value in data.items()}
    data |= {"revision": approval.revision, "digest": approval.digest}
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


def seen(
    approval: ApprovalRequest, person: User, *, age: float = 5, **changes: Any
) -> dict[str, Any]:
    """The same, ``age`` seconds after a page had previewed exactly these terms."""
    data = filled(approval, **changes)
    shown = replace(shown_for(approval, person, data), at=time.time() - age)
    return data | {"verdict": "approve", "view": shown.sealed()}


def shown_for(approval: ApprovalRequest, person: User, data: dict[str, Any]) -> Shown:
    caps = tier_of(approval).grants
    assert caps is not None
    form = TermsForm(approval, caps, data)
    assert form.is_valid(), form.errors
    return preview_shown(approval, person, form.terms())


def give(
    client: Client, approval: ApprovalRequest, person: User, **changes: Any
) -> Grant:
    """A grant, given through the page."""
    answer = client.post(f"/r/{approval.id}/grant", seen(approval, person, **changes))
    assert answer.status_code == 302, words_of(answer)
    return Grant.objects.get(origin=approval)


def words_of(answer: Any) -> str:
    """The page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", answer.text)).split())
