"""What the name of an action claims that it does: its verbs and their objects."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from approvals.risk.tables import names
from approvals.risk.verbs_classes import KNOWN
from approvals.risk.verbs_words import (
    ASKED,
    CHANGING,
    CONTAINERS,
    EITHER,
    JOINS,
    LIGHT,
    METHODS,
    NOMINAL,
    NOUNS,
    PHRASES,
    READING,
    STRICT,
    SYNONYMS,
    TAILS,
)

_REQUEST = re.compile(
    r"(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)[ :_.-]{0,3}(/.*)", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[./:]|__")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


_UNDONE_DAILY = names(
    "archive check comment favorite favourite flag fold follow group hide highlight"
    " like mark mute pack pin read snooze star subscribe tag wrap zip"
)
"""``unpin`` takes nothing away from anybody."""
_NO_GERUNDS = frozenset({"make", "persist", "put", "set"})
"""Whose ``-ing`` is a thing: a setting."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a name says: a verb (empty: none known) and the words beside."""

    verb: str
    objects: frozenset[str]

    @classmethod
    def of(cls, verb: str, words: Iterable[str]) -> "Claim":
        """With the singular beside each plural; the verb is no object."""
        said = frozenset(words) - {verb}
        return cls(verb, said.union(*(_singular(word) for word in said)))

    @property
    def reads(self) -> bool:
        return self.verb in READING


