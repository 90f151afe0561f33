"""What people choose to start a back-test."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.backtests import MAX_DAYS, MOST, Wanted
from approvals.document import MAX_BYTES
from approvals.drafts import draft_of
from approvals.models import Policy
from approvals.policy_forms import DocumentForm, Source

SPANS = (
    ("1", "The last day"),
    ("7", "The last 7 days"),
    ("30", "The last 30 days"),
    ("90", "The last 90 days"),
    ("last", f"The last {MOST:,} requests"),
)
VERSIONS = 50
"""Published versions that can be chosen, the newest."""


class BacktestForm(DocumentForm):
    """A policy and a span. A file is meant when there is one, or a ``text``."""

    what = forms.ChoiceField(label="Policy", required=False)
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text=f"A policy as YAML, at most {MAX_BYTES // 1024} KiB.",
    )
    span = forms.ChoiceField(label="Over", choices=SPANS, initial="7")
    field_order = ("what", "file", "span")
    text = Source(widget=forms.HiddenInput)

    def __init__(self, *data: Any, user: Any, **options: Any) -> None:
        super().__init__(*data, **options)
        self._draft = draft_of(user)
        self.fields["what"].choices = list(self._choices())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Adds ``source`` and ``origin``, what it is in words."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        cleaned["source"], cleaned["origin"] = self._chosen(cleaned)
        if not cleaned["source"].strip():
            raise ValidationError("Choose what to try.")
        return cleaned

    @property
    def wanted(self) -> Wanted:
        """How far back."""
        span = self.cleaned_data["span"]
        return Wanted() if span == "last" else Wanted.of_days(min(int(span), MAX_DAYS))

    def _choices(self) -> Any:
        if self._draft is not None:
            yield "draft", "Your draft"
        newest = Policy.objects.order_by("-version")
        versions = newest.values_list("version", flat=True)[:VERSIONS]
        for place, version in enumerate(versions):
            yield str(version), f"Policy {version}" + ("" if place else " (in force)")

    def _chosen(self, cleaned: dict[str, Any]) -> tuple[str, str]:
        if cleaned["file"]:
            return cleaned["file"], "a file"
        if cleaned["text"]:
            return cleaned["text"], "a text"
        if cleaned["what"] == "draft" and self._draft is not None:
            return self._draft.source, "your draft"
        if not cleaned["what"]:
            return "", ""
        version = int(cleaned["what"])
        return Policy.objects.get(version=version).source, f"policy {version}"
