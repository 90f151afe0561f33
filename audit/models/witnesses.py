"""What keeps a witness from cosigning; the only table of the log that is rewritten."""

from __future__ import annotations

from django.db import models


class WitnessTrouble(models.Model):
    """Why a witness did not cosign when it was last asked; gone once it does."""

    witness = models.CharField(max_length=200, primary_key=True)
    """The name in its key."""
    disagrees = models.BooleanField(default=False)
    """It saw another history of this log. Stays until it cosigns again."""
    message = models.TextField()
    since = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    """Since then, one after the other."""
    next_try = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.witness}: {self.message}"
