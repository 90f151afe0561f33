"""Instructions inside data, written for an agent or for whoever reviews its action."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from approvals.risk import injection_disguise as disguise
from approvals.risk.context import Role
from approvals.risk.corpus import SEPARATOR, Corpus, Quota
from approvals.risk.findings import Finding, Match, Severity
from approvals.risk.injection_codes import CODES
from approvals.risk.injection_patterns import ANY, WORDINGS
from approvals.risk.scanning import Scanner
from approvals.risk.tables import names
from approvals.risk.view import View

__all__ = ["CODES", "analyse"]

_MOST = 200
_OVERLAP = 100
_HIDDEN_PARTS = Scanner(
    r"(?s)<!--.*?-->",
    r"style\s*=\s*[\"'][^\"'>]*(?:display\s*:\s*none|visibility\s*:\s*hidden"
    r"|font-size\s*:\s*[01](?:px|pt)?[;\"']|opacity\s*:\s*0[;\"'])[^>]*>[^<]*",
    ignore_case=True,
)
_ORDERS = Scanner(
    r"\b(?:assistant|ai|agents?|llms?|language model|chatbot|gpt|claude"
    r"|copilot)\b[^\n]*\b"
    r"(?:must|should|always|never|please|send|include|execute|transfer|forward|ignore"
    r"|do not|recommend|reply|approve|delete)\b",
    ignore_case=True,
)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|don['’]?t|can['’]?t|cannot|won['’]?t|didn['’]?t|to|and|i"
    r"|we|he|she"
    r"|they|you|people|may|might|could|would|often|always|keep|не|nicht|no|ne|não"
    r"|non|nie)"
    r"|\bor|\bn['’])\s*\Z"
)
_NEGATABLE = re.compile(
    "(?:ignor|disregard|forget|bypass|overrid|disab|deactiv|turn off|switch off|stop"
    "|забуд|игнор|oubli|olvid|verg|esque"
    "|dimentic)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"'“”‘’«»`(\[]\s?\Z")
_TALKS_ABOUT = re.compile(
    r"attack|example|phrase|such as|\blike\b|injection|jailbreak|detect|payload"
    r"|e\.g\.|titled"
    r"|called|string|pattern|malicious|phishing|suspicious|attempt|wording|sentence"
)
_TECHNICAL = (Role.CODE, Role.COMMAND, Role.MANIFEST, Role.SQL)
_USUAL_IN_CODE = names("injection.markers injection.tool_call")


@dataclass(frozen=True, slots=True)
class _Hit:
    """One instruction; ``is_quoted``: the text only speaks about it."""

    code: str
    what: str
    start: int
    end: int
    is_quoted: bool = False


def analyse(view: View) -> Iterator[Finding]:
    """Findings with code and place; one alone is medium, several are high."""
    quota = Quota()
    for leaves, has_spans in ((view.leaves, True), (view.members, False)):
        corpus = Corpus.of(leaf for leaf in leaves if leaf.text)
        technical = {id(leaf) for leaf in view.having(*_TECHNICAL)}
        hits = list(_hits(corpus))
        for found in _judged(hits, corpus, technical, quota):
            yield found if has_spans else replace(found, span=None)


def _hits(corpus: Corpus) -> Iterator[_Hit]:
    plain = list(_of_text(corpus, corpus.text, None))
    yield from plain
    known = [(hit.start, hit.end) for hit in plain]
    yield from _concealed(corpus, known)
    yield from _encoded(corpus)
    yield from _in_hidden_parts(corpus, known)


def _of_text(corpus: Corpus, text: str, offsets: list[int] | None) -> Iterator[_Hit]:
    """Instructions in ``text``, which is the corpus or reads like it."""
    places, is_all = ANY.places(text, _MOST)
    if not is_all:
        # Nobody may hide an instruction behind hundreds that mean nothing.
        yield _unread(*(offsets[at] if offsets else at for at in places[-1]))
    for start, end in places:
        # Where one way to put it begins inside another, only the first was found.
        stop = text.find(SEPARATOR, end, end + _OVERLAP)
        near = text[start : stop if stop >= 0 else end + _OVERLAP]
        for wording in WORDINGS:
            for first, last in wording.scanner.places(near, 1)[0]:
                place = (start + first, start + last)
                if offsets:
                    place = (offsets[place[0]], offsets[place[1] - 1] + 1)
                if not _is_negated(corpus, near[first:last], place[0]):
                    is_quoted = _is_quoted(corpus, place[0])
                    yield _Hit(wording.code, wording.what, *place, is_quoted)


def _is_negated(corpus: Corpus, text: str, start: int) -> bool:
    """“Do not ignore …”, “I tend to forget …”: that tells nobody to."""
    if not _NEGATABLE.match(text):
        return False
    before = corpus.before(start, 20)
    return bool(_NEGATED.search(before)) and not before.endswith(("you to ", "and "))


def _is_quoted(corpus: Corpus, start: int) -> bool:
    before = corpus.before(start, 120)
    return bool(_QUOTED.search(before) and _TALKS_ABOUT.search(before))


def _concealed(corpus: Corpus, known: list[tuple[int, int]]) -> Iterator[_Hit]:
    """Instructions in look-alike, invisible, replaced or spaced letters."""
    text, offsets = disguise.folded(corpus.text)
    for other, places in ((text, offsets), (disguise.unleeted(corpus.text), None)):
        for hit in _of_text(corpus, other, places):
            if not any(start < hit.end and hit.start < end for start, end in known):
                known.append((hit.start, hit.end))
                yield hit
                yield _hidden(hit.start, hit.end, "in disguised letters")
    for start, end in disguise.spaced(corpus.text):
        yield _hidden(start, end, "in spaced letters")


def _encoded(corpus: Corpus) -> Iterator[_Hit]:
    parts, is_all = disguise.encoded(corpus.text)
    if not is_all:
        # Lists of checksums are long, too: a note, and no more.
        yield replace(_unread(*parts[-1]), is_quoted=True)
    for start, end in parts:
        if ANY.is_in(disguise.decoded(corpus.text[start:end])):
            yield _hidden(start, end, "in encoded text")
    if "%" not in corpus.text:
        return
    for index, leaf in enumerate(corpus.leaves[:_MOST]):
        plain = disguise.unquoted(leaf.text)
        if plain and ANY.is_in(plain) and not ANY.is_in(leaf.text):
            yield _hidden(*corpus.bounds(index), "in an encoded address")


def _in_hidden_parts(corpus: Corpus, known: list[tuple[int, int]]) -> Iterator[_Hit]:
    if "<" not in corpus.text:
        return
    for start, end in _HIDDEN_PARTS.places(corpus.text, _MOST)[0]:
        is_known = any(start <= first and last <= end for first, last in known)
        if is_known or _ORDERS.is_in(corpus.text[start:end]):
            yield _hidden(start, end, "where a page does not show them")


def _unread(start: int, end: int) -> _Hit:
    what = "has more places that could speak to an agent than can be read"
    return _Hit("injection.uninspectable", what, start, end)


def _hidden(start: int, end: int, where: str) -> _Hit:
    return _Hit("injection.concealed", f"has instructions {where}", start, end)


def _judged(
    hits: Iterable[_Hit], corpus: Corpus, technical: set[int], quota: Quota
) -> Iterator[Finding]:
    """One finding for each text and code; what else is in the text makes it worse."""
    by_leaf: dict[int, dict[str, _Hit]] = {}
    for hit in hits:
        kinds = by_leaf.setdefault(corpus.index_at(hit.start), {})
        if hit.code not in kinds or (kinds[hit.code].is_quoted and not hit.is_quoted):
            kinds[hit.code] = hit
    for index, kinds in by_leaf.items():
        is_technical = id(corpus.leaves[index]) in technical
        counted = [hit for hit in kinds.values() if _counts(hit, is_technical)]
        for hit in kinds.values():
            severity = Severity.HIGH if len(counted) > 1 else Severity.MEDIUM
            severity = severity if hit in counted else Severity.LOW
            if quota.allows(hit.code, severity):
                match = Match(hit.code, severity, f"The text {hit.what}")
                yield corpus.finding(match, hit.start, hit.end)


def _counts(hit: _Hit, is_technical: bool) -> bool:
    return not hit.is_quoted and not (is_technical and hit.code in _USUAL_IN_CODE)
