"""What each kind of SQL statement does, as matches."""

from collections.abc import Callable, Iterator

from sqlglot import exp

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.sql_commands import of_command, opaque
from approvals.risk.sql_conditions import selects_all
from approvals.risk.sql_functions import (
    is_outside,
    of_function,
    of_secret_table,
    of_table_function,
    of_text,
)
from approvals.risk.sql_reads import ACTING_PRAGMAS, READING_PRAGMAS

_GRAVE_KINDS = frozenset({"TABLE", "DATABASE", "SCHEMA", "KEYSPACE", "TABLESPACE"})
_STREAMS = frozenset({"STDIN", "STDOUT"})
_READ_ONLY = (
    exp.Query,
    exp.Block,
    exp.EndStatement,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Show,
    exp.Describe,
    exp.Summarize,
    exp.Analyze,
    exp.Use,
    exp.Values,
    exp.Comment,
    exp.Declare,
    exp.IfBlock,
    exp.WhileBlock,
    exp.Semicolon,
    exp.Cache,
    exp.Uncache,
)


def matches_of(tree: exp.Expr) -> Iterator[Match]:
    """Everything that a statement does, including what is nested in it."""
    for node in tree.walk():
        rule = _RULES.get(type(node)) or _PARTS.get(type(node))
        if rule is not None:
            yield from rule(node)
        elif isinstance(node, exp.Func):
            yield from of_function(node)


def is_statement(tree: exp.Expr) -> bool:
    """True for SQL that can run; sqlglot also accepts bare names and terms."""
    return isinstance(tree, _READ_ONLY) or type(tree) in _RULES


def _name(node: exp.Expr) -> str:
    table = node if isinstance(node, exp.Table) else node.find(exp.Table)
    parts = table.parts if table is not None else []
    return shortened(".".join(part.name for part in parts) or "(unnamed)")


def _drop(node: exp.Expr) -> Iterator[Match]:
    if isinstance(node.parent, exp.Alter):
        return
    kind = str(node.args.get("kind") or "object").upper()
    tables = node.args.get("tables") or []
    names = ", ".join(_name(table) for table in tables)
    severity = Severity.CRITICAL if kind in _GRAVE_KINDS else Severity.HIGH
    if node.args.get("temporary"):
        severity = Severity.MEDIUM
    message = shortened(f"Drops {kind.lower()} {names}", 200)
    yield Match(
        "sql.drop", severity, message, shortened(names), float(len(tables) or 1)
    )


def _truncate(node: exp.Expr) -> Iterator[Match]:
    names = ", ".join(_name(table) for table in node.expressions)
    message = shortened(f"Deletes all rows of {names}", 200)
    scale = float(len(node.expressions))
    yield Match("sql.truncate", Severity.CRITICAL, message, shortened(names), scale)


def _limit(node: exp.Expr) -> float | None:
    """The most rows that a statement can touch, where it says so."""
    limit = node.args.get("limit")
    value = limit.args.get("expression") if isinstance(limit, exp.Limit) else None
    is_number = isinstance(value, exp.Literal) and value.name.isdecimal()
    return float(value.name[:15]) if is_number and value is not None else None


def _delete(node: exp.Expr) -> Iterator[Match]:
    name = _name(node)
    yield from _in_cte(node)
    if selects_all(node.args.get("where")):
        message = f"Deletes all rows of {name}"
        yield Match("sql.delete_all", Severity.CRITICAL, message, name)
    else:
        message = f"Deletes rows of {name}"
        yield Match("sql.delete", Severity.MEDIUM, message, name, _limit(node))


def _update(node: exp.Expr) -> Iterator[Match]:
    if node.find_ancestor(exp.Merge):
        return
    name = _name(node)
    yield from _in_cte(node)
    if selects_all(node.args.get("where")):
        message = f"Changes all rows of {name}"
        yield Match("sql.update_all", Severity.CRITICAL, message, name)
    else:
        message = f"Changes rows of {name}"
        yield Match("sql.update", Severity.MEDIUM, message, name, _limit(node))


