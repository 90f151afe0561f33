import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import embedded, service_account
from tests.serving import ROOT, data_folder, servers_of

URL = "postgresql://me:pass%20word@db.example:6543/things?sslmode=require"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def query(data_dir: Path, sql: str) -> object:
    names = embedded.connection_settings(None, data_dir)
    with psycopg.connect(
        host=names["HOST"], port=names["PORT"], dbname=names["NAME"], user=names["USER"]
    ) as connection:
        cursor = connection.execute(sql.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def postmaster(data_dir: Path) -> int:
    lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    return int(lines[0])


STARTER = """
import os, sys, pathlib
from config import embedded
with embedded.running(pathlib.Path(sys.argv[1]), durable=False):
    os.kill(os.getpid(), 9)
"""


def starter(data_dir: Path) -> subprocess.Popen[bytes]:
    """A process that starts the server and is killed as soon as it is up."""
    return subprocess.Popen([sys.executable, "-c", STARTER, data_dir], cwd=ROOT)


def abandoned(data_dir: Path) -> int:
    """A server whose starter was killed; its process id."""
    starter(data_dir).wait()
    return postmaster(data_dir)


def test_a_url_gives_name_user_password_host_and_port():
    settings = embedded.connection_settings(URL, Path("/data"))

    assert settings == {
        "NAME": "things",
        "USER": "me",
        "PASSWORD": "pass word",
        "HOST": "db.example",
        "PORT": "6543",
        "OPTIONS": {"sslmode": "require"},
    }


def test_an_unreadable_url_is_refused_without_quoting_it():
    with pytest.raises(ImproperlyConfigured) as error:
        embedded.connection_settings("postgresql://me:s3cret@[broken", Path("/data"))

    assert "DATABASE_URL" in str(error.value)
    assert "s3cret" not in str(error.value)


def test_without_a_url_the_data_folder_alone_says_where_the_database_is():
    settings = embedded.connection_settings(None, Path("/data"))

    assert settings["HOST"] == "/data/postgres"


@pytest.mark.parametrize("path", ["/" + "long/" * 30, "/with,comma"])
def test_a_path_that_no_socket_can_have_gets_a_short_one(path):
    folder = embedded.socket_folder(Path(path))

    assert folder.parent == Path("/tmp")
    assert folder == embedded.socket_folder(Path(path))
    assert folder != embedded.socket_folder(Path(path + "x"))


def test_the_database_runs_inside_the_block_only(data_dir):
    with embedded.running(data_dir, durable=False):
        assert query(data_dir, "SELECT current_database()") == "countersign"
        assert servers_of(data_dir)

    assert servers_of(data_dir) == []


def test_what_is_stored_is_there_the_next_time(data_dir):
    with embedded.running(data_dir):
        query(data_dir, "CREATE TABLE kept AS SELECT 42")
    with embedded.running(data_dir):
        assert query(data_dir, "SELECT * FROM kept") == 42


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
    ],
)
def test_the_server_is_safe_by_default(safe_server, name, value):
    assert query(safe_server, f"SHOW {name}") == value


def test_a_page_is_not_kept_waiting_for_parallel_workers(safe_server):
    assert query(safe_server, "SHOW max_parallel_workers_per_gather") == "0"


@pytest.fixture(scope="module")
def safe_server() -> Iterator[Path]:
    with data_folder() as folder, embedded.running(folder):
        yield folder


def test_the_cluster_is_for_its_account_alone(safe_server):
    assert (safe_server / "postgres").stat().st_mode & 0o777 == 0o700


def test_the_last_user_stops_it_not_the_first(data_dir):
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(embedded.running(data_dir, durable=False))
        second.enter_context(embedded.running(data_dir, durable=False))
        first.close()

        assert query(data_dir, "SELECT 1") == 1
    assert servers_of(data_dir) == []


def test_a_server_left_by_a_killed_process_is_adopted_and_stopped(data_dir):
    left_behind = abandoned(data_dir)

    with embedded.running(data_dir, durable=False):
        assert postmaster(data_dir) == left_behind
        assert query(data_dir, "SELECT 1") == 1
    assert servers_of(data_dir) == []


def test_a_server_that_was_killed_is_started_anew(data_dir):
    os.kill(abandoned(data_dir), signal.SIGKILL)

    with embedded.running(data_dir, durable=False):
        assert query(data_dir, "SELECT 1") == 1


def test_a_stale_process_id_of_another_program_harms_neither(data_dir):
    with embedded.running(data_dir, durable=False):
        pid_file = data_dir / "postgres" / "postmaster.pid"
        rest = pid_file.read_text().partition("\n")[2]
    account = service_account.account_for(data_dir / "postgres")
    with subprocess.Popen(
        ["/bin/sleep", "60"], **service_account.run_as(account)
    ) as stranger:
        pid_file.write_text(f"{stranger.pid}\n{rest}")

        with embedded.running(data_dir, durable=False):
            assert query(data_dir, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_half_a_cluster_is_never_taken_for_a_whole_one(data_dir):
    draft = data_dir / "postgres.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")

    with embedded.running(data_dir, durable=False):
        assert query(data_dir, "SELECT 1") == 1
    assert not draft.exists()


