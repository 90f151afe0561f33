"""What is asked and what people said. Every constraint lives here."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from agents.models import Agent, AgentKey
from approvals.states import Source, State


class NextChange(Func):
    """The next number of the sequence that orders every change of a request."""

    template = "nextval('approvals_change')"
    output_field = models.BigIntegerField()


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
    reason = models.TextField()

    class Meta:
        ordering = ("-version",)
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return f"policy {self.version}"


class ApprovalRequest(models.Model):
    """An agent asks to be allowed one action; reaches one terminal decision."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="requests")
    key = models.ForeignKey(
        AgentKey, on_delete=models.PROTECT, null=True, related_name="+"
    )
    """The key it came in with; null for a signed webhook."""
    # What would run. ``canonical`` is what the digest covers and what everything
    # else is drawn from; the four columns repeat it for search.
    canonical = models.TextField()
    """RFC 8785 JSON of the action: text, because jsonb has no U+0000."""
    digest = models.CharField(max_length=71)
    revision = models.PositiveIntegerField(default=1)
    action = models.CharField(max_length=200)
    environment = models.CharField(max_length=64, null=True)  # noqa: DJ001
    resource = models.CharField(max_length=500, null=True)  # noqa: DJ001
    subject = models.CharField(max_length=200, null=True)  # noqa: DJ001
    # What the agent says of it: claims, never interpreted.
    summary = models.CharField(max_length=280, null=True)  # noqa: DJ001
    justification = models.CharField(max_length=4000, null=True)  # noqa: DJ001
    session = models.CharField(max_length=200, null=True)  # noqa: DJ001
    evidence = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    # What we found and what policy said.
    findings = models.JSONField(default=list)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    tier = models.CharField(max_length=64)
    tier_rank = models.PositiveSmallIntegerField()
    route = models.CharField(max_length=6)
    reasons = models.JSONField(default=list)
    # Where it stands. Only lifecycle writes these.
    state = models.CharField(
        max_length=9, choices=[(s, s.value) for s in State], default=State.PENDING
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decision_source = models.CharField(max_length=8, blank=True)
    decision_message = models.TextField(blank=True)
    decision_reason_code = models.CharField(max_length=64, blank=True)
    decided_by = ArrayField(models.CharField(max_length=150), default=list)
    change = models.BigIntegerField(db_default=NextChange())
    """Number of the last change, unique over all requests; live updates carry it."""

    class Meta:
        ordering = ("-id",)
        constraints = (
            # Invariant 1: a decision is there exactly when the state is terminal.
            models.CheckConstraint(
                condition=Q(state=State.PENDING, decided_at=None, decision_source="")
                | (
                    Q(decided_at__isnull=False, decision_source__in=list(Source))
                    & Q(
                        state__in=[
                            State.APPROVED,
                            State.DENIED,
                            State.EXPIRED,
                            State.CANCELLED,
                        ]
                    )
                ),
                name="decided_exactly_when_terminal",
            ),
            models.CheckConstraint(
                condition=Q(route__in=("auto", "review", "block")),
                name="route_is_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="expires_after_creation",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^sha256:[0-9a-f]{64}$"),
                name="digest_is_sha256",
            ),
            # live.Hub catches up by this number.
            models.UniqueConstraint(fields=["change"], name="change_is_unique"),
        )
        indexes = (
            # queue.pending: riskiest first, then what runs out first.
            models.Index(
                F("tier_rank").desc(),
                "expires_at",
                "id",
                condition=Q(state=State.PENDING),
                name="request_queue",
            ),
            # lifecycle.expire_due: deadlines that have passed.
            models.Index(
                fields=["expires_at"],
                condition=Q(state=State.PENDING),
                name="request_deadline",
            ),
            # queue.history: last decided first.
            models.Index(
                F("decided_at").desc(),
                F("id").desc(),
                condition=~Q(state=State.PENDING),
                name="request_history",
            ),
            # api.list_requests: an agent's own, newest first.
            models.Index(fields=["agent", "-id"], name="request_by_agent"),
            models.Index(fields=["agent", "state", "-id"], name="request_by_state"),
            models.Index(
                fields=["agent", "session", "-id"],
                condition=Q(session__isnull=False),
                name="request_by_session",
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} ({self.id})"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that the digest covers."""
        arguments: dict[str, Any] = json.loads(self.canonical)["arguments"]
        return arguments

    @property
    def is_pending(self) -> bool:
        return self.state == State.PENDING


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

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["approval", "voter", "revision"],
                name="one_vote_per_person_and_revision",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=("approve", "deny")), name="vote_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.voter_id}: {self.verdict}"


class Permit(models.Model):
    """Signed, single-use proof of an approval, bound to its digest."""

    class State(models.TextChoices):
        ISSUED = "issued"
        LAPSED = "lapsed"

    approval = models.OneToOneField(
        ApprovalRequest,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="permit",
    )
    token = models.TextField()
    """Compact JWS, Ed25519."""
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"permit of {self.approval_id}"

    def state_at(self, now: datetime) -> State:
        return self.State.ISSUED if now < self.expires_at else self.State.LAPSED


class IdempotentCall(models.Model):
    """An agent's POST that was carried out, so that it is not carried out again."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of the call's name and body."""
    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.CASCADE, related_name="+"
    )
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
