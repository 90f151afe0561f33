"""A log with entries in it."""

from collections.abc import Callable

import pytest
from django.db import transaction

from audit.actions import Action
from audit.log import SYSTEM, record
from audit.models import Entry

Writes = Callable[[int], list[Entry]]


@pytest.fixture
def writes(transactional_db: None) -> Writes:
    """Writes so many entries, each in a transaction of its own."""

    def write(number: int) -> list[Entry]:
        written = []
        for each in range(number):
            with transaction.atomic():
                written.append(
                    record(
                        Action.AGENT_PAUSED,
                        actor=SYSTEM,
                        subject=("agent", str(each)),
                        data={"n": each},
                    )
                )
        return written

    return write
