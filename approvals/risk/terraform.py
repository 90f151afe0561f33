"""Terraform: plans as JSON, configurations as HCL; what would really change.

HCL is read line by line, which no configuration can make slow. What a module or a
variable brings in stands elsewhere, and is said so.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from approvals.risk.cloud_policies import of_policy, policies_in
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.tables import names
from approvals.risk.view import View

MAX_CHARACTERS = 200_000
MAX_CHANGES = 2_000
_MAX_NAMED = 10
_MAX_VALUES = 20_000
_L, _M, _H, _C = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_BLOCK = re.compile(
    r"(?m)^[ \t]*(resource|module|provider|data|removed|moved|import|terraform)\b"
    r"(?:[ \t]+\"([^\"\n]{1,200})\")?(?:[ \t]+\"([^\"\n]{1,200})\")?[ \t]*\{"
)
_LOOKS = re.compile(
    r"(?m)^[ \t]*(?:resource|module|provider|data|variable"
    r"|output)[ \t]+\"[^\"\n]{1,200}\""
    r"(?:[ \t]+\"[^\"\n]{1,200}\")?[ \t]*\{"
)
_EVERYBODY = names("0.0.0.0/0 ::/0 allUsers allAuthenticatedUsers")
_ROWS: tuple[tuple[re.Pattern[str], str, Severity, str], ...] = tuple(
    (re.compile(pattern), code, severity, message)
    for pattern, code, severity, message in (
        (
            r"\"(?:0\.0\.0\.0/0|::/0)\"",
            "terraform.public_exposure",
            _H,
            "Opens the network to everybody",
        ),
        (
            r"\ballUsers\b|\ballAuthenticatedUsers\b|\"public-read(?:-write)?\""
            r"|publicly_accessible\s{0,40}=\s{0,9}true"
            r"|block_public_(?:acls|policy)\s{0,40}=\s{0,9}false"
            r"|restrict_public_buckets\s{0,40}=\s{0,9}false"
            r"|public_network_access_enabled\s{0,40}=\s{0,9}true"
            r"|allow_blob_public_access\s{0,40}=\s{0,9}true|ignore_public_acls\s{0,40}=\s?false",
            "terraform.public_exposure",
            _H,
            "Lets everybody in",
        ),
        (
            r"AdministratorAccess|\"roles/(?:owner|editor)\"|PowerUserAccess"
            r"|[Aa]ctions?\"?\s{0,40}[=:]\s{0,9}\[?\s{0,9}\"\*\"",
            "terraform.access_policy",
            _H,
            "Gives somebody all rights",
        ),
        (
            r"deletion_protection\s{0,40}=\s{0,9}false|skip_final_snapshot\s{0,40}=\s{0,9}true"
            r"|force_destroy\s{0,40}=\s{0,9}true|prevent_destroy\s{0,40}=\s{0,9}false"
            r"|backup_retention_period\s{0,40}=\s{0,9}0\b"
            r"|(?:storage_)?encrypted\s{0,40}=\s{0,9}false"
            r"|enable_logging\s{0,40}=\s{0,9}false|purge_protection_enabled\s{0,40}=\s?false",
            "terraform.protection_removed",
            _H,
            "Switches a protection off",
        ),
        (
            r"provisioner\s{1,9}\"(?:local-exec|remote-exec)\"|data\s{1,9}\"external\"",
            "terraform.runs_programs",
            _H,
            "Runs programs while it builds",
        ),
    )
)
_GRAVE_VALUES: dict[tuple[str, Any], tuple[str, Severity, str]] = {
    ("publicly_accessible", True): (
        "terraform.public_exposure",
        _H,
        "Puts a database on the internet",
    ),
    ("acl", "public-read"): ("terraform.public_exposure", _H, "Lets everybody read"),
    ("acl", "public-read-write"): (
        "terraform.public_exposure",
        _C,
        "Lets everybody write",
    ),
    ("block_public_acls", False): (
        "terraform.public_exposure",
        _H,
        "Allows public access",
    ),
    ("block_public_policy", False): (
        "terraform.public_exposure",
        _H,
        "Allows public access",
    ),
    ("deletion_protection", False): (
        "terraform.protection_removed",
        _H,
        "Switches the protection against deleting off",
    ),
    ("force_destroy", True): (
        "terraform.protection_removed",
        _H,
        "Lets a full bucket be destroyed",
    ),
    ("skip_final_snapshot", True): (
        "terraform.protection_removed",
        _M,
        "Keeps no last snapshot",
    ),
}


def looks_right(text: str) -> bool:
    """Whether a text is a plan or a configuration."""
    if text.lstrip()[:1] == "{" and '"resource_changes"' in text:
        return True
    return '"' in text and bool(_LOOKS.search(text[:MAX_CHARACTERS]))


def analyse(text: str, pointer: str) -> list[Finding]:
    """Findings for a plan in JSON or a configuration in HCL."""
    if len(text) > MAX_CHARACTERS:
        message = "Contains more of a plan than can be inspected"
        return [Match("terraform.uninspectable", _C, message).at(pointer)]
    if text.lstrip()[:1] == "{":
        return [match.at(pointer) for match in _of_json(text)]
    return list(_of_hcl(text, pointer))


def analyse_view(view: View) -> Iterator[Finding]:
    """Plans that stand in the arguments as objects."""
    for pointer, plan in _plans(view.action.arguments):
        yield from (match.at(pointer) for match in of_plan(plan))


def _plans(arguments: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    stack: list[tuple[str, Any, int]] = [("/arguments", arguments, 0)]
    while stack:
        pointer, value, depth = stack.pop()
        if not isinstance(value, Mapping) or depth > 3:
            continue
        if isinstance(value.get("resource_changes"), list):
            yield pointer, value
        else:
            stack += [(f"{pointer}/{n}", v, depth + 1) for n, v in value.items()]


def _of_json(text: str) -> Iterator[Match]:
    try:
        plan = json.loads(text)
    except (ValueError, RecursionError):
        message = "Contains a plan that cannot be read"
        yield Match("terraform.uninspectable", _H, message)
        return
    if isinstance(plan, Mapping):
        yield from of_plan(plan)


def of_plan(plan: Mapping[str, Any]) -> Iterator[Match]:
    """What a plan (``terraform show -json``) would do, by ``resource_changes``."""
    changes = plan.get("resource_changes")
    if not isinstance(changes, list):
        message = "Contains a plan without any changes that can be read"
        yield Match("terraform.uninspectable", _H, message)
        return
    by_kind: dict[str, list[str]] = {}
    for change in changes[:MAX_CHANGES]:
        kind, address = _change(change)
        by_kind.setdefault(kind, []).append(address)
    if len(changes) > MAX_CHANGES:
        message = "Contains more changes than can be inspected"
        yield Match("terraform.uninspectable", _C, message)
    yield from _counted(by_kind)
    for change in changes[:MAX_CHANGES]:
        yield from _values(change)


def _change(change: Any) -> tuple[str, str]:
    """The kind of one change and its address."""
    if not isinstance(change, Mapping) or not isinstance(change.get("change"), Mapping):
        return "unknown", ""
    actions = change["change"].get("actions")
    address = str(change.get("address", ""))
    if not isinstance(actions, list):
        return "unknown", address
    done = {str(action) for action in actions}
    if "delete" in done:
        return ("replace" if "create" in done else "destroy"), address
    if done <= {"no-op", "read"}:
        return "nothing", address
    is_known = done <= {"create", "update", "forget", "import"}
    return ("change" if is_known else "unknown"), address


_COUNTED = {
    "destroy": ("terraform.destroy", _C, "Destroys"),
    "replace": ("terraform.replace", _C, "Destroys and creates anew"),
    "change": ("terraform.change", _M, "Creates or changes"),
    "unknown": ("terraform.uninspectable", _H, "Does something unknown to"),
}


def _counted(by_kind: Mapping[str, list[str]]) -> Iterator[Match]:
    for kind, (code, severity, verb) in _COUNTED.items():
        addresses = by_kind.get(kind, [])
        if addresses:
            named = shortened(", ".join(addresses[:_MAX_NAMED]), 200)
            message = f"{verb} {len(addresses)}: {named}"
            yield Match(code, severity, message, named, float(len(addresses)))


def _values(change: Any) -> Iterator[Match]:
    """What the changed resources would look like after."""
    body = change.get("change") if isinstance(change, Mapping) else None
    after = body.get("after") if isinstance(body, Mapping) else None
    if not isinstance(after, Mapping) or _change(change)[0] == "nothing":
        return
    address = shortened(str(change.get("address", "")))
    left = _MAX_VALUES
    stack: list[tuple[str, Any]] = [("", after)]
    is_ingress = str(after.get("type", "ingress")) != "egress"
    while stack and left:
        name, value = stack.pop()
        left -= 1
        if isinstance(value, Mapping):
            below = [(str(n), v) for n, v in value.items() if n != "egress"]
            stack += below
        elif isinstance(value, list):
            stack += [(name, item) for item in value]
        else:
            yield from _value(name, value, address, is_ingress)


def _value(name: str, value: Any, address: str, is_ingress: bool) -> Iterator[Match]:
    rule = None
    if isinstance(value, bool | str):
        rule = _GRAVE_VALUES.get((name, value))
    if rule is not None:
        code, severity, message = rule
        yield Match(code, severity, f"{message}: {address}", address)
    elif isinstance(value, str) and value in _EVERYBODY and is_ingress:
        message = f"Lets everybody reach {address}"
        yield Match("terraform.public_exposure", _H, message, address)
    elif isinstance(value, str) and '"Statement"' in value:
        for policy in policies_in(value):
            for match in of_policy(policy):
                yield Match(
                    "terraform.access_policy", match.severity, match.message, address
                )
    elif isinstance(value, str) and re.search(
        r"AdministratorAccess|roles/owner", value
    ):
        message = f"Gives somebody all rights: {address}"
        yield Match("terraform.access_policy", _H, message, address)


def _of_hcl(text: str, pointer: str) -> Iterator[Finding]:
    blocks = list(_BLOCK.finditer(text))
    if not blocks and not _LOOKS.search(text):
        message = "Contains a configuration that cannot be read"
        yield Match("terraform.uninspectable", _H, message).at(pointer)
        return
    made = [f"{block[2]}.{block[3]}" for block in blocks if block[1] == "resource"]
    if made:
        named = shortened(", ".join(made[:_MAX_NAMED]), 200)
        message = f"Describes {len(made)}: {named}"
        yield Match("terraform.change", _M, message, named, float(len(made))).at(
            pointer
        )
    for block in blocks:
        yield from (match.at(pointer, block.span()) for match in _block(block))
    plain = _COMMENT.sub("", _EGRESS.sub("", text))
    for pattern, code, severity, message in _ROWS:
        if pattern.search(plain):
            yield Match(code, severity, message).at(pointer)


_COMMENT = re.compile(r"(?m)^[ \t]*(?:#|//).*$")
_EGRESS = re.compile(r"\begress\s{0,9}\{[^{}]{0,2000}\}")


def _block(block: re.Match[str]) -> Iterator[Match]:
    if block[1] == "module":
        message = f"Uses a module that is not shown here: {shortened(block[2] or '')}"
        yield Match("terraform.uninspectable", _L, message, shortened(block[2] or ""))
    elif block[1] == "removed":
        yield Match("terraform.state", _H, "Removes something from the state")
    elif block[1] == "data" and block[2] == "external":
        yield Match("terraform.runs_programs", _H, "Runs a program to read data")
