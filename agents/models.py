"""Who asks, and what is on its way to them. Every constraint lives here."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from audit.log import Actor

AGENT_NAME = r"[a-z0-9][a-z0-9._-]{0,62}"
"""What names an agent in addresses, permits and digests."""


class Agent(models.Model):
    """A non-human identity that asks."""

    name = models.CharField(
        max_length=63,
        unique=True,
        validators=[
            RegexValidator(
                rf"\A{AGENT_NAME}\Z",
                "Lower-case letters, digits, dots, dashes and underscores; at most 63.",
            )
        ],
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_agents",
    )
    is_active = models.BooleanField(default=True)
    callback_url = models.CharField(max_length=2000, blank=True)
    callback_disabled_at = models.DateTimeField(null=True, blank=True)
    """Set when the callback answered 410 Gone."""
    webhook_secret = models.CharField(max_length=100)
    """``whsec_`` + base64: signs what the agent sends and what it receives."""
    previous_webhook_secret = models.CharField(max_length=100, blank=True)
    """Still accepted and still signed with while the agent rotates."""
    secret_made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    """Who saw the webhook secret when it was made, and could sign as the agent."""
    previous_secret_made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(name__regex=rf"^{AGENT_NAME}$"), name="agent_name_is_plain"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        return Actor(type="agent", id=str(self.pk), name=self.name)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets in force, the current one first."""
        return tuple(
            secret
            for secret in (self.webhook_secret, self.previous_webhook_secret)
            if secret
        )


class AgentKey(models.Model):
    """A bearer key of an agent: its SHA-256 and its last four characters."""

    SLOTS = (1, 2)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="keys")
    slot = models.PositiveSmallIntegerField()
    """Which of the two places for live keys it takes; two, so that keys can rotate."""
    hash = models.CharField(max_length=64, unique=True)
    last4 = models.CharField(max_length=4)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            # Two live keys at most, whatever races: registry.issue_key.
            models.UniqueConstraint(
                fields=["agent", "slot"],
                condition=Q(revoked_at=None),
                name="one_live_key_per_slot",
            ),
            models.CheckConstraint(
                condition=Q(slot__in=(1, 2)), name="key_slot_is_1_or_2"
            ),
        )

    def __str__(self) -> str:
        return f"csk_…{self.last4}"


class RateWindow(models.Model):
    """How many requests an agent made in the minute that began at ``start``."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, primary_key=True)
    start = models.BigIntegerField()
    """Unix time, seconds, a multiple of 60."""
    used = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.used}"


class Delivery(models.Model):
    """One event on its way to an agent's callback; written with its cause."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    """Sent as ``webhook-id``, the same in every attempt."""
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="deliveries"
    )
    type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    """The request, or the brake, it speaks of."""
    body = models.TextField()
    """The JSON document sent, byte for byte the same in every attempt."""
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    """When it is due; while a worker holds it, when that worker's lease ends."""
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        indexes = (
            # outbox.claim_due: what is due, oldest first.
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="pending"),
                name="delivery_due",
            ),
            # An agent's page: its last deliveries.
            models.Index(fields=["agent", "-id"], name="delivery_by_agent"),
            # deliveries.page and counts: those that failed.
            models.Index(
                fields=["-id"], condition=Q(state="dead"), name="delivery_failed"
            ),
            # A request's timeline: its deliveries.
            models.Index(fields=["subject_id"], name="delivery_by_subject"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state="pending", finished_at=None)
                | (Q(state__in=("delivered", "dead")) & Q(finished_at__isnull=False)),
                name="delivery_finished_or_pending",
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def about(self) -> str:
        """What ``subject_id`` is the id of: "brake" or "request"."""
        return "brake" if self.type.startswith("brake.") else "request"


class DeliveryAttempt(models.Model):
    """One POST of a delivery and what came back."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """The HTTP status; null when no answer came."""
    error = models.CharField(max_length=500, blank=True)
    response = models.TextField(blank=True)
    """The first part of the answer's body."""

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["delivery", "number"], name="attempts_are_numbered"
            ),
        )

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.number}"


class Brake(models.Model):
    """An emergency stop; in force until it is released."""

    class Scope(models.TextChoices):
        EVERYTHING = "everything"
        ENVIRONMENT = "environment"
        AGENT = "agent"
        SESSION = "session"
        ACTION = "action"
        RESOURCE = "resource"
        TIER = "tier"

    class Mode(models.TextChoices):
        HOLD = "hold"
        DENY = "deny"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=11, choices=Scope)
    value = models.CharField(max_length=500, blank=True)
    """What it stops: a name, or for actions a shell-style pattern."""
    agent = models.CharField(max_length=63, blank=True)
    """Whose session it stops; of any agent when empty."""
    mode = models.CharField(max_length=4, choices=Mode)
    reason = models.TextField()
    trip_wire = models.CharField(max_length=64, blank=True)
    """The key of the trip wire that engaged it; empty when somebody did."""
    engaged_at = models.DateTimeField()
    engaged_by_type = models.CharField(max_length=16)
    engaged_by_id = models.CharField(max_length=64)
    engaged_by_name = models.CharField(max_length=150)
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        permissions = (("release_brake", "Can agree to release a brake"),)
        constraints = (
            # Pulled twice, it is the same brake: brake.engage.
            models.UniqueConstraint(
                fields=["scope", "value", "agent", "mode"],
                condition=Q(released_at=None),
                name="one_brake_in_force_per_scope",
            ),
            models.CheckConstraint(
                condition=Q(
                    scope__in=(
                        "everything",
                        "environment",
                        "agent",
                        "session",
                        "action",
                        "resource",
                        "tier",
                    )
                ),
                name="brake_scope_is_known",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=("hold", "deny")), name="brake_mode_is_known"
            ),
            models.CheckConstraint(
                condition=Q(scope="everything", value="")
                | (~Q(scope="everything") & ~Q(value="")),
                name="brake_names_what_it_stops",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(released_at__gte=F("engaged_at")),
                name="brake_released_after_engaged",
            ),
        )
        indexes = (
            # brake.in_force: asked before every approval and redemption.
            models.Index(
                fields=["engaged_at"],
                condition=Q(released_at=None),
                name="brake_in_force",
            ),
            # brake.holds_since: which holds a pending request went through.
            models.Index(fields=["released_at"], name="brake_released"),
        )

    def __str__(self) -> str:
        return f"{self.mode} {self.scope} {self.value}".strip()


class BrakeRelease(models.Model):
    """One human who agrees to release a brake."""

    brake = models.ForeignKey(Brake, on_delete=models.PROTECT, related_name="releases")
    human = models.CharField(max_length=64)
    """Who, whatever account they used; ``command-line`` for the operator's shell."""
    name = models.CharField(max_length=150)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["brake", "human"], name="one_release_per_human"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.brake_id}"
