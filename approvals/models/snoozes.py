"""What people have put aside for themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from approvals.models.requests import ApprovalRequest


class Snooze(models.Model):
    """One person does not want to see a request in their lists for a while.

    Means nothing to anybody else, and stops no clock.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.CASCADE, related_name="+"
    )
    until = models.DateTimeField()

    class Meta:
        constraints = (
            # snoozes.without: what one person has put aside, and each once.
            models.UniqueConstraint(
                fields=["user", "approval"], name="one_snooze_per_person_and_request"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id}: {self.approval_id}"
