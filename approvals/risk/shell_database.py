"""Database clients on the command line: their SQL, and what is not SQL."""

import re
from collections.abc import Iterator

from approvals.risk import mongo
from approvals.risk import redis as redis_commands
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
_REDIS_VALUES = names(
    "-h -p -a -n -u -s -r -i -d -D --user --pass --cacert --cert --key"
)
_FRAMEWORK = re.compile(
    r"\b(db:(drop|reset|purge|schema:load|truncate_all|wipe|migrate:reset|rollback"
    r"|fresh|setup|migrate:undo(:all)?|seed:undo(:all)?|migrate:down|structure:load"
    r"|prepare:drop|environment:set)|migrate:(fresh|reset|refresh|rollback|down)"
    r"|migrate reset|db wipe"
    r"|migration:(revert|rollback|down)|migrations:(rollback|execute .{0,80}--down)"
    r"|db push .{0,200}--(force-reset|accept-data-loss)"
    r"|manage\.py (flush|reset_db|sqlflush|loaddata|remove_stale_contenttypes"
    r"|changepassword|createsuperuser|clearsessions|delete_\w+|drop_\w+|dbshell)"
    r"|django-admin (flush|sqlflush|loaddata)"
    r"|manage\.py migrate \w+ (zero|\d{4})|(alembic|db) downgrade|downgrade (base|-\d)"
    r"|schema:(drop|wipe)|schema:update .{0,80}--force|database:drop"
    r"|ecto\.(drop|reset|rollback)|database (drop|update 0|reset)|migrations remove"
    r"|queue:(flush|clear|forget)|artisan (down|key:generate|db:wipe|model:prune)"
    r"|(cache|session):clear-all|user:(create|delete|remove|promote|change-password)"
    r"|fos:user:\w+|security:hash-reset|db reset|--drop-db|drop-all|destroy_all"
    r"|delete_all|truncate\b|runner .{0,200}(delete|destroy|drop|update_all|system)"
    r"|runner .{0,200}(\.update|\.save|create)|app:(delete|purge|reset))(?![\w-])",
    re.IGNORECASE,
)
FRAMEWORKS = names(
    "rails rake bin/rails python python3 manage.py php artisan prisma alembic flask"
    " supabase sequelize sequelize-cli knex typeorm bundle mix drizzle-kit symfony"
    " console django-admin dotnet dotnet-ef phinx mikro-orm node ts-node php7 php8"
    " aerich piccolo doctrine spark craft bin/console cake yii sf ./manage.py manage"
)


def sql_in(call: Call) -> Iterator[str]:
    """The SQL that a database client would run."""
    options = _SQL_OPTIONS.get(call.name)
    if options is None:
        return
    found = list(_option_values(call, options))
    if call.name in _SQL_OPERANDS:
        found += [word.text for word in call.operands[1:]]
    if call.name == "bq" and call.operands[:1] and call.operands[0].text == "query":
        found += [word.text for word in call.operands[-1:] if " " in word.text]
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
    command = call.command
    if call.has(*_FILE_OPTIONS) or command.upstream or command.reads_file:
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
    if {"--pipe", "--eval"} & set(call.texts) or call.command.reads_file:
        message = f"Runs Redis commands that are not shown: {shortened(call.line)}"
        yield Match("shell.database", Severity.HIGH, message)
        return
    words = _after_options(call.texts)
    if words:
        yield from redis_commands.of_words(words)
    else:
        yield from redis_commands.matches_of(read_text(call.command) or "")


def _after_options(texts: tuple[str, ...]) -> list[str]:
    """The command of redis-cli, without options and their values."""
    words = list(texts)
    while words and words[0].startswith("-"):
        del words[: 2 if words[0] in _REDIS_VALUES else 1]
    return words


def documents(call: Call) -> Iterator[Match]:
    """mongosh --eval."""
    word = call.value_of("--eval")
    text = read_text(call.command) if word is None else word.text
    if text is not None:
        yield from mongo.matches_of(text)
    is_script = any(text.endswith((".js", ".mongodb")) for text in call.texts)
    if is_script or call.command.reads_file:
        message = f"Runs a script that is not shown here: {shortened(call.line)}"
        yield Match("shell.database", Severity.MEDIUM, message)


def framework(call: Call) -> Iterator[Match]:
    """Tasks of web frameworks that drop or reset their database."""
    if _FRAMEWORK.search(call.line):
        message = f"Drops or resets a database: {shortened(call.line)}"
        yield Match("shell.database", Severity.CRITICAL, message)
