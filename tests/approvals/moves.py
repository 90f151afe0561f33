"""What can happen in ``test_state_machine.py``, and how often."""

from typing import Any

from hypothesis import strategies as st

from tests.approvals.reference import GROUPS, TIERS

WHO = st.sampled_from(sorted(GROUPS))
AGENTS = ("first", "second")
SCOPES = st.sampled_from(
    [
        ("everything", ""),
        ("everything", ""),
        ("environment", "production"),
        ("action", "t*"),
        ("action", "a*"),
        ("agent", "first"),
    ]
)
WHICH = st.integers(0, 7)
"""Which request, counted from the newest."""
MOSTLY = st.sampled_from([True, True, True, False])
"""Right rather than wrong: mistakes must not be all there is."""
NEARLY_ALWAYS = st.sampled_from([True] * 9 + [False])
REVIEWER = st.sampled_from(["alice", "bob", "dora"])
REGROUPED = st.sampled_from(["alice", "bob", "charlie"])
MINUTES = st.sampled_from([0, 1, 1, 5, 5, 10, 20, 29, 30, 60])
VERDICTS = st.sampled_from(["approve", "approve", "approve", "deny"])


def moves(name: str, weight: int, **options: st.SearchStrategy[Any]) -> list[Any]:
    """A method of World and what it takes, as often as ``weight`` says.

    New ones each time: the same one twice would count once in ``one_of``.
    """
    return [
        st.tuples(st.just(name), st.fixed_dictionaries(options)) for _ in range(weight)
    ]


SUBMIT = moves(
    "submit",
    3,
    agent=st.sampled_from(AGENTS),
    action=st.sampled_from([*TIERS, "two", "pair"]),
    environment=st.sampled_from([None, "production"]),
)
MOVES = st.one_of(
    *SUBMIT,
    *moves("vote", 2, which=WHICH, who=WHO, verdict=VERDICTS, is_fresh=MOSTLY),
    *moves("vote_as_reviewer", 6, which=WHICH, who=REVIEWER, verdict=VERDICTS),
    *moves("withdraw", 2, which=WHICH, who=WHO),
    *moves(
        "edit", 3, which=WHICH, who=REVIEWER | WHO, is_fresh=MOSTLY, is_other=MOSTLY
    ),
    *moves("ask", 1, which=WHICH, who=WHO),
    *moves("cancel", 1, which=WHICH, agent=st.sampled_from(AGENTS)),
    *moves("redeem", 3, which=WHICH, is_theirs=MOSTLY, is_right=MOSTLY),
    *moves("redeem_something_else", 1, which=WHICH),
    *moves("take_back", 1, which=WHICH, who=WHO),
    *moves("engage", 2, scope=SCOPES, is_hold=NEARLY_ALWAYS),
    *moves("release", 2, which=WHICH),
    *moves("advance", 3, minutes=MINUTES, sweeps=st.booleans()),
    *moves("regroup", 1, who=REGROUPED, group=st.sampled_from(["reviewers", "dba"])),
    *moves("disable_or_enable", 1),
    *moves("count_votes", 1, which=WHICH),
)
"""Weighted by hand: rules that Hypothesis weighs leave most runs with few of them."""
