"""What is asked, in all its revisions, and what was asked back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from uuid_utils.compat import uuid7

from agents.brake import Target
from agents.models import Agent, AgentKey
from approvals.models.policies import Policy
from approvals.states import Source, State


class NextChange(Func):
    """The next number of the sequence that orders every change of a request."""

    template = "nextval('approvals_change')"
    output_field = models.BigIntegerField()


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
    impact = models.JSONField(default=dict)
    """What it would do (``risk.impact.Impact``); empty for requests of before 0.3."""
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    tier = models.CharField(max_length=64)
    tier_rank = models.PositiveSmallIntegerField()
    route = models.CharField(max_length=6)
    reasons = models.JSONField(default=list)
    window_values = models.JSONField(default=dict)
    """What each window of the policy held with it, by key; null: not measurable."""
    window_shares = models.JSONField(default=list)
    """What it added to windows, so that an edit can take it out (``windows.Share``)."""
    tier_floor = models.PositiveSmallIntegerField(default=0)
    """Rank of the first revision's tier: an edit never drops below it."""
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    """Who made this revision; null while it is the agent's own."""
    # Advice among people, no lock.
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # Where it stands. Only lifecycle writes these.
    state = models.CharField(
        max_length=9, choices=[(s, s.value) for s in State], default=State.PENDING
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    frozen_for = models.DurationField(default=timedelta(0))
    """How much of ``expires_at`` was given back for the time under a brake."""
    escalates_at = models.DateTimeField(null=True)
    """When further groups may decide; null where the tier has none."""
    escalated_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decision_source = models.CharField(max_length=8, blank=True)
    decision_message = models.TextField(blank=True)
    decision_reason_code = models.CharField(max_length=64, blank=True)
    decided_by = ArrayField(models.CharField(max_length=150), default=list)
    grant = models.ForeignKey(
        "approvals.Grant", on_delete=models.PROTECT, null=True, related_name="used_by"
    )
    """The standing approval that approved it."""
    held_at = models.DateTimeField(null=True)
    """Since when a legal hold forbids to erase it; the log says who placed it."""
    erased_at = models.DateTimeField(null=True)
    """When what was written in it was taken away."""
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
            # folding.folds: riskiest first, then what runs out first; with all that
            # folding and Desk.decidable look at, so that a list of thousands is read
            # from here alone.
            models.Index(
                F("tier_rank").desc(),
                "expires_at",
                "id",
                condition=Q(state=State.PENDING),
                include=("agent", "digest", "policy", "tier", "key", "escalates_at"),
                name="request_queue",
            ),
            # queue.row: what else waits that is equal to this.
            models.Index(
                fields=["digest"],
                condition=Q(state=State.PENDING),
                name="request_equal",
            ),
            # lifecycle.expire_due: deadlines that have passed; Desk._cells: all that
            # waits is counted from here alone.
            models.Index(
                fields=["expires_at"],
                condition=Q(state=State.PENDING),
                include=(
                    *("id", "policy", "tier", "agent", "key", "escalates_at"),
                    *("assigned_to", "claimed_by", "claimed_until"),
                ),
                name="request_deadline",
            ),
            # lifecycle.escalate_due: further groups may decide from now on.
            models.Index(
                fields=["escalates_at"],
                condition=Q(
                    state=State.PENDING, escalates_at__isnull=False, escalated_at=None
                ),
                name="request_escalation",
            ),
            # tripwires: how often this agent was denied lately.
            models.Index(
                fields=["agent", "decided_at"],
                condition=Q(state=State.DENIED),
                name="request_denials",
            ),
            # grants: what a grant would have covered lately.
            models.Index(fields=["agent", "action", "-id"], name="request_by_action"),
            # similar.decided: what people made of the same action lately, first where
            # the same agent asked it in the same place, then anywhere.
            models.Index(
                fields=["action", "environment", "agent", "-id"],
                condition=Q(decision_source=Source.REVIEWER),
                name="request_alike",
            ),
            models.Index(
                fields=["action", "-id"],
                condition=Q(decision_source=Source.REVIEWER),
                name="request_same_action",
            ),
            # decided.history: last decided first.
            models.Index(
                F("decided_at").desc(),
                F("id").desc(),
                condition=~Q(state=State.PENDING),
                name="request_history",
            ),
            # decided.history: one agent's, and those of one action.
            models.Index(
                "agent",
                F("decided_at").desc(),
                F("id").desc(),
                condition=~Q(state=State.PENDING),
                name="request_history_of_agent",
            ),
            models.Index(
                "action",
                F("decided_at").desc(),
                F("id").desc(),
                condition=~Q(state=State.PENDING),
                name="request_history_of_action",
            ),
            # lifecycle.erase_due: what was kept long enough.
            models.Index(
                fields=["decided_at"],
                condition=Q(erased_at=None, held_at=None) & ~Q(state=State.PENDING),
                name="request_retention",
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

    @property
    def is_edited(self) -> bool:
        return self.revision > 1

    @property
    def target(self) -> Target:
        """What a brake may stop about it."""
        return Target(
            environment=self.environment,
            agent=self.agent.name,
            session=self.session,
            action=self.action,
            resource=self.resource,
            tier=self.tier,
        )


class Revision(models.Model):
    """What a request was before an edit replaced it."""

    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.PROTECT, related_name="revisions"
    )
    number = models.PositiveIntegerField()
    canonical = models.TextField()
    digest = models.CharField(max_length=71)
    tier = models.CharField(max_length=64)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    findings = models.JSONField()
    reasons = models.JSONField()
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    """Who made this revision; null for the agent's own."""
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["approval", "number"], name="revisions_are_numbered"
            ),
        )

    def __str__(self) -> str:
        return f"revision {self.number} of {self.approval_id}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that the digest covers."""
        arguments: dict[str, Any] = json.loads(self.canonical)["arguments"]
        return arguments


class Question(models.Model):
    """What a person wants to know from the agent before deciding."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.PROTECT, related_name="questions"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    text = models.TextField()
    asked_at = models.DateTimeField()
    reply = models.TextField(blank=True)
    """The agent's words: a claim."""
    replied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["approval"],
                condition=Q(replied_at=None),
                name="one_open_question_per_request",
            ),
        )

    def __str__(self) -> str:
        return f"question {self.id}"
