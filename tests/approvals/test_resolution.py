"""When votes decide, and when they do not."""

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.policy import Requirement
from approvals.resolution import Ballot, helps, resolve
from approvals.states import State

ONE = [Requirement("reviewers", 1)]
TWO = [Requirement("reviewers", 2)]
DBA_AND_SECURITY = [Requirement("dba", 1), Requirement("security", 1)]


def yes(voter: int, *groups: str) -> Ballot:
    return Ballot(voter, True, frozenset(groups or ("reviewers",)))


def no(voter: int, *groups: str) -> Ballot:
    return Ballot(voter, False, frozenset(groups or ("reviewers",)))


@pytest.mark.parametrize(
    ("ballots", "requirements", "state"),
    [
        ([], ONE, None),
        ([yes(1)], ONE, State.APPROVED),
        ([yes(1)], TWO, None),
        ([yes(1), yes(2)], TWO, State.APPROVED),
        ([yes(1), yes(1)], TWO, None),
        ([yes(1), no(2)], TWO, State.DENIED),
        ([no(1)], ONE, State.DENIED),
        ([yes(1), no(2)], ONE, State.DENIED),
        ([yes(1, "dba", "security")], DBA_AND_SECURITY, None),
        ([yes(1, "dba", "security"), yes(2, "dba")], DBA_AND_SECURITY, State.APPROVED),
        ([yes(1, "dba"), yes(2, "dba", "security")], DBA_AND_SECURITY, State.APPROVED),
        ([yes(1, "dba"), yes(2, "dba")], DBA_AND_SECURITY, None),
        ([yes(1, "guests")], ONE, None),
    ],
)
def test_decides_by_distinct_people_in_their_places(
    ballots: list[Ballot], requirements: list[Requirement], state: State | None
) -> None:
    assert resolve(ballots, requirements) == state


def test_approves_nothing_when_nothing_is_required() -> None:
    assert resolve([yes(1), yes(2)], []) is None


def test_waits_for_as_many_denials_as_the_tier_asks_for() -> None:
    assert resolve([no(1)], ONE, deny_threshold=2) is None
    assert resolve([no(1), no(2)], ONE, deny_threshold=2) is State.DENIED


def test_finds_places_by_moving_people_who_could_sit_elsewhere() -> None:
    needs = [Requirement("a", 1), Requirement("b", 1), Requirement("c", 1)]
    people = [yes(1, "a", "b"), yes(2, "a"), yes(3, "b", "c")]
    assert resolve(people, needs) is State.APPROVED


GROUPS = st.frozensets(st.sampled_from("abc"), min_size=1)
BALLOTS = st.lists(
    st.builds(Ballot, st.integers(1, 5), st.just(True), GROUPS), max_size=8
)


@given(
    BALLOTS,
    st.lists(
        st.builds(Requirement, st.sampled_from("abc"), st.integers(1, 2)),
        min_size=1,
        max_size=3,
    ),
)
def test_never_approves_with_fewer_people_than_places(
    ballots: list[Ballot], requirements: list[Requirement]
) -> None:
    if resolve(ballots, requirements) is State.APPROVED:
        places = sum(need.count for need in requirements)
        assert len({ballot.voter for ballot in ballots}) >= places


REQUIREMENTS = st.lists(
    st.builds(Requirement, st.sampled_from("abc"), st.integers(1, 2)), max_size=3
)
MIXED = st.lists(
    st.builds(Ballot, st.integers(1, 6), st.booleans(), GROUPS), max_size=7
)


def every_place_can_be_filled(
    people: Sequence[Ballot], requirements: Sequence[Requirement]
) -> bool:
    """By trying everybody in every place: the definition, and far too slow."""
    places = [need.group for need in requirements for _ in range(need.count)]
    return bool(places) and any(
        all(
            group in ballot.groups for group, ballot in zip(places, seated, strict=True)
        )
        for seated in permutations(people, len(places))
    )


@given(MIXED, REQUIREMENTS, st.integers(1, 3))
def test_agrees_with_trying_everybody_in_every_place(
    ballots: list[Ballot], requirements: list[Requirement], deny_threshold: int
) -> None:
    last = {ballot.voter: ballot for ballot in ballots}.values()
    approving = [ballot for ballot in last if ballot.approves]
    expected = None
    if len(last) - len(approving) >= deny_threshold:
        expected = State.DENIED
    elif every_place_can_be_filled(approving, requirements):
        expected = State.APPROVED
    found = resolve(ballots, requirements, deny_threshold=deny_threshold)
    assert found is expected


@given(st.permutations([yes(1, "a", "b"), yes(2, "a"), yes(3, "b", "c")]))
def test_the_order_of_votes_does_not_matter(people: list[Ballot]) -> None:
    needs = [Requirement("a", 1), Requirement("b", 1), Requirement("c", 1)]
    assert resolve(people, needs) is State.APPROVED


@given(BALLOTS)
def test_one_denial_outweighs_any_number_of_approvals(ballots: list[Ballot]) -> None:
    assert resolve([*ballots, no(9)], ONE) is State.DENIED


@pytest.mark.parametrize(
    ("mine", "others", "requirements", "is_needed"),
    [
        (yes(1), [], ONE, True),
        (yes(1), [yes(2)], TWO, True),
        (yes(1), [yes(1)], TWO, False),
        (yes(1), [no(2)], TWO, True),
        (yes(1, "dba"), [yes(2, "dba")], DBA_AND_SECURITY, False),
        (yes(1, "dba"), [yes(2, "dba", "security")], DBA_AND_SECURITY, True),
        (yes(1, "sales"), [], DBA_AND_SECURITY, False),
    ],
)
def test_knows_whose_approval_is_still_needed(
    mine: Ballot, others: list[Ballot], requirements: list[Requirement], is_needed: bool
) -> None:
    assert helps(mine, others, requirements) is is_needed
