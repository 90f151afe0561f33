"""Programs that are made to attack, to listen, or to let others in.

Named by what they do; a list of names can never be whole, and need not be: what it
misses is still a program that nobody looked into.
"""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call, program
from approvals.risk.shell_code import is_interpreter
from approvals.risk.shell_inventory import only_looks
from approvals.risk.shell_nested import SHELLS
from approvals.risk.shell_paths import is_broad, is_credential, is_system, normal
from approvals.risk.shell_words import Word
from approvals.risk.tables import names

ATTACKING = names(
    "aircrack-ng aireplay-ng airmon-ng arpspoof beef bettercap bloodhound cewl"
    " commix crackmapexec crunch dirb dirbuster dnsenum ettercap evil-winrm ffuf"
    " gobuster hashcat hping hping3 hydra impacket-secretsdump john kerbrute lazagne"
    " linenum linenum.sh linpeas linpeas.sh masscan medusa metasploit mimikatz"
    " mimipenguin msfconsole msfvenom ncrack netexec nikto nmap nuclei patator"
    " peirates pacu powersploit proxychains pspy pspy64 reaver responder rpcclient"
    " rubeus rustscan secretsdump secretsdump.py seatbelt smbmap sqlmap stratus"
    " subfinder theharvester trufflehog weevely wfuzz wifite winpeas wpscan zmap"
    " enum4linux searchsploit"
)
"""They look for ways in, guess passwords or use holes."""
MINERS = names("xmrig minerd cpuminer cgminer bfgminer ethminer nbminer phoenixminer")
LISTENERS = names("tcpdump tshark wireshark dumpcap ngrep dsniff tcpflow termshark")
TUNNELS = names(
    "bore chisel frpc frps iodine localtunnel lt ngrok pagekite rathole revsocks"
    " serveo sish socat-ssl sshuttle tailscale teleconsole tmate ttyd wstunnel zrok"
    " gotty gsocket gs-netcat wetty dnscat dnscat2 sliver merlin"
)
WINDOWS = names(
    "bitsadmin mshta regsvr32 rundll32 cscript wscript"
    " installutil regasm regsvcs odbcconf msiexec forfiles pcalua"
)
"""Programs of Windows that are known for running or fetching other people's code."""
STORES = names("security secret-tool pass gopass keyctl")
_STORE_VERBS = re.compile(
    r"dump|export|find-(generic|internet)-password|lookup|^show$|^read$|^print$|delete"
    r"|add-trusted-cert|authorizationdb|unlock"
)
_METADATA = re.compile(
    r"169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|100\.100\.100\.200"
    r"|fd00:ec2::254|metadata\.azure\.internal"
)
_SHELL = re.compile(
    r"(?:^|[\s!=;:'\"(`\-])(?:/usr)?/bin/(?:ba|z|da|k|a|c|tc)?sh\b"
    r"|(?:^|\s)(?:ba|z|da|k)?sh -i?c\b|^:?!\s?(?:ba|z|da|k)?sh\b"
    r"|\bspawn \S{0,40}sh\b|^sh #|^shell=|:shell$"
)
_LONGEST = 4_000
_SECRET_VARIABLE = re.compile(
    r"^\"?\$\{?\w{0,60}(SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY"
    r"|ACCESS_KEY|CREDENTIALS?)\w{0,60}\}?\"?$"
)
_UNSEEN = re.compile(r"^<\(|^\{\}$|^\"?\$\{?\w{1,60}\}?\"?$")
"""A script from another program, or one that only a variable names."""
_PASSWORDS = re.compile(
    r"pass(word|wd|phrase)?|secret|credential|api.?key|token|private.key|AKIA",
    re.IGNORECASE,
)
_DATA_TAKERS = names(
    "[ ag basename cat chmod chown chroot chsh command cp diff dirname docker echo"
    " egrep env fgrep file find git grep hash head kubectl ln ls lxc"
    " mv nerdctl oc podman printf readlink realpath rg rpm sed ssh stat su"
    " sudo tail test type useradd usermod wc whereis which xargs adduser dpkg jq gh"
    " lsof sha256sum md5sum ldd strip incus docker-compose crontab tee"
)
"""They take such a path as data, or what they run is looked at on its own."""
_SETUID = re.compile(r"^[-/]?[246][0-7]00$|^[-/]?u[=+]s|^[-/]?g[=+]s")


