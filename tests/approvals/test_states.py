"""Which state may follow which."""

from itertools import product

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
