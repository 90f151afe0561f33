"""The log as CSV, for people and their spreadsheets. It proves nothing by itself."""

import csv
import io
import json
from collections.abc import Generator
from itertools import islice

from audit.export import CHUNK, Scope, begin, leaves_of, one_moment
from audit.log import Actor
from audit.models import Entry
from audit.models.entries import rfc3339
from audit.payloads import revealed
from audit.unseen import visible_text

COLUMNS = ("time", "action", "actor", "subject", "data")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a cell a formula (OWASP, CSV injection)."""


def stream(scope: Scope, *, actor: Actor) -> Generator[bytes]:
    """Records the export first; raises ``export.ExportError``."""
    export = begin(scope, actor, "csv")
    return _pieces(export.scope, export.checkpoint.size)


def cell(text: str) -> str:
    """``text`` with unseen characters shown, and never a formula."""
    seen = visible_text(text)
    return f"'{seen}" if text.startswith(_FORMULA) else seen


def _pieces(scope: Scope, size: int) -> Generator[bytes]:
    yield _lines([COLUMNS])
    with one_moment():
        leaves = leaves_of(scope, size).select_related("entry")
        rest = (leaf.entry for leaf in leaves.iterator(chunk_size=CHUNK))
        while chunk := list(islice(rest, CHUNK)):
            yield _lines(_rows(chunk))


def _rows(entries: list[Entry]) -> list[tuple[str, ...]]:
    data = revealed(entries)
    return [
        (
            rfc3339(entry.at),
            entry.action,
            f"{entry.actor_type}:{entry.actor_name}",
            f"{entry.subject_type}:{entry.subject_id}",
            json.dumps(data[entry.pk], ensure_ascii=False),
        )
        for entry in entries
    ]


def _lines(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([map(cell, row) for row in rows])
    return text.getvalue().encode(errors="backslashreplace")
