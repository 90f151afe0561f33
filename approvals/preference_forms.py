"""What people prefer, as forms send it."""

from typing import Any

from django import forms

from approvals import preferences
from approvals.models import Preferences

KEYS = (("on", "On"), ("off", "Off"))


class PreferencesForm(forms.Form):
    """All of them at once."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices)
    density = forms.ChoiceField(choices=Preferences.Density.choices)
    single_keys = forms.TypedChoiceField(
        choices=KEYS, coerce=lambda value: value == "on"
    )
    after_decision = forms.ChoiceField(choices=Preferences.AfterDecision.choices)
    time_zone = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [(name, name.replace("_", " ")) for name in preferences.zones()]
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "The browser's own"), *zones]


class ThemeForm(forms.Form):
    """The button in the top bar."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices)


def shown(chosen: Preferences) -> PreferencesForm:
    """The form as it stands for somebody."""
    return PreferencesForm(
        initial={
            "theme": chosen.theme,
            "density": chosen.density,
            "single_keys": "on" if chosen.single_keys else "off",
            "after_decision": chosen.after_decision,
            "time_zone": chosen.time_zone,
        }
    )
