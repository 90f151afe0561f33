"""Tables that say the same as the log, for exports to show beside it.

The log knows no other app: each registers how its rows are read when Django is ready.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Reader = Callable[[Iterable[str] | None], Iterator[dict[str, Any]]]
"""Rows as JSON objects with an ``id``: of these subjects, or with None all there are.

Ordered by id; reads with a server-side cursor, for there can be many.
"""
_readers: dict[str, tuple[str, Reader]] = {}


def register(name: str, subject_type: str, reader: Reader) -> None:
    """``name`` is the folder in a bundle; once more replaces it."""
    _readers[name] = (subject_type, reader)


def registered() -> list[tuple[str, str, Reader]]:
    """Name, the type of the subjects in the log, and reader of each."""
    return [(name, *_readers[name]) for name in sorted(_readers)]
