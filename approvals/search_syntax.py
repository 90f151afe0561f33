"""What people type to find requests, taken apart: ``tier:critical -agent:ci "drop"``.

Pure. Words and quoted texts are looked for as they stand, ``key:value`` asks for a
fact, ``-`` before either asks for the opposite; all of it has to hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from urllib.parse import urlencode

MAX_LENGTH = 500
MAX_TERMS = 20
"""Each costs time over every row that is looked at."""
ANY = "*"
"""Stands for any characters in names."""


class Key(StrEnum):
    """What can be asked for; the value is what people type."""

    TEXT = ""
    IS = "is"
    TIER = "tier"
    AGENT = "agent"
    ACTION = "action"
    BY = "by"
    AFTER = "after"
    BEFORE = "before"
    HAS = "has"
    ENVIRONMENT = "env"
    RESOURCE = "resource"
    SESSION = "session"
    DIGEST = "digest"


class Is(StrEnum):
    """What a request can be."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MINE = "mine"
    GROUP = "group"
    SECOND = "second"
    EXPIRING = "expiring"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    CLAIMED = "claimed"
    EDITED = "edited"
    ESCALATED = "escalated"


class Has(StrEnum):
    """What can be there beside it."""

    QUESTION = "question"
    VOTES = "votes"
    FINDINGS = "findings"
    EVIDENCE = "evidence"
    GRANT = "grant"
    OUTCOME = "outcome"


MEANINGS: dict[Key, dict[str, str]] = {
    Key.IS: {
        Is.PENDING: "waits for a decision",
        Is.APPROVED: "was approved",
        Is.DENIED: "was denied",
        Is.EXPIRED: "ran out, which is a denial",
        Is.CANCELLED: "the agent took it back",
        Is.MINE: "assigned to me or claimed by me",
        Is.GROUP: "I may decide on it",
        Is.SECOND: "has an approval and needs mine, too",
        Is.EXPIRING: "runs out within 15 minutes",
        Is.ASSIGNED: "assigned to somebody",
        Is.UNASSIGNED: "assigned to nobody",
        Is.CLAIMED: "somebody looks at it",
        Is.EDITED: "a person changed its arguments",
        Is.ESCALATED: "further groups may decide",
    },
    Key.HAS: {
        Has.QUESTION: "a question the agent has not answered",
        Has.VOTES: "votes",
        Has.FINDINGS: "findings of our analysis",
        Has.EVIDENCE: "evidence that the agent sent",
        Has.GRANT: "a standing approval that approved it",
        Has.OUTCOME: "an outcome that the agent reported",
    },
}
"""The words that ``is:`` and ``has:`` know, and what they mean."""

KEYS: dict[Key, str] = {
    Key.IS: "state, and whose it is",
    Key.TIER: "its tier: tier:critical",
    Key.AGENT: "who asks: agent:deploy-bot, agent:ci-*",
    Key.ACTION: "what would run: action:sql.execute, action:sql.*",
    Key.BY: "who decided or voted: by:ana, by:me, by:policy",
    Key.AFTER: "after:2026-11-28, after:2h, after:7d",
    Key.BEFORE: "before:2026-11-28, before:2h",
    Key.HAS: "what is there: has:question",
    Key.ENVIRONMENT: "environment: env:production",
    Key.RESOURCE: "resource: resource:billing-*",
    Key.SESSION: "the agent's session",
    Key.DIGEST: "equal requests, by the beginning of their digest",
}
"""The keys people can type, with what they are about."""

_TERM = re.compile(
    r"""(?P<minus>-?)(?:(?P<key>[A-Za-z_]+):)?(?P<value>"[^"]*"|[^\s"]*)""", re.VERBOSE
)
_SPAN = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{6,64}")


class SearchError(ValueError):
    """Something typed that cannot be understood; the text is a sentence for them."""

    def __init__(self, reason: str, start: int, end: int) -> None:
        super().__init__(reason)
        self.start = start
        self.end = max(end, start + 1)
        """The characters that are wrong: from ``start`` to before ``end``."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that has to hold, or with ``negated`` must not."""

    key: Key
    value: str
    negated: bool
    start: int
    end: int

    def moment(self, now: datetime) -> datetime:
        """The time that ``after:`` and ``before:`` name."""
        return _moment(self, now)


