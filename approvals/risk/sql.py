"""SQL in an action: which statements would run, and what they would do."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Finding, Match, Severity
from approvals.risk.sql_commands import by_keywords
from approvals.risk.sql_parse import (
    MAX_CHARACTERS,
    Budget,
    Statement,
    TooMuchSQL,
    statements,
)
from approvals.risk.sql_reads import reads_only
from approvals.risk.sql_rules import is_statement, matches_of

_FALLBACKS = ("mysql", "tsql", "sqlite", "snowflake")
# PostgreSQL and MySQL disagree on where such text ends a string or a comment, so
# that it can show one of them a harmless statement and the other another one.
_AMBIGUOUS = re.compile(r"\\['\"]|`|#")
_MARKS = re.compile(r"[;=*()'\"`$@\[\]]")
_MAX_NESTING = 4
_MAX_UNCLEAR = 50
"""With more statements that are not understood, no other dialect is tried."""
_META_COMMAND = re.compile(
    r"^[ \t]*(?:\\(?P<name>[a-z]+|!)|(?P<dot>\.[a-z]+)|(?P<word>system|source)\b)"
    r"(?P<rest>[^\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
_MAX_META = 300
"""Most client commands of one text that are told apart."""
_SHELL_META = frozenset({"!", ".shell", ".system", "system"})
_FILE_META = frozenset(
    {"copy", "o", "w", "lo_export", "lo_import", ".output", ".import"}
)
_SCRIPT_META = frozenset({"i", "ir", "include", "source", ".", ".read"})
_INNER_STATEMENT = re.compile(
    r"\s*(?:EXPLAIN\s+(?P<options>\([^()]*\)|(?:(?:ANALYZE|VERBOSE|EXTENDED)\s+)+)"
    r"|PREPARE\s+\w+\s*(?:\([^()]*\)\s*)?AS\s"
    r"|DECLARE\s+[\w\s]{1,200}?\sFOR\s)\s*(?P<statement>.+)",
    re.IGNORECASE | re.DOTALL,
)
_PLAN_ONLY = re.compile(r"\s*EXPLAIN\s", re.IGNORECASE)


def analyse(text: str, pointer: str, budget: Budget) -> list[Finding]:
    """Findings for all SQL in ``text``; ``sql.uninspectable`` when it is none.

    SQL beyond the budget is one more, critical finding. Raises RecursionError on
    deep nesting.
    """
    plain, meta = _without_meta_commands(text[:MAX_CHARACTERS])
    found = [match.at(pointer, span) for match, span in meta]
    if len(text) > MAX_CHARACTERS:
        return [*found, _too_much(pointer)]
    plain, hidden = _with_executable_comments(plain)
    if hidden:
        message = "Hides statements in comments that some databases execute"
        found.append(Match("sql.opaque", Severity.HIGH, message).at(pointer))
    if plain.strip():
        found.extend(_within_budget(plain, pointer, budget))
    return found


def _within_budget(text: str, pointer: str, budget: Budget) -> Iterator[Finding]:
    try:
        yield from _analyse_statements(text, pointer, budget, 0)
    except TooMuchSQL:
        yield _too_much(pointer)


def _too_much(pointer: str) -> Finding:
    message = "Contains more SQL than can be inspected"
    return Match("sql.uninspectable", Severity.CRITICAL, message).at(pointer)


def parses(text: str, budget: Budget) -> bool:
    """True when every statement of ``text`` is understood in some dialect.

    A command that is kept as its words counts only where some mark of SQL is in the
    text: "create table lamp" is prose.
    """
    has_marks = bool(_MARKS.search(text))
    return any(
        all(_is_understood(one) and (has_marks or not _is_words(one)) for one in read)
        and bool(read)
        for read in (statements(text, name, budget) for name in ("postgres", "mysql"))
    )


def _is_words(statement: Statement) -> bool:
    return statement.tree is None or statement.tree.key == "command"


def _is_understood(statement: Statement) -> bool:
    return statement.tree is not None and is_statement(statement.tree)


def _analyse_statements(
    text: str, pointer: str, budget: Budget, depth: int
) -> Iterator[Finding]:
    if depth > _MAX_NESTING:
        raise TooMuchSQL
    is_clear = False
    for dialect, read in _readings(text, budget):
        for statement in read:
            if dialect not in _FALLBACKS or _is_understood(statement):
                for match in _matches(statement, budget, depth):
                    yield match.at(pointer, statement.span)
        yield from _several(read, pointer)
        is_clear = is_clear or all(map(_is_understood, read))
    if not is_clear:
        yield _unclear(text).at(pointer)


def _unclear(text: str) -> Match:
    if reads_only(text):
        message = "Only reads by its words; no dialect could parse it"
        return Match("sql.uninspectable", Severity.LOW, message)
    message = "Contains SQL that no dialect could parse"
    return Match("sql.uninspectable", Severity.HIGH, message)


def _several(read: list[Statement], pointer: str) -> Iterator[Finding]:
    if len(read) > 1:
        message = "Contains several statements"
        yield Match("sql.multiple_statements", Severity.LOW, message).at(pointer)


def _readings(text: str, budget: Budget) -> Iterator[tuple[str, list[Statement]]]:
    """The text as each dialect reads it, until one understands all of it."""
    dialects = ["postgres", *_FALLBACKS]
    if _AMBIGUOUS.search(text):
        yield "mysql, where it differs", statements(text, "mysql", budget)
    for dialect in dialects:
        read = statements(text, dialect, budget)
        yield dialect, read
        unclear = sum(not _is_understood(statement) for statement in read)
        if not unclear or unclear > _MAX_UNCLEAR:
            return


def _matches(statement: Statement, budget: Budget, depth: int) -> Iterator[Match]:
    if statement.tree is None or not is_statement(statement.tree):
        yield from by_keywords(statement.keywords)
        return
    inner = _inner_statement(statement)
    if inner is None:
        yield from matches_of(statement.tree)
    elif inner:
        for found in _analyse_statements(inner, "", budget, depth + 1):
            yield Match(
                found.code, found.severity, found.message, found.target, found.scale
            )


def _inner_statement(statement: Statement) -> str | None:
    """What EXPLAIN ANALYZE, PREPARE and DECLARE run: empty when only planned."""
    tree = statement.tree
    if tree is None or tree.key != "command":
        return None
    match = _INNER_STATEMENT.match(statement.text)
    if match is None:
        return "" if _PLAN_ONLY.match(statement.text) else None
    options = match["options"]
    if options is not None and "ANALY" not in options.upper():
        return ""
    return match["statement"]


def _without_meta_commands(
    text: str,
) -> tuple[str, list[tuple[Match, tuple[int, int]]]]:
    """The text with client commands blanked out, and what those would do."""
    found: list[tuple[Match, tuple[int, int]]] = []

    def blank(match: re.Match[str]) -> str:
        name = (match["name"] or match["dot"] or match["word"]).lower()
        if len(found) < _MAX_META:
            matches = _meta_matches(name, match["rest"])
            found.extend((one, match.span()) for one in matches)
        return " " * len(match[0])

    return _META_COMMAND.sub(blank, text), found


def _meta_matches(name: str, rest: str) -> Iterator[Match]:
    if name in _SHELL_META:
        message = "Runs a program on the client"
        yield Match("sql.shell_escape", Severity.CRITICAL, message)
    elif "program" in rest.lower().split() or "|" in rest:
        message = "Pipes data through a program on the client"
        yield Match("sql.copy_program", Severity.CRITICAL, message)
    elif name in _FILE_META:
        message = "Reads or writes a file of the client"
        yield Match("sql.file_access", Severity.MEDIUM, message)
    elif name in _SCRIPT_META or name == "gexec":
        message = "Runs statements that are not shown here"
        yield Match("sql.opaque", Severity.HIGH, message)


def _with_executable_comments(text: str) -> tuple[str, bool]:
    """The text with the marks of MySQL's executable comments blanked out."""
    parts: list[str] = []
    position = 0
    while (start := text.find("/*!", position)) >= 0:
        end = text.find("*/", start)
        if end < 0:
            break
        body = text[start + 3 : end].lstrip("0123456789")
        parts += [text[position:start], body.rjust(end - start), "  "]
        position = end + 2
    return "".join([*parts, text[position:]]), bool(parts)
