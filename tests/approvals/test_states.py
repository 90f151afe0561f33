"""Which state may follow which."""

import re
from itertools import product
from pathlib import Path

import pytest

from approvals.states import IllegalTransition, State, check


@pytest.mark.parametrize("new", [s for s in State if s is not State.PENDING])
def test_pending_may_become_anything_decided(new: State) -> None:
    check(State.PENDING, new)
    assert new.is_terminal


@pytest.mark.parametrize(
    ("old", "new"), [(o, n) for o, n in product(State, State) if o is not State.PENDING]
)
def test_what_is_decided_stays_decided(old: State, new: State) -> None:
    with pytest.raises(IllegalTransition, match=f"that is {old} cannot become {new}"):
        check(old, new)


def test_pending_is_not_terminal() -> None:
    assert not State.PENDING.is_terminal


def test_only_the_lifecycle_assigns_a_state() -> None:
    root = Path(__file__).parents[2]
    writes = re.compile(r"\.state\s*=[^=]|update\([^)]*\bstate=")
    writers = {
        path.relative_to(root).as_posix()
        for app in ("config", "audit", "agents", "approvals")
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts and writes.search(path.read_text())
    }
    assert writers == {
        "approvals/lifecycle/decision.py",
        # Permits and deliveries have states of their own.
        "approvals/lifecycle/permits.py",
        "agents/outbox.py",
        # And so have back-tests.
        "approvals/backtests.py",
    }
