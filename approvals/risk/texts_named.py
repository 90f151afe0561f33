"""What kind of tool an action is called, by its name or by policy."""

from approvals.canonical import Action
from approvals.risk.context import Context, Kind
from approvals.risk.tables import names
from approvals.risk.view import tokens

_NAMES: dict[Kind, frozenset[str]] = {
    Kind.REDIS: names("keydb redis valkey"),
    Kind.MONGO: names("documentdb mongo mongodb mongosh"),
    Kind.SQL: names(
        "athena bigquery clickhouse cockroachdb database databases databricks db dbt"
        " duckdb mariadb migrate migration migrations mssql mysql oracle postgres"
        " postgresql presto psql rds redshift snowflake sql sqlite supabase trino tsql"
    ),
    Kind.TERRAFORM: names("hcl opentofu terraform terragrunt tofu"),
    Kind.KUBERNETES: names("k8s kubernetes kustomize manifest manifests"),
    Kind.CODE: names(
        "ipython javascript jupyter nodejs notebook pyodide python repl interpreter"
    ),
    Kind.SHELL: names(
        "bash cmd command commands console exec powershell pwsh sh shell ssh subprocess"
        " terminal tty zsh"
    ),
}
"""In the order in which they are asked: the more precise ones first."""
_RUNNING = names("eval evaluate exec execute execution run runner running sandbox")
_PLAIN = names("call command execute exec mcp query read run server statement tool")
_PLAIN_OF: dict[Kind, frozenset[str]] = {
    Kind.CODE: _RUNNING | names("code cell script snippet"),
    Kind.TERRAFORM: names("apply configuration plan show validate"),
    Kind.KUBERNETES: names("apply create"),
}
_PROGRAMS = names(
    "ansible aws az doctl docker flyctl gcloud gh git gsutil helm heroku kubectl npm"
    " pip podman terraform terragrunt tofu"
)
"""Tools of the command line, after which actions are named."""


def named_kind(name: str) -> Kind | None:
    """The kind of tool that a name speaks of, if any."""
    words = tokens(name)
    for kind, known in _NAMES.items():
        if words & known:
            return kind
    return Kind.CODE if "code" in words and words & _RUNNING else None


def is_program(word: str) -> bool:
    """Whether a word is the name of such a tool, wherever it lies."""
    return word.rpartition("/")[2] in _PROGRAMS


def named_program(name: str) -> str:
    """The program of the command line that a name speaks of, or nothing."""
    return min(tokens(name) & _PROGRAMS, default="")


def kinds_of(action: Action, context: Context) -> tuple[Kind, ...]:
    """The kinds of tool that ``action`` is: as policy says, else by its name.

    A name counts where it says nothing else: ``sql.execute`` and
    ``mcp__postgres__query`` do; ``send_money`` does not, and neither does
    ``query_and_send``, whatever arguments they bring.
    """
    mapped = context.mapped(action.name)
    if mapped:
        return tuple(dict.fromkeys(entry.kind for entry in mapped))
    kind = named_kind(action.name)
    words = tokens(action.name)
    if kind is None:
        return (Kind.SHELL,) if words and words <= _PROGRAMS | _PLAIN else ()
    plain = _NAMES[kind] | _PLAIN | _PLAIN_OF.get(kind, frozenset())
    return (kind,) if words <= plain else ()
