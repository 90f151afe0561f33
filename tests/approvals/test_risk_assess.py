import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import risk
from approvals.canonical import Action
from approvals.risk import Assessment, Finding, Severity, assess

CASES = Path(__file__).parents[3] / "shared" / "cases"


def codes_of(name, arguments):
    return {found.code for found in assess(Action(name, "bot", arguments)).findings}


def pointers_of(name, arguments):
    return {found.pointer for found in assess(Action(name, "bot", arguments)).findings}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sql.execute", {"sql": "DROP TABLE users"}),
        ("mcp__postgres__query", {"query": "DROP TABLE users"}),
        ("db.query", {"text": "DROP TABLE users"}),
        ("runSqlQuery", {"input": "DROP TABLE users"}),
        (
            "db.migrate",
            {"migrations": [{"up": "DROP TABLE users", "down": "SELECT 1"}]},
        ),
        ("note.add", {"body": "DROP TABLE users"}),
        ("note.add", {"body": "  -- hello\n/* x */ DROP TABLE users"}),
        ("search", {"filter": "x'; DROP TABLE users; --"}),
        ("weather.get", {"a": {"b": [1, {"statement": "DROP TABLE users"}]}}),
        ("Bash", {"command": "DROP TABLE users"}),
        ("Bash", {"command": "psql -c 'DROP TABLE users'"}),
        ("weather.get", {"cmd": ["psql", "-c", "DROP TABLE users"]}),
    ],
)
def test_finds_sql_wherever_it_hides(name, arguments):
    assert "sql.drop" in codes_of(name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Bash", {"command": "rm -rf /"}),
        ("shell.run", {"input": "rm -rf /"}),
        ("mcp__terminal__send", {"keys": "rm -rf /"}),
        ("ssh.exec", {"host": "x", "command": "rm -rf /"}),
        ("weather.get", {"script": "rm -rf /"}),
        ("weather.get", {"options": [{"bashCommand": "rm -rf /"}]}),
        ("weather.get", {"run": ["rm", "-rf", "/"]}),
        ("weather.get", {"argv": ["bash", "-lc", "rm -rf /"]}),
        ("weather.get", {"commands": ["ls", "rm -rf /"]}),
        ("weather.get", {"command": "rm", "args": ["-rf", "/"]}),
        ("weather.get", {"command": "rm", "args": "-rf /"}),
        ("weather.get", {"note": "rm -rf /"}),
        ("file.write", {"path": "x", "content": "#!/bin/sh\nrm -rf /\n"}),
        ("sql.execute", {"sql": "SELECT 1", "command": "rm -rf /"}),
    ],
)
def test_finds_shell_wherever_it_hides(name, arguments):
    assert "shell.delete_recursive" in codes_of(name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("sql.execute", {}, "sql.uninspectable"),
        ("db.migrate", {"version": 42}, "sql.uninspectable"),
        ("sql.execute", {"sql": ""}, "sql.uninspectable"),
        ("Bash", {}, "shell.uninspectable"),
        ("Bash", {"command": None}, "shell.uninspectable"),
    ],
)
def test_an_action_without_the_text_that_its_name_promises_is_held(
    name, arguments, code
):
    (found,) = assess(Action(name, "bot", arguments)).findings
    assert (found.code, found.severity) == (code, Severity.HIGH)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (
            "refund.create",
            {"order_id": "#W123", "reason": "it's broken; please delete it"},
        ),
        ("search.products", {"query": "drop table, wooden"}),
        ("search.products", {"query": "it's a 'blue' shoe"}),
        ("calendar.add", {"title": "Drop table reservation for 4 people"}),
        ("email.send", {"body": "Select a flight from the list and update the plan."}),
        ("email.send", {"body": "Delete from my cart the red shoes"}),
        ("email.send", {"body": "Find attached the notes.\nrm is a Unix command."}),
        ("email.send", {"body": "curl 'https://x' is how it's done"}),
        ("email.send", {"body": "git push helped, but rm x didn't"}),
        ("db.query", {"query": "SELECT 1", "params": ["DROP TABLE users is a joke"]}),
        ("Bash", {"command": "ls", "description": "Lists what's here; it isn't bad"}),
        ("book_flight", {"args": {"origin": "JFK", "cabin": "economy"}}),
    ],
)
def test_has_nothing_to_say_about_honest_calls(name, arguments):
    assert codes_of(name, arguments) == set()


def test_points_into_nested_arguments_with_escapes():
    arguments = {"a/b": [{"c~d": "ls"}, {"sql": "TRUNCATE x"}]}
    assert pointers_of("x", arguments) == {"/arguments/a~1b/1/sql"}


