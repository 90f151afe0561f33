"""What people send, checked for its shape; rights and state are for lifecycle."""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing

from approvals import lifecycle, stepup
from approvals.models import ApprovalRequest, Vote
from approvals.resource import votes_of

REASON_CODES = (
    ("too-risky", "Too risky"),
    ("wrong-target", "Wrong target"),
    ("not-needed", "Not needed"),
    ("needs-change", "Change it and ask again"),
    ("suspicious", "Looks like an attack"),
)
"""Why a request is denied, as one word that can be counted."""

MAX_MESSAGE = 4000
"""Characters; what lifecycle would cut off is refused here, so that nothing is lost."""
INERT = 0.5
"""Seconds after a page shows in which nobody can have read it."""
KEPT = 12 * 3600
"""Seconds after which what a page shows is too old to decide on."""
_SALT = "approvals.forms.shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page showed one person, and when; travels signed in the page's form."""

    person: int
    request: str
    revision: int
    digest: str
    state: str
    approvals: int
    denials: int
    facts: str
    """``lifecycle.digest_of_facts``: what was shown beside the action."""
    at: float
    """Unix time, seconds."""
    nonce: str
    """What a passkey's challenge is made of; good for one vote."""

    def sealed(self) -> str:
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


def shown_now(approval: ApprovalRequest, person: User) -> Shown:
    """What a page made now shows of ``approval``."""
    votes = votes_of(approval)
    return Shown(
        person=person.pk,
        request=str(approval.pk),
        revision=approval.revision,
        digest=approval.digest,
        state=str(approval.state),
        approvals=votes["approvals"],
        denials=votes["denials"],
        facts=lifecycle.digest_of_facts(approval),
        at=time.time(),
        nonce=secrets.token_urlsafe(32),
    )


class SealedView(forms.CharField):
    """``Shown`` as the page carries it; refuses what this server did not make."""

    def __init__(self) -> None:
        super().__init__(max_length=2000)

    def clean(self, value: Any) -> Shown:
        try:
            facts: dict[str, Any] = signing.loads(super().clean(value), salt=_SALT)
            return Shown(**facts)
        except (signing.BadSignature, TypeError) as error:
            raise forms.ValidationError("not made by this server") from error


class VoteForm(forms.Form):
    """One vote, on exactly the revision and digest that its page showed."""

    verdict = forms.ChoiceField(choices=Vote.Verdict.choices)
    revision = forms.IntegerField(min_value=1)
    digest = forms.RegexField(r"\Asha256:[0-9a-f]{64}\Z")
    view = SealedView()
    reason_code = forms.ChoiceField(choices=REASON_CODES, required=False)
    message = forms.CharField(max_length=MAX_MESSAGE, required=False)
    typed = forms.CharField(max_length=1000, required=False, strip=False)
    viewed = forms.BooleanField(required=False)
    assertion = forms.CharField(max_length=16_384, required=False)
    grant = forms.UUIDField(required=False)

    def clean_assertion(self) -> Any:
        """What the browser's passkey said, still unchecked; None without one."""
        try:
            return json.loads(self.cleaned_data["assertion"] or "null")
        except (ValueError, RecursionError):
            raise forms.ValidationError("not a passkey's answer") from None


class ViewForm(forms.Form):
    """That a page was looked at, and for how many seconds, as the browser counted."""

    view = SealedView()
    seconds = forms.FloatField(min_value=0, max_value=KEPT)


def presence_of(
    session: SessionBase, shown: Shown, sent: dict[str, Any]
) -> lifecycle.Presence:
    """What shows that the person is there; takes its members out of ``sent``."""
    return lifecycle.Presence(
        signed_in_at=stepup.signed_in_at(session),
        nonce=shown.nonce,
        assertion=sent.pop("assertion"),
        typed=sent.pop("typed"),
        viewed=sent.pop("viewed"),
        shown=shown.facts,
        seen_for=max(0.0, time.time() - shown.at),
    )


def objection(shown: Shown, approval_id: object, person: User) -> str:
    """Why nobody can decide on what was shown, as a sentence; empty if they can."""
    age = time.time() - shown.at
    if (shown.request, shown.person) != (str(approval_id), person.pk) or age < 0:
        return "This form belongs to another page. Check the request below again."
    if age < INERT:
        return (
            "That was quicker than anybody reads: the page had only just changed. "
            "Nothing was decided."
        )
    if age > KEPT:
        return "This page was open for more than 12 hours. Check the request again."
    return ""


def changes_since(shown: Shown, approval: ApprovalRequest) -> list[str]:
    """What is different now from what was shown, as sentences."""
    votes, changes = votes_of(approval), []
    if shown.state != approval.state:
        changes.append(f"It was {shown.state} and is now {approval.state}.")
    for word in ("approvals", "denials"):
        if getattr(shown, word) != votes[word]:
            changes.append(f"It had {getattr(shown, word)} {word}, now {votes[word]}.")
    if (shown.revision, shown.digest) != (approval.revision, approval.digest):
        changes.append(
            f"You saw revision {shown.revision} ({shown.digest}); "
            f"now it is revision {approval.revision} ({approval.digest})."
        )
    return changes
