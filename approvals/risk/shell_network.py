"""Commands that talk to other machines: what leaves, what comes in and runs."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call, program
from approvals.risk.shell_files import READERS
from approvals.risk.shell_nested import SHELLS, read_text
from approvals.risk.shell_parse import Command
from approvals.risk.shell_paths import is_broad, is_credential, is_system, normal
from approvals.risk.shell_words import Word
from approvals.risk.shell_wrappers import unwrap
from approvals.risk.tables import names

FETCHERS = names("aria2c curl fetch http https httpie iwr wget xh invoke-webrequest")
_DECODERS = names(
    "base32 base64 gbase64 gpg gunzip gzip openssl rev tr uudecode xxd zcat"
)
_INTERPRETERS = SHELLS | names(
    "awk bun deno node nodejs osascript perl php psql pwsh python python2 python3"
    " ruby source tclsh xargs iex invoke-expression ."
)
_CODE_READERS = SHELLS | names("node nodejs perl php python python2 python3 ruby")
_SENDERS = names(
    "curl ftp http mail mailx mutt nc ncat netcat rclone sendmail socat telnet"
)
_SECRET_OUTPUT = names("env printenv set history pass gpg security secret-tool")
_REMOTE_PATH = re.compile(r"^(?:[\w.-]+@)?[\w.-]+:(?!//)|^rsync://")
_LOCAL_HOST = re.compile(r"^(?:https?://)?(localhost|127\.|\[?::1|0\.0\.0\.0)")
_HOST = re.compile(
    r"://(?:[^/@\s]{0,100}@)?([^/:\s]{1,253})|^(?:[\w.-]+@)?([\w.-]+\.\w+):"
)
_METHOD = re.compile(r"^(?:-X|--request=|--method=)(\w+)$", re.IGNORECASE)
_DESTRUCTIVE_URL = re.compile(
    r"(?:^|[/_:.?=&])(do)?(delete|destroy|purge|truncate|terminate|wipe|drop|flush|shutdown"
    r"|remove|revoke|reset|_delete_by_query|_forcemerge|_close)(?=$|[A-Z_/?&=:.])",
    re.IGNORECASE,
)
_BEFORE_PATH = re.compile(r"^(?:\w+://)?[^/?]*")
"""What a name says of a machine, it does not say of what is done there."""
_QUERY_URL = re.compile(
    r"/(_?m?search|quer(y|ies)|_count|_refresh|_analyze|_explain|_reindex|graphql|_msearch"
    r"|_validate|_bulk_get|token|oauth/token)\b[^/]*$",
    re.IGNORECASE,
)
_SUBSTITUTED = re.compile(r"\$\(|`|<\(")
_MADE_NAME = re.compile(r"\$\(|`|<\(|\$\{?\w{1,60}\}?\.\w")
"""A name with a part that only the shell knows; a whole one is just a host."""
_DATA_OPTIONS = names(
    "-d --data --data-binary --data-raw --data-ascii --data-urlencode --json"
    " --post-data --body-data"
)
_FILE_OPTIONS = names("-T --upload-file --post-file --body-file")
_FETCHING = re.compile(
    r"\b(curl|wget|fetch|iwr|invoke-webrequest|base64|xxd)\b", re.IGNORECASE
)


def is_fetching(source: str) -> bool:
    """True when a substitution downloads or decodes something."""
    return bool(_FETCHING.search(source))


def saved_names(call: Call) -> set[str]:
    """The files that a download is written to, as far as the text tells."""
    word = call.value_of("-o", "-O", "--output", "--output-document", "-OutFile")
    names_found = {word.text.removeprefix("./")} if word is not None else set()
    if call.name == "wget" or call.has("O", "--remote-name"):
        addresses = [text for text in call.texts if "://" in text]
        names_found |= {text.rstrip("/").rpartition("/")[2] for text in addresses}
    return names_found - {"", "-"}


def remote_code(call: Call) -> Iterator[Match]:
    """Output of a download or a decoder that ends in an interpreter."""
    if call.name not in _INTERPRETERS and call.name != "eval":
        return
    sources = [_name_of(stage) for stage in call.command.upstream]
    substituted = [
        w.raw for w in call.words[1:] if not w.known and _FETCHING.search(w.raw)
    ]
    fetched = [name for name in sources if name in FETCHERS]
    if fetched or substituted:
        message = f"Runs what was downloaded or decoded: {shortened(call.line)}"
        yield Match("shell.remote_code", Severity.CRITICAL, message)
    elif sources and _reads_code(call):
        yield from _piped_code(call, sources)


def _reads_code(call: Call) -> bool:
    return not any(not t.startswith("-") or t in {"-c", "-e"} for t in call.texts)


def _piped_code(call: Call, sources: list[str]) -> Iterator[Match]:
    if any(name in _DECODERS for name in sources):
        message = f"Runs what {sources[-1]} decodes"
        yield Match("shell.remote_code", Severity.CRITICAL, message)
    elif call.name in _CODE_READERS and read_text(call.command) is None:
        message = f"Runs the output of {shortened(sources[-1] or 'another command')}"
        yield Match("shell.uninspectable", Severity.HIGH, message)


_ENGINE = re.compile(
    r"(docker|containerd|podman|crio|buildkitd|lxd|incus|unix)\.sock(et)?$"
)


def _name_of(stage: Command) -> str:
    words, _ = unwrap(stage.words)
    return program(words[0].text) if words else ""


def http(call: Call) -> Iterator[Match]:
    """curl, wget and kin: reading is low, deleting and uploading are not."""
    if not call.texts or call.texts in (("--version",), ("--help",)):
        return
    method = _method(call)
    target = _host_of(call)
    addresses = [t for t in call.texts if "://" in t or _LOCAL_HOST.match(t)]
    is_destructive = any(
        _DESTRUCTIVE_URL.search(_BEFORE_PATH.sub("", t)) for t in addresses
    )
    if method == "DELETE" or (method != "GET" and is_destructive):
        message = f"Deletes on another machine: {shortened(call.line)}"
        yield Match("shell.remote_deletion", Severity.HIGH, message, target)
    elif method in {"POST", "PUT", "PATCH"} and not _is_query(addresses):
        is_local = all(_LOCAL_HOST.match(text) for text in addresses)
        severity = Severity.LOW if is_local else Severity.MEDIUM
        message = f"Sends data to another machine: {shortened(call.line)}"
        yield Match("shell.remote_change", severity, message, target)
    socket = call.value_of("--unix-socket")
    if socket is not None and method != "GET" and _ENGINE.search(socket.text):
        message = f"Gives orders to this machine's containers: {shortened(call.line)}"
        yield Match("shell.privilege", Severity.HIGH, message, target)
    yield from _uploads(call)
    message = f"Talks to another machine: {shortened(call.line)}"
    yield Match("shell.network", Severity.LOW, message, target)


def _is_query(addresses: list[str]) -> bool:
    return bool(addresses) and all(_QUERY_URL.search(text) for text in addresses)


def _method(call: Call) -> str:
    word = call.value_of("-X", "--request", "--method", "-Method", "-method")
    if word is not None:
        return word.text.upper()
    for text in call.texts:
        match = _METHOD.match(text)
        if match:
            return match[1].upper()
        if call.name in {"http", "https", "xh"} and text.isupper():
            return text
    has_body = _DATA_OPTIONS | {"-F", "--form", "--post-file"}
    is_upload = call.has(*has_body, "d") and not call.has("-G", "--get")
    return "POST" if is_upload else "GET"


def _uploads(call: Call) -> Iterator[Match]:
    words = call.words[1:]
    for previous, word in zip(call.words, words, strict=False):
        option = previous.text
        is_data = option in _DATA_OPTIONS or option in {"-F", "--form", "-H", "-u"}
        is_file = option in _FILE_OPTIONS or (is_data and "@" in word.text)
        if is_file and word.text != "@-":
            yield _sent(call, is_credential(_file_in(word)))
        elif word.raw and _SUBSTITUTED.search(word.raw):
            yield _sent(call, False)
    if call.command.upstream and {"@-", "-"} & set(call.texts):
        yield _sent(call, _is_secret_feed(call))


def _file_in(word: Word) -> Word:
    return Word(re.sub(r"^.*?@", "", word.text).split(";")[0], word.known)


def _sent(call: Call, is_secret: bool) -> Match:
    severity = Severity.CRITICAL if is_secret else Severity.HIGH
    what = "credentials" if is_secret else "data of this machine"
    message = f"Sends {what} away: {shortened(call.line)}"
    return Match("shell.exfiltration", severity, message, _host_of(call))


def _host_of(call: Call) -> str:
    """The machine that is talked to, as far as the text tells."""
    for text in call.texts:
        found = _HOST.search(text)
        if found is not None:
            return shortened(found[1] or found[2])
    return ""


def exfiltration(call: Call) -> Iterator[Match]:
    """Pipes from files or the environment into something that sends."""
    is_sender = call.name in _SENDERS or call.name in {"ssh", "scp"}
    if not is_sender or not call.command.upstream or call.name == "curl":
        return
    if _is_secret_feed(call):
        yield _sent(call, True)
    elif any(_name_of(stage) in READERS for stage in call.command.upstream):
        yield _sent(call, False)


def smuggling(call: Call) -> Iterator[Match]:
    """What a pipe encodes, put into an address that is fetched."""
    is_filled = any("{}" in text and text != "{}" for text in call.texts)
    feeds = {_name_of(stage) for stage in call.command.upstream}
    if is_filled and feeds & (_DECODERS | _SECRET_OUTPUT | {"od", "hexdump"}):
        yield _sent(call, _is_secret_feed(call))


def _is_secret_feed(call: Call) -> bool:
    stages = call.command.upstream
    return any(
        _name_of(stage) in _SECRET_OUTPUT or any(is_credential(w) for w in stage.words)
        for stage in stages
    )


def lookup(call: Call) -> Iterator[Match]:
    """dig, nslookup, ping: the asked name itself can carry data out."""
    pattern = call.value_of("-p") if call.name == "ping" else None
    is_filled = pattern is not None and "$" in pattern.raw
    if is_filled or any(w.raw and _MADE_NAME.search(w.raw) for w in call.words[1:]):
        yield _sent(call, False)


def netcat(call: Call) -> Iterator[Match]:
    """nc and socat: with a program behind it, a door into this machine."""
    line = call.line
    if call.has("e", "c", "--exec", "--sh-exec") or re.search(
        r"\b(exec|system|pty):", line, re.IGNORECASE
    ):
        message = f"Gives others a shell: {shortened(line)}"
        yield Match("shell.remote_access", Severity.CRITICAL, message)
    elif call.has("l", "--listen"):
        message = f"Opens a port: {shortened(line)}"
        yield Match("shell.remote_access", Severity.HIGH, message)
    elif not call.has("z") and call.texts:
        message = f"Talks to another machine: {shortened(line)}"
        yield Match("shell.network", Severity.MEDIUM, message)


def copy(call: Call) -> Iterator[Match]:
    """scp, sftp and rsync to other machines; rsync --delete."""
    if call.name != "rsync" and call.value_of("-S") is not None:
        message = f"Makes {call.name} start another program: {shortened(call.line)}"
        yield Match("shell.inline_code", Severity.MEDIUM, message)
    if call.is_dry_run or (call.name == "rsync" and call.has("-n", "n")):
        return
    removing = [
        text
        for text in call.texts
        if text.startswith(("--del", "--remove-source-files", "--remove-sent-files"))
    ]
    if removing:
        message = f"Deletes while copying: {shortened(call.line)}"
        yield Match("shell.delete_recursive", Severity.HIGH, message)
    target = call.operands[-1] if len(call.operands) > 1 else None
    if target is not None and _REMOTE_PATH.match(target.text):
        sources = call.operands[:-1]
        if any(is_credential(word) for word in sources):
            yield _sent(call, True)
        elif any(is_system(word) or is_broad(normal(word)) for word in sources):
            yield _sent(call, False)
        else:
            message = f"Copies to another machine: {shortened(call.line)}"
            yield Match("shell.network", Severity.LOW, message)


def connect(call: Call) -> Iterator[Match]:
    """ssh: what runs there is looked at on its own; tunnels open doors."""
    if call.has("R", "D", "L", "w"):
        message = f"Opens a tunnel: {shortened(call.line)}"
        yield Match("shell.remote_access", Severity.MEDIUM, message)
    elif call.operands:
        target = shortened(call.operands[0].text)
        message = f"Connects to {target}"
        yield Match("shell.network", Severity.LOW, message, target)
