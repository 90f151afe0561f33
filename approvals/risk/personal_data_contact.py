"""E-mail addresses, phone numbers and dates of birth."""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from approvals.risk.corpus import Corpus
from approvals.risk.findings import Severity
from approvals.risk.personal_data_ids import Number
from approvals.risk.scanning import Scanner

_EMAILS = Scanner(r"[\pL\pN._%+'-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+")
_PHONES = Scanner(
    r"\+[0-9][0-9 ()./-]+[0-9]",
    r"\([0-9]{3}\) ?[0-9]{3}[-. ][0-9]{4}\b",
    r"\b[2-9][0-9]{2}[-. ][2-9][0-9]{2}[-. ][0-9]{4}\b",
    r"\b0[1-9][0-9]{1,4}[ /-][0-9]+(?:[ /-][0-9]+)*\b",
)
_DATES = Scanner(
    r"\b(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}\b",
    r"\b[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}\b",
    r"\b[0-9]{1,2}\.? (?:[A-Z][a-z]+|[a-z]{3,9}) (?:19|20)[0-9]{2}\b",
    r"\b[A-Z][a-z]{2,8} [0-9]{1,2}, (?:19|20)[0-9]{2}\b",
)
_BIRTH = re.compile(
    r"\b(?:dob|birth|born|geb|née? le|naissance|nacimiento|nascita|geburt|doğum)"
    r"|birth|生年月日|出生|рожд"
)
_DOCUMENTS = Scanner(r"passport", r"reisepass", r"pasaporte", "passeport", "licen[cs]e",
                     "паспорт", "护照", ignore_case=True)  # fmt: skip
_DOCUMENT_NUMBER = re.compile(
    r"[\w ]{0,20}+[\"']?(?:\s|[#:=.(\"'])+(?:no\.?|number|is|nr\.?)?(?:\s|[#:=.\"'])*"
    r"(?P<number>(?=[A-Z]{0,3}\d)[A-Z0-9]{6,10})\b"
)
_DOCUMENT_MEMBER = re.compile(r"passport|licen[cs]e_?n", re.IGNORECASE)
_MOST_DIALLED = 60
"""Phone numbers that are looked up: each takes some 30 µs."""


def emails(corpus: Corpus) -> Iterator[Number]:
    """Every address, as often as it stands there."""
    if "@" not in corpus.text:
        return
    for start, end in _EMAILS.places(corpus.text)[0]:
        value = corpus.text[start:end].lower()
        # A login before the host of a web address is not a mailbox.
        is_login = corpus.text[max(0, start - 1) : start] in (":", "/")
        if not is_login and not value.startswith("git@"):
            yield Number("e-mail address", value, start, end, Severity.LOW)


def phones(corpus: Corpus) -> Iterator[Number]:
    """Numbers that exist somewhere, by the numbering plans; the rest by their shape."""
    for index, (start, end) in enumerate(_PHONES.places(corpus.text)[0]):
        text = corpus.text[start:end]
        digits = re.sub(r"\D", "", text)
        if not 8 <= len(digits) <= 15 or _is_part_of_more(corpus.text, start, end):
            continue
        if index >= _MOST_DIALLED or _exists(text):
            yield Number("phone number", digits, start, end, Severity.LOW)


def _is_part_of_more(text: str, start: int, end: int) -> bool:
    """Whether digits go on at either side: then it is another kind of number."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    goes_on = after[:1] in tuple("-/:") or (after[:1] == " " and after[1:].isdigit())
    goes_back = before[-1:] in tuple("-./:#$€_") or before[:1].isdigit()
    return goes_on or (goes_back and text[start] != "+")


@lru_cache(maxsize=512)
def _exists(text: str) -> bool:
    region = "DE" if text.startswith("0") else "US"
    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else region)
    except phonenumbers.NumberParseException:
        return False
    # National numbers of other countries cannot be checked without their country.
    return text.startswith("0") or phonenumbers.is_possible_number(number)


def birth_dates(corpus: Corpus) -> Iterator[Number]:
    """Dates that a word near them, or their member's name, calls a date of birth."""
    members = " ".join({leaf.member for leaf in corpus.leaves})[:20_000].lower()
    if not _BIRTH.search(members.replace("_", " ")) and not _BIRTH.search(corpus.lower):
        return
    for start, end in _DATES.places(corpus.text)[0]:
        member = corpus.leaves[corpus.index_at(start)].member.lower().replace("_", " ")
        if _BIRTH.search(f"{member} {corpus.before(start, 40)}"):
            value = f"{corpus.text[start:end]}@{start}"
            yield Number("date of birth", value, start, end, Severity.LOW)


def documents(corpus: Corpus) -> Iterator[Number]:
    """Numbers of passports and licences, where a word says that they are."""
    for _, end in _DOCUMENTS.places(corpus.text)[0]:
        found = _DOCUMENT_NUMBER.match(corpus.text, end)
        if found:
            span = found.span("number")
            yield Number("passport number", found["number"], *span, Severity.MEDIUM)
    for index, leaf in enumerate(corpus.leaves):
        if _DOCUMENT_MEMBER.search(leaf.member) and leaf.text.strip().isalnum():
            start, end = corpus.bounds(index)
            yield Number("passport number", leaf.text, start, end, Severity.LOW)
