"""How the tables of names in this package are written, and where long ones are."""

from functools import lru_cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


def names(text: str) -> frozenset[str]:
    """The blank-separated names in ``text``: tables stay readable that way."""
    return frozenset(text.split())


@lru_cache
def lines_of(file: str) -> tuple[str, ...]:
    """The lines of a file in ``data/``, in order, without comments and empty ones.

    Each file says in its first line where it comes from and under which licence.
    """
    text = (_DATA / file).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
