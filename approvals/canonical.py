"""Strict JSON in; RFC 8785 bytes and the digest out. Pure; the only place for both."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn

from audit import jcs

MAX_DEPTH = 32
"""How deep objects and lists may nest, the document itself included."""
MAX_INTEGER = 2**53 - 1
"""The largest integer every JSON reader understands alike (RFC 8259, section 6)."""

_EXPONENT_FROM = 1e21
"""Where RFC 8785 begins to write numbers with an exponent (ECMAScript's rule)."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedJSON(ValueError):
    """Not JSON at all, or JSON that two readers could understand differently."""


class InvalidJSON(ValueError):
    """JSON that goes beyond our limits; ``pointer`` (RFC 6901) says where."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer
        self.message = message


@dataclass(frozen=True, slots=True)
class Action:
    """What would run, and who asks: exactly what the digest covers."""

    name: str
    agent: str
    arguments: Mapping[str, Any]
    environment: str | None = None
    resource: str | None = None
    subject: str | None = None

    def canonical(self) -> str:
        """RFC 8785 JSON of the six members of API.md, absent ones null."""
        document = {
            "action": self.name,
            "agent": self.agent,
            "arguments": self.arguments,
            "environment": self.environment,
            "resource": self.resource,
            "subject": self.subject,
        }
        return jcs.dumps(document).decode()


def digest(canonical: str) -> str:
    """``sha256:`` and the hex SHA-256 of an action's canonical JSON."""
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"


def parse(body: bytes) -> Any:
    """The document in ``body``, read strictly.

    Raises MalformedJSON for malformed JSON, invalid UTF-8, duplicate member
    names, NaN, Infinity and lone surrogates; InvalidJSON for nesting deeper
    than MAX_DEPTH and numbers outside the range that doubles hold exactly.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJSON(f"not UTF-8 at byte {error.start}") from None
    try:
        document = json.loads(
            text,
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise MalformedJSON(f"{error.msg} at {where}") from None
    except RecursionError:
        raise InvalidJSON("", f"nested deeper than {MAX_DEPTH} levels") from None
    _check(document, "", 1)
    return document


def pointer_to(parent: str, member: str | int) -> str:
    """The RFC 6901 pointer of a member or element of ``parent``."""
    escaped = str(member).replace("~", "~0").replace("/", "~1")
    return f"{parent}/{escaped}"


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJSON(f"member {twice!a} stands twice in one object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJSON(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    # Python refuses to convert thousands of digits; far fewer are out of range.
    return int(digits) if len(digits) <= 17 else float("inf")


def _check(value: Any, pointer: str, depth: int) -> None:
    """Raise for what json.loads lets through and this contract does not."""
    if isinstance(value, str):
        _refuse_surrogates(value)
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise InvalidJSON(pointer, f"nested deeper than {MAX_DEPTH} levels")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for member, item in items:
            if isinstance(member, str):
                _refuse_surrogates(member)
            _check(item, pointer_to(pointer, member), depth + 1)
    elif isinstance(value, int | float):
        _check_number(value, pointer)


def _check_number(value: int | float, pointer: str) -> None:
    if abs(value) == float("inf"):
        raise InvalidJSON(pointer, "the number is too large")
    # RFC 8785 writes 9007199254740993.0 as an integer too, and a wrong one.
    is_written_as_integer = value == int(value) and abs(value) < _EXPONENT_FROM
    if is_written_as_integer and abs(value) > MAX_INTEGER:
        raise InvalidJSON(pointer, "an integer must lie within ±(2^53-1)")


def _refuse_surrogates(text: str) -> None:
    if _SURROGATE.search(text):
        raise MalformedJSON("a lone surrogate is not a character")
