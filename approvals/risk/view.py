"""What analysers of whole actions see: every value, where it stands, what it is for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from approvals.canonical import Action, pointer_to
from approvals.risk.context import Context, Role
from approvals.risk.roles import roles_of

MAX_VALUES = 3000
"""So many values of one action are looked at, objects and lists among them."""
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One string, number or boolean; ``member`` is the name of what holds it.

    In a list the member is that of the list; ``pointer`` is into the action. There
    is one for each place: leaves are compared by identity, which takes no time.
    """

    member: str
    pointer: str
    value: str | int | float | bool

    @property
    def text(self) -> str:
        """The value where it is a string, else nothing."""
        return self.value if isinstance(self.value, str) else ""


@dataclass(frozen=True, slots=True)
class View:
    """One action, taken apart.

    ``leaves`` are the values below ``arguments`` in their order, then ``resource``
    and ``subject``; ``members`` are the names in ``arguments``, as leaves.
    ``texts`` are the leaves that are strings and not empty. ``is_cut``: there are
    more than MAX_VALUES, and the rest is left out.
    """

    action: Action
    context: Context
    leaves: tuple[Leaf, ...]
    texts: tuple[Leaf, ...]
    members: tuple[Leaf, ...]
    by_role: Mapping[Role, tuple[Leaf, ...]]
    is_cut: bool = False

    @classmethod
    def of(cls, action: Action, context: Context) -> "View":
        walk = _Walk([], [])
        walk.below("", "/arguments", action.arguments)
        leaves = (*walk.leaves, *_beside(action))
        by_role = _by_role(action, context, leaves)
        texts = tuple([leaf for leaf in leaves if leaf.text])
        members = tuple(walk.members)
        return cls(action, context, leaves, texts, members, by_role, walk.left < 0)

    def having(self, *roles: Role) -> tuple[Leaf, ...]:
        """The leaves with one of these roles, each once."""
        found = (leaf for role in roles for leaf in self.by_role.get(role, ()))
        return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def tokens(name: str) -> frozenset[str]:
    """The words of a name, in small letters: ``sendMoney`` is ``send`` and ``money``.

    Kept: agents use few names. Nobody can fill it with more than 4,096 of them.
    """
    return frozenset(word.lower() for word in _TOKEN.findall(name[:500]))


def _beside(action: Action) -> Iterator[Leaf]:
    if action.resource:
        yield Leaf("resource", "/resource", action.resource)
    if action.subject:
        yield Leaf("subject", "/subject", action.subject)


@dataclass(slots=True)
class _Walk:
    """Depth first, in order; nesting is bounded by ``canonical.MAX_DEPTH``."""

    leaves: list[Leaf]
    members: list[Leaf]
    left: int = MAX_VALUES

    def below(self, member: str, pointer: str, value: Any) -> None:
        self.left -= 1
        if isinstance(value, Mapping):
            for name, item in value.items():
                if self.left < 0:
                    return
                at = pointer_to(pointer, str(name))
                self.members.append(Leaf(str(name), at, str(name)))
                self.below(str(name), at, item)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                if self.left < 0:
                    return
                self.below(member, pointer_to(pointer, index), item)
        elif isinstance(value, str | int | float) and self.left >= 0:
            self.leaves.append(Leaf(member, pointer, value))


def _by_role(
    action: Action, context: Context, leaves: tuple[Leaf, ...]
) -> dict[Role, tuple[Leaf, ...]]:
    """What names say and what policy says; policy can add a role, not take one."""
    found: dict[Role, dict[Leaf, None]] = {}
    for leaf in leaves:
        for role in roles_of(tokens(leaf.member)):
            found.setdefault(role, {})[leaf] = None
    for mapped in context.mapped(action.name):
        # Roles often share their pointers.
        at = {
            pointer: [leaf for leaf in leaves if is_at(leaf.pointer, pointer)]
            for pointer in {p for some in mapped.pointers.values() for p in some}
        }
        for role, pointers in mapped.pointers.items():
            told = {leaf for pointer in pointers for leaf in at[pointer]}
            known = found.setdefault(role, {})
            known.update((leaf, None) for leaf in leaves if leaf in told)
    return {role: tuple(at) for role, at in found.items()}


def is_at(pointer: str, pattern: str) -> bool:
    """Whether a leaf stands at or below what ``pattern`` names."""
    return _compiled(pattern).match(pointer) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = ("[^/]*" if part == "*" else re.escape(part) for part in pattern.split("/"))
    return re.compile(rf"{'/'.join(parts)}(?:/|\Z)")
