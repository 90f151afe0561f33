"""Searches that somebody keeps as tabs: saved, removed.

Not in the audit log: like a bookmark, it changes nothing of anybody else's.
"""

from django.contrib.auth.models import User
from django.db import transaction

from approvals.models import SavedView
from approvals.search_syntax import SearchError, parse

MOST = 12
"""Views of one person; each is counted with every look at the queue."""


class ViewRefused(ValueError):
    """A view that is not saved; the text is a sentence for who wanted it."""


@transaction.atomic(durable=True)
def save(*, name: str, query: str, where: SavedView.Where, actor: User) -> SavedView:
    """Keep a search under a name; the same name again means another search.

    Raises ViewRefused.
    """
    name, query = " ".join(name.split()), " ".join(query.split())
    _check(name, query)
    # One at a time for each person: two at once would each see one place left.
    User.objects.select_for_update().get(pk=actor.pk)
    own = SavedView.objects.filter(user=actor)
    if not own.filter(where=where, name=name).exists() and own.count() >= MOST:
        raise ViewRefused(f"{MOST} views is the most. Remove one first.")
    return SavedView.objects.update_or_create(
        user=actor, where=where, name=name, defaults={"query": query}
    )[0]


@transaction.atomic(durable=True)
def remove(view_id: int, *, actor: User) -> SavedView | None:
    """Forget one of their own; None where they have no such view."""
    view = SavedView.objects.filter(user=actor, pk=view_id).first()
    if view is not None:
        view.delete()
    return view


def _check(name: str, query: str) -> None:
    limit = SavedView._meta.get_field("name").max_length
    if not name or "\0" in name or (limit and len(name) > limit):
        raise ViewRefused(f"A name has between 1 and {limit} characters.")
    try:
        terms = parse(query).terms
    except SearchError as error:
        raise ViewRefused(f"The search cannot be read: {error}") from error
    if not terms:
        raise ViewRefused("Search for something first: this is the whole list.")
