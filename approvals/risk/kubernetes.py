"""Manifests of Kubernetes, in YAML or JSON: what their objects may do.

Text is read with a budget and without aliases, so that no manifest grows.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.tables import names

MAX_CHARACTERS = 24_000
"""Longest manifest that is read: YAML takes long."""
MAX_OBJECTS = 200
_MAX_NODES = 4_000
_MAX_DEPTH = 60
_M, _H, _C = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_LOOKS = re.compile(r"(?m)^[ \t]*[\"']?apiVersion[\"']?[ \t]*:|\"kind\"\s{0,9}:")
_DANGEROUS_CAPABILITIES = names(
    "ALL BPF DAC_READ_SEARCH NET_ADMIN SYS_ADMIN SYS_MODULE SYS_PTRACE SYS_RAWIO"
)
_STRONG_ROLES = names("cluster-admin admin system:masters")
_EVERYBODY = names(
    "system:anonymous system:authenticated system:unauthenticated"
    " system:serviceaccounts"
)
_ESCALATING = names("* escalate bind impersonate")
_RULE_KINDS = names("Role ClusterRole")
_BINDING_KINDS = names("RoleBinding ClusterRoleBinding")
_WEBHOOKS = names("MutatingWebhookConfiguration ValidatingWebhookConfiguration")


class Unreadable(Exception):
    """The text is no YAML, or more of it than can be read safely."""


def looks_right(text: str) -> bool:
    """Whether a text says that it is a manifest."""
    return bool(_LOOKS.search(text[:MAX_CHARACTERS])) and "kind" in text


def analyse(text: str, pointer: str) -> list[Finding]:
    """Findings for all objects in ``text``; one when it cannot be read."""
    return [match.at(pointer) for match in matches_of(text)]


def matches_of(text: str) -> Iterator[Match]:
    """What the objects in a manifest's text may do."""
    try:
        objects = list(_objects(text))
    except Unreadable as error:
        message = f"Contains a manifest that cannot be read: {error}"
        yield Match("kubernetes.uninspectable", _H, message)
        return
    for manifest in objects:
        yield from of_object(manifest)


def of_object(manifest: Mapping[str, Any]) -> Iterator[Match]:
    """What one object, or a list of them, may do."""
    items = manifest.get("items")
    if str(manifest.get("kind", "")).endswith("List") and isinstance(items, list):
        for item in items[:MAX_OBJECTS]:
            if isinstance(item, Mapping):
                yield from of_object(item)
        return
    kind, name = str(manifest.get("kind", "")), _name(manifest)
    target = f"{kind.lower()}/{name}" if name else kind.lower()
    message = f"Creates or changes {shortened(kind)} {shortened(name)}"
    yield Match("kubernetes.change", _M, message, shortened(target))
    yield from _rights(kind, manifest)
    for path, value in _walk(manifest):
        yield from _setting(path, value)


