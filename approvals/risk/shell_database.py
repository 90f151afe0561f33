"""Database clients on the command line: their SQL, and what is not SQL."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_nested import read_text
from approvals.risk.tables import names

_SQL_OPTIONS = {
    "psql": names("-c --command"),
    "pgcli": names("-e --execute"),
    "mysql": names("-e --execute"),
    "mariadb": names("-e --execute"),
    "mycli": names("-e --execute"),
    "sqlcmd": names("-Q -q"),
    "snowsql": names("-q --query"),
    "clickhouse-client": names("-q --query"),
    "clickhouse": names("-q --query"),
    "cqlsh": names("-e --execute"),
    "cockroach": names("-e --execute"),
    "bq": names("--query"),
    "trino": names("--execute"),
    "duckdb": names("-c"),
    "usql": names("-c --command"),
    "sqlite3": names("-cmd"),
    "beeline": names("-e"),
    "hive": names("-e"),
    "impala-shell": names("-q --query"),
}
CLIENTS = frozenset(_SQL_OPTIONS)
_FILE_OPTIONS = names("-f --file -i --init-command --source")
_SQL_OPERANDS = names("sqlite3 duckdb")
_WHOLE_DATABASE = names(
    "dropdb dropuser mongorestore pg_resetwal initdb pg_dropcluster"
)
_REDIS_GRAVE = names(
    "flushall flushdb shutdown debug swapdb failover replicaof slaveof"
)
_REDIS_WRITING = names(
    "config del unlink eval evalsha script module rename restore migrate set client acl"
)
_DOCUMENT_GRAVE = re.compile(
    r"dropDatabase|\.drop\(|deleteMany\(\s*(\{\s*\})?\s*\)|\.remove\(\s*(\{\s*\})?\s*\)"
    r"|dropUser|shutdownServer|dropIndexes",
)
_DOCUMENT_WRITING = re.compile(
    r"delete|update|insert|remove|replace|create|grant|rename"
)
_FRAMEWORK = re.compile(
    r"\b(db:(drop|reset|purge|schema:load|truncate_all|wipe|migrate:reset|rollback|fresh"
    r"|setup)|migrate:(fresh|reset|refresh|rollback)|migrate reset|db wipe"
    r"|db push .{0,200}--(force-reset|accept-data-loss)"
    r"|manage\.py (flush|reset_db|sqlflush)"
    r"|manage\.py migrate \w+ zero|downgrade (base|-\d)|schema:drop|database:drop"
    r"|db reset|--drop-db)\b"
)
FRAMEWORKS = names(
    "rails rake bin/rails python python3 manage.py php artisan prisma alembic flask"
    " supabase sequelize knex typeorm bundle mix drizzle-kit symfony console"
)


def sql_in(call: Call) -> Iterator[str]:
    """The SQL that a database client would run."""
    options = _SQL_OPTIONS.get(call.name)
    if options is None:
        return
    found = list(_option_values(call, options))
    if call.name in _SQL_OPERANDS:
        found += [word.text for word in call.operands[1:]]
    text = read_text(call.command)
    if text is not None and not found:
        found.append(text)
    yield from found


def _option_values(call: Call, options: frozenset[str]) -> Iterator[str]:
    for previous, word in zip(call.words, call.words[1:], strict=False):
        letter = f"-{previous.text[-1:]}"
        is_cluster = (
            re.fullmatch(r"-[A-Za-z]{2,5}", previous.text) and letter in options
        )
        if previous.text in options or is_cluster:
            yield word.text
        name, equals, value = word.text.partition("=")
        if equals and name in options:
            yield value
        elif word.text[:2] in options and len(word.text) > 4:
            yield word.text[2:]


def unseen_sql(call: Call) -> Iterator[Match]:
    """Clients that get their SQL from a file or from another program."""
    options = _SQL_OPTIONS.get(call.name)
    if options is None or list(sql_in(call)):
        return
    if call.has(*_FILE_OPTIONS) or call.command.upstream:
        message = f"Runs SQL that is not shown here: {shortened(call.line)}"
        yield Match("shell.database", Severity.MEDIUM, message)


def database(call: Call) -> Iterator[Match]:
    """dropdb and kin, pg_restore --clean, mysqladmin drop."""
    is_dropping = call.name in _WHOLE_DATABASE
    is_dropping = is_dropping or call.has("--clean", "--drop")
    is_dropping = is_dropping or "drop" in call.texts or "shutdown" in call.texts
    if is_dropping and not call.is_dry_run:
        message = f"Drops or replaces a database: {shortened(call.line)}"
        yield Match("shell.database", Severity.CRITICAL, message)
    elif call.name in {"pg_restore", "mysqlimport"} and not call.has("-l", "--list"):
        message = f"Loads data into a database: {shortened(call.line)}"
        yield Match("shell.database", Severity.MEDIUM, message)


def redis(call: Call) -> Iterator[Match]:
    """redis-cli FLUSHALL and other writing commands."""
    words = {text.lower() for text in call.texts}
    text = read_text(call.command) or ""
    words |= set(text.lower().split())
    if words & _REDIS_GRAVE:
        message = f"Empties or stops Redis: {shortened(call.line)}"
        yield Match("shell.database", Severity.CRITICAL, message)
    elif words & _REDIS_WRITING:
        message = f"Changes Redis: {shortened(call.line)}"
        yield Match("shell.database", Severity.MEDIUM, message)


def documents(call: Call) -> Iterator[Match]:
    """mongosh --eval."""
    text = " ".join([*call.texts, read_text(call.command) or ""])
    if _DOCUMENT_GRAVE.search(text):
        message = f"Deletes a database or collection: {shortened(call.line)}"
        yield Match("shell.database", Severity.CRITICAL, message)
    elif _DOCUMENT_WRITING.search(text):
        message = f"Changes a database: {shortened(call.line)}"
        yield Match("shell.database", Severity.MEDIUM, message)


def framework(call: Call) -> Iterator[Match]:
    """Tasks of web frameworks that drop or reset their database."""
    if _FRAMEWORK.search(call.line):
        message = f"Drops or resets a database: {shortened(call.line)}"
        yield Match("shell.database", Severity.CRITICAL, message)
