"""Policy as code: ``manage.py policy export|validate|diff|publish``."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import unified_diff
from pathlib import Path
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from approvals.document import MAX_BYTES
from approvals.models import Policy
from approvals.policy import Route, Rule, Ruleset, Tier, TripWire
from approvals.policy_document import PolicyError, parse
from approvals.ruleset import ReasonMissing, publish
from audit.log import COMMAND_LINE, person

Part = TypeVar("Part", Tier, Rule, TripWire)


class Command(BaseCommand):
    help = "Shows, checks, compares and publishes policies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        export = verbs.add_parser("export", help="print what is in force")
        export.add_argument("--version", type=int, help="print this one instead")
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
        changes = list(_changes(parse(old.source), ruleset))
        for change in changes or ["Tiers, rules and trip wires stay as they are."]:
            self.stdout.write(change)

    def _publish(self, source: str, reason: str, name: str | None) -> None:
        user = _user(name) if name else None
        actor = person(user) if user else COMMAND_LINE
        newest = Policy.objects.order_by("-version").first()
        try:
            policy = publish(source, actor=actor, user=user, reason=reason)
        except ReasonMissing as error:
            raise CommandError(f"--reason: {error}.") from None
        if newest and newest.version == policy.version:
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


def _changes(old: Ruleset, new: Ruleset) -> Iterator[str]:
    if old.default_tier != new.default_tier:
        yield f"default tier: {old.default_tier} -> {new.default_tier}"
    yield from _changed_parts("tier", old.tiers, new.tiers, new)
    old_rules = {rule.key: rule for rule in old.rules}
    new_rules = {rule.key: rule for rule in new.rules}
    yield from _changed_parts("rule", old_rules, new_rules, new)
    old_wires = {wire.key: wire for wire in old.trip_wires}
    new_wires = {wire.key: wire for wire in new.trip_wires}
    yield from _changed_parts("trip wire", old_wires, new_wires, new)


def _changed_parts(
    noun: str,
    old: Mapping[str, Part],
    new: Mapping[str, Part],
    ruleset: Ruleset,
) -> Iterator[str]:
    for key in old.keys() - new.keys():
        yield f"{noun} {key}: removed"
    for key, part in new.items():
        note = " (approves at once)" if _opens(part, ruleset) else ""
        if key not in old:
            yield f"{noun} {key}: added{note}"
        elif old[key] != part:
            names = ", ".join(_changed_members(old[key], part))
            yield f"{noun} {key}: changed {names}{note}"


def _changed_members(old: Part, new: Part) -> Iterator[str]:
    for member in fields(new):
        before, after = getattr(old, member.name), getattr(new, member.name)
        if member.compare and before != after:
            yield member.name


def _opens(part: Part, ruleset: Ruleset) -> bool:
    if isinstance(part, TripWire):
        return False
    tier = ruleset.tiers[part.tier] if isinstance(part, Rule) else part
    return tier.route == Route.AUTO
