"""Scripts inside commands: ``sh -c``, ``eval``, heredocs, pipes, remote shells."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from approvals.risk import shell_git_programs
from approvals.risk.shell_calls import Call, program
from approvals.risk.shell_parse import Command
from approvals.risk.shell_words import Word, printed
from approvals.risk.shell_wrappers import unwrap
from approvals.risk.tables import names

SHELLS = frozenset(
    {"ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "rbash", "sh", "tcsh", "zsh"}
)
_SHELL_VALUES = frozenset({"-o", "+o", "-O", "--rcfile", "--init-file"})
_STDIN_NAMES = frozenset({"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
_SSH_VALUES = names("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w")
_CONTAINER_VALUES = names(
    "-e --env --env-file -u --user -w --workdir -v --volume -p --publish --name"
    " --mount --network --net --entrypoint -n --namespace -c --container --context"
    " --kubeconfig -l --label -m --memory --cpus --platform --add-host -h --hostname"
    " --index --image --pod-running-timeout --cluster --task --profile --region -f"
    " --file"
)
_CONTAINER_TOOLS = frozenset(
    {"docker", "podman", "nerdctl", "kubectl", "oc", "lxc", "incus", "docker-compose"}
)
_EXEC_OPTIONS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_ESCAPES = {
    # Strings that these programs hand to a shell.
    "awk": re.compile(
        r"""system\s*\(\s*"([^"]*)"|"([^"]*)"\s*\|\s*getline|\|\s*"([^"]*)\""""
    ),
    "vim": re.compile(r"^:?\s*!(.*)"),
    "tar": re.compile(
        r"^--(?:checkpoint-action=exec|to-command|use-compress-program)=(.*)"
    ),
    "ssh": re.compile(
        r"^(?:-o\s*)?(?:ProxyCommand|LocalCommand)\s*[= ](.*)", re.IGNORECASE
    ),
    "rsync": re.compile(r"^(?:--rsh=|-e)(.+)"),
    "wget": re.compile(r"^--use-askpass=(.*)"),
    "sed": re.compile(r"^(?:\d+|\$)?\s*e\s+(.*)"),
}
_SAME_ESCAPES = {
    "gawk": "awk",
    "mawk": "awk",
    "nawk": "awk",
    "vi": "vim",
    "nvim": "vim",
}

Nested = str | tuple[Word, ...]
"""A script as text, or the words of one command."""


def nested_in(call: Call) -> Iterator[Nested]:
    """The scripts and commands that a call would run besides itself."""
    if call.name in SHELLS:
        yield from _shell(call)
    reader = _READERS.get(call.name)
    if reader is not None:
        yield from reader(call)
    if call.name in _CONTAINER_TOOLS:
        yield from _container(call)
    yield from escapes(call)


def read_text(command: Command) -> str | None:
    """What a command gets on standard input, when the text itself tells."""
    if command.stdin is not None:
        return command.stdin
    text: str | None = None
    for stage in command.upstream:
        text = _stage_output(stage, text)
    return text


def takes_code_from_input(call: Call) -> bool:
    """True for a shell without a script of its own: it runs what it reads."""
    if call.name not in SHELLS or _inline(call) is not None:
        return False
    files = _shell_operands(call)
    return not files or "-s" in call.texts or files[0].text in _STDIN_NAMES


def _shell(call: Call) -> Iterator[Nested]:
    inline = _inline(call)
    if inline is not None:
        yield inline.text
    elif takes_code_from_input(call):
        text = read_text(call.command)
        if text is not None:
            yield text


def _inline(call: Call) -> Word | None:
    """The word after ``-c``, also in a cluster such as ``-lc``."""
    for index, text in enumerate(call.texts):
        if re.fullmatch(r"[-+][a-zA-Z]*c[a-zA-Z]*", text) or text == "--command":
            rest = call.words[index + 2 :]
            return next((word for word in rest if not word.text.startswith("-")), None)
        if (
            not text.startswith(("-", "+"))
            and call.texts[index - 1] not in _SHELL_VALUES
        ):
            return None
    return None


def _shell_operands(call: Call) -> list[Word]:
    words = call.words[1:]
    return [
        word
        for index, word in enumerate(words)
        if (not word.text.startswith(("-", "+")) or word.text == "-")
        and (index == 0 or words[index - 1].text not in _SHELL_VALUES)
    ]


def _stage_output(stage: Command, text: str | None) -> str | None:
    words, _ = unwrap(stage.words)
    if not words or not all(word.known for word in words):
        return None
    argv = [word.text for word in words]
    name = program(argv[0])
    text = text if stage.stdin is None else stage.stdin
    if name in {"echo", "printf"}:
        return printed([name, *argv[1:]])
    if name in {"cat", "tee", "tac", "sort", "uniq", "head", "tail"}:
        return text
    if name in {"base64", "gbase64"} and text is not None:
        return _decoded(text) if {"-d", "-D", "--decode"}.intersection(argv) else None
    if name == "xxd" and text is not None and "-r" in "".join(argv[1:]):
        return _from_hexadecimal(text)
    return text[::-1] if name == "rev" and text is not None else None


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _from_hexadecimal(text: str) -> str | None:
    try:
        return bytes.fromhex(text).decode("utf-8", "replace")
    except ValueError:
        return None


def _joined(call: Call) -> Iterator[Nested]:
    if call.texts:
        yield " ".join(call.texts)


def _after_c(call: Call) -> Iterator[Nested]:
    word = call.value_of("-c", "--command", "--session-command")
    if word is not None:
        yield word.text


def _script(call: Call) -> Iterator[Nested]:
    """``script -qc 'text' file``, and BSD's ``script file program …``."""
    inline = _inline(call)
    if inline is not None:
        yield inline.text
    elif len(call.operands) > 1:
        yield call.operands[1:]


