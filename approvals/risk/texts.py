"""Which strings of an action are SQL or shell: by its name, members and content.

An agent chooses the name of its own action, so the name alone never decides that
something is *not* looked at.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from approvals.canonical import Action, pointer_to
from approvals.risk.tables import names


class Kind(StrEnum):
    """The languages that analysers understand."""

    SQL = "sql"
    SHELL = "shell"


class Trust(StrEnum):
    """How sure it is that a text is of its kind."""

    NAMED = "named"
    """The action or member says so: text that cannot be read is a finding."""
    LOOKS = "looks"
    """It only looks so: what cannot be read is taken for prose."""


@dataclass(frozen=True, slots=True)
class Text:
    """One string to analyse; ``offset`` is where it starts in the argument."""

    kind: Kind
    text: str
    pointer: str
    trust: Trust = Trust.NAMED
    offset: int | None = 0


@dataclass(frozen=True, slots=True)
class _Leaf:
    member: str
    text: str
    pointer: str


_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SQL_NAMES = names(
    "athena bigquery clickhouse cockroachdb database databases databricks db dbt"
    " duckdb mariadb migrate migration migrations mssql mysql oracle postgres"
    " postgresql presto psql rds redshift snowflake sql sqlite supabase trino tsql"
)
_SHELL_NAMES = names(
    "bash cmd command commands console exec powershell pwsh sh shell ssh subprocess"
    " terminal tty zsh"
)
_SQL_ALWAYS = frozenset({"sql", "ddl", "dml", "tsql", "plsql"})
_SQL_MEMBERS = names(
    "down migration migrations query queries select statement statements up"
)
_SHELL_TOKENS = names(
    "argv bash cmd cmdline cmds command commands powershell script scripts sh shell"
)
_SHELL_MEMBERS = frozenset({"args", "entrypoint", "exec", "run"})
_ARGUMENT_MEMBERS = ("args", "argv", "arguments", "parameters", "params", "flags")
_PLURAL_MEMBERS = frozenset({"commands", "cmds", "scripts"})
_PROSE_MEMBERS = names(
    "comment cwd description directory env environment explanation host"
    " justification name note notes path reason session summary timeout title user"
    " workdir working_directory"
)
_PLAIN_TOOL_WORDS = names(
    "call command execute exec mcp query read run server statement tool"
)
_INERT_MEMBERS = names(
    "comment cwd database db description dialect explanation limit max_rows note"
    " read_only reason run_in_background schema timeout timeout_ms timeout_seconds"
    " title workdir working_directory"
)
_SQL_LOOK = re.compile(
    r"(?:DROP\s+(?:TABLE|DATABASE|SCHEMA|VIEW|INDEX|ROLE|USER|OWNED|FUNCTION|SEQUENCE"
    r"|MATERIALIZED|EXTENSION|TYPE|TRIGGER|POLICY)\s|TRUNCATE\s+[\w\"`\[]|DELETE\s+FROM\s"
    r"|UPDATE\s+\S{1,200}\s+(?:AS\s+\w+\s+)?SET\s|INSERT\s+INTO\s|MERGE\s+INTO\s"
    r"|ALTER\s+(?:TABLE|DATABASE|SCHEMA|ROLE|USER|SYSTEM|VIEW|INDEX|DEFAULT)\s"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TABLE|DATABASE|SCHEMA|ROLE|USER|FUNCTION|EXTENSION"
    r"|VIEW|TRIGGER|INDEX|UNIQUE)\s|GRANT\s.{1,200}\sTO\s|REVOKE\s.{1,200}\sFROM\s"
    r"|COPY\s+\S{1,200}\s+(?:FROM|TO)\s|SELECT\s|WITH\s+(?:RECURSIVE\s+)?\w+\s+AS\s*\("
    r"|DO\s+\$|EXEC(?:UTE)?\s+(?:xp_|sp_|IMMEDIATE)|EXPLAIN\s+(?:ANALYZE|\()"
    r"|LOAD\s+DATA\s|VACUUM\s+FULL)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"[\s(]*")
_STATEMENT_START = re.compile(r"(?:\A|;)[\s(]*")
_SHELL_LOOK = re.compile(
    r"\s*(?:#!|(?:(?:sudo|env|nohup|exec)\s+)*(?:\S{0,80}/)?(?:bash|curl|dd|docker|find|git"
    r"|kubectl|mkfs[.\w]*|nc|node|perl|python3?|rm|ruby|sh|shred|sudo|terraform|wget|zsh"
    r"|chmod|chown|aws|gcloud|eval|psql|mysql)\s+[-\w/~.'\"$<|])"
)


def texts_in(action: Action) -> Iterator[Text]:
    """Every text of the action that an analyser should read.

    A text with ``pointer`` and empty ``text`` stands for an action that is called
    like SQL or shell without any text to look at.
    """
    kind = _named_kind(action.name)
    leaves, commands = _leaves(action.arguments)
    sql = [leaf for leaf in [*leaves, *commands] if _is_sql(leaf, kind)]
    shell = list(commands)
    if kind is Kind.SQL and not sql:
        sql = [leaf for leaf in [*leaves, *commands] if _statement_in(leaf.text) >= 0]
        yield from () if sql else [Text(Kind.SQL, "", "/arguments")]
    if kind is Kind.SHELL and not shell:
        shell = [leaf for leaf in leaves if leaf.member not in _PROSE_MEMBERS]
        yield from () if shell else [Text(Kind.SHELL, "", "/arguments")]
    shell_trust = Trust.LOOKS if kind is Kind.SQL else Trust.NAMED
    yield from (Text(Kind.SQL, leaf.text, leaf.pointer) for leaf in sql)
    yield from (_shell_text(leaf, shell_trust) for leaf in shell)
    yield from _by_looks([*leaves, *commands], set(sql), set(shell))


def _shell_text(leaf: _Leaf, trust: Trust) -> Text:
    # A joined list of words has no offsets in any one string.
    offset = None if leaf.member == "" else 0
    return Text(Kind.SHELL, leaf.text, leaf.pointer, trust, offset)


def _by_looks(
    leaves: list[_Leaf], sql: set[_Leaf], shell: set[_Leaf]
) -> Iterator[Text]:
    for leaf in leaves:
        start = -1 if leaf in sql else _statement_in(leaf.text)
        if start >= 0:
            text = leaf.text[start:]
            yield Text(Kind.SQL, text, leaf.pointer, Trust.LOOKS, start)
        if leaf not in shell and _SHELL_LOOK.match(leaf.text):
            yield Text(Kind.SHELL, leaf.text, leaf.pointer, Trust.LOOKS)


def _named_kind(name: str) -> Kind | None:
    tokens = _tokens(name)
    if tokens & _SQL_NAMES:
        return Kind.SQL
    return Kind.SHELL if tokens & _SHELL_NAMES else None


def kind_named(action: Action) -> Kind | None:
    """The kind of tool that ``action`` is, where its name says nothing else.

    ``sql.execute`` and ``mcp__postgres__query`` do; ``send_money`` does not, and
    neither does ``query_and_send``, whatever arguments they bring.
    """
    tokens = _tokens(action.name)
    kind = _named_kind(action.name)
    tables = {Kind.SQL: _SQL_NAMES, Kind.SHELL: _SHELL_NAMES}
    return kind if kind and tokens <= tables[kind] | _PLAIN_TOOL_WORDS else None


def is_all_of(action: Action, texts: Iterable[Text], kind: Kind) -> bool:
    """Whether ``texts`` of this kind and inert options are all of the arguments."""
    covered = {
        text.pointer.removeprefix("/arguments/").partition("/")[0]
        for text in texts
        if text.kind is kind and text.text
    }
    return bool(covered) and all(
        pointer_to("", name)[1:] in covered or _is_inert(name, value)
        for name, value in action.arguments.items()
    )


def _is_inert(name: str, value: Any) -> bool:
    is_plain = value is None or isinstance(value, str | int | float | bool)
    return name.lower() in _INERT_MEMBERS and is_plain


def _tokens(name: str) -> set[str]:
    return {token.lower() for token in _TOKEN.findall(name)}


def _is_sql(leaf: _Leaf, kind: Kind | None) -> bool:
    tokens = _tokens(leaf.member)
    if tokens & _SQL_ALWAYS:
        return True
    if tokens & _SQL_MEMBERS:
        return kind is Kind.SQL or _statement_in(leaf.text) >= 0
    return kind is Kind.SQL and bool(tokens & _SHELL_TOKENS)


def _is_shell_member(member: str) -> bool:
    return member.lower() in _SHELL_MEMBERS or bool(_tokens(member) & _SHELL_TOKENS)


def _statement_in(text: str) -> int:
    """Where the first thing that looks like a SQL statement starts, or -1."""
    start = _after_comments(text)
    if _SQL_LOOK.match(text, start) or text.startswith("/*!", start):
        return start
    for boundary in _STATEMENT_START.finditer(text):
        if _SQL_LOOK.match(text, boundary.end()):
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


def _leaves(arguments: Mapping[str, Any]) -> tuple[list[_Leaf], list[_Leaf]]:
    """All strings with their members, and apart from them what is a command."""
    leaves: list[_Leaf] = []
    commands: list[_Leaf] = []
    stack: list[tuple[str, str, Any]] = [("", "/arguments", arguments)]
    while stack:
        member, pointer, value = stack.pop()
        if isinstance(value, str):
            leaf = _Leaf(member, value, pointer)
            (commands if _is_shell_member(member) else leaves).append(leaf)
        elif isinstance(value, Mapping):
            commands.extend(_with_arguments(value, pointer))
            stack.extend(
                (str(name), pointer_to(pointer, str(name)), item)
                for name, item in reversed(list(value.items()))
            )
        elif isinstance(value, list | tuple):
            commands.extend(_joined(member, pointer, value))
            stack.extend(
                (_element_member(member, value), pointer_to(pointer, index), item)
                for index, item in reversed(list(enumerate(value)))
            )
    return leaves, commands


def _element_member(member: str, value: list[Any] | tuple[Any, ...]) -> str:
    """Words of one command are not commands; elements of other lists are."""
    is_argv = _is_shell_member(member) and _is_argv(member, value)
    return "element" if is_argv else member


def _is_argv(member: str, value: list[Any] | tuple[Any, ...]) -> bool:
    is_first_a_word = bool(value) and isinstance(value[0], str) and " " not in value[0]
    return is_first_a_word and member.lower() not in _PLURAL_MEMBERS


def _joined(
    member: str, pointer: str, value: list[Any] | tuple[Any, ...]
) -> Iterator[_Leaf]:
    if _is_shell_member(member) and _is_argv(member, value):
        yield _Leaf("", _join(value), pointer)


def _join(words: list[Any] | tuple[Any, ...]) -> str:
    return shlex.join(
        str(word) for word in words if isinstance(word, str | int | float)
    )


def _with_arguments(value: Mapping[str, Any], pointer: str) -> Iterator[_Leaf]:
    """``{"command": "rm", "args": ["-rf", "/"]}`` is one command."""
    for name, command in value.items():
        if not isinstance(command, str) or not _is_shell_member(str(name)):
            continue
        for other in _ARGUMENT_MEMBERS:
            more = value.get(other)
            if other == name or not more or not isinstance(more, list | tuple | str):
                continue
            tail = more if isinstance(more, str) else _join(more)
            yield _Leaf("", f"{command} {tail}", pointer_to(pointer, str(name)))
