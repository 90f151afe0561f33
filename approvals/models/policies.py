"""Published policies."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


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
