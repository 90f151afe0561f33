"""Shell text to the simple commands that would run, with their words resolved.

tree-sitter recovers from syntax errors in quadratic time and memory and crashes
the process on long hostile text, so that Limits are checked before it sees any.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import log
from time import thread_time

import tree_sitter
import tree_sitter_bash
from tree_sitter import Node

from approvals.risk.shell_words import Expander, Word

MAX_CHARACTERS = 32_768
"""Longest text that is parsed; longer ones nobody reviews line by line either."""
MAX_OPERATORS = 2_000
"""Most punctuation marks in one text: they drive the cost of error recovery."""
MAX_COMMANDS = 1_000
"""Most commands of one assessment."""
MAX_WORDS = 4_000
"""Most words of one assessment: rules look at each."""
MAX_SECONDS = 0.06
"""Most processor time that the parser may take in one assessment: some twenty times
what the longest script without errors needs."""
_AT_ONCE = 1_000
"""Words and marks of a text that is parsed without trying how long it takes."""
_PART = 0.7
"""A longer one is tried up to here first: the parser takes the square of what follows
an error, and cannot be stopped while it does."""
MAX_VALUE = 2_000
"""Longest value of a variable that is followed."""
_MAX_ITEMS = 100
"""How many items of a loop are looked at."""
_MAX_UPSTREAM = 50
"""How many stages of a pipe are looked back: rules read them for every stage."""

_OPERATOR = re.compile(r"""[!"#$&'()*+;<=>?@\[\\\]^`{|}~\ud800-\udfff]""")
_TOKENS = re.compile(rb"\w+|[^\w\s]")
_PARSEABLE = bytes(byte if byte < 0x80 else ord(".") for byte in range(256))
"""What the grammar gets to see: its scanner looks characters up in tables made for
one byte, and reads beyond them for others. None of these means anything to a shell,
and a dot in their place keeps words words and offsets offsets."""
_LANGUAGE = tree_sitter.Language(tree_sitter_bash.language())
_STATEMENTS = frozenset({"command", "declaration_command", "unset_command"})
_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
_OVERWRITING = frozenset({">", ">>", ">|", "&>", "&>>", ">&", "<>"})


class TooMuchShell(Exception):
    """The text is longer or denser than what can be inspected safely."""


@dataclass(slots=True)
class Budget:
    """How much shell text one assessment may still parse, nested texts included."""

    characters: int = 2 * MAX_CHARACTERS
    operators: int = 2 * MAX_OPERATORS
    words: int = MAX_WORDS
    commands: int = MAX_COMMANDS
    seconds: float = MAX_SECONDS

    def spend(self, text: str) -> None:
        """Take ``text`` off the budget; raises TooMuchShell when it does not fit."""
        # No shell takes NUL characters, and the parser gets slow on them.
        if "\0" in text or len(text) > min(MAX_CHARACTERS, self.characters):
            raise TooMuchShell
        operators = len(_OPERATOR.findall(text))
        if operators > min(MAX_OPERATORS, self.operators):
            raise TooMuchShell
        self.spend_words(len(text.split()))
        self.characters -= len(text)
        self.operators -= operators

    def spend_words(self, number: int) -> None:
        """Take words off the budget; raises TooMuchShell when they do not fit."""
        if number > self.words:
            raise TooMuchShell
        self.words -= number

    def spend_commands(self, number: int) -> None:
        """Take commands off the budget; raises TooMuchShell when they do not fit."""
        self.commands -= number
        if self.commands < 0:
            raise TooMuchShell


@dataclass(frozen=True, slots=True)
class Redirect:
    """A file that the shell itself opens; ``writes`` tells the direction.

    ``empties`` tells that nothing writes into it: it is only cut to nothing.
    """

    target: Word
    writes: bool
    span: tuple[int, int]
    empties: bool = False


@dataclass(slots=True)
class Command:
    """One simple command. ``upstream`` are the commands whose output it reads."""

    words: tuple[Word, ...]
    span: tuple[int, int]
    stdin: str | None = None
    upstream: list["Command"] = field(default_factory=list)
    assignments: tuple[tuple[str, Word], ...] = ()
    reads_file: bool = False


