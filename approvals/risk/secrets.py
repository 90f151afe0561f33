"""Passwords, keys and tokens inside an action. No finding repeats one of them."""

import re
from collections.abc import Iterator

from approvals.risk import secrets_checks as checks
from approvals.risk import secrets_context as context
from approvals.risk.corpus import Corpus, Quota, of_values
from approvals.risk.findings import Finding, Match, Severity
from approvals.risk.secrets_codes import CODES
from approvals.risk.secrets_formats import (
    ADDRESS_WITH_PASSWORD,
    ADDRESSES,
    HEADS,
    Format,
    formats_with,
)
from approvals.risk.tables import names
from approvals.risk.view import View

__all__ = ["CODES", "analyse"]

_BOUND_TO_BE_FILLED = names("secrets.private_key secrets.session")
"""Kinds whose real ones hold long runs of one character."""
_WEAK = names(
    "admin guest mysql pass password postgres root secret test user pw pwd pg hunter2"
)
_LOCAL = names(
    "localhost 127.0.0.1 0.0.0.0 db postgres mysql redis mongo host rabbitmq"
)


def analyse(view: View) -> Iterator[Finding]:
    """Findings with code, kind and place of every secret; see ``secrets_codes``."""
    corpus = of_values(view)
    quota, taken = Quota(), Taken()
    places, is_all = HEADS.places(corpus.text)
    for start, end in places:
        yield from _at(start, end, corpus, quota, taken)
    addresses, are_all = ADDRESSES.places(corpus.text)
    for start, end in addresses:
        yield from _address(start, end, corpus, quota, taken)
    named, are_all_named = context.values(corpus)
    for start, end in named:
        yield from _named(start, end, corpus, quota, taken)
    if not (is_all and are_all and are_all_named):
        message = "Contains more that could be secret than can be looked at"
        yield Match("secrets.uninspectable", Severity.MEDIUM, message).at("/arguments")


class Taken:
    """Which characters belong to a secret that was found already."""

    def __init__(self) -> None:
        self._blocks: set[int] = set()

    def claim(self, start: int, end: int) -> bool:
        """False when something before has claimed a part of it."""
        # Blocks of five characters: no secret is shorter, and sets stay small.
        blocks = set(range(start // 5, end // 5 + 1))
        if self._blocks & blocks:
            return False
        self._blocks |= blocks
        return True


def _at(
    start: int, end: int, corpus: Corpus, quota: Quota, taken: Taken
) -> Iterator[Finding]:
    """What stands around a word that some formats have, by the first that fits."""
    for format in formats_with(corpus.text[start:end]):
        found = format.around(corpus.text, start, end)
        if found is None:
            continue
        secret = found["secret"] if "secret" in found.re.groupindex else found[0]
        match = _judged(format, secret)
        is_new = match and quota.allows(match.target, match.severity)
        if match and is_new and taken.claim(*found.span()):
            yield corpus.finding(match, *found.span())
        return


def _judged(format: Format, secret: str) -> Match | None:
    severity: Severity | None = format.severity
    if format.check is not None and not format.check(secret):
        severity = format.otherwise
    if severity is None:
        return None
    code = format.code
    is_filler = len(set(secret)) < 6
    if code not in _BOUND_TO_BE_FILLED:
        is_filler = checks.is_filler(secret)
    if is_filler and format.severity is not Severity.LOW:
        return _match("secrets.example", Severity.LOW, f"{format.what} as an example")
    return _match(code, severity, f"{format.what}{checks.ending(secret)}")


def _match(code: str, severity: Severity, what: str) -> Match:
    article = "an" if what[0] in "aAeEiIoOxX" else "a"
    return Match(code, severity, f"Contains {article} {what}", target=what)


def _address(
    start: int, end: int, corpus: Corpus, quota: Quota, taken: Taken
) -> Iterator[Finding]:
    found = ADDRESS_WITH_PASSWORD.search(corpus.text, max(0, start - 25), end + 250)
    if found is None or checks.is_reference(found["secret"]):
        return
    severity = _severity_of(found)
    code = "secrets.password_in_url"
    if severity is Severity.LOW:
        code = "secrets.example"
    if quota.allows(code, severity) and taken.claim(*found.span("secret")):
        what = f"{found['scheme'].lower()[:12]} address with a password"
        yield corpus.finding(_match(code, severity, what), *found.span())


def _severity_of(found: re.Match[str]) -> Severity:
    is_weak = found["secret"].lower() in _WEAK or found["secret"] == found["user"]
    if checks.is_filler(found["secret"]) and len(found["secret"]) > 4:
        return Severity.LOW
    if is_weak:
        host = found["host"].lower()
        is_local = host in _LOCAL or "." not in host or "example" in host
        return Severity.LOW if is_local else Severity.MEDIUM
    return Severity.HIGH


def _named(
    start: int, end: int, corpus: Corpus, quota: Quota, taken: Taken
) -> Iterator[Finding]:
    if not quota.allows("secrets.password", Severity.MEDIUM):
        return
    if taken.claim(start, end):
        what = f"password, key or token{checks.ending(corpus.text[start:end])}"
        yield corpus.finding(
            _match("secrets.password", Severity.MEDIUM, what), start, end
        )
