"""Whether a text looks like SQL, wherever it stands."""

import re

from approvals.risk.tables import names
from approvals.risk.view import tokens

_SEARCHING = names(
    "ask arxiv bing brave browse docs documentation duckduckgo exa find google grep"
    " kb knowledge lookup news perplexity question rag retrieval retrieve search"
    " searxng serp tavily web wiki wikipedia youtube"
)
_KINDS = (
    "TABLE|TABLES|DATABASE|SCHEMA|KEYSPACE|NAMESPACE|VIEW|INDEX|ROLE|USER|LOGIN|OWNED"
    "|GROUP|FUNCTION|PROCEDURE|PROC|MACRO|PACKAGE|AGGREGATE|SEQUENCE|EXTENSION|TYPE"
    "|DOMAIN|TRIGGER|POLICY|RULE|EVENT|TABLESPACE|WAREHOUSE|STAGE|PIPE|STREAM|TASK"
    "|SHARE|INTEGRATION|CATALOG|SERVER|LINK|SUBSCRIPTION|PUBLICATION|SYNONYM|SECRET"
    "|DICTIONARY|ASSEMBLY|COLUMN|PARTITION|MODEL|SYSTEM|SESSION|DEFAULT|UNIQUE|AUTHORIZATION"
)
_WORDS = r"(?:\w+\s+){0,4}?"
_OBJECT = rf"{_WORDS}(?:{_KINDS})\s"
_LOOK = re.compile(
    rf"(?:DROP\s+(?:{_OBJECT}|ALL\s)|CREATE\s+{_OBJECT}|ALTER\s+{_OBJECT}"
    r"|TRUNCATE\s+[\w\"`\[]|DELETE\s+FROM\s|DELETE\s+(?:TOP\s|\w+\s+FROM\s)"
    r"|UPDATE\s+\S{1,200}\s+(?:(?:AS\s+)?\w+\s+)?SET\s|UPDATE\s+TOP\s*\("
    r"|INSERT\s+(?:\w+\s+){0,3}?(?:INTO|TABLE|WHEN)\s|INSERT\s+/\*|(?:REPLACE|UPSERT)\s+INTO\s"
    r"|MERGE\s+(?:INTO\s|\S{1,200}\s+(?:AS\s+)?(?:\w+\s+)?USING\s)"
    r"|GRANT\s.{1,200}\sTO\s|(?:REVOKE|DENY)\s.{1,200}\s(?:FROM|TO|ON)\s"
    r"|COPY\s+\S{1,200}\s+(?:FROM|TO)\s|COPY\s+(?:INTO\s|\()"
    r"|SELECT\s|WITH\s+(?:RECURSIVE\s+)?[\w\"`]+\s*(?:\([^()]{0,500}\)\s*)?AS\s"
    r"|DO\s+(?:LANGUAGE\s+\w+\s+)?[$']|EXEC(?:UTE)?\s*\(\s*['@N]"
    r"|EXEC(?:UTE)?\s+[\w.\[\]]{0,80}(?:xp_|sp_)|EXEC(?:UTE)?\s+(?:IMMEDIATE|AS)\s"
    r"|EXPLAIN\s+(?:ANALYZE|\()|LOAD\s+(?:DATA|XML)\s|VACUUM\s+(?:FULL|INTO)"
    r"|USE\s+(?:SECONDARY\s+)?ROLES?\s|DECLARE\s+@|BULK\s+INSERT\s|WAITFOR\s+DELAY"
    r"|PREPARE\s+\w+\s*(?:AS|FROM|\()|(?:RESTORE|BACKUP)\s+(?:DATABASE|LOG|TABLE)\s"
    r"|SET\s+(?:(?:SESSION|GLOBAL|LOCAL|PERSIST)\s+)?@{0,2}[\w.]{1,80}\s*(?:=|TO\s)"
    r"|SET\s+(?:IDENTITY_INSERT|PASSWORD|ROLE|SESSION\s+AUTHORIZATION)\s"
    r"|LOCK\s+TABLES?\s|ATTACH\s+(?:DATABASE\s|['\"])|DETACH\s+(?:DATABASE|TABLE)\s"
    r"|CALL\s+[\w.]{1,200}\s*\(|IMPORT\s+FOREIGN\s|INSTALL\s+(?:PLUGIN|COMPONENT)\s"
    r"|PRAGMA\s+\w|PUT\s+'?file:|UNLOAD\s*\(|EXPORT\s+(?:DATA|DATABASE)\s"
    r"|KILL\s+(?:QUERY\s+|CONNECTION\s+|HARD\s+)?\d|SHUTDOWN\s*(?:;|WITH\s|\Z)"
    r"|(?:FLUSH|RESET|PURGE|STOP|CHANGE)\s+(?:PRIVILEGES|MASTER|SLAVE|REPLICA|BINARY"
    r"|RECYCLEBIN|TABLES|REPLICATION)\b|DBCC\s+\w|REASSIGN\s+OWNED\s|UNDROP\s+\w"
    r"|(?:OPTIMIZE|RENAME|FLASHBACK|EXCHANGE|REPAIR)\s+TABLES?\s"
    r"|REINDEX\s+(?:\(|TABLE|INDEX|DATABASE|SCHEMA|SYSTEM)"
    r"|REFRESH\s+MATERIALIZED\s|SECURITY\s+LABEL\s"
    r"|BEGIN\s+(?:EXECUTE|DBMS_|DELETE|UPDATE|INSERT|DROP))",
    re.IGNORECASE,
)
_SPACE = re.compile(r"[\s(]*")
_STATEMENT_START = re.compile(r"(?:\A|;)[\s(]*")


def is_search(name: str) -> bool:
    """Whether an action's name says that it looks for words: there prose is usual."""
    return bool(tokens(name) & _SEARCHING)


def statement_in(text: str) -> int:
    """Where the first thing that looks like a SQL statement starts, or -1."""
    start = _after_comments(text)
    if _LOOK.match(text, start) or text.startswith("/*!", start):
        return start
    for boundary in _STATEMENT_START.finditer(text):
        if _LOOK.match(text, boundary.end()):
            return boundary.end()
    return -1


def _after_comments(text: str) -> int:
    """Where the text starts when leading space and comments are left out."""
    position = 0
    while True:
        position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
        if text.startswith("--", position):
            end = text.find("\n", position)
        elif (
            text.startswith("/*", position) and text[position + 2 : position + 3] != "!"
        ):
            end = text.find("*/", position) + 1
        else:
            return position
        if end <= 0:
            return position
        position = end + 1
