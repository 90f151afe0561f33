"""What somebody wrote, and the keys of the commitments to it; both can be erased."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SubjectKey(models.Model):
    """The random key under which the entries of one subject commit to payloads."""

    pk = models.CompositePrimaryKey("subject_type", "subject_id")
    subject_type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    secret = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"key of {self.subject_type}/{self.subject_id}"


class Payload(models.Model):
    """The sealed members of one entry: one row, for every answer waits for it."""

    # Begins with the subject: all of one are read, and erased, together.
    pk = models.CompositePrimaryKey("subject_type", "subject_id", "entry_id")
    subject_type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    entry_id = models.UUIDField()
    members = ArrayField(models.TextField())
    """Their names in the entry's data."""
    contents = ArrayField(models.TextField())
    """RFC 8785 JSON of each."""

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    members__len=models.F("contents__len"), members__len__gt=0
                ),
                name="payload_has_a_content_for_each_member",
            ),
        )

    def __str__(self) -> str:
        return f"payload of {self.subject_type}/{self.subject_id}"
