"""What an approval is good for, and what became of it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from approvals.models.requests import ApprovalRequest
from approvals.states import PermitState


class Permit(models.Model):
    """Signed, single-use proof of an approval, bound to its digest."""

    approval = models.OneToOneField(
        ApprovalRequest,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="permit",
    )
    token = models.TextField()
    """Compact JWS, Ed25519."""
    state = models.CharField(
        max_length=8,
        choices=[(s, s.value) for s in PermitState],
        default=PermitState.ISSUED,
    )
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    """When it was redeemed, revoked or lapsed."""
    outcome_due_at = models.DateTimeField(null=True)
    """Until when the agent must say what happened; null once it did, or need not."""
    overdue_at = models.DateTimeField(null=True)
    """When it was noticed that the agent said nothing in time."""

    class Meta:
        constraints = (
            # Invariant 5: it leaves ``issued`` once, and when is known.
            models.CheckConstraint(
                condition=Q(state=PermitState.ISSUED, closed_at=None)
                | (~Q(state=PermitState.ISSUED) & Q(closed_at__isnull=False)),
                name="permit_closed_unless_issued",
            ),
            models.CheckConstraint(
                condition=Q(state__in=list(PermitState)), name="permit_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome_due_at=None) | Q(state=PermitState.REDEEMED),
                name="outcome_due_only_after_redemption",
            ),
        )
        indexes = (
            # lifecycle.lapse_due: permits that nobody used in time.
            models.Index(
                fields=["expires_at"],
                condition=Q(state=PermitState.ISSUED),
                name="permit_unused",
            ),
            # lifecycle.mark_overdue: outcomes that nobody reported in time.
            models.Index(
                fields=["outcome_due_at"],
                condition=Q(outcome_due_at__isnull=False, overdue_at=None),
                name="permit_outcome_due",
            ),
            # reconciliation: approved and never redeemed, last first.
            models.Index(
                fields=["-closed_at"],
                condition=Q(state=PermitState.LAPSED),
                name="permit_lapsed",
            ),
            # reconciliation: redeemed without an outcome, last first.
            models.Index(
                fields=["-overdue_at"],
                condition=Q(overdue_at__isnull=False),
                name="permit_overdue",
            ),
        )

    def __str__(self) -> str:
        return f"permit of {self.approval_id}"

    def state_at(self, now: datetime) -> PermitState:
        """Past its expiry it has lapsed, whether or not the sweeper wrote it yet."""
        if self.state == PermitState.ISSUED and now >= self.expires_at:
            return PermitState.LAPSED
        return PermitState(self.state)


class Outcome(models.Model):
    """What the agent says happened; a claim, flagged where it does not fit."""

    class Status(models.TextChoices):
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    approval = models.OneToOneField(
        ApprovalRequest,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="outcome",
    )
    status = models.CharField(max_length=9, choices=Status)
    digest = models.CharField(max_length=71)
    """Of the action that the agent says it carried out."""
    detail = models.TextField(blank=True)
    reported_at = models.DateTimeField()
    other_digest = models.BooleanField()
    """It speaks of another action than the one that was asked for."""
    unredeemed = models.BooleanField()
    """It speaks of something that was done without redeeming a permit."""

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("succeeded", "failed")),
                name="outcome_is_known",
            ),
        )
        indexes = (
            # reconciliation: outcomes for another digest, last first.
            models.Index(
                fields=["-reported_at"],
                condition=Q(other_digest=True),
                name="outcome_other_digest",
            ),
            # reconciliation: outcomes without redemption, last first.
            models.Index(
                fields=["-reported_at"],
                condition=Q(unredeemed=True),
                name="outcome_unredeemed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.approval_id} {self.status}"
