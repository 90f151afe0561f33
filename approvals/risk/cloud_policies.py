"""Access policies of clouds in JSON: statements that allow more than any task needs."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from approvals.risk.findings import Match, Severity, shortened

MAX_CHARACTERS = 65_536
_MAX_STATEMENTS = 200
_M, _H, _C = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_ESCALATING = re.compile(
    r"^(iam:(\*|passrole|create\w+|put\w+|attach\w+|update(login|assume)\w*|add\w+"
    r"|setdefault\w+)|sts:(\*|assumerole)|organizations:\*|kms:\*|secretsmanager:\*"
    r"|lambda:(\*|updatefunctioncode|createfunction)|ssm:(\*|sendcommand|startsession))$",
    re.IGNORECASE,
)


def policies_in(text: str) -> Iterator[Mapping[str, Any]]:
    """The policy documents that a text of JSON holds: with ``Statement`` in them."""
    start = text.find("{")
    if len(text) > MAX_CHARACTERS or start < 0 or "Statement" not in text:
        return
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return
    if isinstance(value, Mapping) and "Statement" in value:
        yield value


def of_policy(policy: Mapping[str, Any]) -> Iterator[Match]:
    """What the statements of one document allow."""
    statements = policy.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    for statement in listed[:_MAX_STATEMENTS]:
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            yield from _allowed(statement)


def _allowed(statement: Mapping[str, Any]) -> Iterator[Match]:
    actions, resources = (
        _texts(statement.get("Action")),
        _texts(statement.get("Resource")),
    )
    is_public = _is_everybody(statement.get("Principal"))
    if is_public and "Condition" not in statement:
        message = f"Lets everybody do {shortened(', '.join(sorted(actions)))}"
        yield Match("cloud.public_exposure", _C, message)
    if actions & {"*", "*:*"} or "NotAction" in statement:
        severity = _C if "*" in resources or not resources else _H
        yield Match("cloud.access_policy", severity, "Allows every action")
    elif any(map(_ESCALATING.match, actions)):
        named = shortened(", ".join(sorted(filter(_ESCALATING.match, actions))))
        message = f"Allows giving oneself more rights: {named}"
        yield Match("cloud.access_policy", _H, message)
    elif any(action.endswith(":*") for action in actions) and "*" in resources:
        named = shortened(", ".join(sorted(actions)))
        message = f"Allows everything of a service on everything: {named}"
        yield Match("cloud.access_policy", _M, message)


def _texts(value: Any) -> set[str]:
    listed = value if isinstance(value, list) else [value]
    return {item for item in listed if isinstance(item, str)}


def _is_everybody(principal: Any) -> bool:
    values = principal.values() if isinstance(principal, Mapping) else [principal]
    return any("*" in _texts(value) for value in values)
