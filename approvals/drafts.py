"""What people write at before it is published: begun, saved, thrown away.

Nothing here is in force or in the audit log; publishing is.
"""

from typing import NoReturn
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from approvals.document import MAX_BYTES
from approvals.models import Policy, PolicyDraft


class Overtaken(Exception):
    """The draft was saved since: ``draft`` is what is stored (None: thrown away)."""

    def __init__(self, draft: PolicyDraft | None) -> None:
        super().__init__("the draft was changed elsewhere")
        self.draft = draft


class TooLong(ValueError):
    """Longer than any policy can be."""

    def __init__(self) -> None:
        super().__init__(f"A policy has at most {MAX_BYTES // 1024} KiB.")


def draft_of(user: User) -> PolicyDraft | None:
    """What somebody writes at, if they do."""
    drafts = PolicyDraft.objects.select_related("based_on", "based_on__published_by")
    return drafts.filter(owner=user).first()


@transaction.atomic(durable=True)
def begin(
    source: str, *, based_on: Policy, seen: UUID | None, actor: User
) -> PolicyDraft:
    """Begin anew with ``source``; ``seen``: the edition that it replaces.

    Raises Overtaken when there is another draft than that, and TooLong.
    """
    _check_length(source)
    _locked(seen, actor)
    values = {"source": source, "based_on": based_on, **_fresh()}
    return PolicyDraft.objects.update_or_create(owner=actor, defaults=values)[0]


@transaction.atomic(durable=True)
def save(source: str, *, seen: UUID, actor: User) -> PolicyDraft:
    """Save over the edition that it was made from; raises Overtaken and TooLong."""
    _check_length(source)
    draft = _locked(seen, actor) or _gone()
    if draft.source == source:
        return draft
    draft.source = source
    for name, value in _fresh().items():
        setattr(draft, name, value)
    draft.save(update_fields=["source", "edition", "updated_at"])
    return draft


@transaction.atomic(durable=True)
def discard(*, seen: UUID, actor: User) -> None:
    """Throw the draft away, unless it was saved since; raises Overtaken."""
    if draft := _locked(seen, actor):
        draft.delete()


def _locked(seen: UUID | None, actor: User) -> PolicyDraft | None:
    """The draft, when it is the one that was seen; the owner's row is the lock,
    because there may be no draft yet.
    """
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    draft = draft_of(actor)
    if (draft and draft.edition) != seen:
        raise Overtaken(draft)
    return draft


def _gone() -> NoReturn:
    raise Overtaken(None)


def _fresh() -> dict[str, object]:
    return {"edition": uuid7(), "updated_at": timezone.now()}


def _check_length(source: str) -> None:
    if len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise TooLong
