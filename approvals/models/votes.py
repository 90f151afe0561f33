"""What people said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from approvals.models.grants import Grant
from approvals.models.requests import ApprovalRequest


class Vote(models.Model):
    """One person's approve or deny of one revision."""

    class Verdict(models.TextChoices):
        APPROVE = "approve"
        DENY = "deny"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.PROTECT, related_name="votes"
    )
    voter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="votes"
    )
    verdict = models.CharField(max_length=7, choices=Verdict)
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=71)
    message = models.TextField(blank=True)
    reason_code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    """Set when its voter took it back before the decision."""
    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, null=True, related_name="votes"
    )
    """The standing approval that this vote agrees to as well."""
    nonce = models.CharField(max_length=64, null=True)  # noqa: DJ001
    """What the passkey's challenge was made of; null where none was asked for."""
    assertion = models.JSONField(null=True)
    """The WebAuthn assertion, as evidence: everything its signature covers."""
    lot = models.UUIDField(null=True)
    """With which others it was cast by one gesture; null for a vote by itself."""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["approval", "voter", "revision"],
                condition=Q(withdrawn_at=None),
                name="one_vote_per_person_and_revision",
            ),
            # The same assertion is never good for a second vote.
            models.UniqueConstraint(fields=["nonce"], name="assertion_counts_once"),
            models.CheckConstraint(
                condition=Q(verdict__in=("approve", "deny")), name="vote_is_known"
            ),
            # What is sent twice is one lot, even where its vote was withdrawn since.
            models.UniqueConstraint(
                fields=["approval", "voter", "lot"],
                condition=Q(lot__isnull=False),
                name="one_vote_per_lot_and_request",
            ),
        )

    def __str__(self) -> str:
        return f"{self.voter_id}: {self.verdict}"

    @property
    def approves(self) -> bool:
        return self.verdict == self.Verdict.APPROVE