def _insert(node: exp.Expr) -> Iterator[Match]:
    if node.find_ancestor(exp.Merge):
        return
    name = _name(node)
    yield from _in_cte(node)
    if node.args.get("overwrite"):
        message = f"Replaces all rows of {name}"
        yield Match("sql.truncate", Severity.CRITICAL, message, name)
    rows = node.args.get("expression")
    scale = float(len(rows.expressions)) if isinstance(rows, exp.Values) else None
    yield Match("sql.insert", Severity.MEDIUM, f"Adds rows to {name}", name, scale)


def _in_cte(node: exp.Expr) -> Iterator[Match]:
    if node.find_ancestor(exp.CTE):
        message = f"Changes {_name(node)} inside a WITH query"
        yield Match("sql.data_changing_cte", Severity.HIGH, message, _name(node))


def _merge(node: exp.Expr) -> Iterator[Match]:
    name = _name(node)
    whens = node.args.get("whens")
    then = [when.args.get("then") for when in whens.expressions] if whens else []
    if any(isinstance(part, exp.Var) and part.name == "DELETE" for part in then):
        message = f"Merge deletes rows of {name}"
        yield Match("sql.delete", Severity.HIGH, message, name)
    yield Match("sql.update", Severity.MEDIUM, f"Merges rows into {name}", name)


def _access(node: exp.Expr) -> Iterator[Match]:
    verb = "Takes away" if isinstance(node, exp.Revoke) else "Gives"
    privileges = ", ".join(p.name.upper() for p in node.args.get("privileges") or [])
    message = f"{verb} the right {shortened(privileges or 'named')}"
    securable = node.args.get("securable")
    target = shortened(securable.sql()) if isinstance(securable, exp.Expr) else ""
    yield Match("sql.grant", Severity.HIGH, message, target)


def _create(node: exp.Expr) -> Iterator[Match]:
    kind = str(node.args.get("kind") or "object").upper()
    properties = node.args.get("properties")
    if properties and properties.find(exp.TemporaryProperty) and kind == "TABLE":
        message = f"Creates temporary table {_name(node)}"
        yield Match("sql.schema_change", Severity.LOW, message, _name(node))
        return
    message = f"Creates {kind.lower()} {_name(node)}"
    yield Match("sql.schema_change", Severity.MEDIUM, message, _name(node))
    if node.args.get("replace") and kind == "TABLE":
        yield Match("sql.drop", Severity.CRITICAL, f"Replaces table {_name(node)}")
    if kind in {"FUNCTION", "PROCEDURE", "TRIGGER"}:
        body = node.args.get("expression")
        yield opaque(f"CREATE {kind}", body.sql() if body is not None else "")


def _alter(node: exp.Expr) -> Iterator[Match]:
    kind = str(node.args.get("kind") or "object").lower()
    for action in node.args.get("actions") or []:
        dropped = action if isinstance(action, exp.Drop) else action.find(exp.Drop)
        if dropped is not None:
            yield _dropped_part(dropped, _name(node))
        elif isinstance(action, exp.AlterRename | exp.RenameColumn):
            message = f"Renames {kind} {_name(node)} or a part of it"
            yield Match("sql.schema_change", Severity.HIGH, message, _name(node))
    message = f"Alters {kind} {_name(node)}"
    yield Match("sql.schema_change", Severity.MEDIUM, message, _name(node))


def _dropped_part(dropped: exp.Expr, table: str) -> Match:
    part = str(dropped.args.get("kind") or "COLUMN").upper()
    is_data = part in {"COLUMN", "PARTITION"}
    severity = Severity.CRITICAL if is_data else Severity.HIGH
    message = f"Drops a {part.lower()} of {table}"
    return Match("sql.schema_change", severity, message, table)


