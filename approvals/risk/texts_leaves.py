"""The strings of an action, and the commands that it is put together from."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from approvals.canonical import pointer_to
from approvals.risk.context import Kind
from approvals.risk.tables import names
from approvals.risk.view import tokens


class Trust(StrEnum):
    """How sure it is that a text is of its kind."""

    NAMED = "named"
    """The action or member says so: text that cannot be read is a finding."""
    LOOKS = "looks"
    """It only looks so: what cannot be read is taken for prose."""


@dataclass(frozen=True, slots=True)
class Text:
    """One string to analyse; ``offset`` is where it starts in the argument.

    ``language`` is what the action says of code, or nothing.
    """

    kind: Kind
    text: str
    pointer: str
    trust: Trust = Trust.NAMED
    offset: int | None = 0
    language: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class TextLeaf:
    """One string, or words that make one command; compared by identity."""

    member: str
    text: str
    pointer: str


MAX_STRINGS = 3_000
"""Most strings of one action that are looked at."""
_SHELL_TOKENS = names(
    "argv bash cmd cmdline cmds command commands powershell script scripts sh shell"
)
_SHELL_MEMBERS = frozenset({"args", "entrypoint", "exec", "run"})
_ARGUMENT_MEMBERS = ("args", "argv", "arguments", "parameters", "params", "flags")
_PLURAL_MEMBERS = frozenset({"commands", "cmds", "scripts"})


def is_command_member(member: str) -> bool:
    """Whether a member's name says that it holds a command."""
    return member.lower() in _SHELL_MEMBERS or bool(tokens(member) & _SHELL_TOKENS)


def leaves_of(arguments: Mapping[str, Any]) -> tuple[list[TextLeaf], list[TextLeaf]]:
    """All strings with their members, and apart from them what is a command.

    No more than MAX_STRINGS of them: who reads them says so where there are more.
    """
    leaves: list[TextLeaf] = []
    commands: list[TextLeaf] = []
    stack: list[tuple[str, str, Any]] = [("", "/arguments", arguments)]
    while stack and len(leaves) + len(commands) <= MAX_STRINGS:
        member, pointer, value = stack.pop()
        if isinstance(value, str):
            leaf = TextLeaf(member, value, pointer)
            (commands if is_command_member(member) else leaves).append(leaf)
        elif isinstance(value, Mapping):
            commands.extend(_with_arguments(value, pointer))
            stack.extend(
                (str(name), pointer_to(pointer, str(name)), item)
                for name, item in reversed(list(islice(value.items(), MAX_STRINGS)))
                if isinstance(item, str | Mapping | list | tuple)
            )
        elif isinstance(value, list | tuple):
            commands.extend(_joined(member, pointer, value))
            stack.extend(
                (_element_member(member, value), pointer_to(pointer, index), item)
                for index, item in reversed(list(enumerate(value[:MAX_STRINGS])))
                if isinstance(item, str | Mapping | list | tuple)
            )
    return leaves, commands


def _element_member(member: str, value: list[Any] | tuple[Any, ...]) -> str:
    """Words of one command are not commands; elements of other lists are."""
    is_argv = is_command_member(member) and _is_argv(member, value)
    return "element" if is_argv else member


def _is_argv(member: str, value: list[Any] | tuple[Any, ...]) -> bool:
    is_first_a_word = bool(value) and isinstance(value[0], str) and " " not in value[0]
    return is_first_a_word and member.lower() not in _PLURAL_MEMBERS


def _joined(
    member: str, pointer: str, value: list[Any] | tuple[Any, ...]
) -> Iterator[TextLeaf]:
    if is_command_member(member) and _is_argv(member, value):
        yield TextLeaf("", _join(value), pointer)


def _join(words: list[Any] | tuple[Any, ...]) -> str:
    return shlex.join(
        str(word) for word in words if isinstance(word, str | int | float)
    )


def _with_arguments(value: Mapping[str, Any], pointer: str) -> Iterator[TextLeaf]:
    """``{"command": "rm", "args": ["-rf", "/"]}`` is one command."""
    for name, command in value.items():
        if not isinstance(command, str) or not is_command_member(str(name)):
            continue
        for other in _ARGUMENT_MEMBERS:
            more = value.get(other)
            if other == name or not more or not isinstance(more, list | tuple | str):
                continue
            tail = more if isinstance(more, str) else _join(more)
            yield TextLeaf("", f"{command} {tail}", pointer_to(pointer, str(name)))
