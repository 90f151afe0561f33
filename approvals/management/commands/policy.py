"""Policy as code: ``manage.py policy export|validate|diff|publish|schema``."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from approvals.document import MAX_BYTES
from approvals.models import Policy, PolicyProposal
from approvals.policy import Ruleset
from approvals.policy_diff import changes
from approvals.policy_document import PolicyError, parse
from approvals.policy_document.schema import schema
from approvals.proposals import NobodyNamed, ProposalError, put_forward
from approvals.ruleset import ReasonMissing
from audit.log import COMMAND_LINE, person

_MAY_LOWER = ", may lower risk"


class Command(BaseCommand):
    help = "Shows, checks, compares and publishes policies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        export = verbs.add_parser("export", help="print what is in force")
        export.add_argument("--version", type=int, help="print this one instead")
        verbs.add_parser("schema", help="print the JSON Schema, for editors")
        for name, text in (
            ("validate", "list all problems of a policy"),
            ("diff", "compare a policy with what is in force"),
            ("publish", "put a policy into force as a new version"),
        ):
            verb = verbs.add_parser(name, help=text)
            verb.add_argument("file", type=Path, metavar="FILE.yaml")
        verb.add_argument("--reason", required=True, help="why, for the audit log")
        verb.add_argument("--user", help="who; default: the command line")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "export":
            self.stdout.write(_published(options["version"]).source, ending="")
            return
        if options["verb"] == "schema":
            self.stdout.write(json.dumps(schema(), indent=2))
            return
        path = options["file"]
        source = read_source(path)
        try:
            self._handle_file(path, source, options)
        except PolicyError as error:
            report = self.stdout if options["verb"] == "validate" else self.stderr
            for line in _problem_lines(path, error):
                report.write(line)
            count = len(error.problems)
            raise CommandError(f"{path} is not a policy: {count} problem(s).") from None

    def _handle_file(self, path: Path, source: str, options: dict[str, Any]) -> None:
        ruleset = parse(source)
        if options["verb"] == "validate":
            counts = f"{len(ruleset.tiers)} tiers, {len(ruleset.rules)} rules"
            self.stdout.write(f"{path} is a policy: {counts}.")
        elif options["verb"] == "diff":
            self._diff(path, source, ruleset)
        else:
            self._publish(source, options["reason"], options["user"])

    def _diff(self, path: Path, source: str, ruleset: Ruleset) -> None:
        old = _published(None)
        lines = unified_diff(
            old.source.splitlines(),
            source.splitlines(),
            fromfile=f"policy {old.version}",
            tofile=str(path),
            lineterm="",
        )
        for line in lines:
            self.stdout.write(line)
        found = changes(parse(old.source), ruleset)
        for change in found:
            self.stdout.write(f"{change}{_MAY_LOWER if change.lowers else ''}")
        if not found:
            self.stdout.write("It means the same as what is in force.")

    def _publish(self, source: str, reason: str, name: str | None) -> None:
        user = _user(name) if name else None
        actor = person(user) if user else COMMAND_LINE
        newest = Policy.objects.order_by("-version").first()
        try:
            policy = put_forward(source, actor=actor, user=user, reason=reason)
        except ReasonMissing as error:
            raise CommandError(f"--reason: {error}.") from None
        except NobodyNamed as error:
            raise CommandError(f"--user: {error}.") from None
        except ProposalError as error:
            raise CommandError(str(error)) from None
        if isinstance(policy, PolicyProposal):
            self.stdout.write(
                f"It may lower risk: proposal {policy.pk} waits for a second person."
            )
        elif newest and newest.version == policy.version:
            self.stdout.write(f"Policy {policy.version} says the same; kept it.")
        else:
            self.stdout.write(f"Policy {policy.version} is in force: {policy.digest}")


def _published(version: int | None) -> Policy:
    policies = Policy.objects.order_by("-version")
    if version is not None:
        policies = policies.filter(version=version)
    policy = policies.first()
    if policy is None:
        which = "No policy" if version is None else f"No policy {version}"
        raise CommandError(f"{which} was published.")
    return policy


def _user(name: str) -> User:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name!r}.")
    return user


def read_source(path: Path) -> str:
    """The text of a policy file; raises CommandError when there is none."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1).decode("utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8: see byte {error.start}."
        raise CommandError(message) from None


def _problem_lines(path: Path, error: PolicyError) -> Iterator[str]:
    for problem in error.problems:
        place = f"{problem.line}:{problem.column}:" if problem.line else ""
        yield f"{path}:{place} {problem}"
