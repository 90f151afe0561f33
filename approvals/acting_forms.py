"""What people send when they change a request or ask about it, checked for shape."""

from django import forms
from django.contrib.auth.models import User

from approvals.forms import MAX_MESSAGE, SealedView

MAX_ARGUMENTS = 1024 * 1024
"""Characters of the editor; lifecycle has the limit in bytes, and a sentence for it."""


class EditForm(forms.Form):
    """Other arguments for the request, on the revision that the page showed."""

    PREVIEW, SAVE = "preview", "save"

    step = forms.ChoiceField(choices=[(PREVIEW, PREVIEW), (SAVE, SAVE)])
    view = SealedView()
    arguments = forms.CharField(max_length=MAX_ARGUMENTS)
    message = forms.CharField(max_length=MAX_MESSAGE, required=False)
    previewed = forms.CharField(max_length=71, required=False)
    """The digest of what the last preview showed."""


class AskForm(forms.Form):
    """A question for the agent."""

    text = forms.CharField(max_length=MAX_MESSAGE, required=False)


class ClaimForm(forms.Form):
    """To look at it, or to stop."""

    release = forms.BooleanField(required=False)


class AssignForm(forms.Form):
    """Somebody to look at it, or nobody in particular."""

    assignee = forms.ModelChoiceField(
        User.objects.filter(is_active=True), required=False, to_field_name="username"
    )


class TakeBackForm(forms.Form):
    """Why an approval is taken back, from the page that showed it."""

    view = SealedView()
    reason = forms.CharField(max_length=MAX_MESSAGE, required=False)