def attack(call: Call) -> Iterator[Match]:
    """Scanners, crackers, exploit kits."""
    if not call.is_dry_run:
        message = f"Runs a tool made for attacks: {shortened(call.line)}"
        yield Match("shell.attack_tool", Severity.HIGH, message)


def attack_script(call: Call) -> Iterator[Match]:
    """``python3 tools/linpeas.py``: the same tools as scripts."""
    script = call.operands[0].text.lower() if call.operands else ""
    name = re.sub(r"\.(py|sh|pl|rb|ps1|js)$", "", program(script))
    is_run = is_interpreter(call.name) or call.name in SHELLS
    if is_run and name in ATTACKING | MINERS:
        message = f"Runs a tool made for attacks: {shortened(call.line)}"
        yield Match("shell.attack_tool", Severity.HIGH, message)


def mine(call: Call) -> Iterator[Match]:
    """Miners of somebody else's money."""
    message = f"Spends this machine on mining: {shortened(call.line)}"
    yield Match("shell.attack_tool", Severity.HIGH, message)


def listen(call: Call) -> Iterator[Match]:
    """tcpdump and kin read what others send, or a file that they once read."""
    if not call.has("r", "-D", "--list-interfaces") and not call.is_dry_run:
        message = f"Records what goes over the network: {shortened(call.line)}"
        yield Match("shell.attack_tool", Severity.MEDIUM, message)


def tunnel(call: Call) -> Iterator[Match]:
    """ngrok and kin give others a way in."""
    is_asking = {"status", "list", "version", "help", "ip", "netcheck"} & {*call.texts}
    if call.texts and not is_asking and not call.is_dry_run:
        message = f"Opens a way in from outside: {shortened(call.line)}"
        yield Match("shell.remote_access", Severity.HIGH, message)


def playbook(call: Call) -> Iterator[Match]:
    """ansible-playbook and kin change many machines at once."""
    module = call.value_of("-m", "--module-name")
    if module is not None and module.text in {"ping", "setup", "debug"}:
        return
    is_asking = call.has(
        "--check", "-C", "--syntax-check", "--list-hosts", "--list-tasks"
    )
    is_asking = is_asking or only_looks(call)
    if call.texts and not is_asking and not call.is_dry_run:
        message = f"Changes machines by a playbook: {shortened(call.line)}"
        yield Match("shell.infrastructure_change", Severity.MEDIUM, message)


def store(call: Call) -> Iterator[Match]:
    """Key chains of the operating system and password stores."""
    words = call.texts[:2] if call.texts else ()
    is_entry = call.name in {"pass", "gopass"} and bool(words)
    is_listing = bool({"ls", "list", "git", "version", "find"} & set(words))
    if any(_STORE_VERBS.search(text) for text in words) or (
        is_entry and not is_listing
    ):
        message = f"Reads or changes stored passwords: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.HIGH, message)


def windows(call: Call) -> Iterator[Match]:
    """certutil, mshta, rundll32: signed by the maker, used by everybody."""
    if call.texts:
        message = f"Lets Windows run or fetch code: {shortened(call.line)}"
        yield Match("shell.remote_code", Severity.HIGH, message)


def registry(call: Call) -> Iterator[Match]:
    """reg, defaults, Set-ItemProperty: settings of the system."""
    verb = call.texts[0].lower() if call.texts else ""
    if verb in {"delete", "import", "restore", "load"}:
        message = f"Removes or replaces system settings: {shortened(call.line)}"
        yield Match("shell.system_change", Severity.HIGH, message)
    elif verb in {"add", "write"}:
        message = f"Changes system settings: {shortened(call.line)}"
        yield Match("shell.system_change", Severity.MEDIUM, message)


def metadata(call: Call) -> Iterator[Match]:
    """The address at which clouds hand their machines' keys out."""
    if any(_METADATA.search(text) for text in call.texts):
        message = f"Asks the cloud for this machine's keys: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.HIGH, message)


