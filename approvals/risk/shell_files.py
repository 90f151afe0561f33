"""Commands that delete, overwrite or expose files and disks."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call, program
from approvals.risk.shell_nested import SHELLS
from approvals.risk.shell_parse import Redirect
from approvals.risk.shell_paths import (
    deletion_severity,
    is_block_device,
    is_broad,
    is_cache,
    is_credential,
    is_leftover,
    is_pattern,
    is_system,
    is_temporary,
    normal,
    overwrite_severity,
)
from approvals.risk.shell_words import Word
from approvals.risk.tables import names

READERS = names(
    "awk base32 base64 bat batcat bzip2 cat curl cut dd diff egrep emacs fgrep gawk"
    " gpg grep gzip hd head hexdump http jq less litecli mail more mutt nano nc ncat"
    " nl node"
    " od openssl paste perl php pr python python3 rev rg ruby scp sed sendmail sftp"
    " socat sort sqlite3 strings tac tail tar tee vi vim wget xxd xz yq zip 7z type gc"
    " get-content"
)
"""Programs that show, pack or send what they are given."""
_TEMPORARY_VARIABLE = re.compile(
    r"""["']?\$\{?\w{0,20}(tmp|temp)_?\w{0,12}\}?["']?$""", re.IGNORECASE
)
"""What scripts call the file that they made themselves, by ``mktemp``."""
_SETUID = re.compile(r"^0?[2-7][0-7]{3}$|[ugoa]*[+=][rwxX]*s")
_LOOKING = names(
    "print list status luksDump luksUUID isLuks get history iostat info version"
    " --detail --examine --version id-ctrl smart-log get-feature benchmark"
)
"""Of the programs for disks, what only looks."""
_MEMORY = re.compile(r"^/dev/k?mem$|^/proc/(kcore|kmem|\d+/(mem|maps_files))$")
_READ_BY_ANY = re.compile(
    r"^/etc/(g?shadow-?|master\.passwd|krb5\.keytab|ssl/private/.*"
    r"|ssh/ssh_host_\w+_key)$"
)
_TOUCHING_NOT_READING = names(
    "ls stat test chmod chown chgrp file find touch mkdir rm cd basename dirname"
    " readlink realpath echo printf ln rsync chattr lsattr setfacl getfacl which"
)
"""They take a path and show nothing of what is in it."""
_WRITTEN = names("-out -keyout")
_FILTERS = names("ag awk egrep fgrep gawk grep jq rg ripgrep sed yq zgrep")
"""Their first operand is what they look for or do, not where."""
_COPIERS = frozenset({"cp", "mv", "rsync", "scp", "install", "ln", "rclone"})
_WORLD_WRITABLE = re.compile(r"^0?[0-7]?[0-7]?[2367]$|^[ao]?\+[rx]*w[rx]*$|^0?777$")


def delete(call: Call) -> Iterator[Match]:
    """rm and its kin."""
    if call.texts in (("--help",), ("--version",)):
        return
    if call.has("r", "R", "--recursive", "-recurse", "-Recurse", "--no-preserve-root"):
        yield from _delete_recursive(call)
        return
    scale = _number(call)
    for word in call.operands:
        severity = _single_severity(word)
        message = f"Deletes {shortened(word.text)}"
        target = shortened(word.text)
        yield Match("shell.delete", severity, message, target, scale)


def _delete_recursive(call: Call) -> Iterator[Match]:
    if call.has("--no-preserve-root"):
        message = "Deletes without the usual protection of /"
        yield Match("shell.delete_recursive", Severity.CRITICAL, message)
    scale = _number(call)
    for word in call.operands:
        message = f"Deletes {shortened(word.text)} and everything below it"
        severity = deletion_severity(word)
        target = shortened(word.text)
        yield Match("shell.delete_recursive", severity, message, target, scale)
    if not call.operands:
        message = "Deletes recursively what is not named in the text"
        yield Match("shell.delete_recursive", Severity.MEDIUM, message)


