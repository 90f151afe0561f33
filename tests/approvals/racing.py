"""Threads that live as long as a test, each with a connection of its own."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from django.db import connection

Work = Callable[[], Any]
STUCK = 60.0
"""Seconds after which a round counts as hung."""


class Racers:
    """Runs rounds of as many works as it has threads, each round at once."""

    def __init__(self, count: int, *, keep_connections: bool = True) -> None:
        self._keep_connections = keep_connections
        self._together = threading.Barrier(count + 1, timeout=STUCK)
        self._works: list[Work] | None = None
        self._results: list[Any] = [None] * count
        self._threads = [
            threading.Thread(target=self._run, args=(place,), daemon=True)
            for place in range(count)
        ]

    def __enter__(self) -> "Racers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._together.broken:
            return
        self._works = None
        self._together.wait()
        for thread in self._threads:
            thread.join(STUCK)

    def at_once(self, works: list[Work]) -> list[Any]:
        """What each of ``works`` returned, or the exception it raised."""
        assert len(works) == len(self._threads)
        self._works = works
        self._together.wait()
        self._together.wait()
        return list(self._results)

    def _run(self, place: int) -> None:
        try:
            while True:
                if self._keep_connections:
                    connection.ensure_connection()
                self._together.wait()
                if self._works is None:
                    return
                self._results[place] = self._outcome(self._works[place])
                self._together.wait()
        finally:
            connection.close()

    def _outcome(self, work: Work) -> Any:
        try:
            return work()
        except Exception as error:
            return error
        finally:
            if not self._keep_connections:
                connection.close()
