"""What is different between two revisions, and that nothing of it is left out."""

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.diff import CONTEXT, MOST_LINES, Change, Kind, changes


def drawn(change: Change) -> list[str]:
    """The lines as a page shows them; what differs within a line in ``[]``."""
    signs = {Kind.SAME: " ", Kind.ADDED: "+", Kind.REMOVED: "-"}
    return [
        f"~{line.number}"
        if line.kind is Kind.SKIPPED
        else signs[line.kind]
        + "".join(f"[{p.text}]" if p.is_changed else p.text for p in line.pieces)
        for line in change.lines
    ]


def test_equal_arguments_have_no_changes() -> None:
    assert changes({"a": 1, "b": {"x": [1, 2]}}, {"b": {"x": [1, 2]}, "a": 1}) == []


def test_shows_lines_with_what_differs_in_them() -> None:
    old = {"sql": "DELETE FROM a\nWHERE id = 1\nLIMIT 5", "n": 1}
    new = {"sql": "DELETE FROM a\nWHERE id = 2\nLIMIT 5", "n": 1}
    (change,) = changes(old, new)
    assert (change.argument, change.added, change.removed) == ("sql", 1, 1)
    assert drawn(change) == [
        " DELETE FROM a",
        "-WHERE id = [1]",
        "+WHERE id = [2]",
        " LIMIT 5",
    ]


def test_lines_with_nothing_in_common_are_two_lines() -> None:
    (change,) = changes({"a": "one"}, {"a": "quite another"})
    assert drawn(change) == ["-one", "+quite another"]


def test_arguments_come_and_go_whole() -> None:
    gone, new = changes({"a": "x\ny"}, {"b": {"c": 1}})
    assert (gone.kind, drawn(gone)) == (Kind.REMOVED, ["-x", "-y"])
    assert (new.kind, drawn(new)) == (Kind.ADDED, ["+{", '+  "c": 1', "+}"])
    assert (gone.removed, new.added) == (2, 3)


@pytest.mark.parametrize(
    ("old", "new"),
    [(1, "1"), (True, 1), (None, "null"), ([], {}), ("", None)],
    ids=["number", "bool", "null", "empty", "nothing"],
)
def test_another_type_is_a_change_that_can_be_seen(old: Any, new: Any) -> None:
    (change,) = changes({"a": old}, {"a": new})
    removed, added = drawn(change)
    assert removed.strip("-[]") != added.strip("+[]")


def test_only_white_space_is_a_change_too() -> None:
    (change,) = changes({"a": "x\n"}, {"a": "x"})
    assert drawn(change) == [" x", "-"]
    (change,) = changes({"a": "x\r\n"}, {"a": "x\n"})
    assert drawn(change)[0] == "-x[\r]"


def test_what_is_the_same_far_from_a_change_is_counted() -> None:
    lines = [f"line {n}" for n in range(40)]
    other = [*lines[:20], "line twenty", *lines[21:]]
    (change,) = changes({"a": "\n".join(lines)}, {"a": "\n".join(other)})
    shown = drawn(change)
    assert (shown[0], shown[-1]) == (f"~{20 - CONTEXT}", f"~{19 - CONTEXT}")
    assert len(shown) == 2 + 2 + 2 * CONTEXT


def test_one_line_is_shown_and_not_counted() -> None:
    lines = [f"line {n}" for n in range(CONTEXT + 2)]
    (change,) = changes({"a": "\n".join(lines)}, {"a": "\n".join([*lines[:-1], "x"])})
    assert drawn(change)[0] == " line 0"


def test_large_texts_are_whole_and_few_lines_of_a_page() -> None:
    old = "\n".join(["a", "b"] * 60_000)
    new = "\n".join(["b", "b", "a"] * 40_000)
    (change,) = changes({"a": old}, {"a": new})
    assert len(change.lines) <= 2 * MOST_LINES
    assert "\n".join(text_of(change, Kind.ADDED)) == old
    assert "\n".join(text_of(change, Kind.REMOVED)) == new
    assert change.removed == change.added == 120_000
    (gone,) = changes({"a": old}, {})
    assert gone.removed == 120_000
    assert text_of(gone, Kind.ADDED) == [old]


def test_hostile_texts_are_compared_in_bounded_time() -> None:
    """Few different lines in any order: the worst there is for matching."""
    chooser = random.Random(1)
    sides = [
        "\n".join(
            chooser.choice("ab" * 20) * chooser.randint(1, 3) for _ in range(size)
        )
        for size in (MOST_LINES, MOST_LINES)
    ]
    start = time.process_time()
    changes({"a": sides[0]}, {"a": sides[1]})
    assert time.process_time() - start < 2


def text_of(change: Change, without: Kind) -> list[str]:
    """The lines of one side, where nothing is skipped."""
    shown = [line for line in change.lines if line.kind is not without]
    return ["".join(piece.text for piece in line.pieces) for line in shown]


texts = st.text(st.sampled_from("ab \n"), max_size=12)


@given(old=texts, new=texts)
def test_both_sides_can_be_read_from_it(old: str, new: str) -> None:
    """Short enough that nothing is skipped: what is shown is all there is."""
    for change in changes({"a": old}, {"a": new}):
        if any(line.kind is Kind.SKIPPED for line in change.lines):
            continue
        assert "\n".join(text_of(change, Kind.ADDED)) == old
        assert "\n".join(text_of(change, Kind.REMOVED)) == new


@given(
    old=st.dictionaries(st.sampled_from("abc"), texts | st.integers() | st.none()),
    new=st.dictionaries(st.sampled_from("abc"), texts | st.integers() | st.none()),
)
def test_there_is_a_change_exactly_for_each_different_argument(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    missing = object()
    different = {
        name
        for name in old.keys() | new.keys()
        if json.dumps(old.get(name, missing), default=str)
        != json.dumps(new.get(name, missing), default=str)
    }
    assert {change.argument for change in changes(old, new)} == different
