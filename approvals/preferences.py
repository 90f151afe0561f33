"""How people want the pages: theme, density, keys, time zone.

Nobody else is touched by them and nothing is decided by them, so there is no entry
in the audit log.
"""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from approvals.models import Preferences

_NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/")


def of(user: User | AnonymousUser) -> Preferences:
    """What somebody prefers; the defaults, not stored, where they never said."""
    if not user.is_authenticated:
        return Preferences()
    found = Preferences.objects.filter(pk=user.pk).first()
    return found or Preferences(user_id=user.pk)


@transaction.atomic(durable=True)
def save(*, actor: User, **chosen: Any) -> None:
    """Keep what ``actor`` prefers from now on; what is not named stays."""
    Preferences.objects.update_or_create(user=actor, defaults=chosen)


@cache
def zones() -> tuple[str, ...]:
    """The time zones to choose from: cities, and UTC."""
    cities = (
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(_NO_PLACES)
    )
    return ("UTC", *sorted(cities))
