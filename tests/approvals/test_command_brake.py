"""``manage.py brake``: the way for who has a shell and no browser."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from agents import brake
from agents.models import Agent, Brake
from approvals import lifecycle
from audit.log import SYSTEM
from audit.models import Entry

pytestmark = pytest.mark.django_db


def run(*words: str, stderr: StringIO | None = None) -> str:
    stdout = StringIO()
    call_command("brake", *words, stdout=stdout, stderr=stderr or StringIO())
    return stdout.getvalue()


def state(*words: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(run(*words, "--json"))
    return parsed


def refusal(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*words)
    assert caught.value.returncode == 1
    return str(caught.value)


def test_status_says_that_nothing_is_in_force() -> None:
    assert run("status") == "No brake is in force.\n"
    assert state("status") == {"engaged": False, "mode": None, "scopes": []}


def test_engages_everything_in_mode_hold_by_default() -> None:
    text = run("engage", "--reason", "It loops")
    pulled = Brake.objects.get()
    assert (pulled.scope, pulled.value, pulled.mode) == ("everything", "", "hold")
    at = brake.as_dict(pulled)["engaged_at"]
    line = f"  hold everything, since {at}, by command line: It loops"
    assert text == f"In force:\n{line}\n"
    assert Entry.objects.get(action="brake:engaged").actor_id == "command-line"


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("environment:production", "production"),
        ("agent:deploy-bot", "deploy-bot"),
        ("session:run:7", "run:7"),
        ("action:sql.*", "sql.*"),
        ("resource:s3://bucket", "s3://bucket"),
        ("tier:high", "high"),
    ],
    ids=lambda text: text.partition(":")[0],
)
def test_engages_a_scope(scope: str, value: str) -> None:
    answer = state("engage", "--scope", scope, "--mode", "deny", "--reason", "x")
    assert (answer["engaged"], answer["mode"]) == (True, "deny")
    assert answer["scopes"] == [brake.as_dict(Brake.objects.get())]
    assert answer["scopes"][0]["value"] == value


def test_engages_a_session_of_one_agent(agent: Agent) -> None:
    words = ["--scope", "session:run-7", "--agent", agent.name, "--reason", "x"]
    assert state("engage", *words)["scopes"][0]["agent"] == "deploy-bot"


def test_warns_of_an_agent_that_is_not_there_and_stops_it_all_the_same() -> None:
    stderr = StringIO()
    run("engage", "--scope", "agent:x", "--reason", "x", stderr=stderr)
    assert "There is no agent x yet." in stderr.getvalue()
    assert Brake.objects.get().value == "x"


def test_one_release_is_enough_where_one_is_needed(settings: Settings) -> None:
    settings.BRAKE_RELEASE_PEOPLE = 1
    run("engage", "--reason", "x")
    assert run("release", "--reason", "y") == "No brake is in force.\n"
    assert Brake.objects.get().releases.get().human == "command-line"


def test_where_two_are_needed_the_shell_is_one_of_them() -> None:
    stderr = StringIO()
    run("engage", "--reason", "x")
    assert "In force" in run("release", "--reason", "y", stderr=stderr)
    assert "until one more person has agreed in the browser" in stderr.getvalue()
    assert "has agreed already" in refusal("release", "--reason", "y")
    pulled = brake.in_force()[0]
    lifecycle.release_brake(pulled.pk, human="user:1", actor=SYSTEM, reason="z")
    assert run("status") == "No brake is in force.\n"


def test_releases_what_has_the_scope_in_every_mode_or_in_one(
    settings: Settings,
) -> None:
    settings.BRAKE_RELEASE_PEOPLE = 1
    for mode in ("hold", "deny"):
        run("engage", "--scope", "tier:high", "--mode", mode, "--reason", "x")
    run("engage", "--scope", "tier:low", "--reason", "x")
    words = ["release", "--scope", "tier:high", "--reason", "x"]
    left = state(*words, "--mode", "deny")["scopes"]
    assert [(one["value"], one["mode"]) for one in left] == [
        ("high", "hold"),
        ("low", "hold"),
    ]
    run("engage", "--scope", "tier:high", "--mode", "deny", "--reason", "x")
    assert [one["value"] for one in state(*words)["scopes"]] == ["low"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["engage"], "--reason: Say why."),
        (["engage", "--reason", " "], "--reason: Say why."),
        (["engage", "--scope", "galaxy", "--reason", "x"], "--scope: There is no"),
        (["engage", "--scope", "tier", "--reason", "x"], "--scope: Say which tier"),
        (["engage", "--scope", "everything:x", "--reason", "x"], "takes no value"),
        (["engage", "--agent", "x", "--reason", "x"], "--agent: Only a brake on"),
        (["engage", "--mode", "pause", "--reason", "x"], "--mode: There is no such"),
        (["release", "--mode", "x", "--reason", "x"], "--mode: There is no such mode"),
        (["release", "--reason", "x"], "No brake with that scope is in force."),
        (["stop", "--reason", "x"], "invalid choice: 'stop'"),
    ],
    ids=[
        "no-reason", "blank-reason", "unknown-scope", "no-value", "value", "agent",
        "unknown-mode", "release-of-unknown-mode", "nothing-to-release", "unknown-verb",
    ],
)  # fmt: skip
def test_bad_input_ends_with_a_sentence(words: list[str], sentence: str) -> None:
    assert sentence in refusal(*words)
    assert not Brake.objects.exists()


def test_a_release_has_a_reason() -> None:
    run("engage", "--reason", "x")
    assert refusal("release") == "--reason: Say why."
    assert brake.in_force()


def test_a_terminal_is_not_written_to_by_names() -> None:
    run("engage", "--scope", "session:\x1b[2Jx", "--reason", "\x1b]0;x\x07")
    assert "\x1b" not in run("status")
