"""What people type to allow the like, read into terms; and what their page showed."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import rfc8785
from django import forms
from django.contrib.auth.models import User

from approvals.blocks import Block, blocks_of
from approvals.canonical import InvalidJSON, MalformedJSON, parse
from approvals.conditions import Condition, InvalidCondition, Kind, number, read
from approvals.forms import Shown, shown_now
from approvals.lifecycle.grants import Terms
from approvals.lifecycle.rows import MAX_MESSAGE
from approvals.models import ApprovalRequest, Grant
from approvals.policy import GrantCaps
from approvals.render import editable
from audit.unseen import is_unseen

USES = 10
"""Uses that a new form proposes, unless the tier allows fewer."""
HOURS = 24
CHOOSABLE = 100
"""Arguments that can be anything but exact; a form with more fields is refused."""
HOUR = 3600

_STEP = Decimal("0.01")
_WORDS = {
    Kind.EXACT: "Exactly this",
    Kind.ONE_OF: "One of several",
    Kind.PREFIX: "Beginning with",
    Kind.AT_MOST: "At most",
}
_LINE = {"autocomplete": "off", "spellcheck": "false"}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of the action with what can be chosen for it."""

    name: str
    block: Block
    kind: forms.BoundField | None
    """None for one that stays exact."""
    fields: list[tuple[Kind, forms.BoundField]]
    """What belongs to each other kind."""


