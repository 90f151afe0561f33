"""Commands about the machine: services, users, firewall, processes, packages."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.packages_commands import of_command
from approvals.risk.shell_calls import Call
from approvals.risk.shell_parse import Script
from approvals.risk.tables import names

_SERVICE_VERBS = {
    **dict.fromkeys(
        names("stop disable mask kill isolate poweroff reboot halt unload bootout"),
        Severity.HIGH,
    ),
    **dict.fromkeys(
        names("start restart reload enable unmask revert edit link load bootstrap"),
        Severity.MEDIUM,
    ),
}
_SC_VERBS = dict.fromkeys(
    names("config create delete failure sdset triggerinfo pause"), Severity.HIGH
)
_READING_FIREWALL = names("-s -L -S --list --list-all -n list show status get")
_HISTORY_VARIABLES = names("HISTFILE HISTSIZE HISTFILESIZE HISTCONTROL HISTIGNORE")
_PUBLISHING = {
    "npm": names("publish unpublish deprecate owner token access team org dist-tag"),
    "pnpm": names("publish unpublish"),
    "yarn": names("publish"),
    "bun": names("publish"),
    "cargo": names("publish yank owner"),
    "twine": names("upload"),
    "poetry": names("publish"),
    "uv": names("publish"),
    "flit": names("publish"),
    "hatch": names("publish"),
    "gem": names("push yank"),
    "docker": names("push publish"),
    "podman": names("push"),
    "helm": names("push"),
    "mvn": names("deploy release:perform"),
    "gradle": names("publish"),
    "vsce": names("publish unpublish"),
    "dotnet": names("push"),
    "nuget": names("push delete"),
    "goreleaser": names("release"),
}
_OWN = re.compile(
    r"""["']?\$(!|\{?\w{0,30}(pid|PID)\w{0,10}\}?"""
    r"""|\((pgrep|pidof|lsof|jobs|cat \S{1,80}\.pid)\b[^)|;&]{0,200}\))["']?$"""
    r"""|%\d+$"""
)
_BUILDERS = names("docker podman nerdctl buildah")
_PACKAGE_REMOVAL = {
    **dict.fromkeys(
        names("apt apt-get aptitude dnf yum zypper brew snap flatpak choco winget"),
        names("remove purge autoremove erase uninstall rm dist-upgrade full-upgrade"),
    ),
    **dict.fromkeys(names("pip pip3 npm pnpm gem cargo pipx"), names("uninstall")),
    "apk": names("del"),
    "pacman": names("-R -Rs -Rns -Rdd -Rsc"),
    "rpm": names("-e --erase"),
    "dpkg": names("-r -P --remove --purge"),
}


def privilege(call: Call) -> Iterator[Match]:
    """sudo and its kin, which were taken off, and su, which starts a shell."""
    found = sorted(call.wrappers & {"sudo", "doas", "pkexec", "gosu", "su-exec"})
    if found:
        yield Match("shell.privilege", Severity.LOW, f"Runs with {found[0]}")
    if "systemd-run" in call.wrappers:
        message = f"Runs apart from this session: {shortened(call.line)}"
        yield Match("shell.scheduled_job", Severity.MEDIUM, message)


def become(call: Call) -> Iterator[Match]:
    """su, or sudo without a program of its own."""
    if call.has("-l", "-n", "-k", "-K", "-v", "--list", "--validate") and (
        call.name == "sudo" and not call.operands
    ):
        return
    message = f"Acts as another user: {shortened(call.line)}"
    yield Match("shell.privilege", Severity.MEDIUM, message)


def init_script(call: Call) -> Iterator[Match]:
    """/etc/init.d/NAME stop."""
    if call.words[0].text.startswith(("/etc/init.d/", "/etc/rc.d/")):
        yield from service(call)


def service(call: Call) -> Iterator[Match]:
    """systemctl, service, launchctl, supervisorctl, pm2."""
    own = _SC_VERBS if call.name == "sc" else {}
    for text in call.texts:
        severity = _SERVICE_VERBS.get(text) or own.get(text.lower())
        if severity is not None:
            message = f"Changes a service: {shortened(call.line)}"
            target = shortened(_service_of(call, text))
            yield Match("shell.service_change", severity, message, target)
            return


def _service_of(call: Call, verb: str) -> str:
    others = [word.text for word in call.operands if word.text != verb]
    return others[0] if others else ""


def power(call: Call) -> Iterator[Match]:
    """shutdown, reboot, halt, init 0."""
    if call.name in {"init", "telinit"} and not set(call.texts) & {"0", "1", "6"}:
        return
    message = f"Stops the machine: {shortened(call.line)}"
    if not call.is_dry_run and "-c" not in call.texts:
        yield Match("shell.service_change", Severity.CRITICAL, message)


def firewall(call: Call) -> Iterator[Match]:
    """iptables, nft, ufw, firewall-cmd, pfctl."""
    is_restoring = call.name.endswith("-restore")
    is_reading = not call.texts or not _READING_FIREWALL.isdisjoint(call.texts)
    is_writing = bool(
        re.search(r"(^| )(-[AIDFPXNZ]|--flush|--delete|flush)( |$)", call.line)
    )
    if is_writing or is_restoring or not is_reading:
        message = f"Changes the firewall: {shortened(call.line)}"
        yield Match("shell.firewall_change", Severity.HIGH, message)