def spawns(call: Call) -> Iterator[Match]:
    """A shell as the argument of a program that is no shell: the way out of it."""
    if call.name in _DATA_TAKERS or call.name in SHELLS:
        return
    found = next((text for text in call.texts if _SHELL.search(text[:_LONGEST])), None)
    if found is not None:
        message = f"Makes {call.name} start a shell: {shortened(found)}"
        yield Match("shell.inline_code", Severity.HIGH, message)


def recording_shell(call: Call) -> Iterator[Match]:
    """``script`` without a command starts a shell."""
    if call.has("c", "--command", "--version", "--help") or len(call.operands) > 1:
        return
    if call.has("q", "--quiet") or not call.operands:
        message = f"Starts a shell: {shortened(call.line)}"
        yield Match("shell.inline_code", Severity.MEDIUM, message)


def unseen_script(call: Call) -> Iterator[Match]:
    """A shell whose script is what another command gives it."""
    if call.name not in SHELLS and call.name not in {"source", "."}:
        return
    operands = call.operands[:1] if not call.has("c") else call.operands[:2]
    if any(_UNSEEN.match(word.raw) for word in operands):
        message = f"Runs a script that is not shown here: {shortened(call.line)}"
        yield Match("shell.uninspectable", Severity.HIGH, message)


def start(call: Call) -> Iterator[Match]:
    """run-parts, capsh: programs or shells that the line does not name."""
    if call.texts and not call.is_dry_run and not call.has("--print", "--test"):
        message = f"Starts other programs: {shortened(call.line)}"
        yield Match("shell.inline_code", Severity.MEDIUM, message)


def dump(call: Call) -> Iterator[Match]:
    """gcore: the memory of a process, with the passwords in it."""
    if call.texts:
        message = f"Copies a process's memory: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.MEDIUM, message)


def serve_folder(call: Call) -> Iterator[Match]:
    """``python -m http.server`` of more than a project."""
    module = call.value_of("-m")
    folder = call.value_of("-d", "--directory")
    if module is None or not module.text.startswith("http") or folder is None:
        return
    if is_system(folder) or is_broad_root(folder):
        message = f"Lets others read files: {shortened(call.line)}"
        yield Match("shell.exfiltration", Severity.HIGH, message)


def show_secret(call: Call) -> Iterator[Match]:
    """``echo $API_KEY``: a secret in the output, and so in every log of it."""
    for word in call.operands:
        found = _SECRET_VARIABLE.match(word.raw)
        if found is not None:
            message = f"Shows a secret: {shortened(found[0])}"
            yield Match("shell.credential_access", Severity.MEDIUM, message)


def bare_shell(call: Call) -> Iterator[Match]:
    """``busybox sh``, ``strace sh``: a shell without anything to do, by a detour."""
    is_idle = not call.operands and not call.has("c") and call.command.stdin is None
    is_detour = bool(call.wrappers - {"exec", "command", "builtin", "time"})
    if call.name in SHELLS and is_idle and is_detour and not call.command.upstream:
        message = f"Starts a shell by {', '.join(sorted(call.wrappers))}"
        yield Match("shell.inline_code", Severity.MEDIUM, message)


def sockets(call: Call) -> Iterator[Match]:
    """awk's own network connections."""
    if any("/inet/" in text for text in call.texts):
        message = f"Opens a network connection: {shortened(call.line)}"
        yield Match("shell.remote_access", Severity.CRITICAL, message)


def keys(call: Call) -> Iterator[Match]:
    """gpg, ssh-copy-id, openssl enc: keys given away, files locked."""
    line = call.line
    if call.name == "gpg" and re.search(r"--(export|delete)-secret", line):
        message = f"Exports or deletes private keys: {shortened(line)}"
        yield Match("shell.credential_access", Severity.HIGH, message)
    elif call.name == "ssh-copy-id":
        message = f"Lets a key into another machine: {shortened(line)}"
        yield Match("shell.remote_access", Severity.MEDIUM, message)
    elif call.name == "ssh-keygen" and call.has("R", "-p"):
        message = f"Changes known hosts or a key: {shortened(line)}"
        yield Match("shell.system_change", Severity.MEDIUM, message)
    is_locking = call.texts[:1] == ("enc",) or call.has("c", "--symmetric", "e")
    is_many = any("{}" in word.text or "*" in word.text for word in call.words[1:])
    if is_locking and is_many and not call.has("-d", "--decrypt"):
        message = f"Encrypts many files: {shortened(line)}"
        yield Match("shell.redirect_over", Severity.HIGH, message)