def _number(call: Call) -> float | None:
    """How many paths are named; unknown where the shell finds more."""
    is_plain = all(w.known and not is_pattern(w) for w in call.operands)
    return float(len(call.operands)) if is_plain else None


def _single_severity(word: Word) -> Severity:
    is_own = bool(_TEMPORARY_VARIABLE.match(word.raw or word.text))
    if is_temporary(word) or is_leftover(word) or is_own:
        return Severity.LOW
    if is_system(word) or is_block_device(word):
        return Severity.CRITICAL
    if is_broad(normal(word)) or is_credential(word):
        return Severity.HIGH
    return Severity.MEDIUM


def delete_windows(call: Call) -> Iterator[Match]:
    """del, rd and Remove-Item, whose options stand behind a slash or a word."""
    lowered = {text.lower() for text in call.texts}
    is_recursive = bool(lowered & {"/s", "-recurse", "-r", "-rf"})
    severity = Severity.CRITICAL if is_recursive else Severity.MEDIUM
    code = "shell.delete_recursive" if is_recursive else "shell.delete"
    message = f"Deletes {shortened(' '.join(call.texts))}"
    if call.texts:
        yield Match(code, severity, message)


def find(call: Call) -> Iterator[Match]:
    """find -delete; what -exec runs is looked at on its own."""
    if call.has("-delete"):
        root = call.operands[0] if call.operands else Word(".")
        name = call.value_of("-name", "-iname")
        is_grave = is_broad(normal(root)) and name is None and not call.has("-path")
        is_litter = name is not None and (is_leftover(name) or is_cache(name))
        severity = Severity.CRITICAL if is_grave or is_system(root) else Severity.HIGH
        if is_temporary(root) or (is_litter and _is_relative(root)):
            severity = Severity.LOW
        target = shortened(root.text)
        message = f"Deletes what it finds below {target}"
        yield Match("shell.delete_recursive", severity, message, target)
    for option in ("-exec", "-execdir", "-ok"):
        word = call.value_of(option)
        if (
            word is not None
            and program(word.text) in SHELLS
            and ("-c" not in call.texts)
        ):
            message = f"Starts a shell by {call.name}"
            yield Match("shell.inline_code", Severity.MEDIUM, message)
    for option in ("-fprint", "-fprintf", "-fls"):
        written = call.value_of(option)
        if written is not None:
            yield from _overwritten(written)


def _is_relative(word: Word) -> bool:
    return not normal(word).startswith(("/", "~", "$", "..", "{", "`"))


def destroy(call: Call) -> Iterator[Match]:
    """shred, wipefs, mkfs: nothing can bring back what they overwrite."""
    if call.is_dry_run or not call.operands:
        return
    target = shortened(" ".join(word.text for word in call.operands))
    is_device = any(is_block_device(word) for word in call.operands)
    is_file = call.name == "shred" and not is_device
    severity = Severity.HIGH if is_file else Severity.CRITICAL
    message = f"Overwrites {target} for good"
    yield Match("shell.format_disk", severity, message, target)


def partition(call: Call) -> Iterator[Match]:
    """fdisk, parted, lvremove, zpool: tables and volumes of disks."""
    if call.has("-l", "--list", "l", "--help", "I") or _LOOKING & set(call.texts):
        return
    message = f"Changes disks or volumes: {shortened(call.line)}"
    yield Match("shell.format_disk", Severity.CRITICAL, message)


def dd(call: Call) -> Iterator[Match]:
    """dd of=TARGET."""
    for word in call.words[1:]:
        if word.text.startswith("if=") and is_block_device(
            Word(word.text[3:], word.known, word.raw)
        ):
            message = f"Copies a disk or memory: {shortened(call.line)}"
            yield Match("shell.credential_access", Severity.MEDIUM, message)
        if word.text.startswith("of="):
            target = Word(word.text[3:], word.known, word.raw)
            if is_block_device(target):
                name = shortened(target.text)
                message = f"Overwrites the disk {name}"
                yield Match("shell.format_disk", Severity.CRITICAL, message, name)
            else:
                yield from _overwritten(target)


