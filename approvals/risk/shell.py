"""Shell text in an action: which commands would run, and what they would do."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from approvals.risk import (
    code_python,
    kubernetes,
    mongo,
    redis,
    shell_files,
    shell_network,
    shell_system,
    shell_variables,
    sql,
    sql_parse,
    terraform,
)
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_code import sql_run_by, strings_run_by
from approvals.risk.shell_database import sql_in
from approvals.risk.shell_known import unknown
from approvals.risk.shell_nested import SHELLS, nested_in, read_text
from approvals.risk.shell_parse import (
    MAX_VALUE,
    Budget,
    Command,
    Script,
    TooMuchShell,
    parse,
)
from approvals.risk.shell_rules import matches_of
from approvals.risk.shell_words import Word
from approvals.risk.shell_wrappers import unwrap

MAX_NESTING = 8
"""How deep scripts may contain scripts before nobody can tell what runs."""
MAX_CHARACTERS_OF = {
    "code": 2 * code_python.MAX_CHARACTERS,
    "kubernetes": 2 * kubernetes.MAX_CHARACTERS,
    "mongo": mongo.MAX_CHARACTERS,
    "redis": redis.MAX_CHARACTERS,
    "terraform": terraform.MAX_CHARACTERS,
}
"""Most text of one kind that one assessment reads, wherever it stands."""
MAX_TEXTS = 120
"""Most texts of one action that are analysed."""
_UNRESOLVED_NAME = re.compile(r"[$`*?{\[]|^<\(")
_HOOK = re.compile(
    r"^\$\((brew|conda|dircolors|direnv|fnm|mise|nodenv|opam|pyenv|rbenv|ssh-agent"
    r"|starship|zoxide)( [\w./ =-]{0,80})?\)$"
)
"""``eval "$(direnv hook bash)"``: the way in which their manuals start them."""
_TEST_NAMES = frozenset({"[", "[[", "test"})

Span = tuple[int, int]


@dataclass(slots=True)
class Budgets:
    """What one assessment may still spend on each language."""

    shell: Budget = field(default_factory=Budget)
    sql: sql_parse.Budget = field(default_factory=sql_parse.Budget)
    others: dict[str, int] = field(default_factory=dict)
    texts: int = MAX_TEXTS

    def fits(self, kind: str, text: str) -> bool:
        """Take a text of another language off its budget; False where it is spent."""
        left = self.others.get(kind, MAX_CHARACTERS_OF[kind]) - len(text)
        self.others[kind] = left
        return left >= 0


@dataclass(frozen=True, slots=True)
class _Task:
    """A script to look at; ``span`` is where it stands in the outermost text."""

    text: str
    variables: Mapping[str, str]
    depth: int = 0
    span: Span | None = None


def analyse(text: str, pointer: str, budgets: Budgets) -> list[Finding]:
    """Findings for all commands in ``text`` and in the scripts that they contain.

    Text beyond the budgets is one more, critical finding. Raises RecursionError
    on deeply nested SQL.
    """
    return _Inspection(pointer, budgets).run(text)


def _with_input(words: tuple[Word, ...], text: str | None) -> tuple[Word, ...]:
    """The words with what ``xargs`` reads in them, where the text itself tells."""
    if text is None or len(text) > MAX_VALUE:
        return words
    is_script = any(word.text == "-c" for word in words)
    read = [text] if is_script else text.split()
    filled: list[Word] = []
    for word in words:
        is_place = word.raw == "{}" and len(filled) < MAX_VALUE
        filled += [Word(item) for item in read] if is_place else [word]
    return tuple(filled) or words


@dataclass(slots=True)
class _Inspection:
    pointer: str
    budgets: Budgets
    found: list[Finding] = field(default_factory=list)
    tasks: deque[_Task] = field(default_factory=deque)
    downloads: set[str] = field(default_factory=set)

    def run(self, text: str) -> list[Finding]:
        self.tasks.append(_Task(text, {}))
        try:
            while self.tasks:
                self._inspect(self.tasks.popleft())
        except TooMuchShell:
            message = "Contains more shell text than can be inspected"
            match = Match("shell.uninspectable", Severity.CRITICAL, message)
            self._add(match, None)
        return self.found

    def _add(self, match: Match, span: Span | None) -> None:
        self.found.append(match.at(self.pointer, span))

    def _inspect(self, task: _Task) -> None:
        if task.depth > MAX_NESTING:
            raise TooMuchShell
        script = parse(task.text, task.variables, self.budgets.shell)
        if script.is_broken:
            message = "Contains shell text that could not be parsed"
            self._add(Match("shell.uninspectable", Severity.HIGH, message), task.span)
        for match, span in shell_system.fork_bombs(script):
            self._add(match, task.span or span)
        for redirect in script.redirects:
            for match in shell_files.redirects(redirect):
                self._add(match, task.span or redirect.span)
        self._inspect_assignments(script, task)
        for command in script.commands:
            self._inspect_command(command, command.words, script, task)

    def _inspect_assignments(self, script: Script, task: _Task) -> None:
        for name, value, span in script.assignments:
            self._inspect_variable(name, value, span, script, task)

    def _inspect_variable(
        self, name: str, value: Word, span: Span, script: Script, task: _Task
    ) -> None:
        for match in shell_variables.assignment(name, value):
            self._add(match, task.span or span)
        if shell_variables.runs_command(name):
            self._nest(value.text, script, task, task.span or span)

    def _nest(self, text: str, script: Script, task: _Task, span: Span) -> None:
        if text.strip():
            self.tasks.append(_Task(text, script.variables, task.depth + 1, span))

    def _inspect_command(
        self,
        command: Command,
        words: tuple[Word, ...],
        script: Script,
        task: _Task,
        levels: int = 0,
    ) -> None:
        if levels > MAX_NESTING:
            raise TooMuchShell
        span = task.span or command.span
        inner, wrappers = unwrap(words)
        if not inner or inner[0].text in _TEST_NAMES:
            return
        if "xargs" in wrappers:
            inner = _with_input(inner, read_text(command))
        for name, value in shell_variables.given_before(words[: -len(inner)]):
            if wrappers:
                self._inspect_variable(name, value, span, script, task)
        call = Call(inner, command, wrappers)
        for match in (*self._name_matches(call), *matches_of(call), *unknown(call)):
            self._add(match, span)
        self._inspect_sql(call, span)
        for nested in (*nested_in(call), *strings_run_by(call)):
            if isinstance(nested, str):
                self._nest(nested, script, task, span)
            else:
                self._inspect_command(command, nested, script, task, levels + 1)

    def _name_matches(self, call: Call) -> Iterator[Match]:
        first = call.words[0]
        if _HOOK.match(first.raw):
            return
        if not first.known or _UNRESOLVED_NAME.search(first.text):
            is_fetched = bool(first.raw and shell_network.is_fetching(first.raw))
            code = "shell.remote_code" if is_fetched else "shell.uninspectable"
            severity = Severity.CRITICAL if is_fetched else Severity.HIGH
            message = (
                f"Runs a command that only the shell knows: {shortened(call.line)}"
            )
            yield Match(code, severity, message)
        yield from self._download_matches(call)

    def _download_matches(self, call: Call) -> Iterator[Match]:
        """What was saved from the network earlier in the text and is run now."""
        is_interpreter = call.name in SHELLS or call.name in {"source", ".", "python3"}
        started = call.words[:2] if is_interpreter else call.words[:1]
        if any(word.text.removeprefix("./") in self.downloads for word in started):
            message = f"Runs what was downloaded before: {shortened(call.line)}"
            yield Match("shell.remote_code", Severity.CRITICAL, message)
        if call.name in shell_network.FETCHERS:
            self.downloads |= shell_network.saved_names(call)

    def _inspect_sql(self, call: Call, span: Span) -> None:
        for text in (*sql_in(call), *sql_run_by(call)):
            for found in sql.analyse(text, self.pointer, self.budgets.sql):
                self._add(
                    Match(
                        found.code,
                        found.severity,
                        found.message,
                        found.target,
                        found.scale,
                    ),
                    span,
                )
