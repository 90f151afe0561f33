"""What does not fit together, brought about as it happens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from approvals import lifecycle
from approvals.models import ApprovalRequest, Permit
from tests.approvals.voting import cast_vote

OTHER = "sha256:" + "0" * 64


class Mismatches:
    """Makes one of each kind; ``ask`` and ``voter`` as in the fixtures."""

    def __init__(self, ask: Callable[..., ApprovalRequest], voter: User) -> None:
        self.ask, self.voter = ask, voter

    def approved(self, **members: Any) -> ApprovalRequest:
        approval = self.ask("one", **members)
        return cast_vote(approval, self.voter)

    def redeemed(self, **members: Any) -> ApprovalRequest:
        approval = self.approved(**members)
        lifecycle.redeem(approval.pk, agent=approval.agent, digest=approval.digest)
        return approval

    def fitting(self) -> ApprovalRequest:
        """Redeemed, and reported as it should be."""
        return self.report(self.redeemed())

    def lapsed(self, **members: Any) -> ApprovalRequest:
        approval = self.approved(**members)
        past = timezone.now() - timedelta(seconds=1)
        Permit.objects.filter(pk=approval.pk).update(expires_at=past)
        lifecycle.lapse_due()
        return approval

    def overdue(self, **members: Any) -> ApprovalRequest:
        approval = self.redeemed(**members)
        past = timezone.now() - timedelta(seconds=1)
        Permit.objects.filter(pk=approval.pk).update(outcome_due_at=past)
        lifecycle.mark_overdue()
        return approval

    def other_digest(self, **members: Any) -> ApprovalRequest:
        return self.report(self.redeemed(**members), digest=OTHER)

    def unredeemed(self, **members: Any) -> ApprovalRequest:
        return self.report(self.approved(**members))

    def report(self, approval: ApprovalRequest, **said: Any) -> ApprovalRequest:
        said = {"status": "succeeded", "digest": approval.digest, **said}
        lifecycle.report_outcome(approval.pk, agent=approval.agent, **said)
        return approval
