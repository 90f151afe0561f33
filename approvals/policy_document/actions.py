"""What a policy says actions are, and which domains are ours. Pure."""

import re

from yaml.nodes import Node, ScalarNode, SequenceNode

from approvals.document import Reader
from approvals.policy_document.names import read_names, read_patterns
from approvals.risk.context import Kind, Mapped, Role

MAX_ACTIONS = 200
MAX_DOMAINS = 200
MAX_POINTERS = 20

_PLACES = ("/arguments", "/resource", "/subject")
_ESCAPE = re.compile(r"~(?![01])")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{1,20}}")
_HARM = "it would say of every action what it is"


def read_actions(reader: Reader, node: Node) -> tuple[Mapped, ...]:
    """What actions are, and where in them the values stand that matter."""
    found = []
    names = ("match", "kind", "pointers")
    for item in reader.items(node, "actions", MAX_ACTIONS):
        members = reader.members(item, "an action", names, ("match", "kind"))
        if not members.keys() >= {"match", "kind"}:
            continue
        found.append(
            Mapped(
                _read_match(reader, members["match"]),
                reader.choice(members["kind"], "kind", Kind),
                _read_pointers(reader, members.get("pointers")),
            )
        )
    return tuple(found)


def _read_match(reader: Reader, node: Node) -> tuple[str, ...]:
    """One pattern, or a list of them."""
    if isinstance(node, ScalarNode):
        node = SequenceNode("tag:yaml.org,2002:seq", [node], node.start_mark)
    return read_patterns(reader, node, "match", most=50, harm=_HARM)


def _read_pointers(reader: Reader, node: Node | None) -> dict[Role, tuple[str, ...]]:
    pointers: dict[Role, tuple[str, ...]] = {}
    for key, name, value in reader.entries(node, "pointers") if node else ():
        reader.one_of(key, "a pointer's role", [str(role) for role in Role])
        if name in set(Role):
            pointers[Role(name)] = _read_places(reader, value, name)
    return pointers


def _read_places(reader: Reader, node: Node, role: str) -> tuple[str, ...]:
    if isinstance(node, ScalarNode):
        node = SequenceNode("tag:yaml.org,2002:seq", [node], node.start_mark)
    places = read_names(reader, node, role, "pointer", MAX_POINTERS)
    for pointer, place in places.items():
        if pointer and not _is_pointer(pointer):
            message = f"{pointer!r} points to nothing that an action has"
            reader.report(place, message, "for example /arguments/sql")
    return tuple(places)


def _is_pointer(text: str) -> bool:
    is_below = any(text == top or text.startswith(f"{top}/") for top in _PLACES)
    return is_below and not _ESCAPE.search(text)


def read_domains(reader: Reader, node: Node) -> tuple[str, ...]:
    """Domains of one's own; what lies below them belongs to them."""
    domains = read_names(
        reader, node, "internal_domains", "domain", MAX_DOMAINS, least=0
    )
    for domain, place in domains.items():
        if domain and not _DOMAIN.fullmatch(domain):
            message = f"{domain!r} is no domain"
            reader.report(place, message, "small letters, such as example.com")
    return tuple(domains)
