"""Is it decided? Pure: votes and requirements in, a state or nothing out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from approvals.policy import Requirement
from approvals.states import State


@dataclass(frozen=True, slots=True)
class Ballot:
    """The vote of one person who may vote now, with the groups they are in now."""

    voter: int
    approves: bool
    groups: frozenset[str]


def resolve(
    ballots: Iterable[Ballot],
    requirements: Sequence[Requirement],
    *,
    deny_threshold: int = 1,
) -> State | None:
    """DENIED at the deny threshold, APPROVED when every place is filled, else None.

    One person votes once and fills one place at most. Without any requirement
    nothing is ever approved: an empty list must not open the gate.
    """
    by_person = {ballot.voter: ballot for ballot in ballots}
    if sum(not ballot.approves for ballot in by_person.values()) >= deny_threshold:
        return State.DENIED
    approving = [ballot for ballot in by_person.values() if ballot.approves]
    places = _places(requirements)
    if places and _fill(places, approving) == len(places):
        return State.APPROVED
    return None


def helps(
    ballot: Ballot, others: Iterable[Ballot], requirements: Sequence[Requirement]
) -> bool:
    """Whether this approval would fill a place beside those that are there already."""
    approving = [other for other in others if other.approves]
    if any(other.voter == ballot.voter for other in approving):
        return False
    places = _places(requirements)
    return _fill(places, [*approving, ballot]) > _fill(places, approving)


def _places(requirements: Iterable[Requirement]) -> list[str]:
    return [need.group for need in requirements for _ in range(need.count)]


def _fill(places: Sequence[str], people: Sequence[Ballot]) -> int:
    """How many places can be filled at once: maximum bipartite matching (Kuhn 1955)."""
    seat_of: dict[int, int] = {}

    def seat(place: int, tried: set[int]) -> bool:
        for ballot in people:
            if places[place] not in ballot.groups or ballot.voter in tried:
                continue
            tried.add(ballot.voter)
            if ballot.voter not in seat_of or seat(seat_of[ballot.voter], tried):
                seat_of[ballot.voter] = place
                return True
        return False

    return sum(seat(place, set()) for place in range(len(places)))
