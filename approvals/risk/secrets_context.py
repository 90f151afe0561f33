"""Secrets that only their name gives away: ``db_password: Tr0ub4dor&3``."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from approvals.risk import secrets_checks as checks
from approvals.risk.corpus import Corpus
from approvals.risk.scanning import MOST, Scanner
from approvals.risk.tables import names
from approvals.risk.view import tokens

_PASSWORDS = names("passw pwd passphrase passcode")
_KEYS = names(
    "secret token apikey api_key api-key accesskey access_key access-key privatekey"
    " private_key credential auth signing_key encryption_key bearer"
)
_WORDS = tuple(sorted(_PASSWORDS | _KEYS))
_HINT = re.compile("pass|pwd|secret|token|key|cred|auth|bearer")
_NAMES = Scanner(
    *map(re.escape, _WORDS), "api key", "identified by", r"\bpass[=:]", ignore_case=True
)
_NAME = re.compile(r"[\w.-]*")
_ASSIGNED = re.compile(
    r"(?P<rest>[\w.-]{0,40}+)"
    r"(?:[\"'`\])]{0,3}+\s{0,5}+(?:=>|:=|={1,3}|:|\bis\s|\()\s{0,5}+|>|\s{1,3}+)"
    r"(?P<quote>\\?[\"'`]{0,3}+)(?:(?:bearer|basic|token)\s{1,3}+)?"
    r"(?P<value>[^\s\"'`,;<>|)\\]{6,200})",
    re.IGNORECASE,
)
_ASSIGNS = re.compile(r"=|:|>|\bis\s|\(")
_NOT_SECRET = names(
    "address age algorithm arn attempts audience budget bucket change changed claim"
    " count counter cursor digest email enabled endpoint env environment error"
    " expiration expired expires expiry field file filename format function handler"
    " hash hint host id ids index input issuer kind label length level limit link"
    " lifetime location manager max method mode name ok output page path policy prefix"
    " provider ref reference required reset rotation scope scopes secretref server"
    " size source status store strength symbol timeout ttl type uri url usage user"
    " username validator vault verified version"
)
_NOT_BEFORE = names(
    "author authority authored authors cancel completion continuation csrf cursor"
    " device idempotency input max min next num number output page pagination prompt"
    " public push reset sort sync total xsrf"
)
_CHECKSUMS = re.compile(r"sha\d*|hash|commit|digest|checksum|etag|revision|md5|crc")
# Some services give out UUIDs as keys: these names say so beyond doubt.
_KEYS_AS_UUID = re.compile(
    r"(?:auth|access|server|api|bot|deploy)[-_]?token|api[-_]?key|client[-_]?secret"
    r"|secret[-_]?key|[-_]pat\b|account[-_]?token"
)
# ``curl -u name:password``, ``login name password word`` in a .netrc.
_LOGINS = Scanner(
    r"(?:-u|--user|--proxy-user)[ =][\"']?[\w.@+-]{1,60}:[^\s\"':@]{6,100}",
    # A line of .pgpass, and one of /etc/shadow.
    r":(?:5[0-9]{3}|6432|[*]):[\w*.-]{1,63}:[\w.-]{1,63}:[^\s\"':*/]{6,100}",
    r":\$(?:y|[1-7]|2[abxy]|gy|argon2id?)\$[^\s:]{20,300}",
    r"login[ \t\n]{1,3}\S{1,60}[ \t\n]{1,3}password[ \t\n]{1,3}\S{6,100}",
)
_CALL = re.compile(r"[(\[{]|->|::|\A[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_NAME_LIKE = re.compile(r"\A[A-Za-z]+(?:[_-][A-Za-z]+)*\d{0,2}\Z")
_SPLIT = re.compile(r"[-_./+:=~]")


def values(corpus: Corpus) -> tuple[list[tuple[int, int]], bool]:
    """Where a value stands whose name says that it is secret, and if these are all."""
    named = list(islice(_members(corpus), MOST + 1))
    found = [span for one in named[:MOST] if (span := _in_member(corpus, one))]
    places, are_all = _NAMES.places(corpus.text)
    for start, end in places:
        assigned = _ASSIGNED.match(corpus.text, end)
        if assigned and _is_secret(corpus, start, end, assigned):
            found.append(assigned.span("value"))
    logins, are_all_logins = _LOGINS.places(corpus.text)
    found += [span for start, end in logins if (span := _in_login(corpus, start, end))]
    return found, are_all and are_all_logins and len(named) <= MOST


def _in_login(corpus: Corpus, start: int, end: int) -> tuple[int, int] | None:
    value = re.split(r"[:\s]", corpus.text[start:end])[-1].rstrip("\"'")
    is_secret = value.startswith("$") or _looks_secret(value, "pass", "")
    begins = end - len(corpus.text[start:end]) + corpus.text[start:end].rfind(value)
    return (begins, begins + len(value)) if is_secret else None


def _members(corpus: Corpus) -> Iterator[int]:
    """The leaves whose member's name says that their value is secret."""
    for index, leaf in enumerate(corpus.leaves):
        if 6 <= len(leaf.text) <= 400 and _secret_word(leaf.member):
            yield index


