"""What the windows of policies hold: totals in buckets of time, and values seen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class WindowBucket(models.Model):
    """What was asked for in one bucket of one counter (``approvals.windows``)."""

    pk = models.CompositePrimaryKey("counter", "bucket")
    counter = models.UUIDField()
    bucket = models.BigIntegerField()
    total = models.DecimalField(max_digits=52, decimal_places=12)
    """How many requests or distinct values, or the sum of an amount."""
    counts_until = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(total__gte=0), name="window_total_is_not_negative"
            ),
        )
        # lifecycle.forget_windows; the primary key serves lifecycle.counters.
        indexes = (models.Index(fields=["counts_until"], name="window_bucket_age"),)

    def __str__(self) -> str:
        return f"bucket {self.bucket} of {self.counter}"


class WindowValue(models.Model):
    """That a value was asked for in one bucket of one counter of distinct values."""

    pk = models.CompositePrimaryKey("counter", "value", "bucket")
    counter = models.UUIDField()
    value = models.UUIDField()
    """A digest: the value itself stays in its request."""
    bucket = models.BigIntegerField()
    uses = models.PositiveIntegerField()
    """How many requests of this bucket have it; edits take them out."""
    counts_until = models.DateTimeField()

    class Meta:
        # lifecycle.forget_windows; the primary key serves lifecycle.counters.
        indexes = (models.Index(fields=["counts_until"], name="window_value_age"),)

    def __str__(self) -> str:
        return f"{self.value} in bucket {self.bucket} of {self.counter}"
