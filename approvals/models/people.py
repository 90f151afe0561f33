"""Which accounts are one human, what proves that one is there, what they prefer."""

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


class Preferences(models.Model):
    """How one person wants the pages; without a row, all as it comes."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the system has it"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    class AfterDecision(models.TextChoices):
        NEXT = "next", "Go on to the next request"
        STAY = "stay", "Stay where I am"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
    )
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(
        max_length=11, choices=Density.choices, default=Density.COMFORTABLE
    )
    single_keys = models.BooleanField(default=True)
    """Whether keys without Ctrl or Alt do something (WCAG 2.1.4)."""
    after_decision = models.CharField(
        max_length=4, choices=AfterDecision.choices, default=AfterDecision.NEXT
    )
    time_zone = models.CharField(max_length=64, blank=True, default="")
    """A name of the IANA database; empty for the browser's own."""

    class Meta:
        verbose_name_plural = "preferences"
        constraints = (
            models.CheckConstraint(
                condition=Q(theme__in=["system", "light", "dark"]),
                name="preferred_theme_is_known",
            ),
            models.CheckConstraint(
                condition=Q(density__in=["comfortable", "compact"]),
                name="preferred_density_is_known",
            ),
            models.CheckConstraint(
                condition=Q(after_decision__in=["next", "stay"]),
                name="preferred_place_after_a_decision_is_known",
            ),
        )

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"
