"""Clouds in the arguments of any action: access policies, and doors for everybody."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from approvals.canonical import pointer_to
from approvals.risk.cloud_policies import of_policy, policies_in
from approvals.risk.findings import Finding, Match, Severity
from approvals.risk.tables import names
from approvals.risk.view import MAX_VALUES, Leaf, View, tokens

_DOORS = names(
    "authorized cidr cidrip cidrs firewall ingress ip ipranges network networks origin"
    " prefix prefixes range ranges rule rules source sources whitelist allowlist allow"
)
_ANYWHERE = names("0.0.0.0/0 ::/0")
_EVERYBODY = re.compile(r"^(allUsers|allAuthenticatedUsers|public-read(-write)?)$")
_ADMINISTRATOR = re.compile(
    r"(^|/)(AdministratorAccess|PowerUserAccess|IAMFullAccess)$|^roles/(owner|editor)$"
)


def analyse(view: View) -> Iterator[Finding]:
    """Findings for policies as objects or text, and for values that open doors."""
    for leaf in view.texts:
        yield from _leaf(leaf)
    for pointer, policy in _policies(view.action.arguments):
        yield from (match.at(pointer) for match in of_policy(policy))


def _leaf(leaf: Leaf) -> Iterator[Finding]:
    text = leaf.text
    if '"Statement"' in text and not text.lstrip().startswith(("aws ", "#!")):
        for policy in policies_in(text):
            yield from (match.at(leaf.pointer) for match in of_policy(policy))
    if len(text) > 200:
        return
    if text in _ANYWHERE and tokens(leaf.member) & _DOORS:
        message = "Opens the network to everybody"
        match = Match("cloud.public_exposure", Severity.HIGH, message, text)
        yield match.at(leaf.pointer)
    elif _EVERYBODY.match(text):
        message = f"Lets everybody in: {text}"
        match = Match("cloud.public_exposure", Severity.HIGH, message, text)
        yield match.at(leaf.pointer)
    elif _ADMINISTRATOR.search(text):
        message = "Makes somebody an administrator"
        match = Match("cloud.escalation", Severity.CRITICAL, message, text)
        yield match.at(leaf.pointer)


def _policies(arguments: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    stack: list[tuple[str, Any]] = [("/arguments", arguments)]
    for _ in range(MAX_VALUES):  # Where there are more, the action is held.
        if not stack:
            return
        pointer, value = stack.pop()
        if isinstance(value, Mapping):
            if "Statement" in value:
                yield pointer, value
            stack += _holders(pointer, value.items())
        elif isinstance(value, list | tuple):
            stack += _holders(pointer, enumerate(value))


def _holders(
    pointer: str, items: Iterable[tuple[str | int, Any]]
) -> list[tuple[str, Any]]:
    """The objects and lists among members or elements, with their pointers."""
    held = [one for one in items if isinstance(one[1], Mapping | list | tuple)]
    return [(pointer_to(pointer, name), value) for name, value in held]
