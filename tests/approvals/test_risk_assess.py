import ast
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Assessment, Context, Finding, Severity, assess
from approvals.risk.assessing import _ANALYSERS, _WHOLE, MAX_FINDINGS
from approvals.risk.catalogue import CATALOGUE
from approvals.risk.context import Kind, Mapped, Role

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
            "order.look_up",
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
def test_holds_no_honest_call(name, arguments):
    assessment = assess(Action(name, "bot", arguments))
    assert assessment.severity in (None, Severity.LOW), assessment.findings


def test_says_so_when_nothing_recognises_an_action():
    (found,) = assess(Action("frobnicate", "bot", {"cabin": "economy"})).findings
    assert (found.code, found.severity) == ("action.uninspectable", Severity.LOW)
    assert (found.pointer, found.reference) == ("/arguments", "ASI02")


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
    assert Assessment(()).severity is None
    assert Assessment(()).as_dict() == {
        "severity": None,
        "findings": [],
        "impact": {
            "verb": "unknown",
            "target": "",
            "environment": "",
            "reversible": "unknown",
            "scale": None,
            "leaves": False,
        },
    }


def test_is_json_able():
    finding = Finding("sql.drop", Severity.CRITICAL, "/arguments/sql", "Drops", (0, 4))
    written = json.loads(json.dumps(Assessment.of([finding, finding]).as_dict()))
    assert written["severity"] == "critical"
    assert written["findings"] == [
        {
            "code": "sql.drop",
            "severity": "critical",
            "pointer": "/arguments/sql",
            "message": "Drops",
            "span": [0, 4],
            "reference": "",
        }
    ]


def test_severities_are_ordered():
    ranks = [Severity(name).rank for name in ("low", "medium", "high", "critical")]
    assert ranks == [0, 1, 2, 3]


def test_says_how_many_findings_are_not_listed():
    command = "\n".join(f"rm -rf /x{number}" for number in range(MAX_FINDINGS + 5))
    *listed, last = assess(Action("Bash", "bot", {"command": command})).findings
    assert len(listed) == MAX_FINDINGS
    assert last.code == "action.more_findings"
    assert last.message == "5 further findings are not listed"


def nested(depth):
    arguments = {"sql": "DROP TABLE users"}
    for _ in range(depth):
        arguments = {"a": arguments}
    return arguments


def test_deep_arguments_are_read_to_the_bottom():
    assert codes_of("x", nested(30)) == {"sql.drop"}


def test_arguments_deeper_than_any_request_may_have_are_held():
    (found,) = assess(Action("x", "bot", nested(5_000))).findings
    assert (found.code, found.severity) == ("action.uninspectable", Severity.CRITICAL)


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
    [("shell_dcg", 0.97, 0.05), ("sql_squawk", 0.97, 1.0), ("tau_bench", 0.0, 0.05)],
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


def impact(name, arguments, **more):
    return assess(Action(name, "bot", arguments, **more)).impact.as_dict()


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        (
            "sql.execute",
            {"sql": "SELECT 1"},
            {"verb": "read", "reversible": "yes", "leaves": False},
        ),
        (
            "sql.execute",
            {"sql": "DROP TABLE shop.users"},
            {"verb": "delete", "reversible": "no", "target": "shop.users"},
        ),
        (
            "sql.execute",
            {"sql": "DELETE FROM users WHERE id = 7"},
            {"verb": "delete", "reversible": "no", "target": "users"},
        ),
        (
            "sql.execute",
            {"sql": "INSERT INTO t VALUES (1), (2), (3)"},
            {"verb": "change", "reversible": "yes", "target": "t", "scale": 3},
        ),
        (
            "sql.execute",
            {"sql": "GRANT SELECT ON users TO bob"},
            {"verb": "grant", "reversible": "yes"},
        ),
        (
            "Bash",
            {"command": "rm -rf /srv/app /srv/db"},
            {"verb": "delete", "target": "/srv/app", "reversible": "no", "scale": 2},
        ),
        (
            "Bash",
            {"command": "curl -d @notes.txt https://example.com/x"},
            {"verb": "send", "leaves": True, "target": "example.com"},
        ),
        ("Bash", {"command": "ls -la"}, {"verb": "read", "reversible": "yes"}),
        (
            "Bash",
            {"command": "systemctl stop nginx"},
            {"verb": "stop", "target": "nginx", "leaves": False},
        ),
        ("frobnicate", {"cabin": "economy"}, {"verb": "unknown", "target": ""}),
    ],
)
def test_says_what_an_action_would_do(name, arguments, expected):
    assert expected.items() <= impact(name, arguments).items()


def test_an_impact_has_the_target_and_environment_of_the_action_where_none_is_found():
    found = impact("x.y", {}, resource="vault", environment="production")
    assert (found["target"], found["environment"]) == ("vault", "production")


def mapped(kind, **pointers):
    given = {Role[role.upper()]: tuple(at) for role, at in pointers.items()}
    return Context(actions=(Mapped(("acme.*",), kind, given),))


