"""The processes that replay requests, and how they are fed. Pure.

Analysis is work for a processor, and a web server with one interpreter has to answer
in the meantime: hence processes, and little of the work in this one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from approvals.replay import Asked, Event, Judged

PROCESSES = 2
"""How many judge at a time."""
PATIENCE = 60.0
"""Seconds after which a process that does not answer is given up."""
GRACE = 2.0
"""Seconds that one has to end by itself."""

_ROOT = Path(__file__).resolve().parent.parent
_INHERITED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV")
"""What they read hostile text with: nothing that is secret."""


class ReplayFailed(Exception):
    """A process ended or hung; the text is a sentence for people."""


class Process:
    """One ``python -m approvals.replay``; it ends with the ``with`` block."""

    def __init__(self, work: str, source: str) -> None:
        environment = {n: os.environ[n] for n in _INHERITED if n in os.environ}
        self.popen = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "approvals.replay", work],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A terminal's Ctrl+C is for the server, which ends it by its input.
            start_new_session=True,
        )
        self._write(source)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def ask(self, items: Sequence[Any]) -> list[Any]:
        """One answer for each item; raises ReplayFailed when it has ended."""
        assert self.popen.stdout
        self._write(items)
        line = self.popen.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._ended()
        answers: list[Any] = json.loads(line)
        return answers

    def kill(self) -> None:
        """Make it end now; whoever waits for its answer gets ReplayFailed."""
        self.popen.kill()

    def end(self) -> None:
        """Let it end, and see to it that it does."""
        assert self.popen.stdin
        assert self.popen.stdout
        with suppress(OSError):
            self.popen.stdin.close()
        try:
            self.popen.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            self.popen.wait()
        self.popen.stdout.close()

    def _write(self, value: Any) -> None:
        assert self.popen.stdin
        try:
            self.popen.stdin.write(json.dumps(value).encode() + b"\n")
            self.popen.stdin.flush()
        except OSError:
            raise self._ended() from None

    def _ended(self) -> ReplayFailed:
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(GRACE)
        status = self.popen.returncode
        how = f"signal {-status}" if status and status < 0 else f"status {status}"
        return ReplayFailed(
            f"A process that replayed requests ended before it was done ({how})."
        )


class Judges:
    """Two processes that judge, and a thread for each that waits for its answers."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._processes: list[Process] = []
        self._idle: SimpleQueue[Process] = SimpleQueue()
        self._threads = ThreadPoolExecutor(PROCESSES, "replay")

    def __enter__(self) -> Self:
        try:
            for _ in range(PROCESSES):
                self._processes.append(Process("judge", self._source))
                self._idle.put(self._processes[-1])
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def judge(
        self, chunks: Iterable[Sequence[Asked]]
    ) -> Generator[list[Judged], None, None]:
        """The answers to each chunk as they come, in any order; raises ReplayFailed.

        The next chunk is made while the processes have one to do and one to go on
        with, so that little is in memory and none of them waits.
        """
        pending: set[Future[list[Judged]]] = set()
        for chunk in chunks:
            pending.add(self._threads.submit(self._ask, chunk))
            if len(pending) >= 2 * PROCESSES:
                done, pending = _wait(pending)
                yield from done
        while pending:
            done, pending = _wait(pending)
            yield from done

    def _ask(self, chunk: Sequence[Asked]) -> list[Judged]:
        process = self._idle.get()
        try:
            return process.ask(chunk)
        finally:
            self._idle.put(process)

    def _end(self) -> None:
        for process in self._processes:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.end()


class Windows:
    """What the windows of a policy held, in a process of its own."""

    def __init__(self, source: str) -> None:
        self._process = Process("count", source)
        self._thread = ThreadPoolExecutor(1, "replay-windows")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._thread.shutdown(cancel_futures=True)
        self._process.end()

    def count(self, events: Sequence[Event]) -> list[dict[str, float | None]]:
        """What they hold with each of these events, which come in order of time."""
        done, _ = _wait({self._thread.submit(self._process.ask, events)})
        return done[0]


def _wait(
    pending: set[Future[list[Any]]],
) -> tuple[list[list[Any]], set[Future[list[Any]]]]:
    done, rest = wait(pending, PATIENCE, FIRST_COMPLETED)
    if not done:
        raise ReplayFailed(f"Nothing was judged within {PATIENCE:.0f} seconds.")
    return [future.result() for future in done], rest


__all__ = ["Event", "Judges", "Process", "ReplayFailed", "Windows"]