def users(call: Call) -> Iterator[Match]:
    """useradd, userdel, passwd, usermod, visudo."""
    if not call.has("-S", "--status", "--help"):
        message = f"Changes user accounts: {shortened(call.line)}"
        yield Match("shell.user_change", Severity.HIGH, message)


def kill(call: Call) -> Iterator[Match]:
    """kill, pkill, killall; signal 0 and -l only ask."""
    if call.texts[:1] in (("-0",), ("-l",), ("-L",)) or not call.texts:
        return
    if call.name == "kill" and all(t.startswith("%") for t in call.texts):
        return
    everything = {"-1", "1", "init", "systemd", "."} & set(call.texts[1:])
    is_forced = bool({"-9", "-KILL", "-SIGKILL"} & set(call.texts))
    severity = Severity.HIGH if is_forced else Severity.MEDIUM
    if call.name == "kill" and not is_forced and _only_own(call):
        severity = Severity.LOW
    if everything:
        severity = Severity.CRITICAL
    target = shortened(call.operands[-1].text) if call.operands else ""
    message = f"Ends processes: {shortened(call.line)}"
    yield Match("shell.kill", severity, message, target)


def _only_own(call: Call) -> bool:
    """What the same script started, or looked up by its name or port."""
    return bool(call.operands) and all(_OWN.match(w.raw) for w in call.operands)


def kill_port(call: Call) -> Iterator[Match]:
    """fuser -k ends whatever uses a file or port."""
    if call.has("k", "--kill"):
        message = f"Ends processes: {shortened(call.line)}"
        yield Match("shell.kill", Severity.MEDIUM, message)


def history(call: Call) -> Iterator[Match]:
    """history -c, unset HISTFILE, set +o history, journalctl --vacuum."""
    line = call.line
    is_clearing = call.name == "history" and call.has("c", "d", "w", "r")
    is_unset = call.name == "unset" and bool(_HISTORY_VARIABLES & set(call.texts))
    is_off = "+o history" in line
    is_log = call.name in {"journalctl", "wevtutil", "auditctl"} and bool(
        re.search(r"--vacuum|--rotate|(^| )cl( |$)|(^| )-[De]( |$)", line)
    )
    if is_clearing or is_unset or is_off or is_log:
        message = f"Removes traces: {shortened(line)}"
        yield Match("shell.history_tampering", Severity.HIGH, message)


def schedule(call: Call) -> Iterator[Match]:
    """crontab, at and launch agents run code later."""
    if call.has("-l", "l") or (call.name == "at" and call.has("-c")):
        return
    severity = Severity.CRITICAL if call.has("r") else Severity.HIGH
    message = f"Schedules or removes jobs: {shortened(call.line)}"
    yield Match("shell.scheduled_job", severity, message)


def kernel(call: Call) -> Iterator[Match]:
    """insmod, modprobe, sysctl -w, mount, swapoff, setenforce."""
    is_reading = call.name in {"sysctl", "mount"} and not (
        call.has("w", "-w", "o", "p", "--bind") or any("=" in t for t in call.texts)
    )
    if not (is_reading and (call.name == "sysctl" or len(call.operands) < 1)):
        message = f"Changes the running system: {shortened(call.line)}"
        yield Match("shell.system_change", Severity.HIGH, message)


def publish(call: Call) -> Iterator[Match]:
    """npm publish, twine upload, docker push: others get what is sent."""
    verbs = _PUBLISHING.get(call.name, frozenset())
    first = {text for text in call.texts[:3] if not text.startswith("-")}
    is_pushed = call.name in _BUILDERS and call.has("--push")
    is_asking = call.is_dry_run or bool(first & {"ls", "list", "view", "get"})
    if (verbs & first or is_pushed) and not is_asking:
        message = f"Publishes for others: {shortened(call.line)}"
        yield Match("shell.publish", Severity.HIGH, message)


def packages(call: Call) -> Iterator[Match]:
    """Removing packages, and installing them."""
    verbs = _PACKAGE_REMOVAL.get(call.name, frozenset())
    if verbs & set(call.texts[:4]):
        message = f"Removes packages: {shortened(call.line)}"
        yield Match("shell.package_change", Severity.MEDIUM, message)
        return
    for runner in sorted(call.wrappers & {"npx", "bunx", "pnpx"}):
        yield from of_command([runner, call.words[0].text])
    if call.wrappers & {"npx", "bunx", "pnpx", "npm", "pnpm", "yarn", "bun"}:
        yield from _given_packages(call)
    yield from of_command([call.name, *call.texts])


def _given_packages(call: Call) -> Iterator[Match]:
    """``npx --package=ADDRESS name``: the package stands before the program."""
    before = call.command.words[: len(call.command.words) - len(call.words)]
    for option, word in zip(before, (*before[1:], *call.words[:1]), strict=True):
        name, equals, value = option.text.partition("=")
        if name in {"-p", "--package"}:
            yield from of_command(["npx", value if equals else word.text])


def fork_bombs(script: Script) -> Iterator[tuple[Match, tuple[int, int]]]:
    """Functions that start themselves again and again."""
    for span in script.fork_bombs:
        message = "Starts itself again and again until the machine stops"
        yield Match("shell.fork_bomb", Severity.CRITICAL, message), span
