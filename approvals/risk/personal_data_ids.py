"""Numbers that states give to people, by the way they are written.

A shape has 9 for a digit and A for a letter: ``999-99-9999``. Numbers that anything
could have (nine digits and a check digit) count only where a word says what they are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from approvals.risk import personal_data_checksums as checks
from approvals.risk.corpus import Corpus
from approvals.risk.findings import Severity
from approvals.risk.scanning import Scanner
from approvals.risk.view import tokens

MOST_NUMBERS = 700
"""Numbers of one kind that are checked; more are a list of people at any rate."""

_PUNCTUATION = re.compile(r"[ ./+-]")
_BEFORE, _AFTER = 60, 25


@dataclass(frozen=True, slots=True)
class Id:
    """One kind of number; ``shapes`` that say enough, ``plain`` ones that need words.

    ``words`` is a pattern for small letters. A shape that is not ``sure`` by itself
    is only a note where none of the words is in the text.
    """

    what: str
    shapes: str
    plain: str
    check: Callable[[str], bool]
    words: re.Pattern[str]
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """One number found: of which kind, where, and how much that matters."""

    what: str
    value: str
    start: int
    end: int
    severity: Severity


def _id(
    what: str,
    shapes: str,
    plain: str,
    check: Callable[[str], bool],
    words: str,
    is_sure: bool = False,
) -> Id:
    return Id(what, shapes, plain, check, re.compile(rf"\b(?:{words})"), is_sure)


def _always(text: str) -> bool:
    return True


IDS: tuple[Id, ...] = (
    _id("US social security number", "999-99-9999", "999999999;999 99 9999",
        checks.us_ssn, r"ssns?\b|social sec|soc sec|tax ?payer|itin\b|socialsec"),
    _id("UK national insurance number", "AA 99 99 99 A", "AA999999A;AA 999999 A",
        checks.uk_nino, r"nino\b|ni n|national ins|nationalins", is_sure=True),
    _id("German tax number", "", "99999999999;99 999 999 999",
        checks.de_tax_id, "steuer|tax id|taxid|idnr|identifikationsn|tin\\b"),
    _id("French social security number",
        "999999999999999;9 99 99 99 999 999 99;99999A999999999;9 99 99 9A 999 999 99",
        "", checks.fr_nir, "nir\\b|sécu|insee|social", is_sure=True),
    _id("Spanish identity number", "99999999A;99999999-A;A9999999A;A-9999999-A", "",
        checks.es_dni, "dni\\b|nif\\b|nie\\b|documento|identi"),
    _id("Italian tax code", "AAAAAA99A99A999A", "", checks.it_fiscal_code,
        "codice|fiscal", is_sure=True),
    _id("Dutch citizen number", "", "999999999;9999.99.999", checks.nl_bsn,
        "bsn\\b|burgerservice|sofi"),
    _id("Polish PESEL", "", "99999999999", checks.pl_pesel, "pesel"),
    _id("Brazilian CPF", "999.999.999-99", "99999999999", checks.br_cpf,
        "cpfs?\\b|cadastro", is_sure=True),
    _id("Indian Aadhaar number", "", "9999 9999 9999;9999-9999-9999;999999999999",
        checks.verhoeff, "aadh?aar|uid"),
    _id("Indian tax number", "", "AAAAA9999A", _always, "pan\\b|permanent account"),
    _id("Canadian social insurance number", "", "999-999-999;999 999 999;999999999",
        checks.ca_sin, "sins?\\b|social ins"),
    _id("Swedish personal number", "999999-9999;99999999-9999",
        "9999999999;999999999999", checks.se_personal_number, "person"),
    _id("Danish CPR number", "", "999999-9999;9999999999", checks.dk_cpr, "cpr\\b"),
    _id("Norwegian identity number", "", "99999999999;999999 99999",
        checks.no_identity, "f[øo]dsels|personn"),
    _id("Finnish identity number", "999999-9999;999999-999A;999999A9999;999999A999A",
        "", checks.fi_hetu, "hetu|henkil", is_sure=True),
    _id("Swiss social security number", "999.9999.9999.99", "9999999999999",
        lambda text: text.startswith("756") and checks.ch_ahv(text), "ahv|avs", True),
    _id("Belgian national number", "99.99.99-999.99", "99999999999",
        checks.be_national_number, "rijksreg|national|niss|registre", is_sure=True),
    _id("Chinese resident number", "999999999999999999;99999999999999999A", "",
        checks.cn_resident_id, "身份|resident|id", is_sure=True),
    _id("South African identity number", "", "9999999999999;999999 9999 999",
        checks.za_id, "id\\b|identity|south afr"),
    _id("Turkish identity number", "", "99999999999", checks.tr_identity,
        "kimlik|tckn|tc\\b|t\\.c"),
    _id("Australian tax file number", "", "999 999 999;999999999", checks.au_tfn,
        "tfn\\b|tax file"),
    _id("Chilean RUT", "99.999.999-9;99.999.999-A", "99999999-9", checks.cl_rut,
        "rut\\b|run\\b", is_sure=True),
    _id("Mexican CURP", "AAAA999999AAAAAA99;AAAA999999AAAAAAA9", "", _always,
        "curp", is_sure=True),
    _id("Korean resident number", "999999-9999999", "9999999999999",
        lambda text: checks.is_day(2000, int(text[2:4]), int(text[4:6])),
        "주민|resident|rrn\\b"),
)  # fmt: skip
_NEEDS_WORDS = Scanner(
    "ssn|social|soc sec|itin|nino|national|steuer|tax|idnr|identi|nir|sécu|dni|nif|nie"
    "|documento|bsn|sofi|burger|pesel|cpf|aadh?aar|uid|pan|permanent|sin|person|cpr"
    "|f[øo]dsels|hetu|henkil|ahv|avs|rijks|niss|id|kimlik|tckn|tc|tfn|rut|run|curp|주민"
    "|resident|rrn|身份",
    ignore_case=True,
)


def _scanner(shapes: list[str]) -> Scanner:
    longest_first = sorted(set(shapes), key=len, reverse=True)
    return Scanner(*(rf"\b{_as_pattern(shape)}\b" for shape in longest_first))


def _as_pattern(shape: str) -> str:
    groups = re.findall(r"9+|A+|[^9A]", shape)
    kinds = {"9": "[0-9]", "A": "[A-Z]"}
    return "".join(
        f"{kinds[group[0]]}{{{len(group)}}}" if group[0] in kinds else re.escape(group)
        for group in groups
    )


def _by_shape(attribute: str) -> dict[str, list[Id]]:
    found: dict[str, list[Id]] = {}
    for one in IDS:
        for shape in filter(None, getattr(one, attribute).split(";")):
            found.setdefault(shape, []).append(one)
    return found


_WRITTEN, _PLAIN = _by_shape("shapes"), _by_shape("plain")
_WRITTEN_SCANNER = _scanner(list(_WRITTEN))
_ALL_SCANNER = _scanner([*_WRITTEN, *_PLAIN])


def national_ids(corpus: Corpus) -> tuple[list[Number], bool]:
    """The numbers whose check digits are right, and whether all were looked at."""
    members = " ".join({leaf.member for leaf in corpus.leaves})[:20_000]
    has_words = _NEEDS_WORDS.is_in(corpus.text) or _NEEDS_WORDS.is_in(members)
    scanner = _ALL_SCANNER if has_words else _WRITTEN_SCANNER
    places, is_all = scanner.places(corpus.text, MOST_NUMBERS)
    around = _Around(corpus)
    return [one for place in places for one in _at(place, around)], is_all


class _Around:
    """Which words stand near a number, and which anywhere in its text."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self._in_leaf: dict[tuple[int, Id], bool] = {}

    def near(self, start: int, end: int) -> str:
        """The words of the member's name and those around the number."""
        corpus = self.corpus
        member = corpus.leaves[corpus.index_at(start)].member
        before, after = corpus.before(start, _BEFORE), corpus.after(end, _AFTER)
        return f"{_spaced(member)} {before.replace('_', ' ')} | {after}"

    def is_in_leaf(self, start: int, one: Id) -> bool:
        """Whether the text speaks of such numbers: tables name them once, on top."""
        index = self.corpus.index_at(start)
        if (index, one) not in self._in_leaf:
            begins, ends = self.corpus.bounds(index)
            text = self.corpus.lower[begins : min(ends, begins + 4000)]
            self._in_leaf[index, one] = bool(one.words.search(text.replace("_", " ")))
        return self._in_leaf[index, one]


