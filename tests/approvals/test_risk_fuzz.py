"""Whatever an agent sends, the analysis answers, points into it and does not fail.

FUZZ=100000 makes a hundred thousand inputs of each kind; ``make fuzz`` lets atheris
look for them.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.document import Problem
from approvals.policy_document import PolicyError, parse
from tests.fuzz.material import FRAGMENTS, MEMBERS, NAMES, POLICY_LINES, holds

EXAMPLES = int(os.environ.get("FUZZ", "300"))
FUZZED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

plain = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
pieces = st.lists(st.sampled_from(FRAGMENTS) | plain, max_size=12)
texts = st.builds(
    lambda parts, by: by.join(parts), pieces, st.sampled_from(["", " ", "\n"])
)
members = st.sampled_from(MEMBERS) | plain
scalars = texts | st.integers(-(2**53), 2**53) | st.booleans() | st.none()
values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(members, inner, max_size=6)
    ),
    max_leaves=12,
)
actions = st.builds(
    Action,
    name=st.sampled_from(NAMES),
    agent=st.just("fuzzer"),
    arguments=st.dictionaries(members, values, max_size=6),
    environment=st.none() | st.sampled_from(["production", "staging"]),
    resource=st.none() | texts,
    subject=st.none() | texts,
)


@FUZZED
@given(actions)
def test_no_action_makes_the_analysis_fail(action: Action) -> None:
    holds(action)


@FUZZED
@given(st.sampled_from(NAMES), st.sampled_from(MEMBERS), texts)
def test_no_text_under_a_telling_name_makes_it_fail(
    name: str, member: str, text: str
) -> None:
    holds(Action(name=name, agent="fuzzer", arguments={member: text}))


@FUZZED
@given(st.lists(st.sampled_from(POLICY_LINES) | plain, max_size=25))
def test_every_document_is_a_policy_or_has_problems_with_a_place(
    lines: list[Any],
) -> None:
    source = "\n".join(lines)
    assert all(
        problem.message and (problem.line or 1) <= source.count("\n") + 2
        for problem in problems_of(source)
    )


def problems_of(source: str) -> tuple[Problem, ...]:
    """What is wrong with it; nothing where it is a policy."""
    try:
        parse(source)
    except PolicyError as error:
        return error.problems or (Problem(None, None, ""),)
    return ()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sql.execute", {"sql": f"DELETE FROM t LIMIT {'9' * 40}"}),
        ("payments.refund", {"amount": "9" * 30, "currency": "EUR"}),
        ("payments.transfer", {"amount": "1e400", "to": "x"}),
        ("payments.transfer", {"amount": 1e300, "to": "x"}),
        ("Bash", {"command": f"kubectl scale deploy x --replicas={'9' * 40}"}),
        ("delete_users", {"count": 2**53 - 1}),
    ],
)
def test_what_numbers_of_any_size_add_up_to_can_be_stored(
    name: str, arguments: dict[str, Any]
) -> None:
    holds(Action(name=name, agent="fuzzer", arguments=arguments))
