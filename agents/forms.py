"""What people type about agents."""

import re

from django import forms
from django.conf import settings
from django.contrib.auth.models import User

from agents.addresses import MAX_URL, check_url
from agents.models import AGENT_NAME, Agent


class CallbackForm(forms.Form):
    """Where an agent wants its events; empty for nowhere."""

    callback_url = forms.CharField(
        label="Callback address",
        required=False,
        max_length=MAX_URL,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        help_text="Where decisions are posted: https://… Empty: nowhere.",
    )

    def clean_callback_url(self) -> str:
        url: str = self.cleaned_data["callback_url"]
        if url:
            try:
                check_url(url, allow_loopback=settings.ALLOW_LOOPBACK_CALLBACKS)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
        return url


class RegisterForm(CallbackForm):
    """A new agent."""

    name = forms.CharField(
        max_length=63,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Lower-case letters, digits, dots, dashes, underscores. For ever.",
    )
    owner = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True).order_by("username"),
        required=False,
        empty_label="Nobody",
        help_text="Who answers for it, and never decides on what it asks.",
    )
    field_order = ("name", "owner", "callback_url")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not re.fullmatch(AGENT_NAME, name):
            raise forms.ValidationError(
                "Lower-case letters, digits, dots, dashes and underscores, the first"
                " one a letter or digit."
            )
        if Agent.objects.filter(name=name).exists():
            raise forms.ValidationError(f"{name} is taken.")
        return name
