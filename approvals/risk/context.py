"""What policy says about actions, so that analysers need not guess. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class Kind(StrEnum):
    """What an action is, as a whole."""

    SQL = "sql"
    SHELL = "shell"
    CODE = "code"
    TERRAFORM = "terraform"
    KUBERNETES = "kubernetes"
    MONGO = "mongo"
    REDIS = "redis"
    HTTP = "http"
    FILE = "file"
    MESSAGE = "message"
    MONEY = "money"
    PACKAGES = "packages"
    MEMORY = "memory"
    READ = "read"
    """It only reads, and an administrator vouches for that."""


class Role(StrEnum):
    """What one value of an action is for."""

    SQL = "sql"
    COMMAND = "command"
    CODE = "code"
    MANIFEST = "manifest"
    RECIPIENTS = "recipients"
    CONTENT = "content"
    AMOUNT = "amount"
    CURRENCY = "currency"
    PATH = "path"
    URL = "url"
    PACKAGES = "packages"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Actions whose names fit one of the patterns (``fnmatch.fnmatchcase``).

    ``pointers`` are RFC 6901 pointers into the action (``/arguments/sql``); a
    member ``*`` stands for every element of a list or member of an object.
    """

    patterns: tuple[str, ...]
    kind: Kind
    pointers: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)

    def fits(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Context:
    """What an administrator knows: what actions are, and which domains are ours.

    ``internal_domains`` are in small letters; a domain's subdomains belong to it.
    """

    actions: tuple[Mapped, ...] = ()
    internal_domains: tuple[str, ...] = ()

    def mapped(self, name: str) -> tuple[Mapped, ...]:
        """Everything that is said about an action; the order means nothing."""
        return tuple(entry for entry in self.actions if entry.fits(name))

    def is_internal(self, domain: str) -> bool:
        """Whether a host name or e-mail domain is one of ours."""
        name = domain.rstrip(".").lower()
        return any(
            name == ours or name.endswith(f".{ours}") for ours in self.internal_domains
        )


NOTHING_KNOWN = Context()
