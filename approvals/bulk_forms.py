"""What people send to decide several requests at once, and what they were shown."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.core import signing
from django.http import QueryDict
from uuid_utils.compat import uuid7

from approvals.forms import MAX_MESSAGE, REASON_CODES, SealedView, Shown
from approvals.models import Vote
from approvals.policy_document.tiers import MAX_BULK

MOST = 2 * MAX_BULK
"""Requests that are looked at for one preview; more are counted, and left out."""
_SALT = "approvals.bulk_forms.lot"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One request that somebody selected, at the revision that they selected."""

    request: UUID
    revision: int | None


@dataclass(frozen=True, slots=True)
class SealedLot:
    """What one preview offered to one person; travels signed in its form.

    The id is made with the page: what is sent twice is one lot.
    """

    id: str
    person: int
    requests: tuple[str, ...]

    def sealed(self) -> str:
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


def new_lot(person: User, requests: Iterable[UUID]) -> SealedLot:
    """A lot that nobody has decided yet."""
    return SealedLot(str(uuid7()), person.pk, tuple(str(one) for one in requests))


def chosen(sent: QueryDict) -> tuple[list[Chosen], int]:
    """What was selected, as ``r=<id>.<revision>``, and how many more there were.

    Equal requests that are one row come together, with commas between them. Whatever
    is no id of a request is passed over: it was not selected in a list.
    """
    found: dict[UUID, Chosen] = {}
    for text in ",".join(sent.getlist("r")).split(","):
        name, _, revision = text.partition(".")
        try:
            request = UUID(name)
        except ValueError:
            continue
        is_number = revision.isascii() and revision.isdigit() and len(revision) < 10
        seen = int(revision) if is_number else None
        found.setdefault(request, Chosen(request, seen))
    everything = list(found.values())
    return everything[:MOST], len(everything[MOST:])


class LotField(forms.CharField):
    """``SealedLot`` as the page carries it; refuses what this server did not make."""

    def __init__(self) -> None:
        super().__init__(max_length=20_000)

    def clean(self, value: Any) -> SealedLot:
        try:
            facts: dict[str, Any] = signing.loads(super().clean(value), salt=_SALT)
            return SealedLot(**{**facts, "requests": tuple(facts["requests"])})
        except (signing.BadSignature, TypeError, KeyError) as error:
            raise forms.ValidationError("not made by this server") from error


class BulkForm(forms.Form):
    """One verdict on several requests, each exactly as the preview showed it."""

    verdict = forms.ChoiceField(choices=Vote.Verdict.choices)
    lot = LotField()
    reason_code = forms.ChoiceField(choices=REASON_CODES, required=False)
    message = forms.CharField(max_length=MAX_MESSAGE, required=False)


def views_of(sent: QueryDict) -> list[Shown]:
    """What the preview showed of each request that is still ticked, each once.

    Raises ``forms.ValidationError``: one that this server did not make spoils all.
    """
    field = SealedView()
    shown = [field.clean(text) for text in sent.getlist("view")[:MOST]]
    return list({view.request: view for view in shown}.values())


def objection(lot: SealedLot, views: Sequence[Shown], person: User) -> str:
    """Why nothing of this can be decided, as a sentence; empty if it can."""
    if lot.person != person.pk or any(v.request not in lot.requests for v in views):
        return "This form belongs to another page. Select the requests again."
    if not views:
        return "Nothing was ticked, so nothing was decided."
    if any(view.at > time.time() for view in views):
        return "This form belongs to another page. Select the requests again."
    return ""
