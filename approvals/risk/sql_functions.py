"""Functions that SQL calls: which of them do more than read the tables in front.

Names are from the manuals of PostgreSQL, MySQL, SQL Server, Oracle, SQLite, DuckDB,
ClickHouse and Snowflake.
"""

import re
from collections.abc import Iterator

from sqlglot import exp

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.tables import names

_FILES = names(
    "bfilename copy_from_file fn_trace_gettable fn_xe_file_target_read_file"
    " lo_export lo_import load_file openrowset pg_file_read pg_file_rename"
    " pg_file_unlink pg_file_write pg_stat_file readfile writefile"
)
_FILE_BEGINNINGS = ("pg_ls_", "pg_read_")
_SHELL = names("sys_exec sys_eval sys_bineval xp_cmdshell")
_NAMED_AS_SHELL = names(
    "system shell popen exec_cmd cmd_exec shell_exec runcmd run_cmd os_command"
    " exec_command do_system eval"
)
"""Also what people call functions that they let the database's host run."""
_HASHES = names(
    "pg_shadow pg_authid pg_user_mapping sysxlogins sql_logins syslogins"
    " dba_users_with_defpwd dba_db_links exu8phs link$ user$ user_history$"
    " authentication_tokens system_auth.roles credentials_table"
    " mysql.user mysql.global_priv mysql.db dba_users sys.user$ sys.link$"
    " sys.sql_logins sys.credentials sys.linked_logins system_auth.credentials"
    " master.dbo.sysxlogins mysql.proxies_priv stl_connection_log_secrets"
)
"""Tables in which databases keep passwords or their hashes."""
_ENTITY = re.compile(r"<!\s{0,9}(?:ENTITY|DOCTYPE)\b", re.IGNORECASE)
_DANGEROUS = names(
    "benchmark dblink dblink_connect dblink_connect_u dblink_exec dblink_open"
    " dblink_send_query load_extension lo_create lo_from_bytea lo_put lo_unlink"
    " lowrite httpuritype opendatasource openquery pg_backup_start"
    " pg_cancel_backend pg_create_restore_point pg_drop_replication_slot"
    " pg_logical_emit_message pg_log_standby_snapshot pg_promote pg_reload_conf"
    " pg_rotate_logfile pg_sleep pg_sleep_for pg_sleep_until pg_stat_reset"
    " pg_stat_statements_reset pg_switch_wal pg_switch_xlog pg_terminate_backend"
    " pg_wal_replay_pause query_to_xml query_to_xml_and_xmlschema"
    " duckdb_secrets edit external_query fn_get_audit_file fn_trace_gettable getenv"
    " query_export_to_s3 table_import_from_s3 set_config setval sleep"
)
_PACKAGES = names(
    "apex_web_service aws_lambda cron ctxsys dbms_advisor dbms_cloud dbms_java"
    " dbms_job dbms_ldap dbms_lock dbms_pipe dbms_scheduler dbms_sql"
    " dbms_xmlgen dbms_xmlquery dbms_xslprocessor net pgagent dbms_sys_sql"
    " dbms_metadata_diff dbms_redact dbms_rls dbms_fga dbms_file_transfer"
    " dbms_datapump dbms_backup_restore dbms_network_acl_admin dbms_aqadm"
    " dbms_export_extension dbms_streams_adm dbms_credential utl_dbws utl_orcl"
    " owa_util kupp$proc sys_exec utl_file utl_http"
    " utl_inaddr utl_mail utl_smtp utl_tcp"
)
"""What stands before the dot: packages and schemas that reach out or run things."""
_REMOTE_TABLES = names(
    "azureblobstorage cluster clusterallreplicas executable hdfs jdbc mongodb mysql"
    " odbc postgresql redis remote remotesecure sqlite urlcluster url file"
    " mysql_query postgres_query sqlite_scan postgres_scan mysql_scan"
)
"""Table functions that fetch from another place, wherever that is."""
_READERS = re.compile(r"(?:read|scan|glob|sniff|parquet|delta|iceberg|s3|gcs|st_read)")
_OUTSIDE = re.compile(
    r"(?:https?|ftp|hf|file)://|\A/(?:etc|root|home|proc|sys|var|dev|run|boot)/|\A~"
    r"|\A[A-Za-z]:\\|\A\\\\|(?:\A|/)\.\./|\.ssh|\.aws|\.env\b|id_rsa|\.pem\b",
    re.IGNORECASE,
)
_DESTRUCTIVE_VERBS = names("abort cancel delete destroy drop kill purge truncate wipe")
_WORDS = re.compile(r"[_$]")
_LONGEST = 2_000
_MOST = 60
_DEEPEST = 9
"""So long a text, so many columns and so many dots are looked at."""

