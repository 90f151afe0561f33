"""YAML that people write, read strictly: all problems, each with its place. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
)
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_ESCAPES = re.compile(
    # Control characters that YAML refuses, and those that hide or turn text, so that
    # a reader sees another rule than the one that runs (CVE-2021-42574).
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_DURATION = re.compile(r"(\d{1,9})([smhd]?)")
_PERCENT = re.compile(r"(\d{1,3})%")
_AMOUNT = re.compile(r"[+-]?\d{1,15}(\.\d{1,6})?")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where (from 1; None: nowhere in particular) and what helps."""

    line: int | None
    column: int | None
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Unreadable(Exception):
    """Not a document at all; ``problems`` says why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class Reader:
    """Takes a document apart and collects in ``problems`` what is wrong with it.

    After a problem the methods return a harmless value, so that looking can go on;
    whoever reads must look at ``problems`` before using any of it.
    """

    def __init__(self, source: str) -> None:
        """Raises Unreadable for what is no YAML document or no plain one."""
        self.source = source.removeprefix("\ufeff")
        self.problems: list[Problem] = []
        self.root = _compose(self.source)

    def report(self, node: Node, message: str, hint: str | None = None) -> None:
        line, column = _line_and_column(self.source, node.start_mark.index)
        self.problems.append(Problem(line, column, message, hint))

    def report_within(
        self, node: ScalarNode, line: int, column: int, message: str, hint: str | None
    ) -> None:
        """Report a place inside a text, given by its own line and column."""
        line, column = self._place(node, line, column)
        self.problems.append(Problem(line, column, message, hint))

    def members(
        self, node: Node, what: str, known: Collection[str], required: Collection[str]
    ) -> dict[str, Node]:
        """The members of a mapping that has exactly these names."""
        found = {}
        for key, name, value in self.entries(node, what):
            if name in known:
                found[name] = value
            else:
                self.report(key, f"unknown member {name!r}", _did_you_mean(name, known))
        for name in required:
            if name not in found and isinstance(node, MappingNode):
                self.report(node, f"{what} has no {name!r}")
        return found

    def entries(self, node: Node, what: str) -> Iterator[tuple[Node, str, Node]]:
        """Key node, key and value of a mapping with names of its own choice."""
        if not isinstance(node, MappingNode):
            self.report(node, f"{what} must be a mapping, not {_kind(node)}")
            return
        seen = set()
        for key, value in node.value:
            name = self.text(key, "a member's name")
            if name in seen:
                self.report(key, f"member {name!r} stands twice")
            elif name:
                yield key, name, value
            seen.add(name)

    def items(
        self, node: Node, what: str, most: int, *, least: int = 0
    ) -> Sequence[Node]:
        if not isinstance(node, SequenceNode):
            self.report(node, f"{what} must be a list, not {_kind(node)}")
            return ()
        if len(node.value) > most:
            self.report(node, f"{what}: at most {most}, not {len(node.value)}")
            return ()
        if len(node.value) < least:
            self.report(node, f"{what}: at least {least}, not {len(node.value)}")
        return tuple(node.value)

    def text(self, node: Node, what: str, most: int = 200) -> str:
        value = self._scalar(node, what, "str", "text", "put it in quotes")
        if len(value) > most:
            self.report(node, f"{what}: at most {most} characters, not {len(value)}")
            return ""
        if not value.strip() and isinstance(node, ScalarNode) and _kind(node) == "text":
            self.report(node, f"{what} is empty")
        return value

    def integer(self, node: Node, what: str, least: int, most: int) -> int:
        value = self._scalar(node, what, "int", "a whole number")
        if value and not re.fullmatch(r"[+-]?\d{1,9}", value):
            self.report(node, f"{what} must be a plain decimal number")
        elif value and not least <= int(value) <= most:
            self.report(
                node, f"{what} must be from {least} to {most}, not {int(value)}"
            )
        elif value:
            return int(value)
        return least

    def amount(self, node: Node, what: str) -> float:
        """More than 0 and finite, with at most 15 digits before the point and 6 after.

        YAML's other numbers, such as ``.inf``, ``1_000`` or ``1:30``, are refused.
        """
        value = str(node.value) if isinstance(node, ScalarNode) else ""
        tags = {f"tag:yaml.org,2002:{tag}" for tag in ("int", "float")}
        if node.tag not in tags:
            self.report(node, f"{what} must be a number, not {_kind(node)}")
        elif not _AMOUNT.fullmatch(value):
            self.report(node, f"{what} must be a plain decimal number")
        elif float(value) <= 0:
            self.report(node, f"{what} must be more than 0, not {value}")
        else:
            return float(value)
        return 1.0

    def percent(self, node: Node, what: str) -> int:
        """From 1 to 99, written as ``50%``."""
        match = _PERCENT.fullmatch(node.value) if isinstance(node, ScalarNode) else None
        if not match:
            self.report(node, f"{what} must be a percentage", "for example 50%")
            return 1
        if not 1 <= int(match[1]) <= 99:
            self.report(node, f"{what} must be from 1% to 99%, not {node.value}")
        return int(match[1])

    def boolean(self, node: Node, what: str) -> bool:
        value = self._scalar(node, what, "bool", "true or false")
        return value.lower() in {"true", "yes", "on"}

    def duration(self, node: Node, what: str, most: int) -> int:
        """Seconds, written as ``90``, ``90s``, ``30m``, ``4h`` or ``7d``."""
        match = (
            _DURATION.fullmatch(node.value) if isinstance(node, ScalarNode) else None
        )
        if not match:
            self.report(node, f"{what} must be a duration", "for example 30m, 4h or 7d")
            return 1
        seconds = int(match[1]) * _SECONDS[match[2]]
        if not 1 <= seconds <= most:
            self.report(node, f"{what} must be from 1 to {most} seconds, not {seconds}")
        return seconds

    def choice(self, node: Node, what: str, choices: type[_Choice]) -> _Choice:
        value = self.text(node, what)
        if value and value not in set(choices):
            known = ", ".join(choices)
            self.report(node, f"{what} must be one of {known}, not {value!r}")
        return choices(value) if value in set(choices) else next(iter(choices))

    def one_of(self, node: Node, what: str, known: Collection[str]) -> str:
        """A name that was defined elsewhere in the document."""
        value = self.text(node, what)
        if value and value not in known:
            self.report(
                node, f"{what} {value!r} is unknown", _did_you_mean(value, known)
            )
        return value

    def _scalar(
        self, node: Node, what: str, tag: str, kind: str, hint: str | None = None
    ) -> str:
        if isinstance(node, ScalarNode) and node.tag == f"tag:yaml.org,2002:{tag}":
            return str(node.value)
        advice = hint if isinstance(node, ScalarNode) and node.value else None
        self.report(node, f"{what} must be {kind}, not {_kind(node)}", advice)
        return ""

    def _place(self, node: ScalarNode, line: int, column: int) -> tuple[int, int]:
        """Where in the document a place in a text is.

        Indentation and folding change white space only, so the two are walked
        side by side over everything else; what an escape adds is skipped.
        """
        lines = node.value.split("\n")
        wanted = sum(len(text) + 1 for text in lines[: line - 1]) + column
        at = found = node.start_mark.index + (1 if node.style else 0)
        if node.style in {"|", ">"}:
            at = self.source.find("\n", at) + 1
        for char in node.value[:wanted]:
            if not char.isspace() and (
                at := self.source.find(char, at, node.end_mark.index) + 1
            ):
                found = at - 1
        return _line_and_column(self.source, found)


def _compose(source: str) -> Node:
    if len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Unreadable(Problem(None, None, f"longer than {MAX_BYTES // 1024} KiB"))
    if match := _ESCAPES.search(source):
        line, column = _line_and_column(source, match.start())
        message = f"the invisible character U+{ord(match[0]):04X} is not allowed here"
        hint = "where it is meant, write it as an escape in double quotes"
        raise Unreadable(Problem(line, column, message, hint))
    try:
        if problems := tuple(_extras(source)):
            raise Unreadable(*problems)
        node: Node | None = yaml.compose(source, _LOADER)
    except yaml.MarkedYAMLError as error:
        raise Unreadable(_syntax_problem(source, error)) from None
    except yaml.YAMLError as error:
        raise Unreadable(Problem(None, None, f"not YAML: {error}")) from None
    if node is None:
        raise Unreadable(Problem(1, 1, "the document is empty"))
    return node


def _extras(source: str) -> Iterator[Problem]:
    """What YAML can do and this document must not, found without building anything."""
    depth = documents = 0
    for event in yaml.parse(source, _LOADER):
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        documents += isinstance(event, DocumentStartEvent)
        if documents > 1:
            yield _event_problem(source, event, "only one document is allowed")
            return
        if depth > MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            yield _event_problem(source, event, message)
            return
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            yield _event_problem(source, event, "anchors and aliases are not allowed")
        elif isinstance(event, NodeEvent) and getattr(event, "tag", None):
            yield _event_problem(source, event, "tags are not allowed")


def _event_problem(source: str, event: Event, message: str) -> Problem:
    mark: Any = event.start_mark
    return Problem(*_line_and_column(source, mark.index), message)


def _syntax_problem(source: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    message = ": ".join(filter(None, (error.context, error.problem)))
    if mark is None:
        return Problem(None, None, message)
    return Problem(*_line_and_column(source, mark.index), message)


def _line_and_column(source: str, index: int) -> tuple[int, int]:
    """As editors count: YAML breaks lines at U+0085 and U+2028 as well."""
    return source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index)


def _kind(node: Node) -> str:
    if isinstance(node, ScalarNode):
        name = node.tag.rpartition(":")[2]
        kinds = {"str": "text", "int": "a number", "bool": "a truth value"}
        return "nothing" if name == "null" else kinds.get(name, f"a {name}")
    return "a mapping" if isinstance(node, MappingNode) else "a list"


def _did_you_mean(name: str, known: Collection[str]) -> str | None:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else None
