"""Payment cards and bank accounts."""

import re
from collections.abc import Iterator

from approvals.risk import personal_data_checksums as checks
from approvals.risk.context import Role
from approvals.risk.corpus import Corpus
from approvals.risk.findings import Severity
from approvals.risk.personal_data_ids import MOST_NUMBERS, Number
from approvals.risk.scanning import Scanner
from approvals.risk.tables import names
from approvals.risk.view import Leaf, View, tokens

# ISO 13616 registry: how long an IBAN of each country is.
_IBAN_SIZES: dict[str, str] = dict(
    re.findall(
        r"(\w\w)=(\d\d)",
        "AD=24 AE=23 AL=28 AT=20 AZ=28 BA=20 BE=16 BG=22 BH=22 BI=27 BR=29 BY=28 CH=21"
        " CR=22 CY=28 CZ=24 DE=22 DJ=27 DK=18 DO=28 EE=20 EG=29 ES=24 FI=18 FK=18 FO=18"
        " FR=27 GB=22 GE=22 GI=23 GL=18 GR=27 GT=28 HR=21 HU=28 IE=22 IL=23 IQ=23 IS=26"
        " IT=27 JO=30 KW=30 KZ=20 LB=28 LC=32 LI=21 LT=20 LU=20 LV=21 LY=25 MC=27 MD=24"
        " ME=22 MK=19 MN=20 MR=27 MT=31 MU=30 NI=28 NL=18 NO=15 OM=23 PK=24 PL=28 PS=29"
        " PT=25 QA=29 RO=24 RS=22 RU=33 SA=24 SC=31 SD=18 SE=24 SI=19 SK=24 SM=27 SO=23"
        " ST=25 SV=28 TL=23 TN=24 TR=26 UA=29 VA=22 VG=24 XK=20 YE=30",
    )
)
_IBANS = Scanner(
    rf"(?:{'|'.join(_IBAN_SIZES)})[0-9][0-9](?:[ -]?[0-9A-Z]{{4}})+(?:[ -]?[0-9A-Z]+)?",
    ignore_case=True,
)
_CARDS = Scanner(
    r"\b[2-6][0-9]{12,18}\b|\b(?:5018|5020|5038|6304|6759|676[1-3])[0-9]{8}\b",
    r"\b(?:2131|1800)[0-9]{11}\b",
    r"\b[2-6][0-9]{3} [0-9]{4} [0-9]{4} [0-9]{4}(?: [0-9]{3})?\b",
    r"\b[2-6][0-9]{3}[.\x{a0}\x{2009}\x{202f}][0-9]{4}[.\x{a0}\x{2009}\x{202f}]"
    r"[0-9]{4}[.\x{a0}\x{2009}\x{202f}][0-9]{4}\b",
    r"\b[2-6][0-9]{3}-[0-9]{4}-[0-9]{4}-[0-9]{4}\b",
    r"\b3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5}\b",
)
_ISSUERS = re.compile(
    r"(?:4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}"  # Discover
    r"|3(?:0[0-5]|[68]\d)\d{11}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|(?:2131|1800)\d{11}|62\d{14}"  # JCB of old, UnionPay
    r"|(?:5018|5020|5038|6304|6759|676[1-3])\d{8,15})\Z"  # Maestro
)
_TEST_CARDS = names(
    "4242424242424242 4111111111111111 4012888888881881 4222222222222 4000056655665556"
    " 4000000000000002 4000000000009995 5555555555554444 5105105105105100"
    " 2223003122003222 5200828282828210 378282246310005 371449635398431"
    " 378734493671000 6011111111111117 6011000990139424 30569309025904 38520000023237"
    " 36227206271667 3566002020360505 3530111333300000 6200000000000005"
    " 4444333322221111 4917610000000000 5454545454545454 4000002500003155"
)
_CARD_WORDS = re.compile(r"\b(?:card|cc|pan|visa|mastercard|amex|credit|debit|karte)")
_OTHER_NUMBERS = names(
    "ean id ids invoice isbn number order ref reference reservation sku time timestamp"
    " tracking trace ts user uid"
)


def cards(corpus: Corpus) -> tuple[list[Number], bool]:
    """Card numbers of known issuers with a right check digit, and if these are all."""
    places, is_all = _CARDS.places(corpus.text, MOST_NUMBERS)
    found = (_card(corpus, start, end) for start, end in places)
    return [card for card in found if card], is_all


def _card(corpus: Corpus, start: int, end: int) -> Number | None:
    text = corpus.text[start:end]
    digits = re.sub(r"\D", "", text)
    if not _ISSUERS.match(digits) or not checks.luhn(digits):
        return None
    if corpus.text[max(0, start - 1) : start] in (".", "-", "/", "_"):
        return None
    severity = Severity.MEDIUM
    is_test = digits in _TEST_CARDS or len(set(digits)) < 3
    if is_test or (text == digits and not _can_be_card(corpus, start)):
        severity = Severity.LOW
    return Number("card", digits, start, end, severity)


def _can_be_card(corpus: Corpus, start: int) -> bool:
    """One number in ten has the right check digit: order numbers do, too."""
    leaf = corpus.leaves[corpus.index_at(start)]
    words = f"{leaf.member.lower().replace('_', ' ')} {corpus.before(start, 40)}"
    return bool(_CARD_WORDS.search(words)) or not tokens(leaf.member) & _OTHER_NUMBERS


def bank_accounts(view: View, corpus: Corpus) -> tuple[list[Number], bool]:
    """IBANs with the right length and check digits, and whether these are all.

    Where money goes is ordinary; an IBAN inside other text is worth a look.
    """
    fields = set(view.having(Role.RECIPIENTS))
    places, is_all = _IBANS.places(corpus.text, MOST_NUMBERS)
    return [one for place in places for one in _iban(corpus, place, fields)], is_all


def _iban(
    corpus: Corpus, place: tuple[int, int], fields: set[Leaf]
) -> Iterator[Number]:
    start, end = place
    if corpus.text[max(0, start - 1) : start].isalnum():
        return
    compact = re.sub("[ -]", "", corpus.text[start:end]).upper()
    compact = compact[: int(_IBAN_SIZES[compact[:2]])]
    if len(compact) != int(_IBAN_SIZES[compact[:2]]) or not checks.mod97(compact):
        return
    index = corpus.index_at(start)
    is_field = len(corpus.text_of(index).strip()) <= end - start + 1
    is_ordinary = is_field or corpus.leaves[index] in fields
    severity = Severity.LOW if is_ordinary else Severity.MEDIUM
    yield Number("bank account", compact, start, end, severity)
