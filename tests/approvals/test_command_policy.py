"""Policy as code: export, validate, diff, publish."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from approvals.models import Policy
from approvals.ruleset import SHIPPED, publish
from audit.actions import Action
from audit.log import COMMAND_LINE
from audit.models import Entry

POLICY = """
default_tier: medium
tiers:
  low: {rank: 10, route: auto, permit_lifetime: 5m}
  medium: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
rules:
  - {key: old, when: 'action.name == "a"', tier: medium}
  - {key: kept, when: 'action.name == "b"', tier: medium}
"""


def run(*words: object) -> str:
    stdout = StringIO()
    call_command("policy", *map(str, words), stdout=stdout)
    return stdout.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


@pytest.fixture
def version_1(db: None) -> Policy:
    return publish(POLICY, actor=COMMAND_LINE, reason="a test")


def test_validate_accepts_the_shipped_policy() -> None:
    assert run("validate", SHIPPED) == f"{SHIPPED} is a policy: 5 tiers, 11 rules.\n"


def test_validate_prints_every_problem_with_its_place(file: Path) -> None:
    file.write_text(POLICY.replace("action.name", "action.nam"), encoding="utf-8")
    stdout = StringIO()
    with pytest.raises(CommandError, match="2 problem") as caught:
        call_command("policy", "validate", str(file), stdout=stdout)
    assert caught.value.returncode == 1
    hint = "unknown name action.nam (did you mean action.name?)"
    assert stdout.getvalue().splitlines() == [
        f"{file}:7:23: {hint}",
        f"{file}:8:24: {hint}",
    ]


def test_a_problem_of_the_whole_file_has_no_place(file: Path) -> None:
    file.write_text("x" * 300_000, encoding="utf-8")
    stdout = StringIO()
    with pytest.raises(CommandError, match="1 problem"):
        call_command("policy", "validate", str(file), stdout=stdout)
    assert stdout.getvalue() == f"{file}: longer than 256 KiB\n"


@pytest.mark.parametrize("verb", ["validate", "diff", "publish"])
def test_says_what_is_wrong_with_the_file(verb: str, file: Path) -> None:
    more = ["--reason", "a test"] if verb == "publish" else []
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(verb, file.with_name("missing"), *more)
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        run(verb, file.parent, *more)
    file.write_bytes(b"caf\xe9")
    with pytest.raises(CommandError, match="is not UTF-8: see byte 3"):
        run(verb, file, *more)


def test_export_prints_what_is_in_force_byte_for_byte(version_1: Policy) -> None:
    publish(POLICY + "# new\n", actor=COMMAND_LINE, reason="a test")
    assert run("export") == POLICY + "# new\n"
    assert run("export", "--version", 1) == POLICY


@pytest.mark.django_db
def test_export_says_when_nothing_was_published() -> None:
    with pytest.raises(CommandError, match="No policy was published"):
        run("export")
    with pytest.raises(CommandError, match="No policy 7 was published"):
        run("export", "--version", 7)


def test_diff_shows_lines_tiers_and_rules(version_1: Policy, file: Path) -> None:
    changed = (
        POLICY.replace("5m", "9m")
        .replace("default_tier: medium", "default_tier: top")
        .replace("rules:", "  top: {rank: 99, route: block}\nrules:")
        .replace("key: old", "key: new")
        .replace('"b"', '"c"')
        .replace('"c"\', tier: medium', '"c"\', tier: low')
    )
    file.write_text(changed, encoding="utf-8")
    lines = run("diff", file).splitlines()
    assert lines[:2] == ["--- policy 1", f"+++ {file}"]
    assert "-default_tier: medium" in lines
    assert lines[-6:] == [
        "default tier medium -> top: changed default_tier",
        "tier low: changed permit_lifetime (approves at once), may lower risk",
        "tier top: added, may lower risk",
        "rule old: removed",
        "rule new: added",
        "rule kept: changed when, tier (approves at once), may lower risk",
    ]


def test_diff_says_when_only_words_changed(version_1: Policy, file: Path) -> None:
    file.write_text(POLICY + "# a comment\n", encoding="utf-8")
    lines = run("diff", file).splitlines()
    assert lines[-2:] == [
        "+# a comment",
        "It means the same as what is in force.",
    ]


@pytest.mark.django_db
def test_publish_puts_a_policy_into_force(file: Path, alice: User) -> None:
    printed = run("publish", file, "--reason", "two people", "--user", "alice")
    policy = Policy.objects.get()
    assert printed == f"Policy 1 is in force: {policy.digest}\n"
    assert (policy.source, policy.reason) == (POLICY, "two people")
    assert policy.published_by == alice
    entry = Entry.objects.get(action=Action.POLICY_PUBLISHED)
    assert (entry.actor_type, entry.actor_name) == ("user", "alice")


@pytest.mark.django_db
def test_publish_without_a_user_is_by_the_command_line(file: Path) -> None:
    run("publish", file, "--reason", "a test")
    assert Policy.objects.get().published_by is None
    assert Entry.objects.get(action=Action.POLICY_PUBLISHED).actor_id == "command-line"


def test_publish_says_when_nothing_changed(version_1: Policy, file: Path) -> None:
    assert run("publish", file, "--reason", "x") == "Policy 1 says the same; kept it.\n"
    assert Policy.objects.count() == 1


@pytest.mark.django_db
def test_publish_refuses_what_it_cannot_account_for(file: Path, alice: User) -> None:
    with pytest.raises(CommandError, match="--reason"):
        run("publish", file)
    with pytest.raises(CommandError, match="say why"):
        run("publish", file, "--reason", " ")
    with pytest.raises(CommandError, match="no active user 'mallory'"):
        run("publish", file, "--reason", "x", "--user", "mallory")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError, match="no active user 'alice'"):
        run("publish", file, "--reason", "x", "--user", "alice")
    file.write_text("rules: []", encoding="utf-8")
    with pytest.raises(CommandError, match="is not a policy"):
        run("publish", file, "--reason", "x")
    assert not Policy.objects.exists()
