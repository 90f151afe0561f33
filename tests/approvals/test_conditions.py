"""Is this action like that one? What a grant's conditions let through."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from approvals import conditions
from approvals.conditions import Condition, InvalidCondition, Kind, are_like, number

SAFE = 2**53 - 1
NUMBERS = st.integers(-SAFE, SAFE) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
"""What an argument can be, as ``canonical.parse`` lets it in."""
ARGUMENTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


def exactly(arguments: dict[str, Any]) -> list[Condition]:
    return [Condition(name, Kind.EXACT, value) for name, value in arguments.items()]


@pytest.mark.parametrize(
    ("kind", "limit", "value", "holds"),
    [
        (Kind.EXACT, 1, 1, True),
        (Kind.EXACT, 1, 1.0, True),
        (Kind.EXACT, 0, -0.0, True),
        (Kind.EXACT, 1, True, False),
        (Kind.EXACT, True, 1, False),
        (Kind.EXACT, 0, False, False),
        (Kind.EXACT, 1, "1", False),
        (Kind.EXACT, None, 0, False),
        (Kind.EXACT, "a", "A", False),
        (Kind.EXACT, "é", "e\u0301", False),
        (Kind.EXACT, [1, 2], [2, 1], False),
        (Kind.EXACT, {"a": 1, "b": 2}, {"b": 2, "a": 1.0}, True),
        (Kind.EXACT, {"a": [1]}, {"a": [True]}, False),
        (Kind.ONE_OF, ["a", 1], "a", True),
        (Kind.ONE_OF, ["a", 1], 1.0, True),
        (Kind.ONE_OF, ["a", 1], True, False),
        (Kind.ONE_OF, ["a", 1], ["a"], False),
        (Kind.ONE_OF, ["a", 1], "b", False),
        (Kind.PREFIX, "/tmp/", "/tmp/", True),
        (Kind.PREFIX, "/tmp/", "/tmp/x", True),
        (Kind.PREFIX, "/tmp/", "/tmp", False),
        (Kind.PREFIX, "/tmp/", " /tmp/x", False),
        (Kind.PREFIX, "1", 10, False),
        (Kind.PREFIX, "a", ["a"], False),
        (Kind.AT_MOST, 10, 10, True),
        (Kind.AT_MOST, 10, 0, True),
        (Kind.AT_MOST, 10, -0.0, True),
        (Kind.AT_MOST, 10, 10.000001, False),
        (Kind.AT_MOST, 0.3, 0.1 + 0.2, False),
        (Kind.AT_MOST, 10, -1, False),
        (Kind.AT_MOST, 10, True, False),
        (Kind.AT_MOST, 10, "5", False),
        (Kind.AT_MOST, 10, None, False),
        (Kind.AT_MOST, 10, [5], False),
        (Kind.AT_MOST, 10, math.nan, False),
        (Kind.AT_MOST, 10, -math.inf, False),
        (Kind.AT_MOST, -5, -5, False),
    ],
)
def test_holds_for_what_it_names_only(
    kind: Kind, limit: Any, value: Any, holds: bool
) -> None:
    assert Condition("x", kind, limit).holds(value) is holds


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (Kind.PREFIX, "", "not empty"),
        (Kind.PREFIX, 1, "not empty"),
        (Kind.PREFIX, ["a"], "not empty"),
        (Kind.AT_MOST, "10", "Give a number"),
        (Kind.AT_MOST, True, "Give a number"),
        (Kind.AT_MOST, math.nan, "Give a number"),
        (Kind.AT_MOST, math.inf, "Give a number"),
        (Kind.AT_MOST, None, "Give a number"),
        (Kind.ONE_OF, [], "at least one"),
        (Kind.ONE_OF, "ab", "at least one"),
        (Kind.ONE_OF, {"a": 1}, "at least one"),
        (Kind.ONE_OF, list(range(101)), "at most 100"),
    ],
)
def test_refuses_a_condition_that_cannot_be(kind: Kind, value: Any, why: str) -> None:
    with pytest.raises(InvalidCondition, match=f"^/a~1b: .*{why}"):
        Condition("a/b", kind, value)


def test_takes_as_many_choices_as_it_says() -> None:
    assert Condition("x", Kind.ONE_OF, list(range(100))).holds(99)


@given(ARGUMENTS)
@example({})
def test_an_action_is_like_itself(arguments: dict[str, Any]) -> None:
    assert are_like(exactly(arguments), arguments)


@given(ARGUMENTS, st.data())
def test_is_never_alike_with_an_argument_missing(
    arguments: dict[str, Any], data: st.DataObject
) -> None:
    assume(arguments)
    missing = data.draw(st.sampled_from(sorted(arguments)))
    fewer = {name: value for name, value in arguments.items() if name != missing}
    assert not are_like(exactly(arguments), fewer)


@given(ARGUMENTS, st.text(max_size=5), VALUES)
def test_is_never_alike_with_an_argument_added(
    arguments: dict[str, Any], name: str, value: Any
) -> None:
    assume(name not in arguments)
    assert not are_like(exactly(arguments), {**arguments, name: value})


@given(st.text(min_size=1, max_size=5), VALUES)
def test_an_absent_argument_is_not_null(name: str, value: Any) -> None:
    assert not are_like([Condition(name, Kind.EXACT, None)], {})
    assert not are_like([], {name: value})


@given(VALUES, VALUES)
@example(1, True)
@example(0, False)
@example([1], [True])
@example(1, 1.0)
def test_exact_means_the_same_json(limit: Any, value: Any) -> None:
    """An oracle that knows nothing of RFC 8785: types, then Python's equality."""
    assert Condition("x", Kind.EXACT, limit).holds(value) is same(limit, value)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@given(NUMBERS, st.none() | st.booleans() | st.text() | st.lists(NUMBERS, max_size=2))
def test_at_most_never_holds_for_what_is_no_number(limit: float, value: Any) -> None:
    assert not Condition("x", Kind.AT_MOST, limit).holds(value)


@given(NUMBERS, NUMBERS)
def test_at_most_is_from_zero_to_the_limit(limit: float, value: float) -> None:
    holds = Condition("x", Kind.AT_MOST, limit).holds(value)
    assert holds is (0 <= value <= limit)


@given(st.text(min_size=1, max_size=5), VALUES)
def test_a_prefix_holds_for_texts_that_begin_with_it(prefix: str, value: Any) -> None:
    condition = Condition("x", Kind.PREFIX, prefix)
    begins = isinstance(value, str) and value[: len(prefix)] == prefix
    assert condition.holds(value) is begins
    assert condition.holds(f"{prefix}{value}")


@given(st.lists(VALUES, min_size=1, max_size=4), VALUES)
def test_one_of_is_exactly_one_of_them(choices: list[Any], value: Any) -> None:
    holds = Condition("x", Kind.ONE_OF, choices).holds(value)
    assert holds is any(same(choice, value) for choice in choices)


@given(ARGUMENTS)
def test_is_read_back_as_it_was_stored(arguments: dict[str, Any]) -> None:
    kept = [condition.as_dict() for condition in exactly(arguments)]
    assert conditions.read(kept) == tuple(exactly(arguments))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0.1, Decimal("0.1")),
        (10**15, Decimal(10**15)),
        (Decimal("1.50"), Decimal("1.5")),
        (True, None),
        (False, None),
        ("1", None),
        (None, None),
        (math.nan, None),
        (math.inf, None),
    ],
)
def test_a_number_is_what_json_wrote(value: Any, found: Decimal | None) -> None:
    assert number(value) == found
