"""What somebody wrote, and the keys of the commitments to it; both can be erased."""

from __future__ import annotations

from django.db import models


class SubjectKey(models.Model):
    """The random key under which the entries of one subject commit to payloads."""

    subject_type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    secret = models.BinaryField(max_length=32)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"], name="one_key_per_subject"
            ),
        )

    def __str__(self) -> str:
        return f"key of {self.subject_type}/{self.subject_id}"


class Payload(models.Model):
    """A sealed value of an entry of this subject."""

    subject_type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    commitment = models.CharField(max_length=76)
    content = models.TextField()
    """RFC 8785 JSON."""

    class Meta:
        constraints = (
            # revealed(): all of one subject. Equal values are kept once.
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "commitment"],
                name="payload_is_kept_once",
            ),
        )

    def __str__(self) -> str:
        return f"payload of {self.subject_type}/{self.subject_id}"
