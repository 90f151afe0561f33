"""Recipients without an address: a number, phone or handle that is not the subject's.

``subject: customer:C-1`` and ``customer_id: C-2`` are two people. Where the two are
named in different ways (a phone here, a number there), nobody can tell.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.recipients_message import PEOPLE, people_in
from approvals.risk.tables import names
from approvals.risk.view import Leaf, View, tokens

_PHONE = re.compile(r"(?:tel:)?\+?[\d\s().-]{7,24}\Z")
_HANDLE = re.compile(r"@[\w.-]{2,50}\Z")
_TYPED = re.compile(r"([a-z]{2,20})[ :#/=]{1,3}(\S{1,80})\Z", re.IGNORECASE)
_NUMBER = re.compile(r"(?=\S{0,60}\d)[\w#.-]{1,60}\Z")
_ANY = names("account client person recipient to user")
"""Words for a person of whatever kind; a customer is one too."""
_KINDS = _ANY | PEOPLE | names("guest policyholder student subscriber tenant")


@dataclass(frozen=True, slots=True)
class _Person:
    """``way`` is how somebody is named: phone, handle or number."""

    way: str
    kind: str
    value: str

    def is_other_than(self, other: "_Person") -> bool:
        if self.way != other.way or self.value == other.value:
            return False
        if self.way != "number" or (self.kind and self.kind == other.kind):
            return True
        is_alike = bool({self.kind, other.kind} & (_ANY | {""}))
        return is_alike and _shape(self) == _shape(other)


def _shape(one: _Person) -> tuple[str, bool]:
    """The number without its digits; a bare one without a kind is like no other."""
    letters = re.sub(r"\d+", "", one.value)
    return letters, bool(letters or one.kind)


def others_in(view: View) -> Iterator[Finding]:
    """A finding where somebody else gets it than the subject."""
    subject = _person(view.action.subject or "", "")
    if subject is None:
        return
    people = [(leaf, _person_of(leaf)) for leaf in people_in(view)]
    known = [(leaf, who) for leaf, who in people if who is not None]
    if any(who.way == subject.way and who.value == subject.value for _, who in known):
        return
    for leaf, who in known:
        if who.is_other_than(subject):
            text = "Goes to somebody else than the person it is about"
            target = shortened(str(leaf.value))
            match = Match(
                "recipients.not_the_subject", Severity.HIGH, text, target, 1.0
            )
            yield match.at(leaf.pointer)
            return


def _person_of(leaf: Leaf) -> _Person | None:
    words = tokens(leaf.member) - names("handle id name number phone username")
    return _person(str(leaf.value), min(words, default=""))


def _person(said: str, kind: str) -> _Person | None:
    text = said.strip()[:120]
    digits = re.sub(r"\D", "", text)
    is_phone = bool(_PHONE.match(text)) and len(digits) >= 7
    if is_phone and (text.startswith(("+", "tel:")) or re.search(r"[\s().-]", text)):
        return _Person("phone", "", digits)
    if _HANDLE.match(text):
        return _Person("handle", "", text.lower())
    typed = _TYPED.match(text)
    if typed:
        if typed[1].lower() not in _KINDS:
            return None
        return _person(typed[2], typed[1].lower())
    if _NUMBER.match(text):
        return _Person("number", kind, text.lower().lstrip("#"))
    return None
