"""Reading that no parser understands: told by its words alone.

Every warehouse has syntax of its own, and no parser knows all of it. A statement
that begins as a query does, and has no word of a change anywhere, not even in its
strings and comments, reads: whatever the dialect takes for a string.
"""

import re

from approvals.risk.sql_functions import is_risky
from approvals.risk.tables import names

_READING = names(
    "desc describe exists explain from help list ls pivot select show sp_columns"
    " sp_help sp_helpindex sp_helptext summarize table unpivot use values with"
)
_CHANGING = names(
    "alter backup bulk create dbcc delete deny disable drop dumpfile exec execute"
    " grant insert into kill merge outfile program reconfigure restore revert revoke"
    " setuser shutdown truncate update waitfor"
)
"""Also what T-SQL lets follow a query without any semicolon."""
_RUNS = re.compile(r"\busing\s*['\"]|!!", re.IGNORECASE)
"""Hive's ``TRANSFORM (…) USING 'program'``; a shell's command for sqlcmd."""
_NAMES_OF_THINGS = names("create into")
"""Words that only name what is shown: ``SHOW CREATE TABLE``, ``INTO NAME month``."""
_WORD = re.compile(r"[^\W\d]\w*")
_COMMENT = re.compile(r"--[^\n]*|/\*(?!!)(?:[^*]|\*(?!/))*\*/")
_PRAGMA = re.compile(
    r"pragma\s+(?:\w+\.)?(?:(?P<name>\w+)|(?P<of>\w+)\s*\(\s*[\"'`]?[\w.]+[\"'`]?\s*\))"
    r"\s*\Z",
    re.IGNORECASE,
)
_TELLING_DBCC = re.compile(
    r"dbcc\s+(?:check(?:alloc|catalog|constraints|db|filegroup|ident|table)|sqlperf"
    r"|opentran|inputbuffer|outputbuffer|useroptions|showcontig|show_statistics"
    r"|tracestatus|help|proccache|page)\b(?!.*(?:repair|reseed|clear))",
    re.IGNORECASE | re.DOTALL,
)
"""Of SQL Server's console commands, those that tell or check."""
_ORACLE_STRING = re.compile(
    r"\bn?q'(?:\[[^\]]{0,500}\]|\([^)]{0,500}\)|\{[^}]{0,500}\}|<[^>]{0,500}>"
    r"|([^\s\w\[({<])[^']{0,500}?\1)'",
    re.IGNORECASE,
)
"""Oracle's ``q'[it's]'``; what stands in it is looked at like all other words."""
ACTING_PRAGMAS = names(
    "incremental_vacuum optimize shrink_memory wal_checkpoint disable_verification"
)
READING_PRAGMAS = names(
    "foreign_key_check foreign_key_list index_info index_list index_xinfo"
    " integrity_check quick_check storage_info table_info table_list table_xinfo"
)
"""Those that take an argument and still change nothing."""


def reads_only(text: str) -> bool:
    """Whether every statement of the text can only read, by its words."""
    parts = [part.strip() for part in text.split(";")]
    return all(_reads(_COMMENT.sub(" ", part).strip(), part) for part in parts if part)


def _reads(bare: str, part: str) -> bool:
    bare = _ORACLE_STRING.sub("''", bare)
    if not bare or bare.count("'") % 2:
        return not bare and not _changes(part, frozenset())
    first = _WORD.match(bare.lstrip("( \t\r\n"))
    word = first[0].lower() if first else ""
    if word == "pragma":
        return is_reading_pragma(bare)
    if word == "dbcc":
        return bool(_TELLING_DBCC.match(bare))
    allowed = _NAMES_OF_THINGS if word in ("show", "unpivot") else frozenset[str]()
    return word in _READING and not _changes(part, allowed)


def _changes(part: str, allowed: frozenset[str]) -> bool:
    words = {word.lower() for word in _WORD.findall(part)}
    is_changing = bool(words & (_CHANGING - allowed)) or bool(_RUNS.search(part))
    return is_changing or any(map(is_risky, words))


def is_reading_pragma(text: str) -> bool:
    """Whether a PRAGMA asks for something instead of setting it."""
    found = _PRAGMA.match(text)
    if found is None:
        return False
    if found["of"]:
        return found["of"].lower() in READING_PRAGMAS
    return found["name"].lower() not in ACTING_PRAGMAS
