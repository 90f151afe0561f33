"""The product as its users run it: ``manage.py serve`` in a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
READY = "Countersign is ready at "
START_LIMIT = 60.0
"""Seconds after which a start has failed."""


def surroundings(data_dir: Path, **variables: str) -> dict[str, str]:
    """This environment without what would choose another deployment shape."""
    chosen = {"DATABASE_URL", "REDIS_URL", "BASE_URL", "SECRET_KEY", "PERMIT_KEY"}
    kept = {name: value for name, value in os.environ.items() if name not in chosen}
    return {**kept, "DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", **variables}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def data_folder() -> Iterator[Path]:
    """A new folder with a short path that PostgreSQL's account may pass."""
    with tempfile.TemporaryDirectory(prefix="countersign-flow-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def servers_of(data_dir: Path) -> list[int]:
    """Ids of the processes that work in this data folder's cluster."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink().parent == data_dir:
                found.append(int(entry.name))
    return found


def manage(
    data_dir: Path, *arguments: str, text: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; never raises for its exit status."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=surroundings(data_dir, **variables),
        input=text,
        capture_output=True,
        text=True,
        timeout=START_LIMIT,
        check=False,
    )


class Serving:
    """A ``serve`` under way; ended and waited for at the end of its block."""

    def __init__(self, data_dir: Path, *arguments: str, **variables: str) -> None:
        self.data_dir = data_dir
        self.output = ""
        """Everything it printed so far, log included."""
        self._ready = threading.Event()
        if not any(argument.startswith("--port") for argument in arguments):
            arguments = (*arguments, f"--port={free_port()}")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", *arguments],
            cwd=ROOT,
            env=surroundings(data_dir, **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Serving":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def ready(self) -> "Serving":
        """Wait for the line that says so; raises AssertionError when it ends first."""
        assert self._ready.wait(START_LIMIT), self.output
        assert self.url, self.output
        return self

    @property
    def url(self) -> str:
        found = re.search(rf"^{READY}(\S+)$", self.output, re.MULTILINE)
        return found[1] if found else ""

    def end(self, number: signal.Signals = signal.SIGTERM, limit: float = 15) -> int:
        """Send a signal, unless it has ended; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(limit)
        self._reader.join(limit)
        if self.process.stdout:
            self.process.stdout.close()
        return status

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if line.startswith(READY):
                self._ready.set()
        self._ready.set()
