"""What people type to write, try and publish policies."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.document import MAX_BYTES
from approvals.forms import MAX_MESSAGE
from approvals.problems import MAX_BODY

MAX_NUMBER = 1e30
"""The most that somebody may assume a window to hold."""
_WINDOW = re.compile(r"window\.([a-z][a-z0-9_]{0,63})")


class Source(forms.CharField):
    """A document as it was typed: only the line ends are the browser's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, required=False, **options)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class SaveForm(forms.Form):
    """A draft, and the edition that it was made from."""

    source = Source()
    edition = forms.UUIDField()


class CheckForm(forms.Form):
    """A draft that is looked at and not stored."""

    source = Source()


class DocumentForm(forms.Form):
    """A policy, as a file or as text."""

    file = forms.FileField(required=False)
    text = Source()

    def clean_file(self) -> str:
        """The text in the file."""
        file = self.cleaned_data.get("file")
        if file is None:
            return ""
        if file.size > MAX_BYTES:
            raise ValidationError(f"A policy has at most {MAX_BYTES // 1024} KiB.")
        try:
            text: str = file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValidationError(f"Not UTF-8: see byte {error.start}.") from None
        if "\0" in text:
            raise ValidationError("This is no text: it has U+0000 in it.")
        return text.replace("\r\n", "\n")


class BeginForm(DocumentForm):
    """Where a draft begins: a version, a file or a text."""

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    edition = forms.UUIDField(required=False)
    """The draft that it replaces; none where there was none."""


class DiscardForm(forms.Form):
    """Throw away the edition that was shown."""

    edition = forms.UUIDField()


class ReasonForm(forms.Form):
    """Why, for the audit log."""

    reason = forms.CharField(
        max_length=MAX_MESSAGE, error_messages={"required": "Say why."}
    )


class PublishForm(ReasonForm):
    """Publish the draft as it was shown, compared with what was in force then."""

    edition = forms.UUIDField()
    seen = forms.IntegerField()
    is_known = forms.BooleanField(required=False)
    """That other versions came after the one it is based on."""


class RollBackForm(ReasonForm):
    """Publish an older version anew, compared with what was in force then."""

    seen = forms.IntegerField()


class TryForm(forms.Form):
    """A request that nobody made, and the policy to try it on.

    Without a version: a draft; the one in ``source``, or the one that is saved.
    """

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    source = Source()
    request = forms.UUIDField(required=False)
    """The one it was made from, if any: what its windows held is assumed."""
    agent = forms.CharField(max_length=64, required=False)
    at = forms.DateTimeField(required=False)
    text = forms.CharField(strip=False, max_length=MAX_BODY, required=False)


def windows_in(sent: Mapping[str, Any]) -> tuple[dict[str, float | None], list[str]]:
    """What to assume of windows, and sentences about what is no number.

    Nothing typed: that it cannot be measured.
    """
    values: dict[str, float | None] = {}
    problems = []
    for name in sent:
        if not (found := _WINDOW.fullmatch(name)):
            continue
        try:
            values[found[1]] = _number(str(sent[name]))
        except ValueError:
            problems.append(f"{name} must be a number, or empty for unknown.")
    return values, problems


def _number(text: str) -> float | None:
    if not text.strip():
        return None
    number = float(text)
    if not -MAX_NUMBER <= number <= MAX_NUMBER:
        raise ValueError
    return number