def _name(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""


def _rights(kind: str, manifest: Mapping[str, Any]) -> Iterator[Match]:
    if kind in _RULE_KINDS:
        yield from _rules(manifest.get("rules"))
    elif kind in _BINDING_KINDS:
        yield from _binding(manifest)
    elif kind == "Secret":
        yield Match("kubernetes.secrets", _M, "Writes a secret")
    elif kind in _WEBHOOKS:
        yield Match("kubernetes.rights", _H, "Lets a program decide about all objects")
    elif kind == "CronJob":
        yield Match("kubernetes.change", _M, "Schedules a job")


def _rules(rules: Any) -> Iterator[Match]:
    for rule in rules if isinstance(rules, list) else []:
        if not isinstance(rule, Mapping):
            continue
        verbs, resources = _strings(rule, "verbs"), _strings(rule, "resources")
        if "*" in verbs and "*" in resources:
            message = "Allows everything on everything in the cluster"
            yield Match("kubernetes.rights", _C, message)
        elif verbs & _ESCALATING or "*" in resources:
            yield Match("kubernetes.rights", _H, "Allows more than any task needs")
        elif resources & {"secrets", "pods/exec", "nodes/proxy"}:
            yield Match("kubernetes.rights", _H, "Allows reading secrets or running")


def _binding(manifest: Mapping[str, Any]) -> Iterator[Match]:
    reference = manifest.get("roleRef")
    role = reference.get("name") if isinstance(reference, Mapping) else ""
    subjects = manifest.get("subjects")
    who = {
        str(subject.get("name", ""))
        for subject in (subjects if isinstance(subjects, list) else [])
        if isinstance(subject, Mapping)
    }
    is_strong = role in _STRONG_ROLES or bool(who & _EVERYBODY)
    named = shortened(", ".join(sorted(who)) or "somebody")
    message = f"Gives {named} the role {shortened(str(role))}"
    severity = _C if is_strong else _H
    yield Match("kubernetes.rights", severity, message, named)


def _strings(rule: Mapping[str, Any], member: str) -> set[str]:
    value = rule.get(member)
    return {str(item) for item in value} if isinstance(value, list) else set()


def _setting(path: str, value: Any) -> Iterator[Match]:
    if value is True and path in _GRAVE_SWITCHES:
        yield Match("kubernetes.privileged", _H, _GRAVE_SWITCHES[path])
    elif path == "hostPath":
        at = value.get("path") if isinstance(value, Mapping) else value
        severity = _C if str(at) in {"/", "/etc", "/root", "/var/run"} else _H
        message = f"Mounts the node's {shortened(str(at))}"
        yield Match("kubernetes.privileged", severity, message)
    elif path == "add" and isinstance(value, list):
        found = sorted({str(item) for item in value} & _DANGEROUS_CAPABILITIES)
        if found:
            message = f"Adds the capability {', '.join(found)}"
            yield Match("kubernetes.privileged", _H, message)
    elif path == "image" and isinstance(value, str):
        yield from _image(value)
    elif path == "type" and value in {"LoadBalancer", "NodePort"}:
        message = f"Opens a service to the outside by {value}"
        yield Match("kubernetes.exposure", _M, message)
    elif path == "replicas" and value == 0:
        yield Match("kubernetes.delete", _H, "Scales something to nothing")


_GRAVE_SWITCHES = {
    "privileged": "Gives a container all rights of its node",
    "hostNetwork": "Puts a container into its node's network",
    "hostPID": "Shows a container its node's processes",
    "hostIPC": "Shows a container its node's memory",
    "allowPrivilegeEscalation": "Lets a container gain rights",
}


def _image(image: str) -> Iterator[Match]:
    tag = image.rpartition("/")[2].partition(":")[2]
    if "@sha256:" not in image and tag in {"", "latest"}:
        message = f"Runs whatever {shortened(image)} is at the time"
        yield Match("kubernetes.image", Severity.LOW, message, shortened(image))


def _walk(manifest: Any) -> Iterator[tuple[str, Any]]:
    """Every member with its value, without recursion."""
    stack = [manifest]
    left = _MAX_NODES
    while stack and left:
        value = stack.pop()
        left -= 1
        if isinstance(value, Mapping):
            yield from ((str(name), item) for name, item in value.items())
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def _objects(text: str) -> Iterable[Mapping[str, Any]]:
    if len(text) > MAX_CHARACTERS:
        raise Unreadable("it is too long")
    values = _from_json(text) if text.lstrip()[:1] in {"{", "["} else _from_yaml(text)
    found = [value for value in values if isinstance(value, Mapping)]
    if len(found) > MAX_OBJECTS:
        raise Unreadable("it has too many objects")
    return found


def _from_json(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no JSON") from error
    return value if isinstance(value, list) else [value]


def _from_yaml(text: str) -> list[Any]:
    try:
        _check(text)
        return list(yaml.load_all(text, Loader=_LOADER))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable("it is no YAML") from error


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _check(text: str) -> None:
    """Raises Unreadable on aliases, deep nesting and too many nodes."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("it has aliases")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH or nodes > _MAX_NODES:
            raise Unreadable("it is too deep or too long")
