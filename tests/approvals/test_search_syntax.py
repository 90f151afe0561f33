"""What people type, taken apart."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.search_syntax import (
    KEYS,
    MAX_LENGTH,
    MEANINGS,
    Key,
    Query,
    SearchError,
    parse,
    quoted,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def terms(text: str) -> list[tuple[str, str, bool]]:
    return [(term.key.value, term.value, term.negated) for term in parse(text).terms]


def test_takes_words_facts_and_negations_apart() -> None:
    assert terms('tier:critical -agent:ci-* "drop table" -x') == [
        ("tier", "critical", False),
        ("agent", "ci-*", True),
        ("", "drop table", False),
        ("", "x", True),
    ]


def test_nothing_typed_asks_for_everything() -> None:
    assert parse("") == parse("  \t ") == Query()


def test_values_can_be_quoted_and_keys_written_large() -> None:
    assert terms('AGENT:"deploy bot" IS:Mine') == [
        ("agent", "deploy bot", False),
        ("is", "mine", False),
    ]


@pytest.mark.parametrize(
    ("text", "wrong", "words"),
    [
        ("a foo:bar", "foo", "There is no “foo:”"),
        ("a tire:high", "tire", "Did you mean “tier:”"),
        ("http://x.example", "http", "put all of it in quotes"),
        ("is:purple", "purple", "knows pending"),
        ("tier: high", "tier:", "Say what follows"),
        ('tier:""', 'tier:""', "Say what follows"),
        ('before "drop', '"', "no second one"),
        ('agent:"x', '"', "no second one"),
        ('a"b"', '"', "space before and after"),
        ("- x", "-", "must not be there"),
        ('""', '""', "empty"),
        ("after:yesterday", "yesterday", "A time looks like"),
        ("before:2026-13-01", "2026-13-01", "A time looks like"),
        ("after:999999w", "999999w", "A time looks like"),
        ("digest:xyz", "xyz", "A digest is"),
        ("a b\0c", "\0", "in nothing that is stored"),
        ("has:votes has:fun", "fun", "knows question"),
    ],
)
def test_says_what_is_wrong_and_where(text: str, wrong: str, words: str) -> None:
    with pytest.raises(SearchError, match=words) as error:
        parse(text)
    assert text[error.value.start : error.value.end] == wrong


def test_takes_no_more_than_a_list_can_bear() -> None:
    with pytest.raises(SearchError, match="500 characters"):
        parse("x" * (MAX_LENGTH + 1))
    with pytest.raises(SearchError, match="20 terms") as error:
        parse("a " * 21)
    assert error.value.start == 40


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("1w", NOW - timedelta(weeks=1)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2026-11-28", datetime(2026, 11, 28, tzinfo=UTC)),
        ("2026-11-28T14:30", datetime(2026, 11, 28, 14, 30, tzinfo=UTC)),
        ("2026-11-28T14:30+02:00", datetime(2026, 11, 28, 12, 30, tzinfo=UTC)),
    ],
)
def test_times_are_dates_or_ages(value: str, moment: datetime) -> None:
    (term,) = parse(f"after:{value}").terms
    assert term.moment(NOW) == moment


def test_knows_what_it_asks_for() -> None:
    query = parse("is:mine -is:edited agent:a action:x*")
    assert query.asks(Key.IS, "mine")
    assert not query.asks(Key.IS, "edited")
    assert query.only(Key.AGENT) == "a"
    assert query.only(Key.ACTION) == ""
    assert parse("-agent:a").only(Key.AGENT) == ""
    assert parse("agent:a agent:b").only(Key.AGENT) == ""


def test_what_is_quoted_reads_as_it_was() -> None:
    for value in ("deploy-bot", "two words"):
        assert terms(f"agent:{quoted(value)}") == [("agent", value, False)]


def test_explains_every_key_and_word() -> None:
    assert set(KEYS) == set(Key) - {Key.TEXT}
    for key, known in MEANINGS.items():
        for word in known:
            assert parse(f"{key}:{word}")


@given(st.text(st.sampled_from('ab :"-*\0\t' + "isétag:agent2h"), max_size=40))
def test_whatever_is_typed_is_understood_or_marked(text: str) -> None:
    marked, found = None, ()
    try:
        found = parse(text).terms
    except SearchError as error:
        marked = (error.start, error.end)
    if marked:
        assert 0 <= marked[0] < marked[1] <= len(text)
    # Nothing between two terms is left out.
    elif '"' not in text:
        read = "".join(text[term.start : term.end] for term in found)
        assert read == "".join(text.split())