def test_what_a_killed_start_left_at_work_is_waited_for(data_dir):
    with starter(data_dir) as killed:
        while not (data_dir / "postgres.draft" / "PG_VERSION").exists():
            time.sleep(0.001)
        killed.kill()

    with (
        (data_dir / "postgres.server.lock").open() as lock,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with embedded.running(data_dir, durable=False):
        assert query(data_dir, "SELECT 1") == 1


def test_a_folder_that_is_no_database_is_left_alone(data_dir):
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "letter.txt").write_text("dear all")

    with (
        pytest.raises(embedded.EmbeddedDatabaseError, match="in the way"),
        embedded.running(data_dir, durable=False),
    ):
        pass
    assert (data_dir / "postgres" / "letter.txt").read_text() == "dear all"


def test_a_server_that_does_not_start_says_why(data_dir):
    with embedded.running(data_dir, durable=False):
        pass
    (data_dir / "postgres" / "PG_VERSION").write_text("9.6\n")

    with (
        pytest.raises(embedded.EmbeddedDatabaseError, match="incompatible"),
        embedded.running(data_dir, durable=False),
    ):
        pass


def test_it_runs_from_a_folder_with_a_long_path(data_dir):
    deep = data_dir / ("d" * 100)

    with embedded.running(deep, durable=False):
        assert query(deep, "SELECT 1") == 1
    embedded.socket_folder(deep).rmdir()


def test_a_socket_folder_that_others_can_open_is_refused(data_dir):
    deep = data_dir / ("d" * 100)
    taken = embedded.socket_folder(deep)
    taken.mkdir(mode=0o755)

    with (
        pytest.raises(embedded.EmbeddedDatabaseError, match="not a private folder"),
        embedded.running(deep, durable=False),
    ):
        pass
    taken.rmdir()


def test_two_data_folders_do_not_meet(data_dir):
    with (
        embedded.running(data_dir / "one", durable=False),
        embedded.running(data_dir / "two", durable=False),
    ):
        assert postmaster(data_dir / "one") != postmaster(data_dir / "two")


def test_a_large_log_is_put_aside(data_dir):
    (data_dir / "postgres.log").write_text("x" * (embedded.LOG_LIMIT + 1))

    with embedded.running(data_dir, durable=False):
        assert (data_dir / "postgres.log.1").exists()
        assert (data_dir / "postgres.log").stat().st_size < embedded.LOG_LIMIT


@pytest.mark.parametrize(
    "argv",
    [
        ["manage.py"],
        ["manage.py", "help"],
        ["manage.py", "migrate", "--help"],
        ["manage.py", "evaluate", "--input", "x"],
        ["manage.py", "serve"],
    ],
)
def test_no_server_for_a_command_that_needs_none(argv, data_dir, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with embedded.database_for_command(argv):
        assert servers_of(data_dir) == []


def test_no_server_for_a_command_when_there_is_one_elsewhere(data_dir, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setenv("DATABASE_URL", URL)

    with embedded.database_for_command(["manage.py", "migrate"]):
        assert servers_of(data_dir) == []


def test_a_server_for_a_command_that_needs_one(data_dir, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with embedded.database_for_command(["manage.py", "migrate"]):
        assert query(data_dir, "SELECT 1") == 1
    assert servers_of(data_dir) == []


root_only = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root has to change modes"
)


@root_only
def test_as_root_only_search_is_granted_and_only_where_needed(data_dir, capsys):
    closed, passable = data_dir / "closed", data_dir / "closed" / "passable"
    passable.mkdir(parents=True)
    closed.chmod(0o700)
    passable.chmod(0o751)
    key = passable / "secret.key"
    key.touch(0o600)

    with embedded.running(passable, durable=False):
        pass

    assert closed.stat().st_mode & 0o777 == 0o701
    assert passable.stat().st_mode & 0o777 == 0o751
    assert key.stat().st_mode & 0o777 == 0o600
    assert capsys.readouterr().err.splitlines() == [
        f"Changed the mode of {closed}: the account countersign may now pass through "
        "it (o+x)."
    ]


@root_only
def test_as_root_a_cluster_runs_as_whoever_owns_it(data_dir):
    (data_dir / "postgres").mkdir(mode=0o700)
    os.chown(data_dir / "postgres", 65534, 65534)

    with embedded.running(data_dir, durable=False):
        process = Path("/proc", str(postmaster(data_dir)))
        assert process.stat().st_uid == 65534
