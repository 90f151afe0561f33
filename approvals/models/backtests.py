"""Drafts that are tried on the past."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7


class Backtest(models.Model):
    """One draft, replayed over a span of requests; forgotten after a month."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    ACTIVE = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    # What is replayed over what.
    source = models.TextField()
    """The YAML document, as it was then."""
    digest = models.CharField(max_length=71)
    origin = models.CharField(max_length=100)
    """Where the document came from, in words."""
    days = models.PositiveSmallIntegerField(null=True)
    """How far back; null: as many requests as may be."""
    first = models.UUIDField()
    """The request that the span begins with."""
    last = models.UUIDField()
    total = models.PositiveIntegerField()
    is_cut = models.BooleanField()
    """Whether more were asked for than are replayed."""
    # How far it is.
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often somebody began it; whoever holds it knows the number."""
    leased_until = models.DateTimeField(null=True)
    """Until when nobody else takes it up; null while nobody has."""
    result = models.JSONField(null=True)
    """``Comparison.as_dict``: numbers, and ids of requests."""
    problem = models.CharField(max_length=500, blank=True)
    """Why it failed, as a sentence."""
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            # One at a time keeps everybody else's from waiting.
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(state__in=("queued", "running")),
                name="one_backtest_at_a_time_each",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="queued",
                    leased_until=None,
                    finished_at=None,
                    result__isnull=True,
                    problem="",
                )
                | Q(
                    state="running",
                    leased_until__isnull=False,
                    finished_at=None,
                    result__isnull=True,
                    problem="",
                )
                | Q(
                    state="done",
                    leased_until=None,
                    finished_at__isnull=False,
                    result__isnull=False,
                    problem="",
                )
                | (
                    Q(
                        state="failed",
                        leased_until=None,
                        finished_at__isnull=False,
                        result__isnull=True,
                    )
                    & ~Q(problem="")
                )
                | Q(
                    state="stopped",
                    leased_until=None,
                    finished_at__isnull=False,
                    result__isnull=True,
                    problem="",
                ),
                name="backtest_is_as_its_state_says",
            ),
            models.CheckConstraint(
                condition=Q(done__lte=F("total")) & Q(total__gte=1),
                name="backtest_does_what_there_is",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^sha256:[0-9a-f]{64}$"),
                name="backtest_digest_is_sha256",
            ),
        )
        indexes = (
            # backtests.claim: what waits or was left lying, the oldest first.
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=("queued", "running")),
                name="backtest_due",
            ),
            # backtests.forget_old.
            models.Index(fields=["created_at"], name="backtest_age"),
            # backtest_board: somebody's own, newest first.
            models.Index(fields=["owner", "-id"], name="backtest_by_owner"),
        )

    def __str__(self) -> str:
        return f"back-test {self.id}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE
