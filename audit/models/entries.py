"""The log itself: one row for each thing that happened."""

from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models.fields.json import KT
from uuid_utils.compat import uuid7

from audit import jcs


class Entry(models.Model):
    """One line of the audit log: who did what to what, when.

    Subjects and actors are plain text, never foreign keys: an entry outlives
    whatever it speaks of. The database refuses UPDATE, DELETE and TRUNCATE.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=64)
    actor_type = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=200)
    subject_type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    data = models.JSONField()
    """What happened; a member ``{"sealed": …}`` is a commitment to a payload."""
    canonical = models.BinaryField()
    """The RFC 8785 bytes of ``facts()``, as they were when it was written."""
    leaf_hash = models.BinaryField(max_length=32)
    """RFC 9162 leaf hash of ``canonical``."""

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "entries"
        indexes = (
            # One request's, key's or agent's story: Entry.objects.about().
            models.Index(
                fields=["subject_type", "subject_id", "id"], name="entry_by_subject"
            ),
            # audit.search: one verb's entries, last first.
            models.Index(fields=["action", "id"], name="entry_by_action"),
            # audit.search: what one person or agent did, of each verb last first.
            models.Index(fields=["actor_name", "action", "id"], name="entry_by_actor"),
            # audit.story: grants and deliveries that name a request.
            models.Index(
                KT("data__request"),
                name="entry_naming_request",
                condition=models.Q(data__has_key="request"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type}/{self.subject_id}"

    def facts(self) -> dict[str, Any]:
        """Everything the entry says, as the JSON object its hash covers."""
        return {
            "id": str(self.id),
            "at": rfc3339(self.at),
            "action": self.action,
            "actor": {
                "type": self.actor_type,
                "id": self.actor_id,
                "name": self.actor_name,
            },
            "subject": {"type": self.subject_type, "id": self.subject_id},
            "data": self.data,
        }

    def canonical_bytes(self) -> bytes:
        """RFC 8785 canonical JSON of ``facts()``."""
        return jcs.dumps(self.facts())


class Pending(models.Model):
    """An entry that has no place in the tree yet.

    The database adds one with every entry; the sequencer takes them out again, in the
    order of ``id``. Only a list of what is to do: an entry that is on it no longer
    has its leaf.
    """

    id = models.BigAutoField(primary_key=True)
    entry_id = models.UUIDField()

    class Meta:
        verbose_name_plural = "pending"

    def __str__(self) -> str:
        return f"pending {self.entry_id}"


def rfc3339(moment: datetime) -> str:
    """``2026-01-31T23:59:59.000001Z``: UTC, always six decimals."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