@dataclass(slots=True)
class Script:
    """Everything of interest in one text; spans are character offsets."""

    commands: list[Command] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    assignments: list[tuple[str, Word, tuple[int, int]]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    fork_bombs: list[tuple[int, int]] = field(default_factory=list)
    is_broken: bool = False


def parse(text: str, variables: Mapping[str, str], budget: Budget) -> Script:
    """The script in ``text``, started with ``variables`` already set.

    A script with syntax errors has ``is_broken`` and whatever could be recovered.
    Raises TooMuchShell when the text is beyond the limits.
    """
    budget.spend(text)
    source = text.encode("utf-8", "replace")
    parseable = source.translate(_PARSEABLE)
    if (len(source) - len(source.rstrip(b"\\"))) % 2:
        # A shell keeps a backslash that nothing follows: ``dir C:\``.
        parseable = parseable[:-1] + b"."
    root = _tree(parseable, budget).root_node
    return _Reader(source, root, variables, budget).read()


def _tree(source: bytes, budget: Budget) -> tree_sitter.Tree:
    """Raises TooMuchShell where the parser is about to take too long."""
    parser = tree_sitter.Parser(_LANGUAGE)
    for part in _parts(source):
        if budget.seconds <= 0:
            raise TooMuchShell
        began = thread_time()
        tree = parser.parse(part)
        took = thread_time() - began
        budget.seconds -= took
        if part is not source and took / _PART**2 > budget.seconds:
            raise TooMuchShell
    return tree


def _parts(source: bytes) -> Iterator[bytes]:
    """Beginnings of a long text, the shortest first, and at last all of it."""
    tokens = len(_TOKENS.findall(source))
    for power in range(int(max(0.0, log(_AT_ONCE / max(tokens, 1), _PART))), 0, -1):
        yield source[: int(len(source) * _PART**power)]
    yield source


class _Reader:
    """Walks one tree without recursion: its depth is the author's choice."""

    def __init__(
        self,
        source: bytes,
        root: Node,
        variables: Mapping[str, str],
        budget: Budget,
    ) -> None:
        self.source = source
        self.budget = budget
        self.nodes, self.parents = _nodes(root)
        self.script = Script(is_broken=root.has_error, variables=dict(variables))
        self.expander = Expander(source, self.script.variables)
        self.starts: list[int] = []
        self.ambiguous = self._ambiguous_variables()
        self.is_ascii = source.isascii()

    def read(self) -> Script:
        self.budget.spend_commands(sum(n.type in _STATEMENTS for n in self.nodes))
        for node in self.nodes:
            self._visit(node)
        for node in self.nodes:
            self._connect(node)
        self._find_fork_bombs()
        return self.script

    def _visit(self, node: Node) -> None:
        if node.type in _STATEMENTS:
            self.starts.append(node.start_byte)
            self.script.commands.append(self._command(node))
        elif node.type == "file_redirect":
            self._redirect(node)
        elif node.type == "for_statement":
            self._loop(node)
        elif node.type == "variable_assignment":
            self._assign(node)

    def _span(self, node: Node) -> tuple[int, int]:
        if self.is_ascii:
            return node.start_byte, node.end_byte
        start = len(self.source[: node.start_byte].decode("utf-8", "replace"))
        return start, start + len(self.expander.text_of(node))

    def _command(self, node: Node) -> Command:
        words: list[Word] = []
        assignments = []
        for child in node.children:
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child))
                if node.type == "declaration_command":
                    words.append(Word(self.expander.text_of(child)))
            elif child.type not in _REDIRECTS:
                words.extend(self.expander.words(child))
        return Command(tuple(words), self._span(node), assignments=tuple(assignments))

    def _assignment(self, node: Node) -> tuple[str, Word]:
        name, *_, value = node.children
        is_empty = value.type in {"=", "+="}
        word = Word("") if is_empty else self.expander.word(value)
        return self.expander.text_of(name), word

    def _loop(self, node: Node) -> None:
        """A loop over paths that climb: its variable stands for the worst of them."""
        name = node.child_by_field_name("variable")
        items = node.children_by_field_name("value")[:_MAX_ITEMS]
        texts = [word.text for item in items for word in self.expander.words(item)]
        climbing = next((text for text in texts if ".." in text[:MAX_VALUE]), None)
        if name is not None and climbing is not None and len(climbing) <= MAX_VALUE:
            self.script.variables[self.expander.text_of(name)] = climbing

    def _assign(self, node: Node) -> None:
        name, value = self._assignment(node)
        self.script.assignments.append((name, value, self._span(node)))
        # A value may be made of others, twice each time: it would grow without end.
        is_short = len(value.text) <= MAX_VALUE
        if name in self.ambiguous or not value.known or not is_short:
            self.script.variables.pop(name, None)
        else:
            self.script.variables[name] = value.text

    def _ambiguous_variables(self) -> set[str]:
        """Names whose value depends on what ran before: those set more than once,
        before one command only, piecewise, by a loop or by ``read``."""
        seen: set[str] = set()
        ambiguous: set[str] = set()
        for node in self.nodes:
            parent = self.parents.get(node.id)
            if node.type != "variable_name" or parent is None:
                continue
            name = self.expander.text_of(node)
            if parent.type == "variable_assignment":
                is_plain = parent.children[1].type == "="
                if name in seen or not is_plain or self._is_prefix(parent):
                    ambiguous.add(name)
                seen.add(name)
            elif parent.type in {"for_statement", "subscript", "select_statement"}:
                ambiguous.add(name)
        return ambiguous | self._read_variables()

    def _is_prefix(self, assignment: Node) -> bool:
        """``NAME=value command`` sets the name for that command only."""
        parent = self.parents.get(assignment.id)
        return parent is not None and parent.type == "command"

    def _read_variables(self) -> set[str]:
        names: set[str] = set()
        for node in self.nodes:
            parent = self.parents.get(node.id)
            if node.type == "command_name" and parent is not None:
                command = self.expander.text_of(node)
                if command.strip("\\'\"") in {"read", "mapfile", "printf", "getopts"}:
                    arguments = parent.children
                    names.update(self.expander.text_of(child) for child in arguments)
        return names

    def _redirect(self, node: Node) -> None:
        operator = next((c.type for c in node.children if not c.is_named), "")
        empties = operator in {">", ">|"} and self._is_idle(self.parents.get(node.id))
        for child in node.children:
            if child.is_named and child.type != "file_descriptor":
                for word in self.expander.words(child):
                    writes = operator in _OVERWRITING
                    self.script.redirects.append(
                        Redirect(word, writes, self._span(node), empties)
                    )

    def _is_idle(self, parent: Node | None) -> bool:
        """True for ``> file`` and ``: > file``, where nothing is written."""
        if parent is None or parent.type != "redirected_statement":
            return False
        body = parent.child_by_field_name("body")
        return body is None or (
            body.type == "command"
            and self.expander.text_of(body).strip() in {":", "true", "cat /dev/null"}
        )

    def _connect(self, node: Node) -> None:
        if node.type == "pipeline":
            self._connect_pipeline(node)
        elif node.type in {"heredoc_redirect", "herestring_redirect"}:
            self._connect_text(node)
        elif node.type == "file_redirect" and node.parent is not None:
            is_input = any(child.type == "<" for child in node.children)
            for command in self._between(node.parent.start_byte, node.start_byte):
                command.reads_file |= is_input

    def _between(self, start: int, end: int) -> list[Command]:
        low, high = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return self.script.commands[low:high]

    def _connect_pipeline(self, node: Node) -> None:
        parent = self.parents.get(node.id)
        first = node.start_byte
        if parent is not None and parent.type == "heredoc_redirect":
            # In "cat <<EOF | sh" the grammar puts "| sh" inside the redirect.
            first = self.parents.get(parent.id, node).start_byte
        for child in node.children:
            if child.is_named and child.start_byte > first:
                upstream = self._between(first, child.start_byte)[-_MAX_UPSTREAM:]
                for command in self._between(child.start_byte, child.end_byte):
                    command.upstream = upstream

    def _connect_text(self, node: Node) -> None:
        owner = self.parents.get(node.id)
        if owner is None:
            return
        text = self._redirected_text(node)
        for command in self._between(owner.start_byte, node.start_byte):
            command.stdin = text

    def _redirected_text(self, node: Node) -> str:
        if node.type == "herestring_redirect":
            return self.expander.word(node.children[-1]).text
        bodies = [c for c in node.children if c.type == "heredoc_body"]
        return "".join(self.expander.text_of(body) for body in bodies)

    def _find_fork_bombs(self) -> None:
        for node in self.nodes:
            if node.type == "function_definition":
                name = next((c for c in node.children if c.type == "word"), None)
                body = self.expander.text_of(node)
                if name is not None and "&" in body and "|" in body:
                    self._check_fork_bomb(node, self.expander.text_of(name))

    def _check_fork_bomb(self, node: Node, name: str) -> None:
        inside = self._between(node.start_byte, node.end_byte)
        calls = [c for c in inside if c.words and c.words[0].text == name]
        if len(calls) > 1:
            self.script.fork_bombs.append(self._span(node))


def _nodes(root: Node) -> tuple[list[Node], dict[int, Node]]:
    """All nodes in order, and the parent of each by the number of the child.

    A node itself finds its parent from the root downwards, however deep it stands.
    """
    nodes: list[Node] = []
    parents: dict[int, Node] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        nodes.append(node)
        children = node.children
        parents.update((child.id, node) for child in children)
        stack.extend(reversed(children))
    return nodes, parents
