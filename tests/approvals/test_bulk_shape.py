"""What may be decided by one gesture: of one shape, up to the smallest cap."""

from typing import Any

import pytest

from approvals.bulk_shape import (
    ONE_BY_ONE,
    Candidate,
    compared,
    difference,
    shape_of,
    sift,
)


def shape(arguments: dict[str, Any], action: str = "a", environment: str = "test"):
    return shape_of(action, environment, arguments)


def candidate(key: str, cap: int = 9, obstacle: str = "", **arguments: Any):
    return Candidate(key, shape(arguments), cap, obstacle)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"n": 1}, {"n": 2.5}),
        ({"to": ["a@x"]}, {"to": ["b@x", "c@x"]}),
        ({"o": {"a": 1, "b": "x"}}, {"o": {"b": "y", "a": 7}}),
        ({"a": 1, "b": True}, {"b": False, "a": 2}),
        ({}, {}),
    ],
    ids=str,
)
def test_other_values_are_the_same_shape(one, other) -> None:
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"n": 1}, {"n": "1"}, "'n' is text"),
        ({"n": 1}, {"n": True}, "'n' is true or false"),
        ({"n": 1}, {"n": None}, "'n' is null"),
        ({"n": 1}, {"n": [1]}, "'n' is list"),
        ({"n": 1}, {}, "without 'n'"),
        ({}, {"n": 1}, "with 'n'"),
        ({"n": [1]}, {"n": []}, "'n' is another kind of list"),
        ({"n": [1]}, {"n": ["x"]}, "'n' is another kind of list"),
        ({"n": [1]}, {"n": [1, "x"]}, "'n' is another kind of list"),
        ({"o": {"a": 1}}, {"o": {"b": 1}}, "'o' is another kind of object"),
        ({"o": {"a": [{}]}}, {"o": {"a": [{"x": 1}]}}, "'o' is another kind of object"),
    ],
    ids=str,
)
def test_other_names_or_types_are_another_shape(one, other, words) -> None:
    assert shape(one) != shape(other)
    assert difference(shape(one), shape(other)) == words


def test_another_action_or_environment_is_another_shape() -> None:
    here = shape({"n": 1})
    assert difference(here, shape({"n": 1}, action="b")) == "another action"
    elsewhere = shape({"n": 1}, environment="production")
    assert difference(here, elsewhere) == "another environment"
    assert here != elsewhere
    assert shape_of("a", None, {}) != shape_of("a", "", {})


def test_takes_the_shape_that_most_have() -> None:
    taken, left = sift([candidate("1", x=1), candidate("2", n=1), candidate("3", n=2)])
    assert taken == ["2", "3"]
    assert left == {"1": "It is of another shape: without 'n', with 'x'."}


def test_takes_the_first_among_equals() -> None:
    taken, _ = sift([candidate("1", x=1), candidate("2", n=1)])
    assert taken == ["1"]


def test_what_cannot_be_decided_has_no_say_in_the_shape() -> None:
    taken, left = sift(
        [
            candidate("1", obstacle="It is over.", x=1),
            candidate("2", cap=0, x=2),
            candidate("3", n=1),
        ]
    )
    assert taken == ["3"]
    assert left == {"1": "It is over.", "2": ONE_BY_ONE}


def test_takes_no_more_than_the_cap() -> None:
    taken, left = sift([candidate(str(n), cap=2, n=n) for n in range(3)])
    assert taken == ["0", "1"]
    assert left == {"2": "At most 2 are decided at once."}


def test_the_smallest_cap_of_all_counts() -> None:
    """However they are ordered, no tier has more company than it allows."""
    caps = [5, 5, 2, 5]
    taken, left = sift([candidate(str(n), cap=cap, n=n) for n, cap in enumerate(caps)])
    assert taken == ["0", "1", "3"]
    assert left == {"2": "At most 2 are decided at once."}
    taken, left = sift(
        [candidate(str(n), cap=cap, n=n) for n, cap in enumerate([2, 5, 5])]
    )
    assert taken == ["0", "1"]


def test_nothing_selected_is_nothing() -> None:
    assert sift([]) == ([], {})


def test_compares_as_the_digest_does() -> None:
    both = compared([{"a": 1, "b": "x", "c": [1]}, {"a": 1.0, "b": "y", "c": [2]}])
    assert both.same == {"a": 1}
    assert both.differing == ("b", "c")