class TermsForm(forms.Form):
    """The terms of a grant; whether the tier allows them is for lifecycle.

    Fields of arguments carry their number, as the canonical JSON has them in order:
    revision and digest say that it is the same order still.
    """

    max_uses = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="Uses")
    hours = forms.DecimalField(
        min_value=_STEP,
        max_value=100_000,
        decimal_places=2,
        label="Hours, from when it is given",
    )
    sum_argument = forms.ChoiceField(required=False, label="Limit the sum of")
    max_sum = forms.DecimalField(
        required=False, max_digits=40, decimal_places=12, label="to at most"
    )

    def __init__(
        self,
        approval: ApprovalRequest,
        caps: GrantCaps,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=_careful(caps))
        self.names = list(approval.arguments)
        self.values = list(approval.arguments.values())
        self._blocks = blocks_of(approval.action, approval.arguments)
        for at, value in enumerate(self.values[:CHOOSABLE]):
            self._add_argument(at, value)
        self._add_sum(caps)

    def arguments(self) -> Iterator[Argument]:
        """Every argument, in order."""
        for at, (name, block) in enumerate(zip(self.names, self._blocks, strict=True)):
            fields = [
                (kind, self[f"{kind}-{at}"])
                for kind in Kind
                if f"{kind}-{at}" in self.fields
            ]
            kind = self[f"kind-{at}"] if f"kind-{at}" in self.fields else None
            yield Argument(name, block, kind, fields)

    def defaults(self) -> dict[str, Any]:
        """What this form would send if nobody touched it."""
        return {name: self[name].value() for name in self.fields}

    @property
    def limits(self) -> list[forms.BoundField]:
        """The fields that belong to no argument."""
        names = ["max_uses", "hours", "sum_argument", "max_sum"]
        return [self[name] for name in names if name in self.fields]

    def terms(self) -> Terms:
        """What a valid form says."""
        said = self.cleaned_data
        return Terms(
            conditions=said["conditions"],
            max_uses=said["max_uses"],
            lasts=timedelta(seconds=int(said["hours"] * HOUR)),
            sum_argument=said.get("sum_argument", ""),
            max_sum=said.get("max_sum"),
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        said["conditions"] = [
            condition
            for at, value in enumerate(self.values)
            if (condition := self._condition(at, value)) is not None
        ]
        if said.get("max_sum") is not None and not said.get("sum_argument"):
            self.add_error("sum_argument", "Say of which argument.")
        if said.get("sum_argument") and said.get("max_sum") is None:
            self.add_error("max_sum", "How large may the sum become?")
        return said

    def _add_argument(self, at: int, value: Any) -> None:
        kinds = [Kind.EXACT, Kind.ONE_OF]
        self.fields[f"one_of-{at}"] = forms.CharField(
            required=False,
            strip=False,
            initial=_line_of(value),
            widget=forms.Textarea(attrs={"rows": 4, **_LINE}),
            label=f"Values of {self.names[at]}, one a line",
            help_text=_HELP_TEXT if isinstance(value, str) else _HELP_JSON,
        )
        if isinstance(value, str):
            kinds.append(Kind.PREFIX)
            self.fields[f"prefix-{at}"] = forms.CharField(
                required=False,
                strip=False,
                widget=forms.TextInput(attrs=_LINE),
                label=f"{self.names[at]} begins with",
            )
        elif number(value) is not None:
            kinds.append(Kind.AT_MOST)
            self.fields[f"at_most-{at}"] = forms.CharField(
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal", **_LINE}),
                label=f"{self.names[at]} is from 0 to at most",
            )
        self.fields[f"kind-{at}"] = forms.ChoiceField(
            required=False,
            choices=[(kind.value, _WORDS[kind]) for kind in kinds],
            initial=Kind.EXACT.value,
            widget=forms.RadioSelect,
            label=f"What {self.names[at]} may be",
        )

    def _add_sum(self, caps: GrantCaps) -> None:
        """Only where there is a number to add up."""
        numbers = [
            (name, name)
            for name, value in zip(self.names, self.values, strict=True)
            if number(value) is not None and len(name) <= _MAX_NAME
        ]
        if not numbers:
            del self.fields["sum_argument"], self.fields["max_sum"]
            return
        nothing = [] if caps.max_sum is not None else [("", "nothing")]
        chooser = self.fields["sum_argument"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = nothing + numbers
        chooser.initial = chooser.choices[0][0]

    def _condition(self, at: int, value: Any) -> Condition | None:
        """None when the argument's fields say something that cannot be."""
        kind = self.cleaned_data.get(f"kind-{at}", "") or Kind.EXACT
        if f"kind-{at}" in self.errors:
            return None
        for unused in set(Kind) - {kind}:
            # Nobody sees the fields of what was not chosen.
            self.errors.pop(f"{unused}-{at}", None)
        text = self.cleaned_data.get(f"{kind}-{at}", "")
        try:
            return Condition(self.names[at], Kind(kind), _read(Kind(kind), text, value))
        except (InvalidCondition, MalformedJSON, InvalidJSON) as error:
            self.add_error(f"{kind}-{at}", _sentence(error))
            return None


def fingerprint(terms: Terms) -> str:
    """43 characters that stand for exactly these terms: SHA-256 of their JSON."""
    facts: dict[str, Any] = {
        "conditions": [condition.as_dict() for condition in terms.conditions],
        "max_uses": terms.max_uses,
        "lasts": int(terms.lasts.total_seconds()),
        "sum_argument": terms.sum_argument,
        "max_sum": None if terms.max_sum is None else str(terms.max_sum.normalize()),
    }
    hashed = sha256(rfc8785.dumps(facts)).digest()
    return urlsafe_b64encode(hashed).rstrip(b"=").decode()


def preview_shown(approval: ApprovalRequest, person: User, terms: Terms) -> Shown:
    """What a page that previews ``terms`` shows now.

    The terms are in its nonce, and with it in what a passkey signs.
    """
    nonce = f"{secrets.token_urlsafe(15)}.{fingerprint(terms)}"
    return replace(shown_now(approval, person), nonce=nonce)


def has_shown(shown: Shown, terms: Terms) -> bool:
    """Whether the page was a preview of exactly these terms."""
    return shown.nonce.partition(".")[2] == fingerprint(terms)


def data_of(grant: Grant, approval: ApprovalRequest) -> dict[str, str]:
    """What the form sends for the terms that a grant has already."""
    data = {
        "max_uses": str(grant.max_uses),
        "hours": hours_of(grant.lasts),
        "sum_argument": grant.sum_argument,
        "max_sum": "" if grant.max_sum is None else _plain(grant.max_sum),
    }
    by_name = {condition.argument: condition for condition in read(grant.conditions)}
    for at, name in enumerate(approval.arguments):
        condition = by_name[name]
        data[f"kind-{at}"] = condition.kind.value
        if condition.kind is not Kind.EXACT:
            data[f"{condition.kind}-{at}"] = _typed(condition)
    return data


def hours_of(lasts: timedelta) -> str:
    """``1.5``: as it is typed."""
    hours = Decimal(int(lasts.total_seconds())) / HOUR
    return _plain(hours // _STEP * _STEP)


class RevokeForm(forms.Form):
    """Why a grant is ended; stopping needs no reason."""

    reason = forms.CharField(required=False, max_length=MAX_MESSAGE)


_MAX_NAME = 200
"""Characters of an argument whose sum can be kept."""
_HELP_TEXT = 'Text as it is; in quotation marks, as JSON, what "begins with a space".'
_HELP_JSON = "JSON: a number, true, false, null, or one object or list a line."


def _careful(caps: GrantCaps) -> dict[str, Any]:
    """Little is allowed unless somebody says more."""
    return {
        "max_uses": min(USES, caps.max_uses),
        "hours": hours_of(
            min(timedelta(hours=HOURS), timedelta(seconds=caps.max_duration))
        ),
        "max_sum": caps.max_sum,
    }


def _plain(amount: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    return f"{amount.normalize():f}"


def _typed(condition: Condition) -> str:
    """What somebody types to get this condition."""
    match condition.kind:
        case Kind.ONE_OF:
            return "\n".join(_line_of(value) for value in condition.value)
        case Kind.PREFIX:
            return str(condition.value)
        case _:
            return json.dumps(condition.value, ensure_ascii=False)


def _line_of(value: Any) -> str:
    """A value as one line of the field for several."""
    # What is invisible, or would not come back as it was, is written as JSON.
    if isinstance(value, str) and _is_plain(value):
        return value
    return editable(value, indent=None)


def _is_plain(text: str) -> bool:
    is_kept = text == text.strip() and not text.startswith('"')
    return bool(text) and is_kept and not any(map(is_unseen, text))


def _text_of(line: str) -> Any:
    """The text that a line stands for; raises MalformedJSON and InvalidJSON."""
    line = line.strip()
    if line.startswith('"') and line.endswith('"') and len(line) > 1:
        return parse(line.encode("utf-8", "surrogatepass"))
    return line


def _read(kind: Kind, text: str, value: Any) -> Any:
    match kind:
        case Kind.EXACT:
            return value
        case Kind.PREFIX:
            return text
        case Kind.AT_MOST:
            return parse(text.strip().encode()) if text.strip() else None
        case Kind.ONE_OF:
            lines = [line for line in text.split("\n") if line.strip()]
            if isinstance(value, str):
                return [_text_of(line) for line in lines]
            return [parse(line.strip().encode()) for line in lines]


def _sentence(error: Exception) -> str:
    if isinstance(error, InvalidCondition):
        return str(error).partition(": ")[2].capitalize() + "."
    return f"This is not JSON: {error}."
