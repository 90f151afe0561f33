"""Whatever people and agents do, the offline verifier does not cry wolf.

20 random histories by default and every tenth scenario of the decision table; 200, and
all of them, with ``ROUNDS=all`` in the environment.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from audit import export
from audit.models import Entry
from tests.approvals.decision_table import TABLE
from tests.approvals.story import Story
from tests.audit.bundles import checkpoint, exported, faults
from tests.audit.histories import EVERYTHING, History
from tests.rounds import rounds

HISTORIES, STEPS = rounds(200), 60
SCENARIOS = TABLE["scenarios"]
SCENARIOS = SCENARIOS[:: len(SCENARIOS) // rounds(len(SCENARIOS))]
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Every history begins then."""


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Time travels, ids of entries with it; an export is within the test's own
    transaction, so that nothing has to be emptied after it."""
    identity = Entry._meta.get_field("id")
    monkeypatch.setitem(identity.__dict__, "_get_default", _ids())
    monkeypatch.setattr(export, "one_moment", nullcontext)
    with time_machine.travel(START, tick=False) as clock:
        yield clock


def _ids() -> Callable[[], UUID]:
    """UUIDv7 of the time as it is told, each after the one before."""
    numbers = itertools.count()
    return lambda: UUID(
        int=int(time.time() * 1000) << 80 | 7 << 76 | 2 << 62 | next(numbers)
    )


@pytest.mark.long
def test_no_history_is_called_a_forgery(clock: Any) -> None:
    happened: set[str] = set()
    for seed in range(HISTORIES):
        before = transaction.savepoint()
        clock.move_to(START)
        history = History(seed, clock)
        history.play(STEPS // 2)
        old = checkpoint()
        history.play(STEPS // 2)
        assert faults(exported(), old=old) == [], f"history {seed}"
        happened.update(history.done)
        transaction.savepoint_rollback(before)
        connection.run_on_commit.clear()
    # Histories in which little happens would prove little.
    assert happened == EVERYTHING


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one["it"])
def test_no_scenario_of_the_decision_table_is(
    scenario: dict[str, Any], clock: Any, settings: Settings
) -> None:
    settings.BRAKE_RELEASE_PEOPLE = 1
    story = Story(scenario, clock)
    for step in scenario["steps"]:
        story.take(step)
    assert faults(exported()) == []
