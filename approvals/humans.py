"""Which accounts are one human: one human fills one place, with however many."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection, transaction

from approvals.models import LinkedAccount
from audit.actions import Action
from audit.log import person, record

_LINKING = 0x6C696E6B
"""The advisory lock that lets one link at a time: "link" in ASCII."""


class LinkRefused(Exception):
    """A change of links that is refused; the text is a sentence for who asked."""


@dataclass(frozen=True, slots=True)
class Humans:
    """All links, as they were when they were read."""

    first_account: Mapping[int, int]
    """The id of a linked account, to that of its human's first one."""

    def of(self, user_id: int) -> int:
        """The id of the human's first account; the same when it is not linked."""
        return self.first_account.get(user_id, user_id)

    def same(self, a: int | None, b: int | None) -> bool:
        """Whether both are accounts of one human; nobody is the same as nobody."""
        return a is not None and b is not None and self.of(a) == self.of(b)


def current() -> Humans:
    """The links of this moment, in one query."""
    return Humans(dict(LinkedAccount.objects.values_list("account_id", "human_id")))


@transaction.atomic(durable=True)
def link(account: User, human: User, *, actor: User) -> None:
    """Say that ``account`` belongs to the human whose account ``human`` is.

    Links stay flat: they lead to the first account of ``human``. Accounts that
    are one human with ``account`` already come along, so that no link is ever lost
    by making another one. Raises LinkRefused.
    """
    _alone()
    humans = current()
    if account.pk == human.pk:
        raise LinkRefused("An account cannot be linked to itself.")
    if humans.same(account.pk, human.pk):
        raise LinkRefused(
            f"{account.get_username()} and {human.get_username()} are linked already."
        )
    first, before = humans.of(human.pk), humans.of(account.pk)
    moved = sorted({account.pk, before, *_linked_to(before)})
    for user_id in moved:
        LinkedAccount.objects.update_or_create(
            account_id=user_id, defaults={"human_id": first}
        )
    data = {"name": account.get_username(), "human": str(first)}
    data["human_name"] = User.objects.values_list("username", flat=True).get(pk=first)
    others = [str(user_id) for user_id in moved if user_id != account.pk]
    record(
        Action.USER_LINKED,
        actor=person(actor),
        subject=("user", str(account.pk)),
        data={**data, "moved_along": others},
    )


@transaction.atomic(durable=True)
def unlink(account: User, *, actor: User) -> None:
    """Let ``account`` count as a human of its own again.

    Raises LinkRefused when it is not linked, and for somebody who is that human:
    alone they could then fill two places.
    """
    _alone()
    humans = current()
    if account.pk not in humans.first_account:
        raise LinkRefused(f"{account.get_username()} is not linked to another account.")
    if humans.same(account.pk, actor.pk):
        raise LinkRefused("Somebody else has to unlink your own accounts.")
    LinkedAccount.objects.filter(account=account).delete()
    record(
        Action.USER_UNLINKED,
        actor=person(actor),
        subject=("user", str(account.pk)),
        data={"name": account.get_username(), "human": str(humans.of(account.pk))},
    )


def _alone() -> None:
    """One change at a time: of two at once, each unseen by the other, comes a chain."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LINKING])


def _linked_to(first: int) -> list[int]:
    found = LinkedAccount.objects.filter(human_id=first)
    return list(found.values_list("account_id", flat=True))
