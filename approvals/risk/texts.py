"""Which strings of an action are for which analyser: by names, members and content.

An agent chooses the name of its own action, so the name alone never decides that
something is *not* looked at.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from approvals.canonical import Action
from approvals.risk import texts_others
from approvals.risk.context import Context, Kind, Mapped, Role
from approvals.risk.tables import names
from approvals.risk.texts_leaves import (
    Text,
    TextLeaf,
    Trust,
    is_command_member,
    leaves_of,
)
from approvals.risk.texts_named import named_kind
from approvals.risk.texts_sql import is_search, statement_in
from approvals.risk.verbs import reads, verbs_of
from approvals.risk.view import Leaf, View, is_at, tokens

__all__ = ["Text", "Trust", "is_all_of", "texts_in"]

_SQL_ALWAYS = frozenset({"sql", "ddl", "dml", "tsql", "plsql"})
_SQL_MEMBERS = names(
    "down migration migrations query queries select statement statements up"
)
_PROSE_MEMBERS = names(
    "comment cwd description directory env environment explanation host"
    " justification name note notes path reason session summary timeout title user"
    " workdir working_directory"
)
_INERT_MEMBERS = names(
    "comment cwd database db description dialect explanation lang language limit"
    " max_rows note read_only reason run_in_background schema timeout timeout_ms"
    " timeout_seconds title workdir working_directory"
)
_COLLECTIONS = names("database databases db")
"""Names that anything searchable has; a product's name says more."""
_QUERYING = names("call exec execute mcp query run server sql statement tool")
_BEGINS_SQL = re.compile(
    r"[\s(;]{0,20}(?:--|/\*|ABORT|ALTER|ANALYZE|BEGIN|CALL|CLUSTER|COMMIT|COPY|CREATE"
    r"|DECLARE|DELETE|DESC|DESCRIBE|DO|DROP|EXEC|EXECUTE|EXPLAIN|FLUSH|FROM|GRANT|INSERT"
    r"|KILL|LOAD|LOCK|MERGE|OPTIMIZE|PRAGMA|REINDEX|RENAME|REPAIR|REPLACE|RESET|REVOKE"
    r"|ROLLBACK|SELECT|SET|SHOW|SHUTDOWN|START|TABLE|TRUNCATE|UPDATE|USE|VACUUM|VALUES"
    r"|WITH)\b",
    re.IGNORECASE,
)
_PLAIN_WORDS = re.compile(r"[\w\s,.'?!:-]{0,500}\Z")
_SHELL_LOOK = re.compile(
    r"\s*(?:#!|(?:(?:sudo|env|nohup|exec)\s+)*(?:\S{0,80}/)?(?:bash|curl|dd|docker|find|git"
    r"|kubectl|mkfs[.\w]*|nc|node|perl|python3?|rm|ruby|sh|shred|sudo|terraform|wget|zsh"
    r"|chmod|chown|aws|gcloud|eval|psql|mysql)\s+[-\w/~.'\"$<|])"
)


_CONSOLES = frozenset({Kind.SQL, Kind.MONGO, Kind.REDIS})
"""What these call a command is seldom one of a shell."""


def texts_in(action: Action, context: Context) -> Iterator[Text]:
    """Every text of the action that an analyser should read.

    A text with ``pointer`` and empty ``text`` stands for an action that is called
    like SQL or shell, or is said by policy to be it, without any text to look at.
    """
    kind = named_kind(action.name)
    if kind is Kind.SQL and _is_searched_in_words(action):
        kind = None
    leaves, commands = leaves_of(action.arguments)
    yield from texts_others.of_kind(action, context, leaves, commands)
    mapped = context.mapped(action.name)
    sql = [
        leaf
        for leaf in [*leaves, *commands]
        if _is_sql(leaf, kind, action.name) or _is_mapped(leaf, Role.SQL, mapped)
    ]
    leaves, more = _apart(leaves, mapped)
    shell = [*commands, *more]
    if kind is Kind.SQL and not sql:
        sql = _unnamed_sql([*leaves, *commands])
        is_quiet = bool(sql) or _is_listing(action.name)
        yield from () if is_quiet else [Text(Kind.SQL, "", "/arguments")]
    if kind is Kind.SHELL and not shell:
        shell = [leaf for leaf in leaves if leaf.member not in _PROSE_MEMBERS]
        yield from () if shell else [Text(Kind.SHELL, "", "/arguments")]
    shell_trust = Trust.LOOKS if kind in _CONSOLES else Trust.NAMED
    if any(entry.kind in _CONSOLES for entry in mapped):
        shell_trust = Trust.LOOKS
    yield from (_text(Kind.SQL, leaf) for leaf in sql)
    longer = dict(texts_others.with_program(action, shell))
    yield from longer.values()
    for leaf in shell:
        trust = Trust.LOOKS if leaf in longer else shell_trust
        yield _text(Kind.SHELL, leaf, trust)
    yield from _by_looks([*leaves, *commands], set(sql), set(shell))


