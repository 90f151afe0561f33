"""Votes of people, past the pages."""

from typing import Any

from django.contrib.auth.models import User

from approvals import lifecycle
from approvals.models import ApprovalRequest


def cast_vote(
    approval: ApprovalRequest, person: User, verdict: str = "approve", **more: Any
) -> ApprovalRequest:
    """Somebody's vote on the revision and digest that ``approval`` was read with."""
    seen = {"revision": approval.revision, "digest": approval.digest, **more}
    return lifecycle.vote(approval.pk, actor=person, verdict=verdict, **seen)
