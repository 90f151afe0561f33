"""Expressions meet values that an attacker chose."""

from datetime import UTC, datetime
from typing import Any

import pytest

from approvals import cel

LANGUAGE = cel.Language(
    {
        "action.name": cel.Kind.TEXT,
        "action.arguments": cel.Kind.MEMBERS,
        "codes": cel.Kind.TEXTS,
        "count": cel.Kind.INTEGER,
        "now": cel.Kind.TIME,
    }
)


def bind(arguments: Any = None, **changes: Any) -> cel.Bindings:
    values = {
        "action.name": "tool",
        "action.arguments": {} if arguments is None else arguments,
        "codes": ["sql.drop", "sql.update"],
        "count": 2,
        "now": datetime(2026, 11, 21, 22, tzinfo=UTC),
    }
    return LANGUAGE.bind({**values, **changes})


def matches(source: str, arguments: Any = None, **changes: Any) -> bool:
    return LANGUAGE.compile(source).matches(bind(arguments, **changes))


def faults(source: str) -> tuple[cel.Fault, ...]:
    with pytest.raises(cel.CompileError) as caught:
        LANGUAGE.compile(source)
    return caught.value.faults


@pytest.mark.parametrize(
    "source",
    [
        'action.name == "tool"',
        'action.arguments.text == "hello"',
        'action.arguments["with space"] == 1',
        "action.arguments.whole == 9007199254740991",
        "action.arguments.half > 1",
        "action.arguments.yes == true",
        "action.arguments.nothing == null",
        'action.arguments.nested.list[2].deep == "x"',
        'action.arguments.text.matches("^h.*o$")',
        "size(action.arguments.emoji) == 1",
        "has(action.arguments.text) && !has(action.arguments.other)",
        '"text" in action.arguments && !("other" in action.arguments)',
        'codes.exists(code, code.startsWith("sql."))',
        'codes.all(code, code != "shell.rm")',
        "count == 2",
        'now.getHours("Europe/Berlin") == 23',
    ],
)
def test_values_arrive_as_what_they_are(source: str) -> None:
    arguments = {
        "text": "hello",
        "with space": 1,
        "whole": 2**53 - 1,
        "half": 1.5,
        "yes": True,
        "nothing": None,
        "nested": {"list": [1, 2, {"deep": "x"}]},
        "emoji": "😀",
    }
    assert matches(source, arguments)


def test_no_match_is_false() -> None:
    assert not matches("count == 3")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("action.arguments.missing == 1", "missing"),
        ("action.arguments.text > 1", "overload"),
        ("1 / (count - 2) == 1", "zero"),
        ('timestamp("never") < now', "Timestamp"),
        ('codes[7] == "x"', "index"),
    ],
)
def test_an_error_while_running_is_never_a_match(source: str, message: str) -> None:
    with pytest.raises(cel.EvaluationError, match=message):
        matches(source, {"text": "hello"})


@pytest.mark.parametrize(
    ("source", "line", "column", "message", "hint"),
    [
        ('action.nam == "x"', 1, 1, "action.nam", "action.name"),
        ("count == 2 &&\n  cuont == 1", 2, 3, "cuont", "count"),
        ('action.name = "x"', 1, 13, "Syntax error", ""),
        ('count == "x"', 1, 7, "overload", ""),
        ("action.arguments.flag", 1, 1, "not true or false", "== true"),
        ("count", 1, 1, "not true or false", "== true"),
        ("count + 1 == 3", 1, 7, "+ is not available", "compares"),
        ("codes.map(code, code) == codes", 1, 7, "map", "exists"),
        ("codes.filter(code, true) == codes", 1, 7, "filter", "exists"),
        ('action.name.matches(b"x")', 1, 20, "overload", ""),
        ("has(action.nothing)", 1, 4, "unknown name action.nothing", ""),
        ("x" * 2001, 1, 1, "at most 2000 characters, not 2001", ""),
        ("(" * 40 + "true" + ")" * 40, 1, 1, "too deeply", ""),
        ("true\0 && false", 1, 5, "U+0000", ""),
        ("", 1, 1, "Syntax error", ""),
    ],
)
def test_says_where_an_expression_is_wrong(
    source: str, line: int, column: int, message: str, hint: str
) -> None:
    fault = faults(source)[0]
    assert (fault.line, fault.column) == (line, column)
    assert message in fault.message
    assert hint in (fault.hint or "")


def test_lists_all_faults_of_an_expression() -> None:
    assert [fault.column for fault in faults("one == 1 || two == 2")] == [1, 13]


@pytest.mark.parametrize(
    "source",
    [
        "action.name.matches(action.name)",
        "action.name.matches(action.arguments.pattern)",
        "codes.exists(code, action.name.matches(code))",
        'matches(action.name, "x")',
        'action.name.matches("x" == "y" ? "a" : "b")',
    ],
)
def test_refuses_patterns_that_come_with_the_request(source: str) -> None:
    assert "as a literal" in faults(source)[0].message


def test_refuses_a_wrong_pattern_before_it_runs() -> None:
    assert "missing )" in faults('action.name.matches("(")')[0].message


@pytest.mark.parametrize(
    "source",
    [
        r'action.name.matches("to\"?ol")',
        "action.name.matches(r'^\\w+$')",
        'action.name.matches("""tool""") // .matches(x)',
        '!action.name.contains("x.matches(y)")',
        "!has(action.arguments.matches)",
    ],
)
def test_understands_how_literals_are_written(source: str) -> None:
    assert matches(source)


def test_a_text_is_not_cut_at_its_first_zero_character() -> None:
    # The library does that: "tool\0x" would equal "tool".
    with pytest.raises(cel.EvaluationError, match=r"U\+0000"):
        bind({"list": [{"tool\0x": 1}]})
    with pytest.raises(cel.EvaluationError, match=r"U\+0000"):
        bind(**{"action.name": "tool\0x"})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**63, "64 bits"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        ([0] * 10_001, "values"),
        ({str(number): 0 for number in range(5_001)}, "values"),
        (["x" * 600_000, "y" * 400_001], "characters"),
    ],
)
def test_refuses_values_that_rules_would_see_differently(
    value: object, message: str
) -> None:
    with pytest.raises(cel.EvaluationError, match=message):
        bind({"x": value})


def test_very_deep_values_are_refused_and_do_not_crash() -> None:
    value: dict[str, Any] = {}
    for _ in range(50_000):
        value = {"x": value}
    with pytest.raises(cel.EvaluationError, match="deeper"):
        bind(value)


def test_a_text_that_is_no_text_is_an_error() -> None:
    program = LANGUAGE.compile('action.arguments.x == "x"')
    with pytest.raises(cel.EvaluationError):
        program.matches(bind({"x": "\ud800"}))


def test_nested_loops_end_with_an_error() -> None:
    source = "action.arguments.x.all(a, action.arguments.x.all(b, a != b || a == b))"
    with pytest.raises(cel.EvaluationError, match="budget"):
        matches(source, {"x": list(range(500))})


def test_every_variable_needs_a_value() -> None:
    with pytest.raises(cel.EvaluationError, match="declared"):
        LANGUAGE.bind({"action.name": "tool"})
