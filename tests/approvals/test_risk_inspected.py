"""Which actions were understood as a whole, so that a policy may let them pass."""

from typing import Any

import pytest

from approvals.canonical import Action
from approvals.risk import assess

UNDERSTOOD: list[tuple[str, dict[str, Any], str]] = [
    ("sql.execute", {"sql": "SELECT 1"}, "sql"),
    ("mcp__postgres__query", {"query": "SELECT 1", "limit": 5}, "sql"),
    ("db.query", {"sql": "SELECT 1", "dialect": None}, "sql"),
    ("Bash", {"command": "ls -la", "description": "list files"}, "shell"),
    ("shell.run", {"command": ["git", "status"], "timeout": 10}, "shell"),
]
NOT_UNDERSTOOD: list[tuple[str, dict[str, Any]]] = [
    ("send_money", {"amount": 1, "sql": "SELECT 1"}),
    ("query_and_send", {"sql": "SELECT 1"}),
    ("sql.execute", {"sql": "SELECT 1", "then": "send"}),
    ("sql.execute", {"sql": "SELECT 1", "timeout": {"on": "x"}}),
    ("sql.execute", {"sql": "SELECT 1", "nested": {"sql": "SELECT 2"}, "to": "x"}),
    ("Bash", {"command": "ls", "env": {"LD_PRELOAD": "x.so"}}),
    ("email.send", {"to": "ana@example.com"}),
    ("sql.execute", {}),
]


@pytest.mark.parametrize(("name", "arguments", "kind"), UNDERSTOOD)
def test_a_known_tool_with_nothing_beside_is_understood(
    name: str, arguments: dict[str, Any], kind: str
) -> None:
    assessment = assess(Action(name, "a", arguments))
    assert (assessment.inspected, assessment.findings) == ((kind,), ())


@pytest.mark.parametrize(("name", "arguments"), NOT_UNDERSTOOD)
def test_anything_beside_it_is_not(name: str, arguments: dict[str, Any]) -> None:
    assert assess(Action(name, "a", arguments)).inspected == ()


@pytest.mark.parametrize(
    "command",
    [
        "./deploy.sh", "deploy --now", "python tools/wipe.py", "python3 -u x.py",
        "python -m wipe", "bash install.sh", "sh -x ./x", "source env.sh", ". ./env",
        "node app.js", "make deploy", "npm run release", "ls && ./x", "sudo frobnicate",
        "find . -exec ./x {} +", "npx left-pad", "poetry run ./x", "echo $(mystery)",
    ],
)  # fmt: skip
def test_a_program_that_nobody_looked_into_is_said_so(command: str) -> None:
    found = assess(Action("Bash", "a", {"command": command})).findings
    assert "shell.unknown_program" in [finding.code for finding in found]


@pytest.mark.parametrize(
    "command",
    [
        "pytest -q tests", "npm test", "npm run lint", "make check", "cargo build",
        "python -m pytest", "python --version", "python -c 'print(1)'",
        "poetry run mypy .", "cd src && git diff", "bash -c 'ls -l'",
        "cat a.txt | grep b | sort -u | head -3",
        "mkdir -p build && touch build/x", "for f in *.py; do wc -l \"$f\"; done",
    ],
)  # fmt: skip
def test_everyday_commands_have_no_finding(command: str) -> None:
    assessment = assess(Action("Bash", "a", {"command": command}))
    assert assessment.findings == ()
    assert assessment.inspected == ("shell",)


@pytest.mark.parametrize(
    ("command", "severity"),
    [
        ("rm -rf /srv/app", "critical"),
        ("rm -rf ~/project", "critical"),
        ("rm -rf data", "critical"),
        ("rm -rf node_modules", "medium"),
        ("rm -rf /tmp/x", "low"),
        ("rm production.db", "medium"),
        ("rm /tmp/x", "low"),
    ],
)
def test_what_is_deleted_for_good_goes_to_a_person(command: str, severity: str) -> None:
    (found,) = assess(Action("Bash", "a", {"command": command})).findings
    assert found.severity.value == severity


def test_adding_rows_is_no_small_matter() -> None:
    found = assess(Action("sql.execute", "a", {"sql": "INSERT INTO t VALUES (1)"}))
    assert [(f.code, f.severity.value) for f in found.findings] == [
        ("sql.insert", "medium")
    ]
