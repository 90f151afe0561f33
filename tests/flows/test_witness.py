"""A witness in a process and a folder of its own, beside the product being served."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from audit import note
from audit.note import Signer, VerifierKey
from config.embedded import connection_settings
from tests.serving import ROOT, Serving, data_folder, free_port

pytestmark = pytest.mark.flow

NAME = "w.example/countersign"
LIMIT = 20.0
"""Seconds after which something that was to happen has not."""
SURROUNDINGS = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
"""None of the log's variables."""


def command(folder: Path, *arguments: str) -> list[str]:
    return [
        sys.executable, str(ROOT / "manage.py"), "audit_witness",
        "--folder", str(folder), *arguments,
    ]  # fmt: skip


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *arguments),
        cwd=folder.parent,
        env=SURROUNDINGS,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


class Witness:
    """A witness under way; ended at the end of its block."""

    def __init__(self, folder: Path, log: str, port: int) -> None:
        self.process = subprocess.Popen(
            command(folder, "--log", log, "--port", str(port)),
            cwd=folder.parent,
            env=SURROUNDINGS,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.said = self.process.stdout.readline()
        self.errors = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.errors += line

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        return status


@contextmanager
def witnessing(folder: Path, log: str, port: int) -> Iterator[Witness]:
    witness = Witness(folder, log, port)
    try:
        yield witness
    finally:
        witness.end()


class Log:
    """The product's log, as its database administrator sees it."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self.data_dir = data_dir
        self.url = url

    def key(self) -> VerifierKey:
        pem = (self.data_dir / "audit.pem").read_bytes()
        key = load_pem_private_key(pem, None)
        assert isinstance(key, Ed25519PrivateKey)
        return Signer(f"{self.url.removeprefix('http://')}/audit", key).verifier

    def grow(self, name: str) -> None:
        """By the entry of somebody who could not sign in."""
        form = {"login": name, "password": "wrong"}
        with httpx2.Client(base_url=self.url, trust_env=False) as client:
            client.get("/accounts/login/")
            form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
            assert client.post("/accounts/login/", data=form).status_code == 200

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        names = connection_settings(None, self.data_dir)
        with psycopg.connect(
            host=names["HOST"],
            port=names["PORT"],
            dbname=names["NAME"],
            user=names["USER"],
        ) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def number(self, sql: str) -> int:
        return int(self.run(f"SELECT coalesce(({sql}), 0)")[0][0])

    def size(self) -> int:
        return self.number("SELECT max(size) FROM audit_checkpoint")

    def cosigned(self) -> int:
        """The size that was cosigned last."""
        return self.number("SELECT max(checkpoint_id) FROM audit_cosignature")

    def is_cosigned(self) -> bool:
        waits = self.number("SELECT count(*) FROM audit_pending")
        return not waits and self.cosigned() == self.size() > 0

    def cut(self, size: int) -> None:
        """Back to what it was at this size, so that other entries can follow."""
        tables = ("cosignature", "checkpoint", "leaf", "entry")
        switch = [f"ALTER TABLE audit_{table} {{}} TRIGGER USER;" for table in tables]
        off = "".join(one.format("DISABLE") for one in switch)
        on = "".join(one.format("ENABLE") for one in switch)
        self.run(
            f"""BEGIN; {off}
            CREATE TEMP TABLE gone ON COMMIT DROP AS
                SELECT entry_id FROM audit_leaf WHERE index >= {size};
            DELETE FROM audit_cosignature WHERE checkpoint_id > {size};
            DELETE FROM audit_checkpoint WHERE size > {size};
            DELETE FROM audit_leaf WHERE index >= {size};
            DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM gone);
            SET CONSTRAINTS ALL IMMEDIATE; {on} COMMIT"""
        )


def wait_until(holds: Callable[[], object], serving: Serving) -> None:
    limit = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < limit, serving.output
        time.sleep(0.05)


def test_a_witness_needs_nothing_of_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    made = run(folder, "--init", "--name", NAME)
    assert made.returncode == 0, made.stderr
    key = VerifierKey.parse(made.stdout)
    assert (key.name, key.type) == (NAME, note.WITNESS)
    assert run(folder, "--init").stdout == made.stdout
    # Neither a database nor keys beside it: only its folder.
    assert [path.name for path in tmp_path.iterdir()] == ["w"]
    assert {path.name for path in folder.iterdir()} == {
        "witness.lock",
        "witness.pem",
        "witness.vkey",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give the key of a log: --log KEY"),
        (["--log", "nonsense"], "Not a key of a log or of a witness"),
        (["--name", "a b", "--init"], "The name of a key has no spaces"),
        (["--name", "other", "--init"], f"is that of {NAME}"),
    ],
)
def test_bad_input_gets_one_sentence(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    folder = tmp_path / "w"
    if said.startswith("is that of"):
        run(folder, "--init", "--name", NAME)
    done = run(folder, *arguments)
    assert done.returncode == 1
    assert re.fullmatch(rf"CommandError: .*{re.escape(said)}.*\n", done.stderr)


def test_a_second_one_in_one_folder_ends_and_the_first_ends_cleanly(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "w"
    log = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    run(folder, "--init", "--name", NAME)
    with witnessing(folder, log, port=0) as first:
        said = (
            rf"Witness {NAME} is ready at (http://127\.0\.0\.1:\d+) with the key (.+)"
        )
        ready = re.fullmatch(said, first.said.strip())
        assert ready
        VerifierKey.parse(ready[2])
        overview = httpx2.get(ready[1], trust_env=False).text
        assert "sum.golang.org: nothing cosigned yet" in overview
        second = run(folder, "--log", log, "--port", "0")
        assert second.returncode == 1
        assert "Another witness works in" in second.stderr
        assert first.end() == 0
    assert first.errors == ""


def test_a_log_goes_on_without_its_witness_and_is_found_out_by_it(
    tmp_path: Path,
) -> None:
    folder, port = tmp_path / "w", free_port()
    key = VerifierKey.parse(run(folder, "--init", "--name", NAME).stdout)
    witnesses = f"http://127.0.0.1:{port} {key}"
    with (
        data_folder() as data_dir,
        Serving(data_dir, AUDIT_WITNESSES=witnesses) as serving,
    ):
        log = Log(data_dir, serving.ready().url)
        wait_until(lambda: f"witness {NAME} did not cosign" in serving.output, serving)
        assert log.size() > log.cosigned() == 0

        with witnessing(folder, str(log.key()), port) as witness:
            wait_until(log.is_cosigned, serving)
            assert_cosigned(log, key)
            seen = log.size()
            log.grow("dora")
            wait_until(log.is_cosigned, serving)
            assert log.size() == seen + 1

            log.cut(seen)
            log.grow("mallory")
            wait_until(lambda: "SAW ANOTHER HISTORY" in serving.output, serving)
            assert f"the first {seen + 1} entries it cosigned" in serving.output
            overview = httpx2.get(f"http://127.0.0.1:{port}", trust_env=False).text
            assert f": size {seen + 1}; heads that contradicted: " in overview
            assert "Refused a checkpoint: 409" in witness.errors
        assert log.cosigned() == seen
        told = "SELECT count(*) FROM audit_entry WHERE action = 'witness:disagreed'"
        assert log.number(told) == 1
        assert serving.end() == 0


def assert_cosigned(log: Log, key: VerifierKey) -> None:
    ((text, line),) = log.run(
        "SELECT c.note, s.line FROM audit_cosignature s "
        "JOIN audit_checkpoint c ON c.size = s.checkpoint_id"
    )
    signed = note.parse(f"{text}{line}")
    assert key.signed(signed)
    assert note.verified(signed, log.key()).size == log.size()
