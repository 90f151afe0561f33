"""Standing approvals with limits."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from agents.models import Agent
from approvals.models.requests import ApprovalRequest


class Grant(models.Model):
    """Approve, and allow the like: proposed with a vote, in force with its quorum."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    origin = models.ForeignKey(
        ApprovalRequest, on_delete=models.PROTECT, related_name="proposed_grants"
    )
    """The request with whose approval it was given."""
    revision = models.PositiveIntegerField()
    """Of the origin, when it was proposed."""
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    # What it allows. Exactly these, null included; nothing else is the like.
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="grants")
    action = models.CharField(max_length=200)
    environment = models.CharField(max_length=64, null=True)  # noqa: DJ001
    resource = models.CharField(max_length=500, null=True)  # noqa: DJ001
    subject = models.CharField(max_length=200, null=True)  # noqa: DJ001
    conditions = models.JSONField()
    """One for each argument: a list of {argument, kind, value}."""
    tier = models.CharField(max_length=64)
    tier_rank = models.PositiveSmallIntegerField()
    """Nothing riskier is approved by it."""
    # How much it allows.
    max_uses = models.PositiveIntegerField()
    lasts = models.DurationField()
    sum_argument = models.CharField(max_length=200, blank=True)
    """The argument whose sum over all uses is limited; none when empty."""
    max_sum = models.DecimalField(max_digits=40, decimal_places=12, null=True)
    # Where it stands.
    granted_at = models.DateTimeField(null=True)
    """When its quorum was there; null while it is proposed, and where it never was."""
    granted_by = ArrayField(models.CharField(max_length=150), default=list)
    expires_at = models.DateTimeField(null=True)
    uses = models.PositiveIntegerField(default=0)
    spent = models.DecimalField(max_digits=40, decimal_places=12, default=0)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(uses__lte=F("max_uses")), name="grant_uses_are_limited"
            ),
            models.CheckConstraint(
                condition=Q(max_sum=None) | Q(spent__lte=F("max_sum"), spent__gte=0),
                name="grant_sum_is_limited",
            ),
            models.CheckConstraint(
                condition=Q(max_sum=None, sum_argument="")
                | (Q(max_sum__isnull=False) & ~Q(sum_argument="")),
                name="grant_sum_names_its_argument",
            ),
            models.CheckConstraint(
                condition=Q(granted_at=None, expires_at=None, uses=0)
                | Q(granted_at__isnull=False, expires_at__isnull=False),
                name="grant_expires_once_granted",
            ),
        )
        indexes = (
            # lifecycle.grants: what may cover a new request of this agent.
            models.Index(
                fields=["agent", "action"],
                condition=Q(granted_at__isnull=False, revoked_at=None),
                name="grant_in_force",
            ),
            # The page of grants: last granted first.
            models.Index(
                F("granted_at").desc(),
                condition=Q(granted_at__isnull=False),
                name="grant_granted",
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} ({self.id})"
