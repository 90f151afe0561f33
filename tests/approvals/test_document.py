"""YAML is read strictly, and every problem has its place."""

from enum import StrEnum

import pytest
from yaml.nodes import ScalarNode

from approvals.document import MAX_BYTES, Problem, Reader, Unreadable


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def problem(source: str) -> Problem:
    with pytest.raises(Unreadable) as caught:
        Reader(source)
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("", 1, 1, "empty"),
        ("# only a comment", 1, 1, "empty"),
        ("a: [1", 1, 6, "flow sequence"),
        ("a: 1\nb: 2: 3", 2, 5, "mapping values"),
        ("a: &x 1\nb: 2", 1, 4, "anchors"),
        ("a: &x [*x]", 1, 4, "anchors"),
        ("a: !!python/object:os.system x", 1, 4, "tags"),
        ("a: !own x", 1, 4, "tags"),
        ("--- 1\n--- 2", 2, 1, "one document"),
        ("[" * 17 + "]" * 17, 1, 17, "deeper than 16"),
        ("{" * 100_000, 1, 17, "deeper than 16"),
        ("a: 1\nb: \0", 2, 4, "U+0000"),
        ("a: \ud800", 1, 4, "U+D800"),
        ("a: x\u202ey", 1, 5, "U+202E"),
        ("a\u200b: 1", 1, 2, "U+200B"),
    ],
)
def test_refuses_what_is_no_plain_document(
    source: str, line: int, column: int, message: str
) -> None:
    found = problem(source)
    assert (found.line, found.column) == (line, column)
    assert message in found.message


def test_refuses_a_document_that_is_too_long() -> None:
    found = problem("é" * (MAX_BYTES // 2 + 1))
    assert (found.line, found.message) == (None, "longer than 256 KiB")


def test_an_alias_bomb_is_refused_without_being_unpacked() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 100)]
    assert "aliases" in problem("\n".join(lines)).message


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    reader = Reader("\ufeffa: 1")
    assert [name for _, name, _ in reader.entries(reader.root, "x")] == ["a"]


def test_members_are_exactly_the_known_ones() -> None:
    reader = Reader("name: 1\nnmae: 2\nother: 3\nname: 4")
    found = reader.members(reader.root, "a thing", {"name", "size"}, ("name", "size"))
    assert found.keys() == {"name"}
    assert sorted((p.line, p.column, str(p)) for p in reader.problems) == [
        (1, 1, "a thing has no 'size'"),
        (2, 1, "unknown member 'nmae' (did you mean 'name'?)"),
        (3, 1, "unknown member 'other'"),
        (4, 1, "member 'name' stands twice"),
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("true", "not a truth value (put it in quotes)"),
        ("12", "not a number (put it in quotes)"),
        ("", "not nothing"),
        ("[a]", "not a list"),
        ("{a: b}", "not a mapping"),
        ("''", "is empty"),
        ("xxxxxx", "at most 5 characters, not 6"),
    ],
)
def test_text_is_text(written: str, message: str) -> None:
    reader = Reader(f"- {written}")
    reader.text(reader.items(reader.root, "list", 1)[0], "it", 5)
    assert message in str(reader.problems[0])


@pytest.mark.parametrize(
    "written", ["x", "1.5", "0x10", "1_0", "'3'", "11", "-1", "[]"]
)
def test_integers_are_plain_and_in_range(written: str) -> None:
    reader = Reader(f"- {written}")
    assert reader.integer(reader.items(reader.root, "list", 1)[0], "it", 0, 10) == 0
    assert len(reader.problems) == 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("90s", 90), ("30m", 1800), ("4h", 14_400), ("7d", 604_800)],
)
def test_durations_have_units(written: str, seconds: int) -> None:
    reader = Reader(written)
    assert reader.duration(reader.root, "it", 604_800) == seconds
    assert not reader.problems


@pytest.mark.parametrize("written", ["0", "8d", "1:30", "-5m", "4 h", "1h30m", "[]"])
def test_refuses_durations_that_are_none_or_out_of_range(written: str) -> None:
    reader = Reader(written)
    reader.duration(reader.root, "it", 604_800)
    assert len(reader.problems) == 1


