"""Trip wires in YAML: counted in time, or a canary that names what it guards."""

import pytest

from approvals.policy import TripWire, Watch
from approvals.policy_document import PolicyError, parse

START = """default_tier: it
tiers: {it: {rank: 1, route: block}}
rules: []
"""


def with_wires(*wires: str) -> str:
    """A policy with these trip wires, from line 5, column 5 on."""
    return f"{START}trip_wires:\n" + "".join(f"  - {wire}\n" for wire in wires)


def problems(source: str) -> list[tuple[int | None, int | None, str]]:
    with pytest.raises(PolicyError) as caught:
        parse(source)
    return [(p.line, p.column, str(p)) for p in caught.value.problems]


def test_trip_wires_have_all_their_members() -> None:
    source = with_wires(
        "{key: a, watches: denials, at_least: 2, within: 24h, brakes: agent}",
        "{key: b, watches: requests, at_least: 10000, within: 1s, brakes: session}",
        "{key: c, watches: repeats, at_least: 10, within: 1h, brakes: session}",
        '{key: d, watches: canary, actions: ["vault.*"], brakes: agent}',
        '{key: e, watches: canary, resources: ["c-?", db/trap], brakes: agent}',
    )
    assert parse(source).trip_wires == (
        TripWire("a", Watch.DENIALS, "agent", at_least=2, within=86_400),
        TripWire("b", Watch.REQUESTS, "session", at_least=10_000, within=1),
        TripWire("c", Watch.REPEATS, "session", at_least=10, within=3600),
        TripWire("d", Watch.CANARY, "agent", actions=("vault.*",)),
        TripWire("e", Watch.CANARY, "agent", resources=("c-?", "db/trap")),
    )


@pytest.mark.parametrize(
    ("wire", "column", "message"),
    [
        ("[]", 5, "a trip wire must be a mapping, not a list"),
        (
            "{key: A, watches: requests, at_least: 2, within: 1m, brakes: agent}",
            11,
            "'A' is no key (small letters, digits, - and _, at most 64)",
        ),
        (
            "{key: a, watches: request, at_least: 2, within: 1m, brakes: agent}",
            23,
            "watches must be one of denials, requests, repeats, canary, not 'request'",
        ),
        (
            "{key: a, watches: requests, at_least: 2, within: 1m, brakes: all}",
            66,
            "brakes must be one of agent, session, not 'all'",
        ),
        (
            "{key: a, watches: requests, at_least: 2, within: 1m}",
            5,
            "a trip wire has no 'brakes'",
        ),
        (
            "{key: a, watches: requests, at_least: 1, within: 1m, brakes: agent}",
            43,
            "at_least must be from 2 to 10000, not 1",
        ),
        (
            "{key: a, watches: repeats, at_least: 2, within: 61m, brakes: agent}",
            53,
            "within must be from 1 to 3600 seconds, not 3660",
        ),
        (
            "{key: a, watches: denials, at_least: 2, within: 25h, brakes: agent}",
            53,
            "within must be from 1 to 86400 seconds, not 90000",
        ),
        (
            "{key: a, watches: denials, within: 1m, brakes: agent}",
            5,
            "trip wire 'a' has no 'at_least'",
        ),
        (
            "{key: a, watches: denials, at_least: 5, brakes: agent}",
            5,
            "trip wire 'a' has no 'within'",
        ),
        (
            "{key: a, watches: repeats, at_least: 2, within: 1m, brakes: agent, "
            "actions: [x]}",
            81,
            "trip wire 'a' watches repeats, which has no 'actions' "
            "(patterns are for a canary)",
        ),
        (
            "{key: a, watches: canary, actions: [x], brakes: agent, within: 1m}",
            68,
            "trip wire 'a' watches canary, which has no 'within' (it trips at once)",
        ),
        (
            "{key: a, watches: canary, brakes: agent}",
            5,
            "trip wire 'a' watches for a canary, but for none in particular "
            '(resources: ["canary-*"])',
        ),
        (
            "{key: a, watches: canary, brakes: agent, actions: []}",
            55,
            "actions: at least 1, not 0",
        ),
        (
            "{key: a, watches: canary, brakes: agent, actions: [x, y, x]}",
            62,
            "pattern 'x' stands twice",
        ),
        (
            "{key: a, watches: canary, brakes: agent, pattern: x}",
            46,
            "unknown member 'pattern'",
        ),
    ],
)
def test_refuses_what_makes_no_trip_wire(wire: str, column: int, message: str) -> None:
    assert (5, column, message) in problems(with_wires(wire))


@pytest.mark.parametrize("pattern", ["*", "**", "?*", "* *", "[!x]*", "[]!]*"])
def test_a_canary_that_fits_everything_is_refused(pattern: str) -> None:
    wire = '{key: a, watches: canary, brakes: agent, resources: [x, "%s"]}'
    assert problems(with_wires(wire % pattern)) == [
        (
            5,
            61,
            f"pattern {pattern!r} names nothing "
            "(it would brake whoever asks for anything)",
        )
    ]
    assert parse(with_wires(wire % f"{pattern}x")).trip_wires


def test_what_is_wrong_with_a_trip_wire_is_said_of_each() -> None:
    same = "{key: a, watches: repeats, at_least: 2, within: 1m, brakes: agent}"
    source = with_wires(same, "{key: b, brakes: x}", same)
    assert problems(source) == [
        (6, 5, "a trip wire has no 'watches'"),
        (7, 11, "trip wire 'a' stands twice"),
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("trip_wires:", "trip_wires must be a list, not nothing"),
        ("trip_wires: {}", "trip_wires must be a list, not a mapping"),
        (f"trip_wires: [{', '.join(['x'] * 51)}]", "trip_wires: at most 50, not 51"),
        ("tripwires: []", "unknown member 'tripwires' (did you mean 'trip_wires'?)"),
    ],
    ids=["nothing", "mapping", "too-many", "misspelled"],
)
def test_trip_wires_are_a_list(written: str, message: str) -> None:
    assert [text for _, _, text in problems(START + written)] == [message]
