"""``manage.py backtest``: policy as code, before it is published."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from approvals.models import Backtest
from audit.models import Entry
from tests.approvals.replaying import STRICTER, many
from tests.approvals.test_backtests import vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "draft.yaml"
    path.write_text(STRICTER)
    return path


def backtest(*arguments: object) -> str:
    out = StringIO()
    call_command("backtest", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_says_the_sentence_the_matrix_and_the_lists(file, ask, alice) -> None:
    denied = ask("one")
    vote(denied, alice, "deny")
    ask("two")
    lines = backtest(file).splitlines()
    assert lines[:2] == [
        "It would approve 1 by itself, of which people denied 1. "
        "0 of 2 requests would get the tier that they got.",
        "It would block 1 request that no person approved.",
    ]
    assert [line.split() for line in lines[3:6]] == [
        ["was", "\\", "would", "be", "none", "one", "two", "never"],
        ["one", "(by", "people)", "▼", "1", ".", ".", "."],
        ["two", "(by", "people)", ".", ".", ".", "▲", "1"],
    ]
    place = lines.index("Approved by itself, though people denied it: 1")
    assert lines[place + 1] == f"  {denied.pk}"
    assert "  harmless: 1, 1, 0, 0" in lines


def test_as_json(file, ask) -> None:
    ask("one")
    found = json.loads(backtest(file, "--json", "--last", 5))
    assert (found["requests"], found["lists"]["approves"]["count"]) == (1, 1)


def test_replays_so_many_or_so_many_days(file, ask) -> None:
    many(ask("one"), 4)
    assert "All 2" not in backtest(file, "--last", 2)
    assert "0 of 2 requests" in backtest(file, "--last", 2)
    assert "0 of 5 requests" in backtest(file, "--days", 1)


def test_is_in_the_log_and_stores_nothing_else(file, ask) -> None:
    ask("one")
    newest = Entry.objects.latest("id").pk
    backtest(file, "--days", 7)
    (entry,) = Entry.objects.filter(pk__gt=newest)
    assert (entry.action, entry.actor_id) == ("policy:backtested", "command-line")
    assert (entry.data["days"], entry.data["requests"]) == (7, 1)
    assert not Backtest.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--days", "0"], "--days: from 1 to 365"),
        (["--days", "366"], "--days: from 1 to 365"),
        (["--last", "0"], "--last: from 1 to 100000"),
        (["--last", "1", "--days", "1"], "not allowed with"),
    ],
)
def test_refuses_spans_that_are_none(file, ask, arguments, said) -> None:
    ask("one")
    with pytest.raises(CommandError, match=said):
        backtest(file, *arguments)
    assert not Entry.objects.filter(action="policy:backtested").exists()


def test_refuses_what_is_no_policy(tmp_path, ask) -> None:
    ask("one")
    path = tmp_path / "bad.yaml"
    path.write_text("rules: 7")
    with pytest.raises(CommandError, match="is not a policy"):
        backtest(path)
    with pytest.raises(CommandError, match="cannot be read"):
        backtest(tmp_path / "missing.yaml")


def test_says_that_nothing_was_asked_for(file, policy) -> None:
    with pytest.raises(CommandError, match="Nothing was asked for"):
        backtest(file)