@pytest.mark.parametrize(
    ("written", "percent"), [("1%", 1), ("50%", 50), ("'99%'", 99)]
)
def test_percentages_have_their_sign(written: str, percent: int) -> None:
    reader = Reader(f"- {written}")
    assert reader.percent(reader.items(reader.root, "list", 1)[0], "it") == percent
    assert not reader.problems


@pytest.mark.parametrize(
    "written", ["0%", "100%", "50", "0.5", "5 %", "-5%", "1000%", "[]"]
)
def test_refuses_percentages_that_are_none_or_out_of_range(written: str) -> None:
    reader = Reader(f"- {written}")
    reader.percent(reader.items(reader.root, "list", 1)[0], "it")
    assert len(reader.problems) == 1


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1000", 1000.0), ("99.5", 99.5), ("+1", 1.0), ("999999999999999", 1e15 - 1)],
)
def test_amounts_are_plain_numbers(written: str, amount: float) -> None:
    reader = Reader(f"- {written}")
    assert reader.amount(reader.items(reader.root, "list", 1)[0], "it") == amount
    assert not reader.problems


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("0", "more than 0, not 0"),
        ("-1.5", "more than 0, not -1.5"),
        (".inf", "a plain decimal number"),
        (".nan", "a plain decimal number"),
        ("1_000", "a plain decimal number"),
        ("1:30", "a plain decimal number"),
        ("0x10", "a plain decimal number"),
        ("1.0e+3", "a plain decimal number"),
        ("1000000000000000", "a plain decimal number"),
        ("1e3", "a number, not text"),
        ("'5'", "a number, not text"),
        ("true", "a number, not a truth value"),
        ("", "a number, not nothing"),
        ("[]", "a number, not a list"),
    ],
)
def test_refuses_amounts_that_are_none(written: str, message: str) -> None:
    reader = Reader(f"- {written}")
    reader.amount(reader.items(reader.root, "list", 1)[0], "it")
    assert [str(found) for found in reader.problems] == [f"it must be {message}"]


def test_truth_values_and_choices_are_checked() -> None:
    reader = Reader("[true, 1, blue, green]")
    yes, number, blue, green = reader.items(reader.root, "list", 4)
    assert reader.boolean(yes, "it") is True
    assert reader.choice(blue, "it", Colour) is Colour.BLUE
    assert not reader.problems
    reader.boolean(number, "it")
    reader.choice(green, "it", Colour)
    assert [str(found) for found in reader.problems] == [
        "it must be true or false, not a number",
        "it must be one of red, blue, not 'green'",
    ]


def test_a_list_has_its_limit() -> None:
    reader = Reader("[1, 2, 3]")
    assert reader.items(reader.root, "list", 2) == ()
    assert str(reader.problems[0]) == "list: at most 2, not 3"
    reader.items(reader.root, "list", 9, least=4)
    assert str(reader.problems[1]) == "list: at least 4, not 3"
    assert len(reader.items(reader.root, "list", 3, least=3)) == 3
    assert len(reader.problems) == 2


@pytest.mark.parametrize(
    "written",
    [
        "plain one\n  and HERE",
        "'it''s quoted, and HERE'",
        '"escaped \\" \\u00e9 and\n  HERE"',
        "|\n   literal\n\n     and\n   HERE\n",
        ">-\n   folded\n   and\n\n   HERE\n",
        "  HERE",
    ],
)
def test_a_place_in_a_text_is_found_in_the_document(written: str) -> None:
    source = f"# é\n- {written}"
    reader = Reader(source)
    node = reader.items(reader.root, "list", 1)[0]
    assert isinstance(node, ScalarNode)
    before = node.value[: node.value.index("HERE")]
    column = len(before.rpartition("\n")[2]) + 1
    reader.report_within(node, before.count("\n") + 1, column, "it", None)
    found = reader.problems[0]
    lines = source.split("\n")
    assert found.line
    assert found.column
    assert lines[found.line - 1][found.column - 1 :].startswith("HERE")


@pytest.mark.parametrize("unseen", ["\x85", "\u2028", "\u2029", "\r"])
def test_lines_are_counted_as_editors_do(unseen: str) -> None:
    source = f"a: 1\n# {unseen} one line{unseen}\nb: [\n"
    with pytest.raises(Unreadable) as caught:
        Reader(source)
    lines = [problem.line or 0 for problem in caught.value.problems]
    assert lines
    assert max(lines) <= source.count("\n") + 1
