"""Programs that nobody looked into: which of them a person should see.

An unknown name alone is ordinary: every project has scripts of its own. What makes
it doubtful is where the program lies, what it is called, and what it is given.
"""

import re

from approvals.risk.shell_calls import Call
from approvals.risk.shell_inventory import is_reading
from approvals.risk.shell_paths import is_block_device, is_credential
from approvals.risk.shell_words import Word
from approvals.risk.tables import names

_GRAVE_WORDS = names(
    "backdoor bruteforce credential credentials decrypt deface delete deletes deleting"
    " destroy destructive detonate disarm drop dropdb encrypt erase exfil exfiltrate"
    " exploit flush hijack implant inject kill loot malware miner nuke obliterate"
    " passwd"
    " password passwords payload pentest persist purge ransom ransomware"
    " reinstall remove"
    " reset revoke rollback rootkit scrub shellcode shred shutdown sniff spoof stealer"
    " teardown terminate truncate uninstall unlink virus wipe worm zap"
)
_OUTWARD = names("deploy deployment prod production publish release rollout ship")
"""What reaches others; a build for them is still only a build."""
_BUILDING = names("assemble build bundle compile lint test tests watch")
_CHANGING = names(
    "abort apply ban block cancel decommission del delete demote deregister detach"
    " disable down downgrade drain drop eject enable evict failover flush grant kill"
    " leave promote purge reboot remove reset restart restore revoke rm rollback"
    " attach connect gc grant invite join mount prune publish push replace send set"
    " transfer upload write strip"
    " shutdown stop suspend terminate unban unblock undo unload unmount unpublish"
    " unregister wipe"
)
"""Verbs of a program that is installed; a project's own scripts say them all day."""
_OWN_PROGRAMS = names(
    "make just task npm pnpm yarn bun rake gradle gradlew mvn cargo go dotnet nox tox"
    " invoke poetry uv hatch pdm bundle deno nx turbo lerna rush moon earthly mage sbt"
    " ninja meson cmake bazel buck2 pants lein boot mix rebar3 stack cabal dune opam"
    " composer gulp grunt flutter dart melos fastlane pod swift zig nimble crystal"
    " shards grails"
)
_NAMING_OPTIONS = names("--example --bin --test --bench --package -p --filter -k")
"""What follows them is a name of the project."""
_CONTROLS = re.compile(r"(?<!k)(ctl|adm|admin|mgr|passwd|shutdown)$")
"""How programs are called by which something else is controlled."""
_GRAVE_OPTIONS = names("--force --yes-i-really-mean-it --no-preserve-root --purge")
_HIDEOUT = re.compile(
    r"^(/tmp|/var/tmp|/dev/shm|/private/tmp|/run/user|/proc|/sys|\$TMPDIR)/"
    r"|(^|/)\.[a-z0-9][^/]*(/[^/]+)*$",
    re.IGNORECASE,
)
_PROJECT_FOLDERS = re.compile(
    r"(^|/)\.(venv|husky|bin|tox|nox|cargo|nvm|pyenv|rbenv|asdf|local|git|github"
    r"|circleci|yarn|next|npm|bun|deno|volta|sdkman|config)/"
)
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_MAX_TOKENS = 40
_MAX_WORDS = 500
_ACCOUNT_FILES = re.compile(r"^/(etc|root|boot|home)/")


def is_doubtful(call: Call) -> bool:
    """Whether a person should see a call of a program that nobody looked into."""
    is_shown = call.name == "make" and call.has("n", "q", "--just-print", "--question")
    if call.is_dry_run or is_shown:
        return False
    started = [call.words[0], *call.operands[:3]]
    return (
        bool(call.wrappers & {"sudo", "doas", "pkexec", "gosu", "su-exec"})
        or any(_is_hidden(word.text) for word in started)
        or not _GRAVE_OPTIONS.isdisjoint(call.texts)
        or not _GRAVE_WORDS.isdisjoint(_tokens(_telling(call)))
        or _is_order(call)
        or (bool(_CONTROLS.search(call.name)) and not is_reading(call))
        or _is_outward(call)
        or len(call.words) > _MAX_WORDS
        or any(_is_secret(word) for word in call.words[1:])
    )


def _telling(call: Call) -> list[str]:
    """The words of a call but for names of a project's own parts."""
    if call.name not in _OWN_PROGRAMS:
        return [call.name, *call.texts]
    before = ("", *call.texts)
    named = zip(before, call.texts, strict=False)
    return [text for option, text in named if option not in _NAMING_OPTIONS]


def _is_order(call: Call) -> bool:
    """``someprogram disable x``: an order to something that runs elsewhere."""
    if call.name in _OWN_PROGRAMS or "/" in call.words[0].text or "." in call.name:
        return False
    heads = (re.split(r"[-_:.]", w.text[:80])[0].lower() for w in call.operands[:3])
    tails = (re.split(r"[-_:.]", w.text[:80])[-1].lower() for w in call.operands[:1])
    return not _CHANGING.isdisjoint({*heads, *tails})


def _is_hidden(path: str) -> bool:
    """True below folders where anybody may put a program, and in hidden ones."""
    if path.startswith(("./.", ".")) and "/" not in path.lstrip("./"):
        return bool(re.match(r"^(\./)?\.[a-z]", path))
    return bool(_HIDEOUT.search(path)) and not _PROJECT_FOLDERS.search(path)


def _tokens(words: list[str]) -> set[str]:
    found = (token for word in words[:_MAX_TOKENS] for token in _split(word))
    return {token.lower() for token in found}


def _split(word: str) -> list[str]:
    return _TOKEN.findall(word[:200])


def _is_outward(call: Call) -> bool:
    tokens = _tokens([call.name, *(word.text for word in call.operands[:3])])
    return not _OUTWARD.isdisjoint(tokens) and _BUILDING.isdisjoint(tokens)


def _is_secret(word: Word) -> bool:
    is_account = bool(_ACCOUNT_FILES.match(word.text))
    return is_account or is_credential(word) or is_block_device(word)
