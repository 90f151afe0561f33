"""What an expression may cost is known before it runs."""

from typing import Any

import pytest

from approvals import cel
from approvals.cel_cost import Cost, Sizes, read

LANGUAGE = cel.Language(
    {"action.arguments": cel.Kind.MEMBERS, "count": cel.Kind.INTEGER}
)
LONG = "a" * 200_000
MANY = ["ab"] * 9_000
HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "pattern over a long text in a loop": (
        'action.arguments.l.exists(x, action.arguments.t.matches("[a-z]{1,50}[0-9]x"))',
        {"t": LONG, "l": MANY},
    ),
    "search in a long text in a loop": (
        'action.arguments.l.exists(x, action.arguments.t.contains("aaaaab"))',
        {"t": LONG, "l": MANY},
    ),
    "length of a long text in a loop": (
        "action.arguments.l.exists(x, size(action.arguments.t) == 1)",
        {"t": LONG, "l": MANY},
    ),
    "number read from a long text in a loop": (
        "action.arguments.l.exists(x, double(action.arguments.t) == 1.0)",
        {"t": "1" * 200_000, "l": MANY},
    ),
    "long lists compared in a loop": (
        "action.arguments.l.exists(x, action.arguments.l != action.arguments.l)",
        {"l": MANY},
    ),
    "membership of a long list in a loop": (
        'action.arguments.l.exists(x, "no" in action.arguments.l)',
        {"l": MANY},
    ),
    "a long element in a loop in a loop": (
        "action.arguments.l.all(x, action.arguments.l.all(y, !x.contains(y)))",
        {"l": [LONG, *["b"] * 5_000]},
    ),
    "the loop's own list": (
        "action.arguments.l.all(x, x.all(y, action.arguments.t.size() > 1))",
        {"l": [["a"] * 90] * 90, "t": "é" * 100_000},
    ),
    "everything compared by a computed name": (
        "action.arguments.m.all(k, action.arguments[k] == action.arguments[k])",
        {"m": ["m"] * 5_000},
    ),
    "a large pattern over a long text": (
        'action.arguments.t.matches("(?:(?:a|b)?){1000}c")',
        {"t": "ab" * 100_000},
    ),
}  # fmt: skip


def bound(arguments: dict[str, Any]) -> cel.Bindings:
    return LANGUAGE.bind({"action.arguments": arguments, "count": 1})


@pytest.mark.parametrize("what", HOSTILE)
def test_refuses_to_run_what_could_take_long(what: str) -> None:
    source, arguments = HOSTILE[what]
    program, bindings = LANGUAGE.compile(source), bound(arguments)
    with pytest.raises(cel.EvaluationError, match="too long"):
        program.matches(bindings)


@pytest.mark.parametrize("what", HOSTILE)
def test_runs_the_same_where_the_values_are_of_an_ordinary_size(what: str) -> None:
    source, arguments = HOSTILE[what]
    few = {
        name: value[:20] if isinstance(value, list) else value[:200]
        for name, value in arguments.items()
    }
    if isinstance(few.get("l"), list):
        few["l"] = [item[:200] for item in few["l"]]
    assert LANGUAGE.compile(source).matches(bound(few)) in (True, False)


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ('action.arguments.l.exists(x, x.matches("^b+$"))', {"l": MANY}),
        ('action.arguments.l.exists(x, x == "b" || x in ["c", "d"])', {"l": MANY}),
        ('action.arguments.t.matches("(?i)drop table")', {"t": LONG}),
        ('action.arguments.t.contains("drop table")', {"t": LONG}),
        ('"other" in action.arguments', {"t": LONG, "l": MANY}),
        ("size(action.arguments.t) == 1", {"t": LONG}),
        (
            'action.arguments.o.exists(x, x.name.startsWith("b"))',
            {"o": [{"name": "a"}] * 3_000},
        ),
    ],
)
def test_runs_what_looks_at_the_largest_values_once(
    source: str, arguments: dict[str, Any]
) -> None:
    assert LANGUAGE.compile(source).matches(bound(arguments)) is False


def test_all_rules_of_one_request_share_a_budget() -> None:
    bindings = bound({"l": ["ab" * 10] * 4_000})
    source = 'action.arguments.l.exists(x, x.matches("c{50}"))'
    program = LANGUAGE.compile(source)
    assert program.matches(bindings) is False

    def ask_500_times() -> None:
        for _ in range(500):
            program.matches(bindings)

    with pytest.raises(cel.EvaluationError, match="rules before"):
        ask_500_times()


@pytest.mark.parametrize(
    "source",
    [
        'count == 1 && action.arguments.a.b[0].c["d e"].matches("x")',
        "[1, 2].exists(x, [x].all(y, y == x)) || {1: count}[1] == 2",
        "action.arguments.a.exists(x, x.exists(y, y == 1.5 && -count < 2))",
        'b"a" != b"b" && {"a": 1}.a == count',
        "has(action.arguments.a) ? true : !false",
    ],
)
def test_knows_every_part_of_an_expression(source: str) -> None:
    tree = read(LANGUAGE.compile(source)._expression.serialize())
    kinds = {node.kind for node in tree.all()}
    assert kinds <= {"const", "name", "member", "call", "list", "loop"}
    assert {"const", "name", "call"} <= kinds or "has" in source
    assert Cost(tree).most(Sizes({"count": 1, "action.arguments": {}}, 0, 2)) > 0


def test_costs_more_where_there_is_more_to_look_at() -> None:
    source = 'action.arguments.l.exists(x, action.arguments.t.contains("b"))'
    tree = read(LANGUAGE.compile(source)._expression.serialize())
    costs = [
        Cost(tree).most(bound({"t": "a" * size, "l": ["a"] * count}).sizes)
        for size, count in ((100, 10), (100_000, 10), (100_000, 1_000))
    ]
    assert costs == sorted(costs)
    assert costs[2] > 50 * costs[1]
