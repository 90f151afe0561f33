"""Published policies, what somebody writes at, and what waits for a second person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7


class Policy(models.Model):
    """One published version of tiers and rules; the database refuses changes."""

    version = models.PositiveIntegerField(primary_key=True)
    source = models.TextField()
    """The YAML document, as it was published."""
    digest = models.CharField(max_length=71)
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    """Its author; where a second person confirmed it, who proposed it."""
    reason = models.TextField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    """The second person; null where none was needed."""
    confirmation = models.TextField(blank=True, default="")
    """Why the second person agreed."""

    class Meta:
        ordering = ("-version",)
        verbose_name_plural = "policies"
        permissions = (("publish_policy", "Can write and publish policies"),)
        constraints = (
            # Two accounts of one human are caught by approvals.proposals.
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("published_by")),
                name="policy_is_confirmed_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"policy {self.version}"


class PolicyDraft(models.Model):
    """What one person writes at; in force nowhere, and shown to nobody else."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
    )
    source = models.TextField(blank=True)
    """Whatever was typed: it need not be a policy yet."""
    based_on = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    """The version in force when it was begun, or that it was begun from."""
    edition = models.UUIDField(default=uuid7)
    """Another one with every save, so that a page can say what it was made from."""
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft of {self.owner_id}"


class PolicyProposal(models.Model):
    """A policy that may lower risk, and waits for a second person's word."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.TextField()
    digest = models.CharField(max_length=71)
    based_on = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    """What was in force; when something else is, it can only be refused."""
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    reason = models.TextField()
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    """Empty while it waits."""
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True)
    published = models.OneToOneField(
        Policy, on_delete=models.PROTECT, null=True, related_name="proposal"
    )
    """The version that it became."""

    class Meta:
        ordering = ("-id",)
        constraints = (
            # A second proposal of somebody would hide which one they stand for.
            models.UniqueConstraint(
                fields=["proposed_by"],
                condition=Q(outcome=""),
                name="one_open_proposal_each",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="confirmed", decided_by=F("proposed_by")),
                name="proposal_is_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome="", decided_at=None, decided_by=None, published=None
                )
                | Q(
                    outcome="refused",
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    published=None,
                )
                | Q(
                    outcome="confirmed",
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    published__isnull=False,
                ),
                name="proposal_is_decided_as_a_whole",
            ),
        )

    def __str__(self) -> str:
        return f"proposal {self.id}"
