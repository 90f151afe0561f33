"""The product from start to end, in every way that a start can end."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from config import embedded
from tests.serving import Serving, data_folder, free_port, manage, servers_of

pytestmark = pytest.mark.flow


@dataclass
class Installed:
    """A data folder whose first start is over."""

    data_dir: Path
    output: str
    key: str


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    with data_folder() as folder, Serving(folder) as serving:
        serving.ready()
        answer = get(f"{serving.url}/healthz")
        assert serving.end() == 0, serving.output
        assert answer == 200
        key = re.search(r"csk_\w+", serving.output)[0]
        yield Installed(folder, serving.output, key)


@pytest.fixture
def empty() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def get(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status


def wait_for(path: Path, serving: Serving) -> None:
    while not path.exists() and serving.process.poll() is None:
        time.sleep(0.005)


def left_behind(data_dir: Path) -> list[int]:
    """What still works in the folder; a server that is dying gets a moment."""
    limit = time.monotonic() + 2
    while (found := servers_of(data_dir)) and time.monotonic() < limit:
        time.sleep(0.02)
    return found


def test_the_first_start_prints_one_ready_line_then_how_to_sign_in(installed):
    lines = installed.output.splitlines()

    ready = [number for number, line in enumerate(lines) if "is ready at" in line]
    passwords = [n for n, line in enumerate(lines) if re.match(r"  alice +\w+$", line)]
    assert len(ready) == len(passwords) == 1
    assert ready < passwords
    assert sum(line.startswith("curl ") for line in lines) == 1


def test_the_first_start_leaves_nothing_running(installed):
    assert left_behind(installed.data_dir) == []


def test_a_later_start_prints_no_credentials(installed):
    with Serving(installed.data_dir) as serving:
        serving.ready()
        assert get(f"{serving.url}/readyz") == 200
        serving.end()

    assert [
        line for line in serving.output.splitlines() if "is ready" not in line
    ] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_even_while_agents_wait_and_sockets_are_open(
    installed, number
):
    with Serving(installed.data_dir) as serving:
        host, port = serving.ready().url.removeprefix("http://").split(":")
        waiting = waiting_agent(serving.url, installed.key)
        with socket.create_connection((host, int(port))):
            status = serving.end(number, limit=5)
        waiting.join(5)

    assert status == 0, serving.output
    assert "Traceback" not in serving.output
    assert left_behind(installed.data_dir) == []


def waiting_agent(url: str, key: str) -> threading.Thread:
    """Asks for what only a person can approve, and waits; returns once it is asked."""
    asking = urllib.request.Request(
        f"{url}/api/v1/requests",
        data=json.dumps({"action": "unknown.tool", "arguments": {}}).encode(),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Prefer": "wait=60",
        },
    )
    began = threading.Event()

    def wait() -> None:
        began.set()
        try:
            urllib.request.urlopen(asking, timeout=60).read()
        except OSError:
            return

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    began.wait()
    time.sleep(0.3)
    return thread


def test_impatience_during_start_up_leaves_nothing_behind(empty):
    with Serving(empty) as serving:
        wait_for(empty / "postgres" / "postmaster.pid", serving)
        for _ in range(20):
            with suppress(ProcessLookupError):
                serving.process.send_signal(signal.SIGINT)
            time.sleep(0.005)
        assert serving.end() == 0, serving.output

    assert left_behind(empty) == []


@pytest.mark.parametrize("milestone", ["", "secret.key", "postgres.draft", "postgres"])
def test_a_signal_during_the_first_start_ends_it_too(empty, milestone):
    with Serving(empty) as serving:
        wait_for(empty / milestone, serving)
        status = serving.end(limit=5)

    # Before Python runs our first line, a signal has the system's meaning.
    assert status in (0, -signal.SIGTERM), serving.output
    assert left_behind(empty) == []


@pytest.mark.parametrize("milestone", ["postgres.draft", "postgres"])
def test_a_first_start_that_was_killed_is_finished_by_the_next(empty, milestone):
    with Serving(empty) as serving:
        wait_for(empty / milestone, serving)
        serving.end(signal.SIGKILL)
    with Serving(empty) as serving:
        serving.ready()
        serving.end()

    assert re.search(r"^  alice +\w+$", serving.output, re.MULTILINE)
    assert left_behind(empty) == []


def test_after_a_kill_the_next_start_adopts_the_database_and_stops_it(installed):
    with Serving(installed.data_dir) as first:
        first.ready()
        first.end(signal.SIGKILL)
    pid_file = installed.data_dir / "postgres" / "postmaster.pid"
    orphan = pid_file.read_text().splitlines()[0]
    with Serving(installed.data_dir) as second:
        second.ready()
        adopted = pid_file.read_text().splitlines()[0]
        second.end()

    assert adopted == orphan
    assert left_behind(installed.data_dir) == []


def test_a_second_start_in_one_data_folder_is_refused(installed):
    with Serving(installed.data_dir) as first:
        first.ready()
        with Serving(installed.data_dir) as second:
            assert second.process.wait(30) == 1
            second.end()
        assert get(f"{first.url}/healthz") == 200

    assert f"already being served from {installed.data_dir}" in second.output


def test_a_port_in_use_is_refused_before_anything_starts(installed):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Serving(installed.data_dir, "--port", str(port)) as serving:
            assert serving.process.wait(30) == 1
            serving.end()

    assert "Address already in use" in serving.output
    assert "Traceback" not in serving.output
    assert left_behind(installed.data_dir) == []


def test_a_command_beside_it_leaves_it_running(installed):
    with Serving(installed.data_dir) as serving:
        serving.ready()
        made = manage(installed.data_dir, "create_user", "dora", "--json")
        assert get(f"{serving.url}/readyz") == 200

    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["user"] == "dora"


def test_a_command_alone_brings_its_database_and_takes_it_away(installed):
    made = manage(installed.data_dir, "create_user", "emil", "--json")
    again = manage(installed.data_dir, "create_user", "emil", "--json")

    assert made.returncode == 0, made.stderr
    assert again.returncode == 1
    assert "already exists" in again.stderr
    assert left_behind(installed.data_dir) == []


def test_two_data_folders_are_served_side_by_side(installed, empty):
    with Serving(installed.data_dir) as one, Serving(empty) as two:
        assert one.ready().url != two.ready().url


def test_first_starts_at_once_on_one_database_print_credentials_once(empty):
    folder = empty / "database"
    with embedded.running(folder, durable=False):
        url = f"postgresql://countersign@/countersign?host={folder / 'postgres'}"
        with (
            Serving(empty / "one", DATABASE_URL=url) as one,
            Serving(empty / "two", DATABASE_URL=url) as two,
        ):
            one.ready()
            two.ready()
            one.end()
            two.end()

    assert (one.output + two.output).count("First start.") == 1


def test_the_printed_command_asks_for_something_that_a_person_decides(installed):
    command = "curl" + installed.output.partition("curl")[2]
    with Serving(installed.data_dir) as serving:
        here = re.sub(r"http://[^/]+", serving.ready().url, command, count=1)
        ran = subprocess.run(
            ["bash"],
            input=here.replace("wait=60", "wait=0"),
            capture_output=True,
            text=True,
            check=True,
        )
    answer = json.loads(ran.stdout)

    assert (answer["state"], answer["route"], answer["tier"]) == (
        "pending",
        "review",
        "high",
    )
    assert answer["votes"]["required"] == [{"group": "reviewers", "count": 1}]


def test_a_database_that_cannot_be_reached_is_said_in_a_sentence(empty):
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nowhere"
    with Serving(empty, DATABASE_URL=url) as serving:
        status = serving.process.wait(60)
        serving.end()

    assert status == 1
    assert "CommandError: The database cannot be reached" in serving.output


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "hunter2", "SECRET_KEY: String should have at least 32"),
        ("DATABASE_URL", "postgresql://me:hunter2@[", "DATABASE_URL cannot be read"),
        ("SECRET_KEY_FILE", "/missing", "No such file or directory: '/missing'"),
    ],
)
def test_a_bad_setting_is_said_in_a_sentence_without_its_value(
    empty, name, value, says
):
    ran = manage(empty, "serve", **{name: value})

    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: ")
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "hunter2" not in ran.stdout + ran.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change modes")
def test_as_root_the_keys_stay_roots_and_the_folder_as_it_was(installed):
    folder = installed.data_dir

    assert folder.stat().st_mode & 0o777 == 0o711
    for name in ("secret.key", "permit.pem"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
        assert (folder / name).stat().st_uid == 0
