"""Who decides what: the scenarios of tests/data/decisions.yaml, one after the other.

Each runs through ``approvals.lifecycle`` on the real database. Its clock starts in
the past and moves only when a step says so. The file explains its own words.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from approvals import lifecycle
from tests.approvals.decision_table import TABLE
from tests.approvals.story import Story

SCENARIOS: list[dict[str, Any]] = TABLE["scenarios"]
START = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
"""Before any real now: ids of requests come from the real clock, and never wait."""


@pytest.mark.parametrize(
    "scenario", [pytest.param(one, id=one["it"]) for one in SCENARIOS]
)
def test_decision(db: None, settings: Settings, scenario: dict[str, Any]) -> None:
    settings.BRAKE_RELEASE_PEOPLE = 1
    with time_machine.travel(START, tick=False) as clock:
        story = Story(scenario, clock)
        for step in scenario["steps"]:
            story.take(step)
        story.check(scenario["then"])


def test_every_scenario_has_a_name_of_its_own() -> None:
    names = [scenario["it"] for scenario in SCENARIOS]
    assert len(names) == len(set(names)) >= 70


def test_every_kind_of_refusal_is_in_the_table() -> None:
    steps = [step for scenario in SCENARIOS for step in scenario["steps"]]
    seen = {step["refused"] for step in steps if "refused" in step}
    kinds = {kind.__name__ for kind in lifecycle.Refusal.__subclasses__()}
    assert kinds <= seen