def truncate(call: Call) -> Iterator[Match]:
    """truncate cuts files."""
    for word in call.operands:
        if not is_temporary(word) and not re.fullmatch(r"[+-]?\d+\w?", word.text):
            message = f"Cuts the file {shortened(word.text)}"
            severity = Severity.HIGH if is_system(word) else Severity.MEDIUM
            yield Match("shell.redirect_over", severity, message, word.text[:80])


def move(call: Call) -> Iterator[Match]:
    """cp, mv, install and ln write their last operand; mv empties its first ones."""
    directory = call.value_of("-t", "--target-directory")
    target = directory or (call.operands[-1] if len(call.operands) > 1 else None)
    if target is None:
        return
    sources = [word for word in call.operands if word is not target]
    yield from _overwritten(target)
    mode = call.value_of("-m", "--mode") if call.name == "install" else None
    if mode is not None and _SETUID.match(mode.text):
        message = f"Gives a program its owner's rights: {shortened(call.line)}"
        yield Match("shell.permissions", Severity.HIGH, message)
    if call.name == "mv":
        is_lost = target.text == "/dev/null"
        for word in sources:
            if is_lost or is_system(word) or is_broad(normal(word)):
                message = f"Moves {shortened(word.text)} away"
                name = shortened(word.text)
                yield Match("shell.delete", Severity.HIGH, message, name)
    if call.name != "mv" and any(word.text == "/dev/null" for word in sources):
        message = f"Empties {shortened(target.text)}"
        yield Match("shell.redirect_over", Severity.MEDIUM, message)


def timestamps(call: Call) -> Iterator[Match]:
    """touch -t and -r on the system's files: when something changed is hidden."""
    given = call.value_of("-r", "--reference")
    is_set = call.has("t", "d", "--date") or given is not None
    paths = [*call.operands, *([given] if given is not None else [])]
    if is_set and any(is_system(word) for word in paths):
        message = f"Changes when a file seems to be from: {shortened(call.line)}"
        yield Match("shell.history_tampering", Severity.MEDIUM, message)


def unpack(call: Call) -> Iterator[Match]:
    """tar and unzip put what is in an archive over the system's files."""
    is_tar = call.name in {"tar", "bsdtar", "gtar"}
    first = call.texts[0] if call.texts else ""
    is_taking = not is_tar or call.has("x", "--extract") or "x" in first.lstrip("-")
    target = call.value_of(*(("-C", "--directory") if is_tar else ("-d",)))
    is_grave = target is not None and (is_system(target) or normal(target) == "/")
    if target is not None and is_taking and is_grave:
        name = shortened(target.text)
        message = f"Unpacks files into {name}"
        yield Match("shell.redirect_over", Severity.HIGH, message, name)


def write(call: Call) -> Iterator[Match]:
    """tee writes all of its operands."""
    for word in call.operands:
        yield from _overwritten(word)


def edit_in_place(call: Call) -> Iterator[Match]:
    """sed -i and perl -i write the files they read."""
    if any(re.match(r"-[a-zA-Z]*i|--in-place", text) for text in call.texts):
        for word in call.operands:
            yield from _overwritten(word)


def edit_settings(call: Call) -> Iterator[Match]:
    """PlistBuddy and plutil write the settings that they are given."""
    is_reading = call.has("-p", "-lint", "-extract", "-x") or any(
        text.startswith("Print") for text in call.texts
    )
    for word in call.operands if not is_reading else ():
        yield from _overwritten(word)


def edit_by_hand(call: Call) -> Iterator[Match]:
    """An editor with a file of the system in it."""
    for word in call.operands if not call.has("R", "v", "--view") else ():
        yield from _overwritten(word)


