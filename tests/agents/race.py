"""Several threads doing one thing at once, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(times: int, do: Callable[[], Any], refusal: type[Exception]) -> list[Any]:
    """What each thread got, or the ``refusal`` it got instead."""
    barrier = Barrier(times)

    def one(_: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait()
            return do()
        except refusal as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