def _singular(word: str) -> tuple[str, ...]:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us")):
        return ()
    return (f"{word[:-3]}y",) if word.endswith("ies") else (word[:-1],)


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in order; ``turn_off`` becomes ``disable`` and so on.

    Of ``mcp__server__tool`` it is the tool.
    """
    said = name[:500]
    if said.lower().startswith("mcp__"):
        said = said.rpartition("__")[2] or said
    words = [word.lower() for word in _WORD.findall(said)]
    found: list[str] = []
    while words:
        word = words.pop(0)
        pair = PHRASES.get((word, words[0])) if words else None
        if pair is not None:
            words.pop(0)
        verb = pair or word
        found.append(SYNONYMS.get(verb, verb))
    return tuple(found)


@lru_cache(maxsize=4096)
def claims_of(name: str) -> tuple[Claim, ...]:
    """What a name says, one claim for each part: ``read_and_send`` says two things.

    ``OrderService.GetOrder`` and ``GmailManagerReadMail`` say first whose verb it
    is; ``DELETE:/users/1`` is a request over HTTP.
    """
    request = _REQUEST.match(name[:500])
    if request:
        return (_requested(request[1].lower(), request[2]),)
    every = words_of(name)
    own = _own_words(name, every)
    parts: list[list[str]] = [[]]
    for word in own:
        if word in JOINS:
            parts.append([])
        else:
            parts[-1].append(word)
    beside = frozenset(every[: len(every) - len(own)])
    return tuple(
        Claim.of(verb, beside.union(part)) for part in parts for verb in _verbs(part)
    )


def _own_words(name: str, every: tuple[str, ...]) -> tuple[str, ...]:
    """The words from the verb on, where what stands before is a place or service."""
    last = words_of(_SEPARATORS.split(name[:500])[-1])
    if last and len(last) < len(every) and every[-len(last) :] == last:
        own = _behind_container(last)
        is_said = _is_verb(own[0]) or own[-1] in NOMINAL
        if is_said and CHANGING.isdisjoint(every[: -len(last)]):
            return own
    return _behind_container(every)


def _behind_container(words: tuple[str, ...]) -> tuple[str, ...]:
    for at in range(len(words) - 1, 1, -1):
        is_container = words[at - 1] in CONTAINERS and _is_verb(words[at])
        if is_container and CHANGING.isdisjoint(words[:at]):
            return words[at:]
    return words


def _is_verb(word: str) -> bool:
    return word in READING or word in CHANGING or word in EITHER


@lru_cache(maxsize=4096)
def _undone(word: str) -> str:
    """``unmanage`` undoes, ``regrade`` does again: the verb within, or nothing."""
    for prefix in ("un", "re", "de", "dis", "over", "mis"):
        stem = word.removeprefix(prefix)
        is_stem = stem != word and len(stem) > 3
        if is_stem and (stem in CHANGING or stem in EITHER):
            is_taken_back = prefix == "un" and stem not in _UNDONE_DAILY
            return "unassign" if is_taken_back else stem
    return ""


def _requested(method: str, path: str) -> Claim:
    """``POST /users/1/deactivate`` says what it does at its end; others do not."""
    said = words_of(path.partition("?")[0])
    plain = [word for word in said if not word.isdigit()]
    verb = METHODS[method]
    if method in ("post", "put", "patch") and plain and plain[-1] in CHANGING:
        verb = plain[-1]
    return Claim.of(verb, frozenset(plain))


def reads(name: str) -> bool:
    """Whether a name claims to read and nothing else."""
    claims = claims_of(name)
    return bool(claims) and all(claim.reads for claim in claims)


def verbs_of(name: str) -> frozenset[str]:
    """Every verb that the name claims."""
    return frozenset(claim.verb for claim in claims_of(name) if claim.verb)


def _verbs(words: list[str]) -> list[str]:
    """The verbs of one part, usually one.

    Most names begin with their verb; others say the service or the object first.
    A word that may also be a noun counts beside a reading verb that follows it, so
    that ``share_read_access`` does not pass for reading; ``order_search`` does.
    """
    if not words:
        return []
    first = _plain(words[0])
    if first in NOUNS and words[-1] in ASKED:
        return ["check"]
    is_sure = any(word in CHANGING for word in words)
    if words[-1] in ASKED and not is_sure and first not in EITHER:
        return ["check"]
    if first in ("post", "put", "patch") and words[-1] in CHANGING:
        return [words[-1]]
    done = NOMINAL.get(words[-1], words[-1])
    if first in LIGHT and len(words) > 1 and done in CHANGING:
        return [first, done]
    if first in READING or first in CHANGING:
        return [first]
    noun = _nominal(words)
    if noun:
        return [noun]
    sure = next((word for word in words if word in CHANGING or word in STRICT), "")
    if first in EITHER and words[-1] in STRICT and sure == words[-1]:
        return [sure]
    if first in EITHER and (not sure or sure in READING):
        return [first, sure] if sure else [first]
    if sure:
        return [sure]
    found = next((word for word in words if word in EITHER or word in READING), "")
    return [found or next((_undone(word) for word in words if _undone(word)), "")]


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """``deletes`` and ``deleting`` say at the beginning of a name what ``delete`` does.

    ``deleted`` does not: that is how what is deleted is called.
    """
    if _is_verb(word):
        return word
    stems: tuple[str, ...] = ()
    if word.endswith("s"):
        stems = (word[:-1], word[:-2])
    elif word.endswith("ing"):
        stems = (word[:-3], f"{word[:-3]}e", word[:-4])
    return next((stem for stem in stems if stem in CHANGING - _NO_GERUNDS), word)


def participle(word: str) -> str:
    """The verb that a participle comes from (``suspended``: suspend), or nothing."""
    stems = (word[:-1], word[:-2], word[:-3]) if word.endswith("ed") else (word,)
    return next((stem for stem in stems if stem in KNOWN), "")


def _nominal(words: list[str]) -> str:
    """The verb in the noun that ends a name: ``AccountDeletionService`` deletes."""
    heads = [word for word in words if word not in TAILS] or words
    head = heads[-1]
    if head in NOMINAL:
        return NOMINAL[head]
    if not head.endswith("ing") or len(heads) == 1:
        return ""
    stems = (head[:-3], f"{head[:-3]}e", head[:-4])
    return next((stem for stem in stems if stem in CHANGING - _NO_GERUNDS), "")
