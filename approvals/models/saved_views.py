"""Searches that people keep beside the tabs of a list."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from approvals.search_syntax import MAX_LENGTH


class SavedView(models.Model):
    """One person's name for a search; what it finds is in the address alone."""

    class Where(models.TextChoices):
        QUEUE = "queue"
        HISTORY = "history"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    where = models.CharField(max_length=7, choices=Where)
    """The list that is searched."""
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=MAX_LENGTH)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("id",)
        constraints = (
            # saved_views.save: a name that is there already gets another search.
            models.UniqueConstraint(
                fields=["user", "where", "name"], name="saved_views_have_their_names"
            ),
            models.CheckConstraint(
                condition=Q(where__in=("queue", "history")),
                name="saved_view_is_of_a_list",
            ),
        )

    def __str__(self) -> str:
        return self.name