@lru_cache(maxsize=1024)
def _spaced(member: str) -> str:
    return f"{member.lower()[:100]} {' '.join(sorted(tokens(member)))}"


def _at(place: tuple[int, int], around: _Around) -> Iterator[Number]:
    start, end = place
    text = around.corpus.text[start:end]
    if _is_part_of_more(around.corpus.text, start, end):
        return
    shape, compact = shape_of(text), _PUNCTUATION.sub("", text)
    for one in _PLAIN.get(shape, ()):
        if one.check(compact) and one.words.search(around.near(start, end)):
            yield Number(one.what, compact, start, end, Severity.MEDIUM)
            return
    for one in _WRITTEN.get(shape, ()):
        if one.check(compact):
            yield Number(
                one.what, compact, start, end, _severity(one, start, end, around)
            )
            return


def _severity(one: Id, start: int, end: int, around: _Around) -> Severity:
    is_known = (
        one.is_sure
        or one.words.search(around.near(start, end))
        or around.is_in_leaf(start, one)
    )
    return Severity.MEDIUM if is_known else Severity.LOW


def shape_of(text: str) -> str:
    """``AB 12-3`` as ``AA 99-9``."""
    return "".join(
        "9" if char.isdigit() else "A" if char.isalpha() else char for char in text
    )


def _is_part_of_more(text: str, start: int, end: int) -> bool:
    """Whether it goes on, as parts of UUIDs, versions and amounts do."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    goes_on = len(after) == 2 and after[0] in "-./_:" and after[1].isalnum()
    goes_back = before[-1:] in tuple("-./_") and before[:1].isalnum()
    return goes_on or (goes_back and len(before) == 2) or before[-1:] in ("$", "€", "£")