_HASHED = re.compile(
    r"passw|pass_?hash|authentication_string|spare4|rolpassword|\*", re.I
)


def of_secret_table(node: exp.Table) -> Iterator[Match]:
    """A table in which the database keeps passwords, read for them."""
    parts = [part.name.lower() for part in node.parts]
    named = {parts[-1], ".".join(parts[-2:])} if parts else set()
    select = node.find_ancestor(exp.Select)
    columns = select.expressions if select is not None else []
    is_asked = any(_HASHED.search(one.sql()[:_LONGEST]) for one in columns[:_MOST])
    if not _HASHES.isdisjoint(named) and is_asked:
        message = f"Reads passwords or their hashes from {shortened(parts[-1])}"
        yield Match("sql.file_access", Severity.HIGH, message)


def of_text(node: exp.Expr) -> Iterator[Match]:
    """XML that makes the database fetch a file or an address (CWE-611)."""
    if node.is_string and _ENTITY.search(node.name[:_LONGEST]):
        message = "Contains XML that can make the database fetch other things"
        yield Match("sql.dangerous_function", Severity.HIGH, message)


RISKY = _FILES | _SHELL | _DANGEROUS | _PACKAGES | names("openrowset xp_dirtree")
"""Names that deserve a look wherever they stand."""


def of_function(node: exp.Expr) -> Iterator[Match]:
    """What a call of a function does beyond reading."""
    name = (node.name if isinstance(node, exp.Anonymous) else node.key).lower()
    message = f"Calls {shortened(name)}()"
    if name in _SHELL or name in _NAMED_AS_SHELL:
        yield Match("sql.shell_escape", Severity.CRITICAL, message)
    elif name in _FILES or name.startswith(_FILE_BEGINNINGS):
        yield Match("sql.file_access", Severity.HIGH, message)
    elif (
        name in _DANGEROUS
        or (package := _package(node)) in _PACKAGES
        or (_PACKAGES.intersection(_packages(node)))
    ):
        yield Match("sql.dangerous_function", Severity.HIGH, message)
    elif isinstance(node.parent, exp.Table):
        yield from () if package else of_table_function(name, node)
    elif _DESTRUCTIVE_VERBS.intersection(_WORDS.split(name)):
        yield Match("sql.opaque", Severity.MEDIUM, message)


def is_risky(name: str) -> bool:
    """Whether a function of that name does more than compute, in small letters."""
    return name in RISKY or name.startswith(_FILE_BEGINNINGS)


def _package(node: exp.Expr) -> str:
    parent = node.parent
    if isinstance(parent, exp.Dot):
        return str(parent.this.name).lower()
    return str(parent.db).lower() if isinstance(parent, exp.Table) else ""


def _packages(node: exp.Expr) -> list[str]:
    """All names before the dots of ``ctxsys.drithsx.sn(…)``."""
    found: list[str] = []
    parent = node.parent
    while isinstance(parent, exp.Dot) and len(found) < _DEEPEST:
        found += [one.name.lower() for one in parent.find_all(exp.Identifier)][:3]
        parent = parent.parent
    return found


def of_table_function(name: str, call: exp.Expr) -> Iterator[Match]:
    """What a function in the place of a table fetches, and from where."""
    name = name.lower()
    message = f"Reads what {shortened(name)}() fetches from elsewhere"
    texts = [node.name for node in call.find_all(exp.Literal, exp.Identifier)]
    is_far = _READERS.search(name) and any(map(is_outside, texts))
    if name in _REMOTE_TABLES or is_far:
        yield Match("sql.file_access", Severity.HIGH, message)


def is_outside(path: str) -> bool:
    """Whether a file's name leads to the machine itself or to another one."""
    return bool(_OUTSIDE.search(path[:300]))
