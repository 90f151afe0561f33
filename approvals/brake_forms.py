"""What people type to pull a brake or to let it go."""

from typing import Any

from django import forms

from agents.brake import MAX_AGENT, MAX_REASON, MAX_VALUE
from agents.models import Agent, Brake

_LINE = {"autocomplete": "off", "spellcheck": "false"}


class EngageForm(forms.Form):
    """A brake; what its members must be together is for ``agents.brake`` to say."""

    scope = forms.ChoiceField(choices=Brake.Scope.choices, label="What to stop")
    value = forms.CharField(
        required=False,
        max_length=MAX_VALUE,
        label="Which one",
        widget=forms.TextInput(attrs=_LINE),
        help_text=(
            "Its exact name; for actions a pattern such as sql.*. "
            "Empty only for everything."
        ),
    )
    agent = forms.CharField(
        required=False,
        max_length=MAX_AGENT,
        label="Agent of the session",
        widget=forms.TextInput(attrs=_LINE),
        help_text="For a session only: that of this agent. Empty: of any agent.",
    )
    mode = forms.ChoiceField(
        choices=[
            (Brake.Mode.HOLD, "Hold: nothing is approved or redeemed, clocks stop"),
            (Brake.Mode.DENY, "Deny: what waits is denied, permits are revoked"),
        ],
        widget=forms.RadioSelect,
        label="How",
    )
    reason = forms.CharField(
        required=False,
        max_length=MAX_REASON,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown to everybody, and to the agents it concerns.",
    )

    def clean(self) -> dict[str, Any]:
        """A brake on an agent that is not there would stop nothing, silently."""
        wanted = super().clean() or self.cleaned_data
        scope = wanted.get("scope")
        member = {"agent": "value", "session": "agent"}.get(str(scope), "")
        name = wanted.get(member)
        if name and not Agent.objects.filter(name=name).exists():
            self.add_error(member, f"There is no agent {name}.")
        return wanted


class HoldForm(forms.Form):
    """Hold everything: nothing has to be typed for it."""

    reason = forms.CharField(required=False, max_length=MAX_REASON)


class ReleaseForm(forms.Form):
    """One human's agreement."""

    reason = forms.CharField(
        max_length=MAX_REASON,
        error_messages={"required": "Say why it can be released."},
    )