def _flock(call: Call) -> Iterator[Nested]:
    yield from _after_c(call)
    if call.value_of("-c") is None and len(call.operands) > 1:
        yield call.operands[1:]


def _env(call: Call) -> Iterator[Nested]:
    word = call.value_of("-S", "--split-string")
    if word is not None:
        yield word.text


def _ssh(call: Call) -> Iterator[Nested]:
    words = _operands(call.words[1:], _SSH_VALUES)
    if len(words) > 1:
        yield " ".join(word.text for word in words[1:])
    elif words:
        text = read_text(call.command)
        if text is not None:
            yield text


def _operands(words: tuple[Word, ...], values: frozenset[str]) -> tuple[Word, ...]:
    """The words from the first operand on, options with their values skipped."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text == "--":
            return words[index + 1 :]
        if not text.startswith("-"):
            return words[index:]
        index += 2 if text in values else 1
    return ()


def _container(call: Call) -> Iterator[Nested]:
    """``docker exec NAME program``, ``kubectl exec NAME -- program`` and kin."""
    words = call.words[1:]
    verb = next((i for i, w in enumerate(words) if w.text in {"exec", "run"}), None)
    if verb is None:
        return
    rest = words[verb + 1 :]
    separator = next((i for i, w in enumerate(rest) if w.text == "--"), None)
    if separator is not None:
        yield rest[separator + 1 :]
        return
    operands = _operands(rest, _CONTAINER_VALUES)
    if len(operands) > 1:
        yield operands[1:]


def _find(call: Call) -> Iterator[Nested]:
    words = call.words
    for index, word in enumerate(words):
        if word.text in _EXEC_OPTIONS:
            rest = words[index + 1 :]
            end = next(
                (i for i, one in enumerate(rest) if one.text in {";", "+"}), len(rest)
            )
            yield tuple(
                Word("{}", known=False, raw="{}") if one.text == "{}" else one
                for one in rest[:end]
            )


def _fd(call: Call) -> Iterator[Nested]:
    for option in ("-x", "-X", "--exec", "--exec-batch"):
        if option in call.texts:
            yield call.words[call.texts.index(option) + 2 :]


def _alias(call: Call) -> Iterator[Nested]:
    for text in call.texts:
        _, equals, value = text.partition("=")
        if equals:
            yield value


def _with_a(call: Call) -> Iterator[Nested]:
    """``ansible all -m shell -a 'text'``, ``salt '*' cmd.run 'text'``."""
    word = call.value_of("-a", "--args")
    if word is not None:
        yield re.sub(r"^(?:cmd|_raw_params)=", "", word.text)
    if "cmd.run" in call.texts:
        yield " ".join(call.texts[call.texts.index("cmd.run") + 1 :])


def _remote_command(call: Call) -> Iterator[Nested]:
    """``gcloud compute ssh --command``, ``az vm run-command --scripts``."""
    for option in ("--command", "--scripts"):
        word = call.value_of(option)
        if word is not None:
            yield word.text


def _rsync(call: Call) -> Iterator[Nested]:
    word = call.value_of("-e", "--rsh", "--rsync-path")
    if word is not None and " " in word.text:
        yield word.text


def _first_operand(call: Call) -> Iterator[Nested]:
    if call.operands:
        yield call.operands[0].text


def _watch(call: Call) -> Iterator[Nested]:
    words = _operands(call.words[1:], frozenset({"-n", "--interval"}))
    if words:
        yield " ".join(word.text for word in words)


def _terminal(call: Call) -> Iterator[Nested]:
    """tmux and screen start or feed another shell."""
    for word in call.operands:
        if " " in word.text:
            yield word.text


def _from_input(call: Call) -> Iterator[Nested]:
    text = read_text(call.command)
    if text is not None:
        yield text


def _git(call: Call) -> Iterator[Nested]:
    words = [word.text for word in call.operands]
    yield from shell_git_programs.scripts(call)
    for first, second in (("submodule", "foreach"), ("bisect", "run")):
        if first in words and second in words:
            yield " ".join(words[words.index(second) + 1 :])
    for option in ("-x", "--exec", "--tree-filter", "--index-filter", "--env-filter"):
        word = call.value_of(option)
        if word is not None:
            yield word.text


def escapes(call: Call) -> Iterator[str]:
    """Shell text in options of programs that are not shells: awk, tar, vim …"""
    pattern = _ESCAPES.get(_SAME_ESCAPES.get(call.name, call.name))
    if pattern is None:
        return
    for text in call.texts:
        for match in pattern.finditer(text):
            yield next(group for group in match.groups() if group is not None)


_READERS: dict[str, Callable[[Call], Iterator[Nested]]] = {
    "alias": _alias,
    "ansible": _with_a,
    "at": _from_input,
    "batch": _from_input,
    "env": _env,
    "eval": _joined,
    "fd": _fd,
    "fdfind": _fd,
    "az": _remote_command,
    "find": _find,
    "flock": _flock,
    "gcloud": _remote_command,
    "git": _git,
    "rsh": _ssh,
    "rsync": _rsync,
    "runuser": _after_c,
    "salt": _with_a,
    "screen": _terminal,
    "script": _script,
    "sg": _after_c,
    "ssh": _ssh,
    "su": _after_c,
    "tmux": _terminal,
    "trap": _first_operand,
    "watch": _watch,
}
