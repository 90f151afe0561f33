"""Numbers that a word before them calls a state's number for a person.

They are kinds without a check digit, or with one that nobody looks at here; those
that are checked are in ``personal_data_ids``, and a wrong digit makes them nothing.
"""

import re
from collections.abc import Iterator

from approvals.risk.corpus import Corpus
from approvals.risk.findings import Severity
from approvals.risk.personal_data_ids import Number
from approvals.risk.scanning import Scanner

_NAMES = Scanner(
    r"\bnhs (?:no|num)|\bmedicare (?:no|num|card)|\bc[eé]dula\b|\bcuil\b",
    r"\brodn[eé] [cč]",
    r"\b(?:national|citizen|emirates|thai|personal) (?:id|identity|identi)",
    r"\bemšo|\bjmbg\b|\bamka\b|\bisikukood|\basmens kod|\bpersonas kod|\bkennitala",
    r"\bteudat|\biqama\b|\bnric\b|\bhkid\b|\bmy number\b|マイナンバー|\bktp\b|\bcnic\b",
    r"\bphilhealth|\bsnils\b|снилс|\bitin\b|\btaxpayer id|паспорт|护照",
    r"\bpassport|reisepass|pasaporte|passeport|\bdriv(?:er|ing)[’'s]{0,2} licen[cs]e",
    r"führerschein|permis de conduire",
    ignore_case=True,
)
_SHORT_NAMES = Scanner(r"\b(?:DUI|CUI|CNP|OIB|EGN|AFM|NIK)\b", r"ИНН")
"""What is an ordinary word in some language, unless it is written in capitals."""
_NUMBER = re.compile(
    r"[\w-]{0,16}+[ \t\"']{0,3}+(?:(?:(?:card|identity|identification|security|tax|id)"
    r"[ \t]{1,3})?(?:numbers?|num|no|nr|code|número|numero|numéro|№|号码?)\b[.]?)?"
    r"(?:[ \t:=#\"'(.№-]|\bis\b|\bist\b|\best\b|\bes\b){0,8}+"
    r"(?P<number>[A-Z0-9](?:[ ./-]?[A-Z0-9()]){5,22})",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}"
)
_LETTERS = re.compile(r"[A-Za-z]{4}")


def named_ids(corpus: Corpus, known: set[int]) -> Iterator[Number]:
    """Such numbers, but for those that begin where a known one does."""
    places = _NAMES.places(corpus.text)[0] + _SHORT_NAMES.places(corpus.text)[0]
    for _, end in places:
        found = _NUMBER.match(corpus.text, end)
        if found is None or found.start("number") in known:
            continue
        number = _without_words(found["number"])
        if _can_be_id(number):
            start = found.start("number")
            yield Number(
                "personal number of a state",
                number,
                start,
                start + len(number),
                Severity.MEDIUM,
            )


def _without_words(text: str) -> str:
    """The part before the words that go on after the number."""
    kept: list[str] = []
    for part in text.split(" "):
        if kept and not any(char.isdigit() for char in part) and len(part) > 1:
            break
        kept.append(part)
    return " ".join(kept)


def _can_be_id(text: str) -> bool:
    digits = [char for char in text if char.isdigit()]
    is_written_so = not _DATE.match(text) and not _LETTERS.search(text[1:])
    return 5 <= len(digits) <= 18 and len(set(digits)) > 1 and is_written_so
