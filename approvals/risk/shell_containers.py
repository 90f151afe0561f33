"""Containers that get hold of their host, and what a swarm runs for others."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_paths import is_block_device, is_credential, is_system
from approvals.risk.shell_words import Word
from approvals.risk.tables import names

PROGRAMS = names("docker podman nerdctl")
_SHARED = names("--pid --ipc --net --network --userns --uts --cgroupns")
_RIGHTS = names("--privileged --cap-add --device --device-cgroup-rule")
_VOLUMES = names("-v --volume --mount")
_UNCONFINED = re.compile(r"unconfined|^label[:=]disable|no-new-privileges[:=]false")
_SOURCE = re.compile(r"(?:^|,)(?:source|src)=([^,]+)")
_HOME = re.compile(r"^(~|\$\{?HOME\}?|/root|/home/[^/]+|/Users/[^/]+)/?$")
_HERE = re.compile(r"localhost|127\.0\.0\.1|^unix:|^npipe:|^fd:")
_INSIDE = re.compile(r"[\w$][\w.{}-]+:")
_SOCKET = re.compile(r"/(docker|containerd|crio|podman)\.sock$")
_ORDINARY = names("/etc/localtime /etc/timezone /dev/null /dev/shm /tmp /etc/hosts")
_OUTER = names("/mnt /media /opt /srv /volumes /run/media")
"""Of the system's folders, those that hold data which people put there."""
_SWARM = {
    "swarm": names("ca init join join-token leave unlock unlock-key update"),
    "node": names("demote promote update"),
    "service": names("create rollback scale update"),
    "stack": names("deploy up"),
    "secret": names("create"),
    "plugin": names("enable install set upgrade"),
}


def host(call: Call) -> Iterator[Match]:
    """``docker run`` with the host's disk, socket, devices or processes inside."""
    if {"run", "create", "exec"}.isdisjoint(call.texts):
        return
    if any(_opens(option, value) for option, value in _options(call)):
        message = f"Gives a container the host: {shortened(call.line)}"
        yield Match("shell.privilege", Severity.HIGH, message)


def copy_into(call: Call) -> Iterator[Match]:
    """``docker cp FILE NAME:PATH``: what runs there finds other files."""
    words = [word.text for word in call.operands]
    if words[:1] == ["container"]:
        words = words[1:]
    if words[:1] == ["cp"] and len(words) > 2 and _INSIDE.match(words[-1]):
        message = f"Puts files into a container: {shortened(call.line)}"
        yield Match("shell.infrastructure_change", Severity.MEDIUM, message)


def elsewhere(call: Call) -> Iterator[Match]:
    """``docker -H tcp://HOST:2375 exec``: another machine's containers."""
    server = call.value_of("-H", "--host", "--url")
    is_far = server is not None and not _HERE.search(server.text)
    verbs = {"run", "exec", "rm", "stop", "kill", "cp", "create", "start", "restart"}
    if is_far and not verbs.isdisjoint(call.texts):
        message = f"Changes another machine's containers: {shortened(call.line)}"
        yield Match("shell.infrastructure_change", Severity.MEDIUM, message)


def _options(call: Call) -> Iterator[tuple[str, str]]:
    """Options with their values, whether after "=", as the next word or attached."""
    following = (*call.texts[1:], "")
    for text, after in zip(call.texts, following, strict=True):
        name, equals, value = text.partition("=")
        if text.startswith("-v") and len(text) > 2:
            yield "-v", text[2:].removeprefix("=")
        elif text.startswith("-"):
            yield name, value if equals else after


def _opens(option: str, value: str) -> bool:
    if option in _RIGHTS:
        return value.lower() != "false"
    if option in _SHARED:
        return value == "host"
    if option == "--security-opt":
        return bool(_UNCONFINED.search(value))
    return option in _VOLUMES and _is_of_host(_source(option, value))


def _source(option: str, value: str) -> str:
    if option != "--mount":
        return value.partition(":")[0] if ":" in value else ""
    found = _SOURCE.search(value)
    return found[1] if found else ""


def _is_of_host(source: str) -> bool:
    """True for the disk, a home, keys, devices, sockets and the system's folders."""
    word = Word(source)
    path = source.rstrip("/")
    if not source or path in _ORDINARY:
        return False
    if not path or _HOME.match(source) or _SOCKET.search(source):
        return True
    is_data = path.lower().startswith(tuple(_OUTER))
    is_secret = is_credential(word) or is_block_device(word)
    return is_secret or (is_system(word) and not is_data)


def swarm(call: Call) -> Iterator[Match]:
    """Services that run on many machines, and who belongs to them."""
    first = [word.text for word in call.operands[:2]]
    verbs = _SWARM.get(first[0], frozenset()) if first else frozenset()
    if len(first) > 1 and first[1] in verbs and not call.is_dry_run:
        message = f"Changes what a swarm runs: {shortened(call.line)}"
        yield Match("shell.infrastructure_change", Severity.MEDIUM, message)
