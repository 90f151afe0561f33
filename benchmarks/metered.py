"""``python -m benchmarks.metered serve …``: the product, saying what each page costs.

Only for ``make bench ARGS=desk``. Each page's answer has headers more: how long Django
took for it and how long its thread really computed, in milliseconds, how many
statements it sent to PostgreSQL, and the server's process.
``DATA_DIR/committed`` gets a line for each change: when it was committed, by the clock
that all processes of a machine share.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import django

COST, OWN = "Bench-Milliseconds", "Bench-Processor-Milliseconds"
STATEMENTS, PROCESS = "Bench-Statements", "Bench-Process"
COMMITTED = "committed"


class Meter:
    """The outermost middleware: all that the page takes is inside it."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        from django.db import connection

        statements = 0

        def count(execute: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(*arguments)

        start, own = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(count):
            response = self.get_response(request)
        response[COST] = f"{(time.perf_counter() - start) * 1000:.2f}"
        response[OWN] = f"{(time.thread_time() - own) * 1000:.2f}"
        response[STATEMENTS] = str(statements)
        response[PROCESS] = str(os.getpid())
        return response


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings

    import manage
    from approvals import live

    settings.MIDDLEWARE.insert(0, "benchmarks.metered.Meter")
    publish = live._publish
    path = settings.DATA_DIR / COMMITTED
    notes = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(news: live.News) -> None:
        if isinstance(news, tuple):
            os.write(notes, f"{news[0]} {time.monotonic_ns()}\n".encode())
        publish(news)

    live._publish = note
    manage.main()


if __name__ == "__main__":
    main()
