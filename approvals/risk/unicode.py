"""Characters that deceive people: hidden, reordered, or passing for others."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, compress, islice

from approvals.risk import unicode_lookalikes as lookalikes
from approvals.risk.context import Role
from approvals.risk.corpus import Corpus, Quota
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.tables import names
from approvals.risk.unicode_codes import CODES
from approvals.risk.unicode_marks import MARKS, is_plain_joiner, judge
from approvals.risk.view import Leaf, View, tokens

__all__ = ["CODES", "analyse"]

_ENOUGH = 60
_MOST_MARKS = 1500
_SPACE = re.compile(r"\s")
_STRICT_ROLES = (
    *(Role.SQL, Role.COMMAND, Role.CODE, Role.MANIFEST),
    *(Role.PATH, Role.URL, Role.PACKAGES),
)
_NAMES_OF_THINGS = names(
    "account action agent branch bucket column database domain function group handle"
    " host hostname id identifier image key label login namespace ref repo repository"
    " resource role server service slug table tag tool user username version"
)
_CODE_FILE = re.compile(
    r"\.(?:[cm]?[jt]sx?|c|cc|cpp|cs|env|go|h|hpp|html?|java|json|kt|lua|php|pl|ps1|py|rb"
    r"|rs|scala|sh|sql|swift|tf|toml|ya?ml|vue|zig|bash|gradle|ini|cfg|conf|dockerfile)\Z"
    r"|(?:Dockerfile|Makefile)\Z",
    re.IGNORECASE,
)
_UNUSUAL = re.compile(r"[^\n\r\t\x20-\x7e]|[xX][nN]--")


def analyse(view: View) -> Iterator[Finding]:
    """Findings for texts with characters that can deceive; see ``unicode_codes``."""
    groups = list(_unusual(view))
    if not groups:
        return
    strictness = _Strictness(view)
    quota = Quota()
    for leaves, has_spans in groups:
        strict = [strictness.of(leaf) for leaf in leaves]
        for is_strict in (True, False):
            kept = list(compress(leaves, (one is is_strict for one in strict)))
            corpus = Corpus.of(kept, separator="\n")
            looked = _Looked(corpus, is_strict, strictness)
            yield from looked.findings(quota, has_spans)


def _unusual(view: View) -> Iterator[tuple[list[Leaf], bool]]:
    """Texts with anything but plain ASCII, and whether offsets lead into them."""
    named = Leaf("action", "/action", view.action.name)
    texts = [leaf for leaf in view.leaves if leaf.text]
    for group, has_spans in (
        (texts, True),
        ([named], True),
        (list(view.members), False),
    ):
        joined = "\n".join([leaf.text for leaf in group])
        if not joined.isascii() or _UNUSUAL.search(joined):
            yield [leaf for leaf in group if _UNUSUAL.search(leaf.text)], has_spans


class _Strictness:
    """Which texts of an action are for machines, and which for people."""

    def __init__(self, view: View) -> None:
        strict = list(view.having(*_STRICT_ROLES))
        if any(_CODE_FILE.search(leaf.text) for leaf in view.having(Role.PATH)):
            strict += view.having(Role.CONTENT)
        # The view holds each leaf once: comparing identities is enough, and quick.
        self._strict = {id(leaf) for leaf in strict}
        self._names = {id(leaf) for leaf in view.having(Role.URL, Role.PACKAGES)}
        self._recipients = {id(leaf) for leaf in view.having(Role.RECIPIENTS)}

    def of(self, leaf: Leaf) -> bool:
        if id(leaf) in self._strict or leaf.member in ("action", leaf.text):
            return True
        if _SPACE.search(leaf.text, 0, 200):
            return id(leaf) in self._recipients and "@" in leaf.text
        return self.is_address(leaf) or bool(tokens(leaf.member) & _NAMES_OF_THINGS)

    def is_address(self, leaf: Leaf) -> bool:
        """Whether the text says where something goes to or comes from."""
        is_mailbox = id(leaf) in self._recipients and "@" in leaf.text
        return id(leaf) in self._names or is_mailbox


class _Looked:
    """What is found in texts that are all for machines, or all for people."""

    def __init__(
        self, corpus: Corpus, is_strict: bool, strictness: _Strictness
    ) -> None:
        self._corpus, self._is_strict = corpus, is_strict
        self._strictness = strictness

    def findings(self, quota: Quota, has_spans: bool) -> Iterator[Finding]:
        """One finding for each text, code and severity, within the quota."""
        seen: set[tuple[int, str, Severity]] = set()
        for match, (start, end) in chain(self._marks(), self._lookalikes()):
            key = (self._corpus.index_at(start), match.code, match.severity)
            if key in seen or not quota.allows(match.code, match.severity):
                continue
            seen.add(key)
            found = self._corpus.finding(match, start, end)
            yield found if has_spans else replace(found, span=None)

    def _marks(self) -> Iterator[tuple[Match, tuple[int, int]]]:
        count, text = 0, self._corpus.text
        for mark in MARKS.finditer(text):
            if is_plain_joiner(text, *mark.span()):
                continue
            count += 1
            if count > _MOST_MARKS:
                message = "Contains more unusual characters than can be looked at"
                code = "unicode.uninspectable"
                yield Match(code, Severity.MEDIUM, message), mark.span()
                return
            kind = judge(text, *mark.span(), self._is_strict)
            if kind is not None:
                match = Match(kind.code, kind.severity, f"The text {kind.what}")
                yield match, mark.span()

    def _lookalikes(self) -> Iterator[tuple[Match, tuple[int, int]]]:
        text, is_strict = self._corpus.text, self._is_strict
        for span in islice(lookalikes.hosts(text), _ENOUGH):
            yield _looks_like(text, span, Severity.HIGH, "a host"), span
        if text.isascii():
            return
        severity = Severity.HIGH if is_strict else Severity.MEDIUM
        for span in islice(lookalikes.mixed_words(text, is_strict), _ENOUGH):
            yield _looks_like(text, span, severity, "a word of two scripts"), span
        severity = Severity.MEDIUM if is_strict else Severity.LOW
        for span in islice(lookalikes.styled(text), _ENOUGH):
            yield _looks_like(text, span, severity, "a word in another style"), span
        if is_strict:
            for span in islice(lookalikes.operators(text), _ENOUGH):
                yield _looks_like(text, span, Severity.HIGH, "an operator"), span
            yield from islice(self._whole(), _ENOUGH)

    def _whole(self) -> Iterator[tuple[Match, tuple[int, int]]]:
        """Whole words and marks of addresses: only one text at a time can tell."""
        for index, leaf in enumerate(self._corpus.leaves[:_MOST_MARKS]):
            begins, _ = self._corpus.bounds(index)
            is_address = self._strictness.is_address(leaf)
            severity = Severity.HIGH if is_address else Severity.MEDIUM
            for start, end in lookalikes.whole_words(leaf.text):
                what = "a word of another script"
                match = _looks_like(leaf.text, (start, end), severity, what)
                yield match, (begins + start, begins + end)
            for start, end in lookalikes.address_marks(leaf.text):
                match = _looks_like(leaf.text, (start, end), severity, "a mark")
                yield match, (begins + start, begins + end)


def _looks_like(
    text: str, span: tuple[int, int], severity: Severity, what: str
) -> Match:
    seen = shortened(
        lookalikes.skeleton(text[span[0] : min(span[1], span[0] + 80)]), 40
    )
    message = f"Contains {what} that passes for {seen!a}"
    return Match("unicode.lookalike", severity, message)
