"""Ways to make git run another program: settings, options, addresses, its pager.

git-config(1), git(1) and gitremote-helpers(7) say which settings hold commands.
"""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_variables import is_known_program
from approvals.risk.tables import names

_M, _H = Severity.MEDIUM, Severity.HIGH
_PROGRAM_KEYS = re.compile(
    r"^(core\.(pager|editor|sshcommand|askpass|gitproxy|alternaterefscommand|fsmonitor)"
    r"|pager\..{1,80}|sequence\.editor|interactive\.difffilter|diff\.external"
    r"|gpg\.(.{1,80}\.)?program|uploadpack\.packobjectshook|instaweb\.browser"
    r"|diff\..{1,80}\.(textconv|command)|(diff|merge)tool\..{1,80}\.(cmd|path)"
    r"|merge\..{1,80}\.driver|filter\..{1,80}\.(clean|smudge|process)"
    r"|remote\..{1,80}\.(uploadpack|receivepack|vcs)|(browser|man)\..{1,80}\.(cmd|path)"
    r"|trailer\..{1,80}\.(command|cmd)|tar\..{1,80}\.command"
    r"|sendemail\.\w{0,80}cmd|imap\.tunnel|gui\.\w{0,80}cmd)$",
    re.IGNORECASE,
)
_FILE_KEYS = re.compile(
    r"^(core\.(hookspath|attributesfile|worktree)|init\.templatedir|include\.path"
    r"|includeif\..{1,300}\.path)$",
    re.IGNORECASE,
)
"""They name files that can hold commands."""
_GUARD_KEYS = re.compile(
    r"^(protocol\.(.{1,40}\.)?allow|http\.(.{1,200}\.)?(sslverify|proxy)"
    r"|url\..{1,300}\.(pushinsteadof|insteadof)|safe\.directory|safe\.barerepository"
    r"|transfer\.fsckobjects|credential\.(.{1,200}\.)?helper)$",
    re.IGNORECASE,
)
"""They weaken what guards repositories and passwords, or send work elsewhere."""
_HOST = re.compile(r"(?:@|//)([\w.-]{1,253})")
_HELPERS = names("cache libsecret manager manager-core osxkeychain wincred oauth")
_SWITCHES = names("true false 0 1 on off yes no auto always never")
_LFS = re.compile(r"^git-lfs |^git-crypt |^nbstripout|^gh auth git-credential$")
_TRANSPORT = re.compile(r"(^|[=:])(ext|fd)::")
_REMOTE_PROGRAMS = names("--upload-pack --receive-pack --exec -u")
_TAKING_PROGRAMS = names("clone fetch pull push ls-remote fetch-pack send-pack archive")
_OWN = re.compile(r"^(/usr/(local/)?(bin|lib/git-core)/)?git[- ](upload|receive)-\w+$")
_CONFIG_VALUES = names("-f --file --blob --type --default --comment --value -t")
_READING = names(
    "--get --get-all --get-regexp --get-urlmatch --list -l --unset --unset-all get list"
    " unset --edit -e edit --get-color --get-colorbool"
)


def programs(call: Call) -> Iterator[Match]:
    """Matches for a git command that starts, or will start, another program."""
    for key, value in _settings(call):
        yield from _setting(call, key, value)
    if any(_TRANSPORT.search(text) for text in call.texts):
        yield _found(call, _H, "Makes git start a program as a way to a remote")
    if any(text.startswith("--exec-path=") for text in call.texts):
        yield _found(call, _H, "Makes git take its own programs from elsewhere")
    if _before_verb(call) & {"-p", "--paginate"}:
        yield _found(call, _M, "Opens a pager, which can start any program")
    yield from _remote_program(call)


def scripts(call: Call) -> Iterator[str]:
    """Shell text in settings: aliases with "!", pagers, editors, helpers."""
    for key, value in _settings(call):
        if value.startswith("!"):
            yield value[1:]
        elif _PROGRAM_KEYS.match(key) and value.lower() not in _SWITCHES:
            yield value


def _found(call: Call, severity: Severity, does: str) -> Match:
    return Match("shell.inline_code", severity, f"{does}: {shortened(call.line)}")


def _before_verb(call: Call) -> set[str]:
    """git's own options, which stand before the verb."""
    found = set()
    is_value = False
    for text in call.texts:
        if not is_value and not text.startswith("-"):
            break
        is_value = not is_value and text in {"-C", "-c", "--git-dir", "--work-tree"}
        found.add(text)
    return found


def _settings(call: Call) -> Iterator[tuple[str, str]]:
    """Keys and values that a call gives or stores."""
    for option, text in zip(call.texts, call.texts[1:], strict=False):
        if option in {"-c", "--config"}:
            key, _, value = text.partition("=")
            yield key, value
    for text in call.texts:
        if text.startswith(("--config-env=", "--config=")):
            key, _, value = text.partition("=")[2].partition("=")
            yield key, value or "?"
    yield from _stored(call)


def _stored(call: Call) -> Iterator[tuple[str, str]]:
    """``git config [set] KEY VALUE``."""
    if "config" not in call.texts or not _READING.isdisjoint(call.texts):
        return
    words = list(call.texts[call.texts.index("config") + 1 :])
    operands = [
        text
        for previous, text in zip(["", *words], words, strict=False)
        if not text.startswith("-") and previous not in _CONFIG_VALUES
    ]
    if operands[:1] in (["set"], ["add"]):
        del operands[0]
    if len(operands) > 1:
        yield operands[0], operands[1]


def _setting(call: Call, key: str, value: str) -> Iterator[Match]:
    lowered = key.lower()
    if lowered.startswith("alias."):
        if value.startswith("!"):
            yield _found(call, _M, "Makes git run a shell command")
    elif _PROGRAM_KEYS.match(lowered):
        is_plain = value.lower() in _SWITCHES or not value
        if not is_plain and not is_known_program(value) and not _LFS.match(value):
            yield _found(call, _M, "Makes git run another program")
    elif _FILE_KEYS.match(lowered):
        yield _found(call, _M, "Makes git read commands from another place")
    elif _GUARD_KEYS.match(lowered) and not _is_guarding(lowered, value):
        yield _found(call, _M, "Weakens what guards git, or leads it elsewhere")


def _is_guarding(key: str, value: str) -> bool:
    if "credential" in key:
        return value in _HELPERS or not value or bool(_LFS.match(value.lstrip("!")))
    if key.endswith("sslverify") or key == "transfer.fsckobjects":
        return value.lower() in {"true", "1", "yes", "on"}
    if key.startswith("protocol."):
        return value in {"never", "user"} or key in {"protocol.file.allow"}
    if key.startswith("url."):
        host = _HOST.search(value)
        return host is not None and host[1].lower() in key
    return key == "safe.directory" and value != "*"


def _remote_program(call: Call) -> Iterator[Match]:
    """``--upload-pack=PROGRAM``: git starts it here or on the remote."""
    verbs = {word.text for word in call.operands[:3]}
    if verbs.isdisjoint(_TAKING_PROGRAMS):
        return
    allowed = _REMOTE_PROGRAMS - ({"-u"} if not verbs & {"clone"} else set())
    word = call.value_of(*allowed)
    if word is not None and not _OWN.match(word.text):
        yield _found(call, _H, "Makes git start another program at the remote")
