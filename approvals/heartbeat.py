"""Whether the sweeper is alive: a fact in the database, for /readyz."""

from datetime import timedelta

from django.db.models.functions import Now

from approvals.models import Heartbeat

SEEN_WITHIN = timedelta(seconds=30)


def beat(name: str = "sweeper") -> None:
    """Say that ``name`` has just done its round."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": Now()})


def is_alive(name: str = "sweeper") -> bool:
    """Whether ``name`` was seen within SEEN_WITHIN, by the database's clock."""
    return Heartbeat.objects.filter(name=name, seen_at__gt=Now() - SEEN_WITHIN).exists()
