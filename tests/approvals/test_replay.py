"""The processes that replay requests: what they say, and how they end."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from approvals.canonical import Action
from approvals.policy import evaluate
from approvals.policy_document import parse
from approvals.replay import Asked, Event, Judge, serve
from approvals.replay_processes import Judges, ReplayFailed, Windows
from approvals.risk import assess
from tests.approvals.processes import children, until

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "approvals" / "policies" / "default.yaml"
AT = "2026-11-21T12:00:00+00:00"
POLICY = """
default_tier: one
tiers:
  none: {rank: 10, route: auto}
  one: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
  two: {rank: 30, route: review, requirements: [{group: reviewers, count: 2}]}
  never: {rank: 50, route: block}
windows:
  - {key: spent, measure: sum, of: /arguments/amount, per: [agent], within: 1h}
rules:
  - {key: small, when: action.name == "refund", tier: none}
  - {key: early, when: now.getHours("UTC") < 9, tier: two}
  - {key: much, when: window.spent > 100.0, tier: two}
  - {key: odd, when: action.name == "odd" && action.arguments.no.such == 1, tier: one}
"""


def action(name: str = "refund", **arguments: Any) -> Action:
    return Action(name=name, agent="bot", arguments=arguments)


def asked(*actions: Action, at: str = AT, spent: float | None = 0.0) -> Asked:
    looks = [
        {"canonical": one.canonical(), "at": at, "windows": {"spent": spent}}
        for one in actions
    ]
    return {"id": "r", "looks": looks}  # type: ignore[typeddict-item]


@pytest.fixture
def judge() -> Judge:
    return Judge(parse(POLICY))


def test_says_tier_route_and_the_rules_that_match(judge: Judge) -> None:
    assert judge.answer(asked(action())) == {
        "id": "r",
        "tier": "none",
        "route": "auto",
        "rules": ["small"],
        "failed": [],
    }


def test_judges_at_the_moment_of_the_request(judge: Judge) -> None:
    found = judge.answer(asked(action(), at="2026-11-21T08:59:00+00:00"))
    assert (found["tier"], found["rules"]) == ("two", ["small", "early"])


@pytest.mark.parametrize("spent", [100.5, None], ids=["much", "unknown"])
def test_judges_with_what_the_windows_held(judge: Judge, spent: float | None) -> None:
    found = judge.answer(asked(action(), spent=spent))
    assert found["tier"] == ("two" if spent else "never")
    assert "much" in found["rules" if spent else "failed"]


def test_a_rule_that_fails_counts_at_the_highest_tier(judge: Judge) -> None:
    found = judge.answer(asked(action("odd")))
    assert (found["tier"], found["rules"], found["failed"]) == ("never", [], ["odd"])
    assert "error" not in found


def test_an_edit_never_leads_below_the_first_revision(judge: Judge) -> None:
    first, last = action("other", n=1), action("refund", n=2)
    assert judge.answer(asked(first, last))["tier"] == "one"
    assert judge.answer(asked(last, first))["tier"] == "one"
    assert judge.answer(asked(last, last))["tier"] == "none"


@pytest.mark.parametrize(
    "canonical",
    ["", "{}", "[]", '{"action": 1}', '{"action":"a","agent":"b","arguments":7}'],
)
def test_what_cannot_be_read_gets_the_highest_tier(
    judge: Judge, canonical: str
) -> None:
    look = {"canonical": canonical, "at": AT, "windows": {}}
    found = judge.answer({"id": "r", "looks": [look]})  # type: ignore[list-item]
    assert (found["tier"], found["route"]) == ("never", "block")


def test_says_what_a_submission_would_have_been_told() -> None:
    rules = parse(SHIPPED.read_text())
    judging, moment = Judge(rules), datetime.fromisoformat(AT)
    texts = ["SELECT 1", "DROP TABLE a", "rm -rf /", "ls", "SELECT 1", "\u202e", ""]
    for name in ("sql.execute", "shell.run", "mail.send"):
        for text in texts:
            one = action(name, sql=text, command=text)
            found = assess(one, rules.context)
            verdict = evaluate(rules, one, found, now=moment)
            judged = judging.answer(asked(one))
            assert (judged["tier"], judged["route"]) == (
                verdict.tier.key,
                verdict.route,
            )


def test_one_line_is_answered_by_one_line() -> None:
    lines = [json.dumps(POLICY), json.dumps([asked(action())] * 3), "[]"]
    answers = io.BytesIO()
    serve("judge", io.BytesIO("\n".join(lines).encode()), answers)
    first, second = map(json.loads, answers.getvalue().splitlines())
    assert [found["tier"] for found in first] == ["none"] * 3
    assert second == []


def event(amount: float, minute: int, request_id: str, **more: Any) -> Event:
    return {
        "id": request_id,
        "canonical": action(amount=amount).canonical(),
        "at": datetime(2026, 11, 21, 12, minute, tzinfo=UTC).isoformat(),
        "session": None,
        "is_replaced": False,
        **more,  # type: ignore[typeddict-item]
    }


def test_windows_are_counted_in_order_and_edits_replace() -> None:
    with Windows(POLICY) as windows:
        found = windows.count(
            [
                event(40, 0, "a", is_replaced=True),
                event(30, 1, "b"),
                event(5, 2, "a"),
                event(1, 3, "c"),
            ]
        )
        later = windows.count([event(2, 59, "d"), event(1, 3, "e")])
    assert [held["spent"] for held in (*found, *later)] == [40, 70, 35, 36, 38, 39]


def test_every_request_is_answered_once_whatever_the_chunks() -> None:
    chunks = [
        [{**asked(action(n=n)), "id": f"{n}-{k}"} for k in range(n)] for n in range(30)
    ]
    wanted = sorted(one["id"] for chunk in chunks for one in chunk)
    with Judges(POLICY) as judges:
        found = [one["id"] for chunk in judges.judge(chunks) for one in chunk]  # type: ignore[arg-type]
    assert sorted(found) == wanted


def test_large_requests_and_large_answers_do_not_block_it() -> None:
    large = asked(action(text="x" * 200_000))
    with Judges(POLICY) as judges:
        found = [one for chunk in judges.judge([[large] * 20] * 6) for one in chunk]
    assert len(found) == 120


def endless() -> Iterator[list[Asked]]:
    while True:
        yield [asked(action())] * 20


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_killed_is_told_in_a_sentence(number: signal.Signals) -> None:
    with Judges(POLICY) as judges:
        answers = judges.judge(endless())
        next(answers)
        for child in children(os.getpid()):
            os.kill(child, number)
        with pytest.raises(ReplayFailed, match=rf"ended before .*\(signal {number}\)"):
            for _ in answers:
                pass


def test_what_is_no_policy_ends_it_with_a_sentence() -> None:
    ended = pytest.raises(ReplayFailed, match="ended before it was done")
    with Judges("nothing: here") as judges, ended:
        list(judges.judge([[asked(action())]]))


def test_nothing_runs_on_after_the_block() -> None:
    with Judges(POLICY) as judges:
        next(judges.judge(endless()))
        assert len(children(os.getpid())) == 2
    assert children(os.getpid()) == []


def test_nothing_runs_on_when_its_parent_is_killed() -> None:
    script = (
        "import sys; from tests.approvals.test_replay import *\n"
        "judges = Judges(POLICY).__enter__(); next(judges.judge(endless()))\n"
        "windows = Windows(POLICY); windows.count([event(1, 1, 'a')])\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        pids = children(parent.pid)
        assert len(pids) == 3
        parent.kill()
    assert until(lambda: not any(map(is_running, pids)))


def test_a_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "very secret")
    with Judges(POLICY) as judges:
        next(judges.judge(endless()))
        for child in children(os.getpid()):
            assert b"secret" not in Path(f"/proc/{child}/environ").read_bytes()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
