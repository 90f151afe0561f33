"""Windows in YAML: named, of something, per something, within some time."""

from collections.abc import Sequence

import pytest

from approvals.policy_document import PolicyError, parse
from approvals.policy_document.windows import SHORTEST
from approvals.windows import MAX_WINDOWS, Measure, Window

START = """default_tier: it
tiers: {it: {rank: 1, route: block}}
"""


def with_windows(*windows: str, rules: Sequence[str] = ()) -> str:
    """A policy with these windows, from line 4, column 5 on."""
    return "".join(
        [
            START,
            "windows:\n",
            *(f"  - {window}\n" for window in windows),
            "rules:\n" if rules else "rules: []\n",
            *(f"  - {{key: r, when: {rule}, tier: it}}\n" for rule in rules),
        ]
    )


def problems(source: str) -> list[tuple[int | None, int | None, str]]:
    with pytest.raises(PolicyError) as caught:
        parse(source)
    return [(p.line, p.column, str(p)) for p in caught.value.problems]


def test_windows_have_all_their_members() -> None:
    source = with_windows(
        "{key: spent, measure: sum, of: /arguments/amount, per: [agent, subject],"
        ' within: 24h, actions: ["payments.refund*", transfer]}',
        "{key: reached_1h, measure: distinct, of: /arguments/to, per: [session],"
        " within: 1h}",
        "{key: asked, measure: count, per: [everything], within: 30d}",
        '{key: each, measure: count, per: [/environment, "/arguments/a~1b"],'
        " within: 1m}",
    )
    assert parse(source).windows == (
        Window(
            "spent",
            Measure.SUM,
            "/arguments/amount",
            ("agent", "subject"),
            86_400,
            ("payments.refund*", "transfer"),
        ),
        Window("reached_1h", Measure.DISTINCT, "/arguments/to", ("session",), 3600),
        Window("asked", Measure.COUNT, None, ("everything",), 2_592_000),
        Window("each", Measure.COUNT, None, ("/environment", "/arguments/a~1b"), 60),
    )


def test_a_policy_needs_no_windows() -> None:
    assert parse(f"{START}rules: []\n").windows == ()


def test_rules_compare_windows_with_numbers_that_have_a_point() -> None:
    window = "{key: asked, measure: count, per: [agent], within: 1h}"
    assert parse(with_windows(window, rules=["window.asked > 5.0"])).rules
    ((line, column, message),) = problems(
        with_windows(window, rules=["window.asked > 5"])
    )
    assert (line, column) == (6, 33)
    assert "500.0, not 500" in message


def test_a_typo_in_a_rule_is_found() -> None:
    window = "{key: asked, measure: count, per: [agent], within: 1h}"
    source = with_windows(window, rules=["window.askd > 5.0"])
    assert problems(source) == [
        (6, 20, "unknown name window.askd (did you mean window.asked?)")
    ]


def test_a_wrong_window_is_not_reported_again_by_its_rules() -> None:
    window = "{key: asked, measure: count, per: [agnt], within: 1h}"
    source = with_windows(window, rules=["window.asked > 5.0"])
    assert problems(source) == [
        (4, 40, "scope 'agnt' is unknown (did you mean 'agent'?)")
    ]


