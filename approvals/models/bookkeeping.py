"""Calls that were carried out, loops that were seen, and who looks at what now."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from agents.models import Agent
from approvals.models.requests import ApprovalRequest


class IdempotentCall(models.Model):
    """An agent's POST that was carried out, so that it is not carried out again."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of the call's name and body."""
    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.CASCADE, null=True, related_name="+"
    )
    """What it was about; null for the brake."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["agent", "key"], name="one_call_per_idempotency_key"
            ),
        )
        # idempotency.forget_old.
        indexes = (models.Index(fields=["created_at"], name="idempotent_call_age"),)

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a background loop was last seen."""

    name = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Look(models.Model):
    """A browser that shows somebody a request now; gone, or old, once it does not."""

    socket = models.UUIDField(primary_key=True)
    """Of the browser's page; it shows one request at a time."""
    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.CASCADE, related_name="looks"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} at {self.approval_id}"
