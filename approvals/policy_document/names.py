"""Keys and lists of names in a policy. Pure."""

import re
from collections.abc import Collection

from yaml.nodes import Node

from approvals.document import Reader

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ANYTHING = re.compile(r"\[!?\]?[^\]]*\]|[*?]")
"""What stands for other characters in a shell-style pattern."""


def read_names(
    reader: Reader, node: Node, what: str, noun: str, most: int, *, least: int = 1
) -> dict[str, Node]:
    """So many texts, none of them twice, and where they stand."""
    found: dict[str, Node] = {}
    for item in reader.items(node, what, most, least=least):
        name = reader.text(item, noun, 150)
        if name and name in found:
            reader.report(item, f"{noun} {name!r} stands twice")
        found[name] = item
    return found


def read_key(reader: Reader, node: Node, noun: str, known: Collection[str]) -> str:
    key = reader.text(node, "key")
    check_key(reader, node, key)
    if key in known:
        reader.report(node, f"{noun} {key!r} stands twice")
    return key


def check_key(reader: Reader, node: Node, key: str) -> None:
    if key and not _KEY.fullmatch(key):
        hint = "small letters, digits, - and _, at most 64"
        reader.report(node, f"{key!r} is no key", hint)


def read_patterns(
    reader: Reader, node: Node, what: str, *, most: int, harm: str
) -> tuple[str, ...]:
    """Shell-style patterns, each of which names something; ``harm`` says why."""
    patterns = read_names(reader, node, what, "pattern", most)
    for pattern, place in patterns.items():
        if pattern.strip() and not _ANYTHING.sub("", pattern).strip():
            reader.report(place, f"pattern {pattern!r} names nothing", harm)
    return tuple(patterns)
