"""What would policy say? ``manage.py evaluate`` over requests that nobody made."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from approvals import risk, ruleset, windows
from approvals.canonical import Action, InvalidJSON, MalformedJSON, parse
from approvals.management.commands.policy import read_source
from approvals.policy import Ruleset, Verdict, evaluate
from approvals.policy_document import PolicyError
from approvals.policy_document import parse as parse_policy
from approvals.risk.findings import Assessment

MAX_LINE = 256 * 1024
"""Bytes: as much as a request may have."""
CONNECT_TIMEOUT = 3
"""Seconds to wait for a database before the shipped policy is used."""

_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")
_TEXTS = {"environment": 64, "resource": 500, "subject": 200, "justification": 4000}
_MEMBERS = frozenset({"id", "action", "arguments", *_TEXTS})


class BadCase(ValueError):
    """A line that is no request; ``id`` is what it calls itself, where that is read."""

    def __init__(self, message: str, case_id: str | int | None = None) -> None:
        super().__init__(message)
        self.id = case_id


class Command(BaseCommand):
    help = "Says for each request in a file which tier and route it would get."
    # It has to work where nothing else does.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--input", type=Path, required=True, metavar="CASES.jsonl")
        parser.add_argument("--output", type=Path, metavar="FILE")
        parser.add_argument("--policy", type=Path, metavar="FILE.yaml")
        parser.add_argument("--agent", default="evaluate", help="the name of who asks")

    def handle(self, *args: Any, **options: Any) -> None:
        source, target = options["input"], options["output"]
        if target and target.exists() and source.exists() and target.samefile(source):
            raise CommandError("--input and --output are the same file.")
        origin, rules = _rules(options["policy"])
        self.stderr.write(f"Evaluating with {origin}.")
        try:
            with source.open("rb") as cases, _opened(target, self.stdout) as verdicts:
                bad = self._run(cases, verdicts, rules, options["agent"])
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise CommandError(f"{where}{error.strerror}.") from None
        if bad:
            raise CommandError(f"{bad} line(s) could not be read.")

    def _run(
        self, cases: BinaryIO, verdicts: TextIO, rules: Ruleset, agent: str
    ) -> int:
        """How many lines were bad."""
        bad = 0
        ignored: set[str] = set()
        for number, line in enumerate(_lines(cases), start=1):
            if not line.strip():
                continue
            try:
                case_id, action = _case(line, agent, ignored)
                answer = _answer(case_id, action, rules)
            except BadCase as error:
                bad += 1
                self.stderr.write(f"line {number}: {error}")
                if error.id is None:
                    continue
                # What cannot be read is judged like what cannot be judged.
                verdict = Verdict(rules.highest, (f"not a request: {error}",))
                answer = _as_dict(error.id, verdict, Assessment(findings=()))
            verdicts.write(f"{json.dumps(answer)}\n")
        if ignored:
            names = ", ".join(ascii(name[:40]) for name in sorted(ignored)[:10])
            self.stderr.write(f"Ignored members that no request has: {names}.")
        return bad


def _answer(case_id: str | int, action: Action, rules: Ruleset) -> dict[str, Any]:
    assessment = risk.assess(action, rules.context)
    held = windows.alone(rules.windows, action)
    verdict = evaluate(rules, action, assessment, now=datetime.now(UTC), windows=held)
    return _as_dict(case_id, verdict, assessment)


def _as_dict(
    case_id: str | int, verdict: Verdict, assessment: Assessment
) -> dict[str, Any]:
    return {
        "id": case_id,
        "tier": verdict.tier.key,
        "route": verdict.route.value,
        "reasons": list(verdict.reasons),
        "findings": [found.as_dict() for found in assessment.findings],
    }


def _case(line: bytes, agent: str, ignored: set[str]) -> tuple[str | int, Action]:
    """The id and the action in a line; raises BadCase."""
    if len(line) > MAX_LINE:
        raise BadCase(f"longer than {MAX_LINE} bytes")
    try:
        case = parse(line)
    except (MalformedJSON, InvalidJSON) as error:
        raise BadCase(str(error)) from None
    if not isinstance(case, dict):
        raise BadCase("not an object")
    case_id = case.get("id")
    if not isinstance(case_id, str | int) or isinstance(case_id, bool):
        raise BadCase("id must be text or a number")
    ignored |= case.keys() - _MEMBERS
    return case_id, _action(case, case_id, agent)


def _action(case: dict[str, Any], case_id: str | int, agent: str) -> Action:
    name, arguments = case.get("action"), case.get("arguments")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadCase("action must be a name", case_id)
    if not isinstance(arguments, dict):
        raise BadCase("arguments must be an object", case_id)
    texts = {}
    for member, most in _TEXTS.items():
        texts[member] = value = case.get(member)
        if value is not None and not (isinstance(value, str) and len(value) <= most):
            raise BadCase(f"{member} must be text of at most {most}", case_id)
    # A claim, which never has a say in the verdict.
    del texts["justification"]
    return Action(name=name, agent=agent, arguments=arguments, **texts)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Line by line, of an endless one no more than shows that it is too long."""
    while line := file.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE + 1)


def _opened(target: Path | None, stdout: Any) -> AbstractContextManager[Any]:
    return target.open("w", encoding="utf-8") if target else nullcontext(stdout)


def _rules(path: Path | None) -> tuple[str, Ruleset]:
    """What to say about the policy in use, and the policy."""
    if path:
        return str(path), _from_file(path)
    try:
        version, rules = _published()
    except (psycopg.Error, DatabaseError, ruleset.NoPolicy) as error:
        why = (
            "none is published"
            if isinstance(error, ruleset.NoPolicy)
            else "no database"
        )
        return f"the shipped policy ({why})", _from_file(ruleset.SHIPPED)
    return f"published policy {version}", rules


def _published() -> tuple[int, Ruleset]:
    # The pool would wait long and log much before it admits that nobody is there.
    settings = connection.get_connection_params()
    psycopg.connect(**{**settings, "connect_timeout": CONNECT_TIMEOUT}).close()
    return ruleset.current()


def _from_file(path: Path) -> Ruleset:
    try:
        return parse_policy(read_source(path))
    except PolicyError as error:
        raise CommandError(f"{path} is not a policy: {error}") from None
