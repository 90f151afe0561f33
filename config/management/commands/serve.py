"""``manage.py serve``: everything the machine lacks, and the product."""

import asyncio
import fcntl
import gc
import logging
import os
import signal
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import connection

from audit import guards
from config import address, bootstrap, embedded, roles
from config.worker import Worker

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE, WORKER_GRACE = 2, 0.3
"""Seconds for requests and for background work to finish at the end. With what
the database takes (``embedded.FAST_STOP``), all is over within five."""
SOCKET_MESSAGE_LIMIT = 65_536


class Ending:
    """What a signal does, from the first step of start-up on.

    The first one ends start-up or the server, whichever is under way; later
    ones change nothing, so that impatience cannot leave PostgreSQL behind.
    """

    def __init__(self) -> None:
        self.server: uvicorn.Server | None = None
        for number in SIGNALS:
            signal.signal(number, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        for further in SIGNALS:
            signal.signal(further, signal.SIG_IGN)
        if self.server is None:
            sys.exit(0)
        self.server.should_exit = True


class Server(uvicorn.Server):
    """Says when it is ready, and leaves signals to ``Ending``."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_ready = on_ready

    def capture_signals(self) -> Any:
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await asyncio.to_thread(self.on_ready)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Whoever still waits after the grace is cut off: no error of anybody's.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        await super().shutdown(sockets)


class Command(BaseCommand):
    help = "Start everything the machine lacks (database, worker) and serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        address.add_arguments(parser)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        ending = Ending()
        with ExitStack() as stack:
            if not settings.ENV.database_url:
                stack.enter_context(_the_only_one(settings.DATA_DIR))
            listener = stack.enter_context(_listen(host, port))
            if not settings.ENV.database_url:
                stack.enter_context(embedded.running(settings.DATA_DIR))
            _migrate()
            _warn_of_missing_guards(self.stderr)
            # Beside Celery too: with Redis gone, somebody still has to sweep.
            stack.enter_context(_worker())
            self._serve(listener, address.url(host, listener.getsockname()[1]), ending)
        self.stdout.flush()
        # A thread may still wait for somebody's slow server; Python would join it.
        os._exit(0)

    def _serve(self, listener: socket.socket, url: str, ending: Ending) -> None:
        """Return once a signal came and requests have ended, or had their grace."""
        config = uvicorn.Config(
            "config.asgi:application",
            access_log=False,
            lifespan="off",
            log_config=None,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            # Closes with 1012, on which the browser comes back by itself.
            ws="websockets-sansio",
            ws_max_size=SOCKET_MESSAGE_LIMIT,
        )
        config.load()
        # What start-up made stays: the collector need not look at it again.
        gc.freeze()
        server = Server(config, lambda: self._announce(url))
        ending.server = server
        # Not server.run(): it would wait for every thread that serves a request.
        loop = (config.get_loop_factory() or asyncio.new_event_loop)()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve(sockets=[listener]))

    def _announce(self, url: str) -> None:
        self.stdout.write(f"Countersign is ready at {url}")
        self.stdout.flush()
        try:
            bootstrap.finish(url, self.stdout)
        finally:
            connection.close()


@contextmanager
def _the_only_one(data_dir: Path) -> Iterator[None]:
    """The kernel frees the lock however this process ends."""
    path = data_dir / "serve.lock"
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"Countersign is already being served from {data_dir}. Stop that one "
                "first, or set DATA_DIR to another folder."
            ) from None
        yield


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that no other start can take the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise CommandError(
            f"Cannot listen on {address.url(host, port)}: {why}. Another port: "
            f"manage.py serve --port {address.PORT + 1}"
        ) from error


def _migrate() -> None:
    """Bring the database up to date; one of several starts at once does it."""
    try:
        # Past the pool, which would try for a while and then not say what was wrong.
        psycopg.connect(**connection.get_connection_params()).close()
    except psycopg.OperationalError as error:
        raise CommandError(f"The database cannot be reached: {error}") from error
    with roles.as_owner(), bootstrap.alone():
        call_command("migrate", interactive=False, verbosity=0)
    with bootstrap.alone():
        bootstrap.prepare()
    connection.close()


def _warn_of_missing_guards(out: OutputWrapper) -> None:
    """Loudly: whoever can change the log can also say that nobody did."""
    missing = guards.missing()
    connection.close()
    if missing:
        lines = ["", "THE AUDIT LOG IS NOT GUARDED AGAINST THE APPLICATION ITSELF:"]
        lines += [f"  - {sentence}" for sentence in missing]
        lines += ["See docs/audit.md, Roles.", ""]
        out.write("\n".join(lines))


@contextmanager
def _worker() -> Iterator[None]:
    worker = Worker()
    worker.start()
    try:
        yield
    finally:
        worker.stop(timeout=WORKER_GRACE)
