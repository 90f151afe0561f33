"""The windows of a policy. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from yaml.nodes import Node

from approvals.document import Reader
from approvals.policy import DAY
from approvals.policy_document.names import read_names, read_patterns
from approvals.windows import MAX_WINDOWS, SCOPES, Measure, Window, definition

MAX_SCOPES = 10
SHORTEST = 60
LONGEST = 30 * DAY
"""Seconds."""

_REQUIRED = ("key", "measure", "per", "within")
_KNOWN = (*_REQUIRED, "of", "actions")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RESERVED = re.compile(
    "as|break|const|continue|else|false|for|function|if|import|in|let|loop|null"
    "|package|namespace|return|true|var|void|while"
)
"""Words that CEL keeps for itself."""
_BARE = ("action", "agent", "environment", "resource", "subject")
"""Members of an action that are texts, below which there is nothing."""
_MEMBERS = (*_BARE, "arguments")
_ESCAPE = re.compile(r"~(?![01])")
_SAME = {"agent": "/agent", "subject": "/subject", "resource": "/resource"}
"""Scopes and what they are as pointers."""


def read_windows(reader: Reader, node: Node) -> tuple[Window, ...]:
    """All windows that have a name; what is wrong is reported.

    Wrong ones as well, so that rules that read them are not reported too.
    """
    windows: dict[str, Window] = {}
    for item in reader.items(node, "windows", MAX_WINDOWS):
        members = reader.members(item, "a window", _KNOWN, _REQUIRED)
        if "key" not in members:
            continue
        key = _read_key(reader, members["key"], windows)
        before = len(reader.problems)
        window = _read_window(reader, item, key, members)
        if len(reader.problems) == before:
            _check_double(reader, item, window, windows.values())
        if _is_key(key):
            windows.setdefault(key, window)
    return tuple(windows.values())


def _read_window(
    reader: Reader, item: Node, key: str, members: Mapping[str, Node]
) -> Window:
    before = len(reader.problems)
    values = {
        name: read(reader, members[name])
        for name, read in _READERS.items()
        if name in members
    }
    harmless = {"measure": Measure.COUNT, "of": None, "per": (), "within": SHORTEST}
    window = Window(key=key, **{**harmless, **values})
    if "measure" in members and len(reader.problems) == before:
        _check_of(reader, item, window, members)
    return window


def _check_of(
    reader: Reader, item: Node, window: Window, members: Mapping[str, Node]
) -> None:
    """What is measured fits the measure: nothing for a count, a number for a sum."""
    key, measure, of = window.key, window.measure, window.of
    if measure == Measure.COUNT:
        if "of" in members:
            message = f"window {key!r} counts requests, and not any 'of' them"
            reader.report(members["of"], message, "take it out, or measure: distinct")
    elif "of" not in members:
        message = f"window {key!r} has no 'of', so nothing to measure"
        reader.report(item, message, "of: /arguments/amount")
    elif measure == Measure.SUM and of and not of.startswith("/arguments/"):
        hint = "a sum is of a number, such as /arguments/amount"
        reader.report(members["of"], f"{of!r} is never a number", hint)
    elif of and of in {_SAME.get(scope, scope) for scope in window.per}:
        message = f"window {key!r} tells apart what its groups agree in: always 1"
        reader.report(members["of"], message, "take it out of 'per'")


def _check_double(
    reader: Reader, item: Node, window: Window, others: Iterable[Window]
) -> None:
    for other in others:
        if other.key != window.key and definition(other) == definition(window):
            message = f"windows {other.key!r} and {window.key!r} count the same"
            reader.report(item, message, "one of them is enough")


def _is_key(text: str) -> bool:
    return bool(_KEY.fullmatch(text)) and not _RESERVED.fullmatch(text)


def _read_key(reader: Reader, node: Node, known: Collection[str]) -> str:
    key = reader.text(node, "key")
    if _RESERVED.fullmatch(key):
        reader.report(node, f"{key!r} is a word that rules cannot use as a name")
    elif key.strip() and not _is_key(key):
        hint = "small letters, digits and _, a letter first, at most 64"
        reader.report(node, f"{key!r} is no key of a window", hint)
    elif key in known:
        reader.report(node, f"window {key!r} stands twice")
    return key


def _read_within(reader: Reader, node: Node) -> int:
    before = len(reader.problems)
    seconds = reader.duration(node, "within", LONGEST)
    if len(reader.problems) == before and seconds < SHORTEST:
        reader.report(node, f"within must be from 1m to 30d, not {seconds} seconds")
    return seconds


def _read_actions(reader: Reader, node: Node) -> tuple[str, ...]:
    harm = "leave 'actions' out to count every action"
    return read_patterns(reader, node, "actions", most=20, harm=harm)


def _read_per(reader: Reader, node: Node) -> tuple[str, ...]:
    scopes = read_names(reader, node, "per", "scope", MAX_SCOPES)
    for scope, place in scopes.items():
        if scope.startswith("/"):
            _check_pointer(reader, place, scope)
        elif scope.strip() and scope not in SCOPES:
            reader.report(place, f"scope {scope!r} is unknown", _scope_hint(scope))
    if len(scopes) > 1 and "everything" in scopes:
        message = "'everything' is one group, which other scopes would split"
        reader.report(scopes["everything"], message, "take one of them out")
    return tuple(scopes)


def _scope_hint(scope: str) -> str:
    close = get_close_matches(scope, SCOPES, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"one of {', '.join(SCOPES)}, or a pointer such as /arguments/customer"


def _read_of(reader: Reader, node: Node) -> str | None:
    pointer = reader.text(node, "of")
    if pointer.strip():
        _check_pointer(reader, node, pointer)
    return pointer or None


def _check_pointer(reader: Reader, node: Node, pointer: str) -> None:
    """RFC 6901, into what an action has."""
    tokens = pointer.split("/")[1:]
    if not pointer.startswith("/") or _ESCAPE.search(pointer):
        message = f"{pointer!r} is no pointer"
        hint = "for example /arguments/amount; a / in a name is ~1, a ~ is ~0"
        reader.report(node, message, hint)
    elif tokens[0] not in _MEMBERS:
        close = get_close_matches(tokens[0], _MEMBERS, n=1) or ["arguments"]
        message = f"{pointer!r} points to nothing that an action has"
        hint = f"did you mean /{'/'.join([*close, *tokens[1:]])}?"
        if close == ["arguments"] and len(tokens) == 1:
            hint = f"did you mean /arguments/{tokens[0]}?"
        reader.report(node, message, hint)
    elif tokens[0] in _BARE and len(tokens) > 1:
        message = f"{pointer!r} points into a text, where nothing is"
        reader.report(node, message, f"/{tokens[0]} is all of it")


_READERS: Mapping[str, Callable[[Reader, Node], Any]] = {
    "measure": lambda reader, node: reader.choice(node, "measure", Measure),
    "of": _read_of,
    "per": _read_per,
    "within": _read_within,
    "actions": _read_actions,
}
