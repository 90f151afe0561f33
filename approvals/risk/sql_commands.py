"""Statements that sqlglot keeps as plain words: what their keywords tell."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened

HARMLESS = frozenset(
    {
        "ANALYZE",
        "CHECKPOINT",
        "CLOSE",
        "DEALLOCATE",
        "DESC",
        "DESCRIBE",
        "DISCARD",
        "END",
        "FETCH",
        "GO",
        "HELP",
        "LISTEN",
        "MOVE",
        "NOTIFY",
        "PRINT",
        "RELEASE",
        "SAVEPOINT",
        "SET",
        "SHOW",
        "START",
        "UNLISTEN",
        "USE",
        "VACUUM",
    }
)
"""First words of commands that neither change nor reveal data by themselves."""

_ROLES = r"ROLE|USER|GROUP|LOGIN"
_PATTERNS: tuple[tuple[str, str, Severity, str], ...] = (
    # regular expression on the keywords, code, severity, message
    (
        r"\b(XP_CMDSHELL|SP_OACREATE|SP_EXECUTE_EXTERNAL_SCRIPT|SYS_EXEC|SYS_EVAL)\b",
        "sql.shell_escape",
        Severity.CRITICAL,
        "Runs a program on the database server",
    ),
    (
        r"^COPY\b.*\bPROGRAM\b",
        "sql.copy_program",
        Severity.CRITICAL,
        "Pipes data through a program on the database server",
    ),
    (
        r"\bINTO (OUTFILE|DUMPFILE)\b|^LOAD (DATA|XML)\b|^(BACKUP|UNLOAD|EXPORT|PUT)\b"
        r"|^GET @|^VACUUM\b.*\bINTO\b|^BULK INSERT\b|^COPY (INTO|FILES)\b",
        "sql.file_access",
        Severity.HIGH,
        "Reads or writes files of the database server",
    ),
    (
        r"\bDROP (TABLE|DATABASE|SCHEMA|KEYSPACE|OWNED|TABLESPACE)\b",
        "sql.drop",
        Severity.CRITICAL,
        "Drops a table, schema or database",
    ),
    (r"^DROP\b", "sql.drop", Severity.HIGH, "Drops a database object"),
    (r"\bTRUNCATE\b", "sql.truncate", Severity.CRITICAL, "Empties a table"),
    (
        r"^(?!.*\bWHERE\b).*\bDELETE FROM\b",
        "sql.delete_all",
        Severity.CRITICAL,
        "Deletes all rows of a table",
    ),
    (
        r"^(?=.*\bWHERE\b).*\bDELETE FROM\b",
        "sql.delete",
        Severity.MEDIUM,
        "Deletes rows",
    ),
    (
        r"^(RESTORE|IMPORT|FLASHBACK)\b",
        "sql.restore",
        Severity.CRITICAL,
        "Replaces the database's content",
    ),
    (
        r"^ALTER SYSTEM\b",
        "sql.schema_change",
        Severity.CRITICAL,
        "Changes the configuration of the database server",
    ),
    (
        rf"^(CREATE|ALTER|DROP) ({_ROLES})\b|^REASSIGN\b|^SET (SESSION )?(LOCAL )?"
        r"(ROLE|SESSION AUTHORIZATION|AUTHORIZATION)\b|^SET PASSWORD\b|^EXECUTE AS\b",
        "sql.role",
        Severity.HIGH,
        "Changes a database role, or acts as another one",
    ),
    (r"^(GRANT|REVOKE|DENY)\b", "sql.grant", Severity.HIGH, "Changes access rights"),
    (
        r"^ALTER\b.*\b(DISABLE|DROP|NO FORCE|DETACH)\b",
        "sql.schema_change",
        Severity.HIGH,
        "Removes or disables a part of the schema",
    ),
    (
        r"^CREATE (OR REPLACE )?(TRUSTED )?(EXTENSION|SERVER|LANGUAGE|SUBSCRIPTION"
        r"|FUNCTION|PROCEDURE|EVENT TRIGGER|ASSEMBLY)\b",
        "sql.schema_change",
        Severity.HIGH,
        "Adds code or a connection to the database",
    ),
    (
        r"^(CREATE|ALTER|RENAME|COMMENT|SECURITY LABEL|IMPORT FOREIGN)\b",
        "sql.schema_change",
        Severity.MEDIUM,
        "Changes the schema",
    ),
    (
        r"^SET\b.*\b(SESSION_REPLICATION_ROLE|ROW_SECURITY|ZERO_DAMAGED_PAGES"
        r"|FOREIGN_KEY_CHECKS|UNIQUE_CHECKS|SQL_SAFE_UPDATES|SQL_LOG_BIN|GLOBAL|PERSIST"
        r"|PERSIST_ONLY|IDENTITY_INSERT|IGNORE_CHECKSUM_FAILURE|ALLOW_SYSTEM_TABLE_MODS"
        r"|ALLOW_UNSIGNED_EXTENSIONS|ALLOW_COMMUNITY_EXTENSIONS|ENABLE_EXTERNAL_ACCESS"
        r"|AUTOLOAD_KNOWN_EXTENSIONS|AUTOINSTALL_KNOWN_EXTENSIONS|TEMP_DIRECTORY"
        r"|ALLOW_DDL|READONLY|TRUSTWORTHY|DB_CHAINING|CONTEXT_INFO|LOG_STATEMENT"
        r"|PASSWORD_ENCRYPTION|SECURE_FILE_PRIV|DEFAULT ROLE|SAFE_UPDATES"
        r"|LOCAL_INFILE|GENERAL_LOG|LO_COMPAT_PRIVILEGES|EVENT_TRIGGERS)\b",
        "sql.setting",
        Severity.MEDIUM,
        "Switches a protection of the database off",
    ),
    (
        r"^(VACUUM\b.*\b(FULL|RETAIN)|REINDEX|CLUSTER|LOCK|OPTIMIZE|REPAIR)\b",
        "sql.maintenance",
        Severity.MEDIUM,
        "Locks tables for maintenance",
    ),
    (
        r"^SET CLUSTER SETTING\b|^(PAUSE|CANCEL|RESUME) (JOBS?|QUER|SCHEDULE|SESSION)"
        r"|^(START|STOP) (REPLICA|SLAVE|GROUP_REPLICATION)\b|^END CONVERSATION\b"
        r"|^RESTART\b",
        "sql.setting",
        Severity.HIGH,
        "Changes how databases follow one another",
    ),
    (
        r"^USE (SECONDARY )?ROLES?\b",
        "sql.role",
        Severity.HIGH,
        "Acts in another role",
    ),
    (
        r"^(REFRESH|CALL)\b",
        "sql.opaque",
        Severity.MEDIUM,
        "Runs statements that are stored in the database",
    ),
    (
        r"^(INSERT|REPLACE|UPSERT)\b",
        "sql.insert",
        Severity.MEDIUM,
        "Adds or replaces rows",
    ),
    (
        r"^(KILL|SHUTDOWN)\b",
        "sql.dangerous_function",
        Severity.HIGH,
        "Stops a connection or the server",
    ),
)
_OPAQUE = frozenset({"BEGIN", "DECLARE", "DO", "EXEC", "EXECUTE", "IF", "WHILE"})
_VARIABLE = re.compile(r"\s*@\w+\s+(?:AS\s+)?\w+", re.IGNORECASE)
"""T-SQL's ``DECLARE @day date = '…'``, which runs nothing."""
_TELLING = re.compile(
    r"EXEC(?:UTE)? (?:SYS\.)?SP_(?:HELP\w*|COLUMNS|TABLES|WHO2?|SPACEUSED|DEPENDS)\b"
    r"[^;(]*\Z"
)
"""Procedures of SQL Server that only tell about it."""
_STRING = re.compile(r"'[^']*'")
_COMPILED = tuple((re.compile(p, re.DOTALL), c, s, m) for p, c, s, m in _PATTERNS)
_DESTRUCTIVE = re.compile(
    r"\b(DROP|TRUNCATE|DELETE|ALTER|GRANT|UPDATE|COPY|XP_CMDSHELL|PG_READ_FILE"
    r"|PG_TERMINATE_BACKEND|SHUTDOWN|LO_EXPORT)\b",
    re.IGNORECASE,
)