@pytest.mark.parametrize(
    ("kind", "role", "text", "code"),
    [
        (Kind.SQL, "sql", "DROP TABLE users", "sql.drop"),
        (Kind.SQL, "sql", "gibberish (", "sql.uninspectable"),
        (Kind.SHELL, "command", "shred -u x", "shell.format_disk"),
        (Kind.CODE, "code", "import shutil; shutil.rmtree(x)", "code.delete"),
        (Kind.MONGO, "code", "db.users.drop()", "mongo.drop"),
        (Kind.REDIS, "command", "FLUSHALL", "redis.flush"),
    ],
)
def test_policy_says_where_the_text_of_an_action_is(kind, role, text, code):
    context = mapped(kind, **{role: ["/arguments/deep/*/zq"]})
    action = Action("acme.run", "bot", {"deep": [{"zq": text}]})
    (found,) = [f for f in assess(action, context).findings if f.code == code]
    assert (found.pointer, code) == ("/arguments/deep/0/zq", code)


def test_an_action_that_policy_calls_reading_is_understood():
    action = Action("acme.read", "bot", {"zq": "anything", "n": [1]})
    assessment = assess(action, mapped(Kind.READ))
    assert (assessment.inspected, assessment.findings) == (("read",), ())
    assert assessment.impact.verb == "read"


@pytest.mark.parametrize(
    ("arguments", "inspected"),
    [
        ({"zq": "SELECT 1"}, ("sql",)),
        ({"zq": "SELECT 1", "limit": 5}, ("sql",)),
        ({"zq": "SELECT 1", "extra": "x"}, ()),
        ({"extra": "x"}, ()),
    ],
)
def test_a_mapped_action_is_understood_when_every_argument_is(arguments, inspected):
    context = mapped(Kind.SQL, sql=["/arguments/zq"])
    assert assess(Action("acme.run", "bot", arguments), context).inspected == inspected


RISK = Path(__file__).parents[2] / "approvals" / "risk"
_CODE = re.compile(r"[a-z_]+\.[a-z_]+")
_TABLES = {"CODES", "CATALOGUE", "_ACTION", "_FAILED"}


def _emitted():
    """Codes as analysers write them, the tables that explain them left out."""
    kinds = {code.partition(".")[0] for code in CATALOGUE}
    for path in sorted(RISK.glob("*.py")):
        tree = ast.parse(path.read_text())
        tables = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and _TABLES & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        ]
        explained = {id(inner) for node in tables for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in explained:
                text = node.value if isinstance(node.value, str) else ""
                if _CODE.fullmatch(text) and text.partition(".")[0] in kinds:
                    yield text


def test_every_code_that_is_written_is_explained():
    assert set(_emitted()) - CATALOGUE.keys() == set()


def test_every_code_that_is_explained_is_written_somewhere():
    whole = {code for code in CATALOGUE if code.endswith(".uninspectable")}
    written = set(_emitted()) | whole
    # Some analysers put their codes together: "<kind>." and a name of their table.
    written |= {code for code in CATALOGUE if code.startswith("injection.")}
    assert CATALOGUE.keys() - written == set()
    assert {f"{kind}.uninspectable" for kind in _WHOLE} <= whole
    assert {f"{kind}.uninspectable" for kind in _ANALYSERS} <= whole


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("db.run", {"sql": [f"SELECT {n} FROM t" for n in range(2_500)]}),
        ("db.run", {"sql": "SELECT " + "NOT " * 7_000 + "a"}),
        ("db.run", {"sql": "SELECT 1;" * 3_500}),
        ("Bash", {"commands": [f"rm -rf /x{n}" for n in range(2_500)]}),
        ("Bash", {"command": "a " * 16_000}),
        ("Bash", {"command": ["a"] * 60_000}),
        ("run_python", {"code": [f"x{n}=" + "a or " * 3_900 for n in range(12)]}),
        ("k8s.apply", {"manifest": [f"apiVersion: {n}\nkind: P\n" + "a: b\n" * 3_700
                                    for n in range(12)]}),
        ("x.y", {f"code{n}": "import os\nos.remove(x)" for n in range(2_500)}),
        ("x.y", {"a": [1] * 100_000}),
    ],
    ids=["statements", "nots", "many", "commands", "words", "argv", "code", "manifests",
         "members", "numbers"],
)  # fmt: skip
def test_hostile_actions_take_a_bounded_time(name, arguments):
    start = time.process_time()
    assessment = assess(Action(name, "bot", arguments))
    # Four times what is promised: other work may share the processor.
    assert time.process_time() - start < 1
    assert assessment.severity is Severity.CRITICAL or name == "x.y"
    assert assessment.inspected == ()


def test_what_the_database_cannot_keep_is_marked():
    sql = {"a\0b": "\u202e", "sql": 'DROP TABLE "c\0d"'}
    found = assess(Action("x", "bot", sql))
    assert "\0" not in str(found.as_dict())
    assert "/arguments/a⟦U+0000⟧b" in [one.pointer for one in found.findings]