def test_places_are_offsets_in_the_argument_itself():
    text = "x'; DROP TABLE users; --"
    (found,) = assess(Action("search", "bot", {"filter": text})).findings
    assert text[slice(*found.span)] == "DROP TABLE users"


def test_lists_the_most_severe_first_and_nothing_twice():
    command = "curl https://x; git stash drop; rm -rf /; rm -rf /"
    assessment = assess(Action("Bash", "bot", {"command": command}))
    ranks = [found.severity.rank for found in assessment.findings]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(assessment.findings)) == len(assessment.findings)
    assert assessment.severity is Severity.CRITICAL


def test_an_empty_assessment_has_no_severity():
    assert assess(Action("x", "bot", {})) == Assessment(())
    assert Assessment(()).severity is None
    assert Assessment(()).as_dict() == {"severity": None, "findings": []}


def test_is_json_able():
    finding = Finding("sql.drop", Severity.CRITICAL, "/arguments/sql", "Drops", (0, 4))
    assert json.loads(json.dumps(Assessment.of([finding, finding]).as_dict())) == {
        "severity": "critical",
        "findings": [
            {
                "code": "sql.drop",
                "severity": "critical",
                "pointer": "/arguments/sql",
                "message": "Drops",
                "span": [0, 4],
            }
        ],
    }


def test_severities_are_ordered():
    ranks = [Severity(name).rank for name in ("low", "medium", "high", "critical")]
    assert ranks == [0, 1, 2, 3]


def test_says_how_many_findings_are_not_listed():
    command = "\n".join(f"rm -rf /x{number}" for number in range(risk.MAX_FINDINGS + 5))
    *listed, last = assess(Action("Bash", "bot", {"command": command})).findings
    assert len(listed) == risk.MAX_FINDINGS
    assert last.code == "action.more_findings"
    assert last.message == "5 further findings are not listed"


def test_deep_arguments_are_read_to_the_bottom():
    arguments = {"sql": "DROP TABLE users"}
    for _ in range(5_000):
        arguments = {"a": arguments}
    assert codes_of("x", arguments) == {"sql.drop"}


class _Broken(str):
    def strip(self, *args):
        raise ZeroDivisionError


def test_an_analyser_that_fails_is_critical():
    (found,) = assess(Action("x", "bot", {"sql": _Broken("SELECT 1")})).findings
    assert (found.code, found.severity) == ("sql.uninspectable", Severity.CRITICAL)


class _BrokenMapping(dict):
    def items(self):
        raise ZeroDivisionError


def test_arguments_that_cannot_be_read_are_critical():
    (found,) = assess(Action("x", "bot", {"a": _BrokenMapping()})).findings
    assert (found.code, found.severity) == ("action.uninspectable", Severity.CRITICAL)


_MARKS = list("/'\"`()|;=\\{}[]<>$é\0")
_WORDS = ["rm", "-rf", "$(", "<<E", "/*!", "--", "eval", "sudo", "python -c", "xargs"]
_KEYWORDS = ["DROP TABLE", "x", "SELECT", "UNION", "DELETE FROM", "EXPLAIN ANALYZE"]
_FRAGMENTS = st.sampled_from([*_MARKS, *_WORDS, *_KEYWORDS])
_TEXTS = (
    st.text()
    | st.lists(_FRAGMENTS, max_size=25).map(" ".join)
    | st.lists(_FRAGMENTS).map("\n".join)
)
_MEMBERS = st.sampled_from(["sql", "query", "command", "args", "run", "x"]) | st.text()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_MEMBERS, inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["Bash", "db.query", "x", "shell.run", "sql.execute"]),
    arguments=st.dictionaries(_MEMBERS, _JSON, max_size=4),
)
def test_never_raises(name, arguments):
    assessment = assess(Action(name, "bot", arguments))
    json.dumps(assessment.as_dict())
    for found in assessment.findings:
        assert found.pointer.startswith("/arguments")
        assert not found.message.startswith("Could not be analysed (Type")


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize(
    ("name", "hold", "passed"),
    [("shell_dcg", 0.95, 0.10), ("sql_squawk", 0.95, 1.0), ("tau_bench", 0.0, 0.0)],
)
def test_holds_what_others_call_dangerous_and_passes_the_rest(name, hold, passed):
    held = {"hold": [], "pass": [], "either": []}
    for line in (CASES / f"{name}.jsonl").read_text().splitlines():
        case = json.loads(line)
        severity = assess(Action(case["action"], "bot", case["arguments"])).severity
        is_held = severity is not None and severity.rank >= Severity.MEDIUM.rank
        held[case["expect"]].append(is_held)
    assert sum(held["hold"]) >= hold * len(held["hold"])
    assert sum(held["pass"]) <= passed * len(held["pass"])