def _copy(node: exp.Expr) -> Iterator[Match]:
    files = node.args.get("files") or []
    names = [file.name for file in files]
    if any(name.upper() == "PROGRAM" for name in names):
        message = "Pipes data through a program on the database server"
        yield Match("sql.copy_program", Severity.CRITICAL, message)
    elif not all(name.upper() in _STREAMS for name in names):
        message = f"Copies to or from the file {shortened(', '.join(names))}"
        yield Match("sql.file_access", Severity.HIGH, message)
    if node.args.get("kind"):
        yield Match("sql.insert", Severity.MEDIUM, f"Adds rows to {_name(node)}")


def _into(node: exp.Expr) -> Iterator[Match]:
    message = f"Creates table {_name(node)} from a query"
    yield Match("sql.schema_change", Severity.MEDIUM, message)


def _command(node: exp.Expr) -> Iterator[Match]:
    expression = node.args.get("expression")
    rest = (
        expression.name if isinstance(expression, exp.Expr) else str(expression or "")
    )
    yield from of_command(str(node.this), rest)


def _setting(node: exp.Expr) -> Iterator[Match]:
    yield from of_command("SET", node.sql().partition(" ")[2])


def _pragma(node: exp.Expr) -> Iterator[Match]:
    inner = node.this
    # ``name = value``, and ``name(value)``, which is the same for most of them.
    has_value = isinstance(inner, exp.EQ | exp.Func)
    name = (inner.this.name if isinstance(inner, exp.EQ) else inner.name).lower()
    if name in ACTING_PRAGMAS or (has_value and name not in READING_PRAGMAS):
        yield Match("sql.setting", Severity.MEDIUM, "Changes a database setting")


def _use(node: exp.Expr) -> Iterator[Match]:
    """Snowflake's ``USE ROLE``: everything else only says where to look."""
    kind = node.args.get("kind")
    if isinstance(kind, exp.Expr) and kind.name.upper().endswith(("ROLE", "ROLES")):
        yield Match("sql.role", Severity.HIGH, "Acts in another role")


def _table(node: exp.Expr) -> Iterator[Match]:
    """DuckDB takes a file's name for a table: ``FROM '/etc/passwd'``."""
    if isinstance(node, exp.Table):
        yield from of_secret_table(node)
    this, alias = node.this, node.args.get("alias")
    # What sqlglot takes for names of columns: ``FROM file('/etc/passwd', 'CSV')``.
    if isinstance(alias, exp.TableAlias) and not alias.this and alias.columns:
        yield from of_table_function(node.name, alias)
    if isinstance(this, exp.Identifier) and this.quoted and is_outside(this.name):
        message = f"Reads the file {shortened(this.name)}"
        yield Match("sql.file_access", Severity.HIGH, message)


def _files(node: exp.Expr) -> Iterator[Match]:
    message = "Reads or writes a file of the database server"
    yield Match("sql.file_access", Severity.HIGH, message)


def _kill(node: exp.Expr) -> Iterator[Match]:
    yield Match("sql.dangerous_function", Severity.HIGH, "Stops a connection")


def _execute(node: exp.Expr) -> Iterator[Match]:
    text = node.sql()
    yield from of_command("EXECUTE", text)


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], Iterator[Match]]] = {
    exp.Alter: _alter,
    exp.Attach: _files,
    exp.Command: _command,
    exp.Copy: _copy,
    exp.Create: _create,
    exp.Delete: _delete,
    exp.Detach: _files,
    exp.Drop: _drop,
    exp.Execute: _execute,
    exp.ExecuteSql: _execute,
    exp.Export: _files,
    exp.Grant: _access,
    exp.Insert: _insert,
    exp.Into: _into,
    exp.Kill: _kill,
    exp.LoadData: _files,
    exp.Merge: _merge,
    exp.Pragma: _pragma,
    exp.Refresh: _command,
    exp.Revoke: _access,
    exp.Set: _setting,
    exp.TruncateTable: _truncate,
    exp.Update: _update,
    exp.Use: _use,
}
_PARTS: dict[type[exp.Expr], Callable[[exp.Expr], Iterator[Match]]] = {
    exp.Literal: of_text,
    exp.Table: _table,
}
"""What is looked at inside of statements only."""