def _is_listing(name: str) -> bool:
    """``snowflake_list_warehouses`` needs no statement."""
    return verbs_of(name) <= {"describe", "get", "list", "show"} and reads(name)


def _is_searched_in_words(action: Action) -> bool:
    """``medical_database(query="diabetes")``: called a database, asked in words."""
    words = tokens(action.name)
    others = words - _COLLECTIONS
    if not words & _COLLECTIONS or named_kind("_".join(sorted(others))) is Kind.SQL:
        return False
    values = list(action.arguments.values())
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    return (
        bool(others - _QUERYING)
        and bool(texts)
        and all(isinstance(value, str | int | float | None) for value in values)
        and all(
            _PLAIN_WORDS.match(text) and not _BEGINS_SQL.match(text) for text in texts
        )
    )


def _unnamed_sql(leaves: list[TextLeaf]) -> list[TextLeaf]:
    """What looks like SQL, else the only text that could be any."""
    found = [leaf for leaf in leaves if statement_in(leaf.text) >= 0]
    names_aside = _PROSE_MEMBERS | _INERT_MEMBERS
    left = [leaf for leaf in leaves if leaf.member.lower() not in names_aside]
    return found or (left if len(left) == 1 else [])


def _is_mapped(leaf: TextLeaf, role: Role, mapped: Iterable[Mapped]) -> bool:
    pointers = [p for entry in mapped for p in entry.pointers.get(role, ())]
    return any(is_at(leaf.pointer, pointer) for pointer in pointers)


def _apart(
    leaves: list[TextLeaf], mapped: Sequence[Mapped]
) -> tuple[list[TextLeaf], list[TextLeaf]]:
    """The leaves without those that policy calls commands, and these."""
    commands = [leaf for leaf in leaves if _is_mapped(leaf, Role.COMMAND, mapped)]
    known = set(commands)
    return [leaf for leaf in leaves if leaf not in known], commands


def _text(
    kind: Kind, leaf: TextLeaf, trust: Trust = Trust.NAMED, start: int = 0
) -> Text:
    # A joined list of words has no offsets in any one string.
    offset = None if leaf.member == "" else start
    text = leaf.text[start:] if start else leaf.text
    return Text(kind, text, leaf.pointer, trust, offset)


def _by_looks(
    leaves: list[TextLeaf], sql: set[TextLeaf], shell: set[TextLeaf]
) -> Iterator[Text]:
    for leaf in leaves:
        start = -1 if leaf in sql else statement_in(leaf.text)
        if start >= 0:
            yield _text(Kind.SQL, leaf, Trust.LOOKS, start)
        if leaf not in shell and _SHELL_LOOK.match(leaf.text):
            yield _text(Kind.SHELL, leaf, Trust.LOOKS)


def is_all_of(view: View, texts: Iterable[Text], kind: Kind) -> bool:
    """Whether the arguments are nothing but this kind, and inert options.

    ``texts`` are what an analyser read; policy can say of other values what they
    are for. An action that policy calls harmless is so with any arguments.
    """
    if kind is Kind.READ:
        return True
    read = {text.pointer for text in texts if text.kind is kind and text.text}
    if not read and kind in _READ_AS_TEXT:
        return False
    mapped = [
        pointer
        for entry in view.context.mapped(view.action.name)
        if entry.kind is kind
        for some in entry.pointers.values()
        for pointer in some
    ]
    leaves = [leaf for leaf in view.leaves if leaf.pointer.startswith("/arguments/")]
    return bool(leaves) and all(
        _is_inert(leaf)
        or not read.isdisjoint(_above(leaf.pointer))
        or any(is_at(leaf.pointer, at) for at in mapped)
        for leaf in leaves
    )


def _above(pointer: str) -> Iterator[str]:
    """The pointer and those of what holds it."""
    parts = pointer.split("/")
    return ("/".join(parts[:end]) for end in range(len(parts), 1, -1))


_READ_AS_TEXT = frozenset({Kind.SQL, Kind.SHELL, Kind.CODE, Kind.MONGO, Kind.REDIS})


def _is_inert(leaf: Leaf) -> bool:
    is_option = leaf.pointer.count("/") == 2 and leaf.member.lower() in _INERT_MEMBERS
    return is_option or leaf.value == ""


def _is_sql(leaf: TextLeaf, kind: Kind | None, name: str) -> bool:
    words = tokens(leaf.member)
    if words & _SQL_ALWAYS:
        return True
    if words & _SQL_MEMBERS:
        # People ask search engines for "select committee" and "drop table in excel".
        is_likely = not is_search(name) and statement_in(leaf.text) >= 0
        return kind is Kind.SQL or is_likely
    return kind is Kind.SQL and is_command_member(leaf.member)
