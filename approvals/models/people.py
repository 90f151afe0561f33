"""Which accounts are one human, and what proves that a human is there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class LinkedAccount(models.Model):
    """``account`` belongs to the human whose first account is ``human``."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
    )
    human = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    linked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(account=F("human")), name="account_is_linked_to_another"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} is {self.human_id}"


class Passkey(models.Model):
    """A WebAuthn credential of one person, for deciding."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys"
    )
    name = models.CharField(max_length=64)
    credential_id = models.CharField(max_length=1400)
    """base64url, without padding."""
    public_key = models.BinaryField()
    """COSE_Key, as CBOR."""
    sign_count = models.BigIntegerField(default=0)
    """The authenticator's counter when it was last used; 0 where it has none."""
    transports = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["credential_id"], name="passkey_belongs_to_one_account"
            ),
        )

    def __str__(self) -> str:
        return self.name