def by_keywords(keywords: str) -> Iterator[Match]:
    """Matches for the upper-case keywords of a statement without a tree.

    One match for each code, the first pattern of a code wins.
    """
    codes: set[str] = set()
    for pattern, code, severity, message in _COMPILED:
        if code not in codes and pattern.search(keywords):
            codes.add(code)
            yield Match(code, severity, f"{message}: {shortened(keywords)}")


def of_command(first: str, rest: str) -> Iterator[Match]:
    """Matches for a command by its first keyword and the text after it."""
    first = first.upper()
    keywords = " ".join(f"{first} {_STRING.sub(' ', rest)}".upper().split())
    found = list(by_keywords(keywords))
    yield from found
    if not found and _TELLING.match(keywords):
        return
    if first == "DECLARE" and _VARIABLE.match(rest) and not _DESTRUCTIVE.search(rest):
        return
    if first in _OPAQUE or (not found and first not in HARMLESS):
        yield opaque(keywords, rest)


def opaque(title: str, body: str) -> Match:
    """The match for code that is not analysed; worse when it names bad things."""
    bad = _DESTRUCTIVE.search(body)
    severity = Severity.CRITICAL if bad else Severity.HIGH
    mention = f", which mentions {bad[0].upper()}" if bad else ""
    message = f"Runs code that was not analysed{mention}: {shortened(title)}"
    return Match("sql.opaque", severity, message)