@dataclass(frozen=True, slots=True)
class Query:
    """All terms; without any, everything is found."""

    terms: tuple[Term, ...] = ()

    def asks(self, key: Key, value: str | None = None) -> bool:
        """Whether it asks for this (and not for the opposite)."""
        return any(
            term.key is key and not term.negated and value in (None, term.value)
            for term in self.terms
        )

    def only(self, key: Key) -> str:
        """The one plain name it asks for with this key; empty otherwise."""
        names = [term.value for term in self.terms if term.key is key]
        plain = len(names) == 1 and ANY not in names[0] and self.asks(key)
        return names[0] if plain else ""


def parse(text: str) -> Query:
    """What is asked for; raises SearchError for the first thing that is wrong."""
    if len(text) > MAX_LENGTH:
        reason = f"At most {MAX_LENGTH} characters can be searched for."
        raise SearchError(reason, MAX_LENGTH, len(text))
    if "\0" in text:
        # PostgreSQL's text has no U+0000.
        at = text.index("\0")
        raise SearchError("This character is in nothing that is stored.", at, at + 1)
    terms = tuple(_terms(text))
    if len(terms) > MAX_TERMS:
        extra = terms[MAX_TERMS]
        raise SearchError(
            f"At most {MAX_TERMS} terms can be asked for at once.",
            extra.start,
            terms[-1].end,
        )
    return Query(terms)


def in_address(text: str) -> str:
    """What the address of a list, or of a request in it, has behind it for a search.

    Nothing for what asks for nothing, or is longer than any search.
    """
    is_one = text.strip() and len(text) <= MAX_LENGTH
    return f"?{urlencode({'q': text})}" if is_one else ""


def quoted(value: str) -> str:
    """A value as it has to be typed."""
    plain = value.replace('"', "")
    return f'"{plain}"' if re.search(r"\s", plain) or not plain else plain


def _terms(text: str) -> Iterator[Term]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TERM.match(text, at)
        assert match is not None  # every part of it may be empty
        end = match.end()
        if end < len(text) and not text[end].isspace():
            raise _strange(text, at, end)
        yield _checked(match)
        at = end


def _strange(text: str, start: int, end: int) -> SearchError:
    """What follows a term without a space: a quotation mark at a wrong place."""
    if text.count('"', start) % 2:
        quote = text.rindex('"')
        reason = "This quotation mark has no second one."
        return SearchError(reason, quote, quote + 1)
    return SearchError("Put a space before and after a quoted text.", end, end + 1)


def _checked(match: re.Match[str]) -> Term:
    start, end = match.span()
    name, raw = match["key"], match["value"]
    value = raw[1:-1] if raw.startswith('"') else raw
    if name is None:
        if not value.strip():
            reason = "Say what must not be there." if match["minus"] else "Nothing."
            raise SearchError(
                reason if raw == "" else "This text is empty.", start, end
            )
        return Term(Key.TEXT, value, bool(match["minus"]), start, end)
    place = match.span("value")
    if name.lower() not in {key.value for key in KEYS}:
        raise SearchError(_unknown(name), *match.span("key"))
    key = Key(name.lower())
    if not value.strip():
        raise SearchError(f"Say what follows “{key}:”.", start, end)
    term = Term(key, _normal(key, value), bool(match["minus"]), start, end)
    _check_value(term, *place)
    return term


def _unknown(name: str) -> str:
    """What to say of a key that is none."""
    near = get_close_matches(name.lower(), [key.value for key in KEYS], 1)
    known = ", ".join(f"{key}:" for key in KEYS)
    instead = f". Did you mean “{near[0]}:”?" if near else f", only {known}."
    quotes = "To look for it as text, put all of it in quotes."
    return f"There is no “{name}:”{instead} {quotes}"


def _normal(key: Key, value: str) -> str:
    return value.lower() if key in (Key.IS, Key.HAS, Key.DIGEST) else value


def _check_value(term: Term, start: int, end: int) -> None:
    known = MEANINGS.get(term.key)
    if known is not None and term.value not in known:
        words = ", ".join(known)
        raise SearchError(f"“{term.key}:” knows {words}.", start, end)
    if term.key in (Key.AFTER, Key.BEFORE):
        try:
            _moment(term, datetime(2000, 1, 1, tzinfo=UTC))
        except (ValueError, OverflowError) as error:
            reason = "A time looks like 2026-11-28, 2026-11-28T14:30 (UTC), 2h or 7d."
            raise SearchError(reason, start, end) from error
    if term.key is Key.DIGEST and not _DIGEST.fullmatch(term.value):
        reason = "A digest is at least six of the digits 0 to 9 and a to f."
        raise SearchError(reason, start, end)


def _moment(term: Term, now: datetime) -> datetime:
    if span := _SPAN.fullmatch(term.value):
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    found = datetime.fromisoformat(term.value)
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