@pytest.mark.parametrize(
    ("window", "column", "message"),
    [
        ("[]", 5, "a window must be a mapping, not a list"),
        (
            "{measure: count, per: [agent], within: 1h}",
            5,
            "a window has no 'key'",
        ),
        (
            "{key: a, per: [agent], within: 1h}",
            5,
            "a window has no 'measure'",
        ),
        (
            "{key: a, measure: count, within: 1h}",
            5,
            "a window has no 'per'",
        ),
        (
            "{key: a, measure: count, per: [agent]}",
            5,
            "a window has no 'within'",
        ),
        (
            "{key: a, measure: count, per: [agent], within: 1h, action: [x]}",
            56,
            "unknown member 'action' (did you mean 'actions'?)",
        ),
        (
            "{key: a-b, measure: count, per: [agent], within: 1h}",
            11,
            "'a-b' is no key of a window"
            " (small letters, digits and _, a letter first, at most 64)",
        ),
        (
            "{key: in, measure: count, per: [agent], within: 1h}",
            11,
            "'in' is a word that rules cannot use as a name",
        ),
        (
            "{key: a, measure: counts, per: [agent], within: 1h}",
            23,
            "measure must be one of count, sum, distinct, not 'counts'",
        ),
        (
            "{key: a, measure: count, of: /subject, per: [agent], within: 1h}",
            34,
            "window 'a' counts requests, and not any 'of' them"
            " (take it out, or measure: distinct)",
        ),
        (
            "{key: a, measure: sum, per: [agent], within: 1h}",
            5,
            "window 'a' has no 'of', so nothing to measure (of: /arguments/amount)",
        ),
        (
            "{key: a, measure: distinct, per: [agent], within: 1h}",
            5,
            "window 'a' has no 'of', so nothing to measure (of: /arguments/amount)",
        ),
        (
            "{key: a, measure: sum, of: /subject, per: [agent], within: 1h}",
            32,
            "'/subject' is never a number"
            " (a sum is of a number, such as /arguments/amount)",
        ),
        (
            "{key: a, measure: sum, of: /arguments, per: [agent], within: 1h}",
            32,
            "'/arguments' is never a number"
            " (a sum is of a number, such as /arguments/amount)",
        ),
        (
            "{key: a, measure: distinct, of: /subject, per: [subject], within: 1h}",
            37,
            "window 'a' tells apart what its groups agree in: always 1"
            " (take it out of 'per')",
        ),
        (
            "{key: a, measure: sum, of: amount, per: [agent], within: 1h}",
            32,
            "'amount' is no pointer"
            " (for example /arguments/amount; a / in a name is ~1, a ~ is ~0)",
        ),
        (
            "{key: a, measure: sum, of: /arguments/~a, per: [agent], within: 1h}",
            32,
            "'/arguments/~a' is no pointer"
            " (for example /arguments/amount; a / in a name is ~1, a ~ is ~0)",
        ),
        (
            "{key: a, measure: distinct, of: /amount, per: [agent], within: 1h}",
            37,
            "'/amount' points to nothing that an action has"
            " (did you mean /arguments/amount?)",
        ),
        (
            "{key: a, measure: count, per: [/argument/x], within: 1h}",
            36,
            "'/argument/x' points to nothing that an action has"
            " (did you mean /arguments/x?)",
        ),
        (
            "{key: a, measure: count, per: [/subject/x], within: 1h}",
            36,
            "'/subject/x' points into a text, where nothing is (/subject is all of it)",
        ),
        ("{key: a, measure: count, per: [], within: 1h}", 35, "per: at least 1, not 0"),
        (
            "{key: a, measure: count, per: agent, within: 1h}",
            35,
            "per must be a list, not text",
        ),
        (
            "{key: a, measure: count, per: [user], within: 1h}",
            36,
            "scope 'user' is unknown (one of agent, session, subject, resource,"
            " everything, or a pointer such as /arguments/customer)",
        ),
        (
            "{key: a, measure: count, per: [agent, agent], within: 1h}",
            43,
            "scope 'agent' stands twice",
        ),
        (
            "{key: a, measure: count, per: [agent, everything], within: 1h}",
            43,
            "'everything' is one group, which other scopes would split"
            " (take one of them out)",
        ),
        (
            f"{{key: a, measure: count, per: [agent], within: {SHORTEST - 1}}}",
            52,
            "within must be from 1m to 30d, not 59 seconds",
        ),
        (
            "{key: a, measure: count, per: [agent], within: 31d}",
            52,
            "within must be from 1 to 2592000 seconds, not 2678400",
        ),
        (
            "{key: a, measure: count, per: [agent], within: soon}",
            52,
            "within must be a duration (for example 30m, 4h or 7d)",
        ),
        (
            '{key: a, measure: count, per: [agent], within: 1h, actions: ["*"]}',
            66,
            "pattern '*' names nothing (leave 'actions' out to count every action)",
        ),
    ],
)
def test_says_what_is_wrong_with_a_window_and_where(
    window: str, column: int, message: str
) -> None:
    assert problems(with_windows(window)) == [(4, column, message)]


def test_no_two_windows_have_one_key_or_count_the_same() -> None:
    first = "{key: a, measure: count, per: [agent, subject], within: 60}"
    source = with_windows(
        first,
        "{key: a, measure: count, per: [agent], within: 1h}",
        "{key: b, measure: count, per: [subject, agent], within: 1m}",
    )
    assert problems(source) == [
        (5, 11, "window 'a' stands twice"),
        (6, 5, "windows 'a' and 'b' count the same (one of them is enough)"),
    ]


def test_has_at_most_so_many_windows() -> None:
    windows = [
        f"{{key: w{n}, measure: count, per: [/arguments/n{n}], within: 1h}}"
        for n in range(MAX_WINDOWS + 1)
    ]
    assert len(parse(with_windows(*windows[:-1])).windows) == MAX_WINDOWS
    assert problems(with_windows(*windows)) == [(4, 3, "windows: at most 50, not 51")]
