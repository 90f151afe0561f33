"""An inventory of programs: which of them change something, and by which words.

``data/shell_programs.txt`` is the table. It tells what is known of a program from its
manual; where the table names the reading verbs only, everything else is a change, so
that a verb nobody thought of is shown to a person.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.tables import lines_of, names

_FILE = "shell_programs.txt"
_READING = (
    "get list ls lst show view info status search help logs log version whoami check"
    " diff validate inspect history events tail top stats plan preview synth open docs"
    " completion lint fmt describe describe-* *-describe list-* *-list *:list get-*"
    " *-get *:get show-* *-show *:show *:info *:status ps images ping health explain"
    " query current doctor"
)
_CHANGING = names(
    "abort accept add apply approve assign attach ban block cancel change clear"
    " create delete deploy destroy detach disable drain drop edit enable evict exec"
    " execute failover force grant import insert install kill leave lock merge modify"
    " move patch close trigger retry archive unlock invite approve unpublish purge up"
    " down"
    " pause promote prune publish purge push put reboot rebuild remove rename replace"
    " reset resize restart restore resume revoke rm rollback rotate run scale seal set"
    " start stop suspend terminate transfer truncate uninstall unset update upgrade"
    " write"
)
"""Verbs that decide as well: what stands behind them is a name."""
_MOST = 200
"""Nobody looks through more words than these."""
_LONGEST = 2_000
_SPACE = "\0"


@dataclass(frozen=True)
class _Row:
    when: str
    words: str
    match: tuple[str, Severity, str] | None

    @cached_property
    def letters(self) -> frozenset[str]:
        """Options of one letter, which may stand in a cluster."""
        return frozenset(w[1] for w in self.words.split() if _is_letter(w))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All other words."""
        others = [w for w in self.words.split() if w != "." and not _is_letter(w)]
        return re.compile("|".join(map(_translated, others)) or r"(?!)", re.I | re.S)

    def has(self, text: str) -> bool:
        """Whether ``text`` is one of the words."""
        cluster = text[1:] if re.fullmatch(r"-[A-Za-z]{1,5}", text) else ""
        is_letter = not self.letters.isdisjoint(cluster)
        return is_letter or bool(self.pattern.fullmatch(text[:_LONGEST]))

    @property
    def is_bare_reading(self) -> bool:
        """Whether the program only looks when it is given nothing."""
        return "." in self.words.split()


def _is_letter(word: str) -> bool:
    return len(word) == 2 and word[0] == "-" and word[1].isalpha()


def _translated(word: str) -> str:
    plain = word.replace(_SPACE, " ").replace("\\\\", "\\")
    return ".*".join(re.escape(part) for part in plain.split("*"))


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[_Row, ...]]:
    table: dict[str, tuple[_Row, ...]] = {}
    for line in lines_of(_FILE):
        programs, *rest = (part.strip() for part in line.split(" | "))
        row = _row(rest)
        for program in programs.lower().split():
            table[program] = (*table.get(program, ()), row)
    return table


def _row(parts: list[str]) -> _Row:
    when, _, words = parts[0].partition(" ")
    words = words.replace("\\ ", _SPACE).replace("$read", _READING)
    if len(parts) == 1:
        return _Row(when, words, None)
    code, severity = parts[1].split()
    return _Row(when, words, (f"shell.{code}", Severity[severity.upper()], parts[2]))


PROGRAMS = frozenset(_table())


def changes(call: Call) -> Iterator[Match]:
    """What the inventory says that a call changes."""
    if _only_asks(call):
        return
    for row in _rows(call):
        if row.match is not None and _holds(row, call):
            code, severity, what = row.match
            yield Match(code, severity, f"{what}: {shortened(call.line)}")


def only_looks(call: Call) -> bool:
    """Whether the inventory knows that a call changes nothing."""
    rows = _rows(call)
    is_looking = any(row.when == "looks" and _is_among(row, call) for row in rows)
    is_reading = any(row.when == "unless" and _reads(row, call) for row in rows)
    return (is_looking or is_reading) and not list(changes(call))


def is_reading(call: Call) -> bool:
    """Whether the words of any program say that it only looks."""
    return _only_asks(call) or _reads(_VERBS, call)


def _rows(call: Call) -> tuple[_Row, ...]:
    return _table().get(call.name.removesuffix(".sh"), ())


def _only_asks(call: Call) -> bool:
    return call.is_dry_run or call.texts in (("help",), ("version",), ("-V",), ("/?",))


def _holds(row: _Row, call: Call) -> bool:
    if row.when == "always":
        return True
    if row.when == "if":
        is_bare = row.is_bare_reading and not call.texts
        return is_bare or len(call.texts) > _MOST or _is_among(row, call)
    return row.when == "unless" and not _reads(row, call)


def _is_among(row: _Row, call: Call) -> bool:
    return any(map(row.has, call.texts[:_MOST]))


def _reads(row: _Row, call: Call) -> bool:
    """An option of looking decides, else the first word that is a verb.

    What else the row names are nouns, which look as long as no verb of change follows.
    """
    if not call.texts:
        return row.is_bare_reading
    words = call.texts[:_MOST]
    if any(text.startswith("-") and row.has(text) for text in words):
        return True
    is_named = False
    for text, following in zip(words, (*words[1:], ""), strict=True):
        if _VERBS.has(text) and row.has(text):
            return True
        is_noun = text in _NOUNS and _VERBS.has(following)
        if not is_noun and not text.startswith("-") and _is_changing(text):
            return row.has(text)
        is_named = is_named or row.has(text)
    return is_named


_NOUNS = names("archive deploy exec import lock restore run trigger")
"""Verbs that are nouns before one of looking: ``restore get``."""
_VERBS = _Row("unless", f"{_READING} .", None)


def _is_changing(text: str) -> bool:
    head = re.split(r"[-_:]", text[:40], maxsplit=1)[0].lower()
    last = text[:80].rpartition(":")[2].lower()
    return head in _CHANGING or last in _CHANGING