def permissions(call: Call) -> Iterator[Match]:
    """chmod, chown, chgrp, chattr, setfacl, setcap."""
    if call.name == "setcap":
        message = f"Gives a program rights of its own: {shortened(call.line)}"
        yield Match("shell.permissions", Severity.HIGH, message)
        return
    operands = call.operands
    targets = operands[1:] if call.name != "setfacl" else operands
    is_recursive = call.has("R", "--recursive")
    mode = operands[0].text if operands else ""
    is_open = call.name == "chmod" and bool(_WORLD_WRITABLE.match(mode))
    is_setuid = call.name == "chmod" and bool(_SETUID.match(mode))
    is_grave = any(is_system(w) or is_broad(normal(w)) for w in targets)
    is_secret = any(is_credential(w) for w in targets)
    target = shortened(targets[0].text) if targets else ""
    message = f"Changes access rights: {shortened(call.line)}"
    if is_grave and is_recursive:
        yield Match("shell.permissions", Severity.CRITICAL, message, target)
    elif is_setuid or is_grave or (is_open and (is_recursive or is_secret)):
        yield Match("shell.permissions", Severity.HIGH, message, target)
    elif is_open or is_recursive or call.name == "chattr":
        yield Match("shell.permissions", Severity.MEDIUM, message, target)


def credentials(call: Call) -> Iterator[Match]:
    """Any reader, packer or sender that is given a file with secrets."""
    words = _files_of(call)
    if call.name in _COPIERS and len(call.operands) > 1:
        words = call.operands[:-1]
    is_reader = call.name in READERS or "--no-index" in call.texts
    is_reader = is_reader or call.name in _COPIERS
    is_memory = call.name in READERS and any(map(_is_memory, words))
    if is_memory:
        message = f"Reads a disk or memory: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.HIGH, message)
    if not is_reader and call.name in _TOUCHING_NOT_READING:
        return
    for word in words:
        path = _path_in(word)
        is_grave = bool(_READ_BY_ANY.match(normal(path)))
        if is_grave or (is_reader and is_credential(path)):
            name = shortened(word.text)
            message = f"Reads the credentials in {name}"
            yield Match("shell.credential_access", Severity.HIGH, message, name)


def _is_memory(word: Word) -> bool:
    return bool(_MEMORY.match(normal(word)))


def _files_of(call: Call) -> tuple[Word, ...]:
    """The words that can name files: patterns and programs of filters cannot."""
    if call.name == "openssl":
        pairs = zip(call.words, call.words[1:], strict=False)
        return tuple(word for before, word in pairs if before.text not in _WRITTEN)
    if call.name not in _FILTERS or call.has("f", "--file", "--files"):
        return call.words[1:]
    given = {"-e", "--regexp", "--expression"}
    if given & set(call.texts):
        pairs = zip(call.words, call.words[1:], strict=False)
        return tuple(word for before, word in pairs if before.text not in given)
    first = call.operands[:1]
    return tuple(word for word in call.words[1:] if word not in first)


def _path_in(word: Word) -> Word:
    """The path in "@file", "key=@file" and "if=file"."""
    text = re.sub(r"^[\w.-]*=?@|^(if|file|in)=", "", word.text)
    return Word(text.split(";")[0], word.known)


def redirects(redirect: Redirect) -> Iterator[Match]:
    """Files that the shell itself opens."""
    if redirect.writes:
        found = list(_overwritten(redirect.target))
        yield from found
        if redirect.empties and not found and _is_kept(redirect.target):
            name = shortened(redirect.target.text)
            message = f"Empties {name}"
            yield Match("shell.redirect_over", Severity.MEDIUM, message, name)
    elif is_credential(redirect.target):
        message = f"Reads the credentials in {shortened(redirect.target.text)}"
        yield Match("shell.credential_access", Severity.HIGH, message)
    if redirect.target.text.startswith(("/dev/tcp/", "/dev/udp/")):
        message = f"Opens a network connection to {shortened(redirect.target.text)}"
        yield Match("shell.remote_access", Severity.CRITICAL, message)


def _is_kept(word: Word) -> bool:
    is_device = word.text.startswith("/dev/")
    return not is_temporary(word) and not is_leftover(word) and not is_device


def _overwritten(target: Word) -> Iterator[Match]:
    severity = overwrite_severity(target)
    if severity is not None:
        name = shortened(target.text)
        yield Match("shell.redirect_over", severity, f"Writes to {name}", name)