def searching(call: Call) -> Iterator[Match]:
    """find for files that give rights or hold keys."""
    if any(is_credential(word) for word in call.operands[:1]):
        message = f"Looks into a folder of credentials: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.MEDIUM, message)
    for option in ("-name", "-iname", "-path"):
        word = call.value_of(option)
        is_used = call.has("-exec", "-execdir", "-ok")
        if word is None or not is_credential(word):
            continue
        if is_used or not _is_here(call):
            message = f"Looks for credentials: {shortened(call.line)}"
            yield Match("shell.credential_access", Severity.MEDIUM, message)
    mode = call.value_of("-perm")
    if mode is not None and _SETUID.match(mode.text):
        message = f"Looks for programs that give rights: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.MEDIUM, message)


def search_passwords(call: Call) -> Iterator[Match]:
    """``grep -r password /``: looking for keys everywhere but in a project."""
    is_deep = call.has("r", "R", "--recursive") or call.name in {"rg", "ag"}
    if not is_deep or not call.operands:
        return
    roots = call.operands[1:]
    is_elsewhere = any(is_system(w) or is_broad_root(w) for w in roots)
    if is_elsewhere and _PASSWORDS.search(call.operands[0].text[:_LONGEST]):
        message = f"Looks for passwords: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.MEDIUM, message)


def is_broad_root(word: Word) -> bool:
    """True for roots and homes; the current folder and its parent are a project."""
    path = normal(word)
    return is_broad(path) and not path.startswith((".", "*"))


def _is_here(call: Call) -> bool:
    """Below the current folder everybody may look for ``.env``."""
    root = call.operands[0].text if call.operands else "."
    return not root.startswith(("/", "~", "$", ".."))


def machine(call: Call) -> Iterator[Match]:
    """Clocks, names, links and routes of the machine."""
    words = set(call.texts)
    is_change = {
        "date": call.has("s", "--set"),
        "hwclock": call.has("w", "s", "--systohc", "--hctosys", "--set"),
        "hostnamectl": any(text.startswith("set-") for text in words),
        "hostname": bool(call.operands),
        "timedatectl": any(text.startswith("set-") for text in words),
        "ip": bool({"add", "del", "delete", "set", "flush", "down"} & words),
        "ifconfig": len(call.operands) > 1,
        "route": bool({"add", "del", "delete", "flush"} & words),
        "tc": bool({"add", "del", "change", "replace"} & words),
        "arp": call.has("d", "s"),
        "nmcli": bool({"down", "delete", "modify", "off"} & words),
        "resolvectl": bool({"dns", "domain", "revert"} & words),
        "losetup": call.has("d", "D"),
        "btrfs": bool({"delete", "format", "rescue"} & words),
        "xfs_repair": True,
        "blockdev": any(text.startswith("--set") or "flush" in text for text in words),
        "partprobe": not call.is_dry_run and not call.has("d", "s"),
        "fltmc": bool({"unload", "detach", "load"} & words),
        "sysmon": call.has("u", "c", "m"),
        "auditpol": bool({"/set", "/clear", "/remove", "/restore"} & words),
        "logman": bool({"stop", "delete", "update"} & words),
        "chkconfig": bool({"on", "off", "--del", "--add", "reset"} & words),
        "sysrc": any("=" in text for text in words) or call.has("x"),
        "fsck": not call.has("n", "N"),
        "tune2fs": not call.has("l"),
        "debugfs": call.has("w"),
        "resize2fs": True,
    }
    if is_change.get(call.name, False) and not call.is_dry_run:
        message = f"Changes the running system: {shortened(call.line)}"
        yield Match("shell.system_change", Severity.HIGH, message)


MACHINE = names(
    "date hwclock hostnamectl hostname timedatectl ip ifconfig route tc arp nmcli"
    " resolvectl losetup btrfs xfs_repair fsck tune2fs debugfs resize2fs"
    " blockdev partprobe fltmc sysmon auditpol logman chkconfig sysrc"
)
STARTERS = names("capsh run-parts start-stop-daemon")
DUMPERS = names("gcore procdump procdump64")
