"""git commands that lose work: local changes, commits, branches, history."""

import re
from collections.abc import Callable, Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call

_GLOBAL_VALUES = frozenset(
    {
        "-C",
        "-c",
        "--git-dir",
        "--work-tree",
        "--namespace",
        "--exec-path",
        "--config-env",
    }
)
_ADDRESS = re.compile(r"(https?|ssh|git|ftp)://|[\w.-]+@[\w.-]+:")
_SAFE_FORCE = frozenset({"--force-with-lease", "--force-if-includes"})


def git(call: Call) -> Iterator[Match]:
    """Matches for one git command; nothing for those that only read or add."""
    words = _subcommand(call)
    if not words or "--help" in call.texts:
        return
    rule = _RULES.get(words[0])
    reason = rule(words[1:]) if rule is not None else None
    if reason is not None:
        severity, text = reason
        message = f"{text}: {shortened(call.line)}"
        target = " ".join(_operands(words[1:])[:3])
        yield Match("shell.git_destructive", severity, message, shortened(target))


def _subcommand(call: Call) -> list[str]:
    words = list(call.texts)
    while words and words[0].startswith("-"):
        del words[: 2 if words[0] in _GLOBAL_VALUES else 1]
    return words


Reason = tuple[Severity, str] | None


def _letters(words: list[str]) -> set[str]:
    options = _options(words)
    return {c for o in options if not o.startswith("--") for c in o[1:]}


def _options(words: list[str]) -> list[str]:
    end = words.index("--") if "--" in words else len(words)
    return [word for word in words[:end] if word.startswith("-")]


def _operands(words: list[str]) -> list[str]:
    return [word for word in words if not word.startswith("-")]


def _push(words: list[str]) -> Reason:
    names = {word.partition("=")[0] for word in _options(words)}
    forced = {n for n in names if n.startswith("--force")} - _SAFE_FORCE
    refs = _operands(words)[1:]
    target = next(iter(_operands(words)), "")
    if {"--dry-run", "-n"} & names:
        return None
    if forced or "f" in _letters(words) or any(ref.startswith("+") for ref in refs):
        return Severity.HIGH, "Overwrites commits on the remote"
    if "--mirror" in names or "--prune" in names:
        return Severity.CRITICAL, "Makes the remote equal to this copy"
    is_deletion = "--delete" in names or "d" in _letters(words)
    if is_deletion or any(ref.startswith(":") for ref in refs):
        return Severity.HIGH, "Deletes branches or tags on the remote"
    if _ADDRESS.match(target):
        return Severity.MEDIUM, "Sends commits to an address that is no remote"
    return None


def _reset(words: list[str]) -> Reason:
    # "--merge" and "--keep" also throw away what is staged or committed.
    if {"--hard", "--merge", "--keep"} & set(words):
        return Severity.HIGH, "Throws local changes away"
    return None


def _clean(words: list[str]) -> Reason:
    letters = _letters(words)
    if "n" in letters or "--dry-run" in words:
        return None
    is_forced = "f" in letters or "--force" in words
    return (Severity.HIGH, "Deletes untracked files") if is_forced else None


def _checkout(words: list[str]) -> Reason:
    letters = _letters(words)
    is_creating = letters & {"b", "B"} or "--orphan" in words
    is_path = "--" in words or "." in words
    if "f" in letters or "--force" in words or (is_path and not is_creating):
        return Severity.HIGH, "Overwrites local changes"
    return (Severity.HIGH, "Resets a branch") if "B" in letters else None


def _switch(words: list[str]) -> Reason:
    is_forced = _letters(words) & {"f", "C"}
    if is_forced or {"--force", "--discard-changes", "--force-create"} & set(words):
        return Severity.HIGH, "Overwrites local changes"
    return None


def _restore(words: list[str]) -> Reason:
    letters = _letters(words)
    is_staged = "S" in letters or "--staged" in words
    is_tree = "W" in letters or "--worktree" in words
    if (is_staged and not is_tree) or not words:
        return None
    return Severity.HIGH, "Overwrites local changes"


def _branch(words: list[str]) -> Reason:
    letters = _letters(words)
    is_forced = "f" in letters or "--force" in words
    if letters & {"D", "M", "C"} or is_forced:
        return Severity.HIGH, "Deletes or moves a branch that may not be merged"
    return None


def _stash(words: list[str]) -> Reason:
    if words[:1] in (["drop"], ["clear"]):
        return Severity.HIGH, "Deletes stashed changes"
    return None


def _first_word(verbs: dict[str, Severity], text: str) -> Callable[[list[str]], Reason]:
    def rule(words: list[str]) -> Reason:
        severity = verbs.get(words[0]) if words else None
        return (severity, text) if severity is not None else None

    return rule


def _always(severity: Severity, text: str) -> Callable[[list[str]], Reason]:
    return lambda words: (severity, text)


def _with_option(
    options: set[str], severity: Severity, text: str
) -> Callable[[list[str]], Reason]:
    def rule(words: list[str]) -> Reason:
        given = {w.partition("=")[0] for w in words} | {
            f"-{c}" for c in _letters(words)
        }
        return (severity, text) if given & options else None

    return rule


def _gc(words: list[str]) -> Reason:
    if any(word.startswith(("--prune=now", "--prune=all")) for word in words):
        return Severity.HIGH, "Deletes commits that nothing refers to"
    return None


_RULES: dict[str, Callable[[list[str]], Reason]] = {
    "branch": _branch,
    "checkout": _checkout,
    "checkout-index": _with_option({"-f"}, Severity.HIGH, "Overwrites local changes"),
    "clean": _clean,
    "filter-branch": _always(Severity.CRITICAL, "Rewrites history"),
    "filter-repo": _always(Severity.CRITICAL, "Rewrites history"),
    "gc": _gc,
    "prune": _always(Severity.HIGH, "Deletes commits that nothing refers to"),
    "push": _push,
    "read-tree": _with_option({"--reset"}, Severity.HIGH, "Overwrites local changes"),
    "reflog": _first_word(
        {"expire": Severity.HIGH, "delete": Severity.HIGH}, "Deletes the way back"
    ),
    "remote": _first_word(
        {
            "remove": Severity.MEDIUM,
            "rm": Severity.MEDIUM,
            "prune": Severity.MEDIUM,
            "set-url": Severity.MEDIUM,
        },
        "Changes the remotes",
    ),
    "replace": _always(Severity.HIGH, "Rewrites history"),
    "reset": _reset,
    "restore": _restore,
    "rm": _with_option({"-f", "--force", "-r"}, Severity.MEDIUM, "Deletes files"),
    "stash": _stash,
    "submodule": _first_word({"deinit": Severity.MEDIUM}, "Removes a submodule"),
    "switch": _switch,
    "tag": _with_option(
        {"-d", "--delete", "-f", "--force"}, Severity.MEDIUM, "Deletes or moves a tag"
    ),
    "update-ref": _with_option({"-d"}, Severity.HIGH, "Deletes a reference"),
    "worktree": _first_word({"remove": Severity.MEDIUM}, "Removes a working tree"),
}