def _in_member(corpus: Corpus, index: int) -> tuple[int, int] | None:
    leaf = corpus.leaves[index]
    text = leaf.text.removeprefix("Bearer ").removeprefix("Basic ")
    word = _secret_word(leaf.member)
    if " " in text or not _looks_secret(text, word, leaf.member.lower()):
        return None
    _, end = corpus.bounds(index)
    return end - len(text), end


def _is_secret(corpus: Corpus, start: int, end: int, found: re.Match[str]) -> bool:
    word = corpus.text[start:end].lower()
    before = corpus.before(start, 40)
    # Read backwards: looking for the end of a run from its front takes its square.
    front = before[len(before) - _NAME.match(before[::-1]).end() :]  # type: ignore[union-attr]
    is_option = front.startswith("-")
    between = found.string[found.end("rest") : found.start("value")]
    is_sure = _ASSIGNS.search(between) or found["quote"] or word == "bearer"
    if not is_sure and not is_option:
        return False
    name = f"{front}{word}{found['rest']}"
    if not _secret_word(name.replace(" ", "_")):
        return False
    return _looks_secret(found["value"], word, before[-20:] + name.lower())


@lru_cache(maxsize=4096)
def _secret_word(member: str) -> str:
    """The word by which a name says that its value is secret, or nothing."""
    name = member[:200].lower()
    if not _HINT.search(name):
        return ""
    word = next((word for word in _WORDS if word in name), "")
    words, last = tokens(member), _last_word(member)
    if not word and last in ("pass", "auth"):
        word = last
    if not word or (word == "auth" and not words & {"auth", "authorization"}):
        return ""
    if last in _NOT_SECRET or words & _NOT_BEFORE or last == "tokens":
        return ""
    return word


def _last_word(name: str) -> str:
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name[-60:])
    return parts[-1].lower() if parts else ""


def _looks_secret(value: str, word: str, around: str) -> bool:
    text = value.rstrip(".,;:!?)]}").removeprefix("\\")
    if len(text) < 6 or checks.is_filler(text) or checks.is_reference(text):
        return False
    if checks.is_uuid(text):
        return bool(_KEYS_AS_UUID.search(around)) and not checks.is_sequence(text)
    if checks.is_public(text) or _CALL.search(text[:100]):
        return False
    if word in _PASSWORDS or word in ("pass", "identified by"):
        return _looks_like_password(text)
    return _looks_like_key(text, around)


def _looks_like_password(text: str) -> bool:
    if len(text) < 6 or (_NAME_LIKE.match(text) and not text[-1].isdigit()):
        return False
    is_mixed = checks.has_digit(text) and not text.isdigit()
    return (is_mixed or checks.kinds_of_characters(text) >= 3) and _is_irregular(text)


def _looks_like_key(text: str, around: str) -> bool:
    if len(text) < 16 or _NAME_LIKE.match(text) or text.isdigit():
        return False
    if checks.is_sequence(text):
        return False
    if checks.is_hex(text):
        return len(text) >= 32 and not _CHECKSUMS.search(around)
    return (
        checks.has_digit(text) and checks.entropy(text) >= 3.0 and _is_irregular(text)
    )


def _is_irregular(text: str) -> bool:
    """Not a date, a number or words in a row: those have whole words between marks."""
    parts = [part for part in _SPLIT.split(text) if part]
    plain = sum(part.isdigit() or part.isalpha() for part in parts)
    return not (len(parts) >= 3 and plain == len(parts))
