"""Places in lists that are ordered by a time and an id, newest first.

A cursor is signed, so that what comes back needs no checks of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
_SALT = "approvals.cursors"


class BadCursor(ValueError):
    """The address of a page that we did not make."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a list something stands; the newest is the greatest."""

    at: datetime
    id: UUID

    def sealed(self, kind: str, *more: str) -> str:
        """A cursor for the list ``kind``; ``more`` comes back with it."""
        facts = [kind, self.at.isoformat(), str(self.id), *more]
        return signing.dumps(facts, salt=_SALT)


def unsealed(cursor: str, kind: str) -> tuple[Place, list[str]]:
    """The place in a cursor of the list ``kind``; raises BadCursor."""
    try:
        found, at, last, *more = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadCursor from error
    if found != kind:
        raise BadCursor
    return Place(datetime.fromisoformat(at), UUID(last)), more


def after(
    rows: QuerySet[M], at: str, place: Place | None, *, itself: bool = False
) -> QuerySet[M]:
    """``rows`` newest first by their field ``at``, from ``place`` on.

    ``itself``: whether the row at that very place is among them.
    """
    ordered = rows.order_by(f"-{at}", "-pk")
    if place is None:
        return ordered
    ids = "pk__lte" if itself else "pk__lt"
    tie: dict[str, Any] = {at: place.at, ids: place.id}
    # Said twice for the index: it cannot use the OR alone.
    return ordered.filter(
        Q(**{f"{at}__lt": place.at}) | Q(**tie), **{f"{at}__lte": place.at}
    )
