"""Requests as they are now, for exports of the log that says the same. Reads only."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet

from approvals.models import ApprovalRequest
from audit import jcs

CHUNK = 2000
"""Rows read at a time."""
_CLAIMS = ("summary", "justification", "session", "evidence", "metadata")
"""What the agent said of it, in the order of ``lifecycle.facts.claims_of``."""


def rows(ids: Iterable[str] | None) -> Iterator[dict[str, Any]]:
    """As ``audit.projections.Reader``; content that was erased is empty."""
    requests = ApprovalRequest.objects.order_by("id")
    if ids is None:
        yield from _read(requests)
        return
    rest = iter(ids)
    while some := list(islice(rest, CHUNK)):
        yield from _read(requests.filter(pk__in=some))


def _read(requests: QuerySet[ApprovalRequest]) -> Iterator[dict[str, Any]]:
    found = requests.annotate(permit_state=F("permit__state")).values(
        "id", "state", "revision", "digest", "canonical", "decided_by",
        "decision_source", "tier", "erased_at", "permit_state", *_CLAIMS,
    )  # fmt: skip
    yield from map(_as_document, found.iterator(chunk_size=CHUNK))


def _as_document(row: dict[str, Any]) -> dict[str, Any]:
    claims = {name: row.pop(name) for name in _CLAIMS}
    row["id"] = str(row["id"])
    row["source"], row["permit"] = row.pop("decision_source"), row.pop("permit_state")
    row["claims"] = jcs.dumps(claims).decode()
    row["erased"] = row.pop("erased_at") is not None
    if row["erased"]:
        row["canonical"] = ""
    return row
