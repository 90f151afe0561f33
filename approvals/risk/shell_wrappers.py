"""Programs that run another program: what is left when they are taken off."""

import re
from dataclasses import dataclass

from approvals.risk.shell_calls import program
from approvals.risk.shell_parse import TooMuchShell
from approvals.risk.shell_words import Word


@dataclass(frozen=True, slots=True)
class Wrapper:
    """``values``: options with a value; ``skips``: operands before the program."""

    values: frozenset[str] = frozenset()
    skips: int = 0


def _wrapper(values: str = "", skips: int = 0) -> Wrapper:
    return Wrapper(frozenset(values.split()), skips)


_WRAPPERS = {
    "sudo": _wrapper(
        "-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir"
    ),
    "doas": _wrapper("-u -C"),
    "pkexec": _wrapper("--user"),
    "gosu": _wrapper(skips=1),
    "su-exec": _wrapper(skips=1),
    "env": _wrapper("-u -C -S --unset --chdir --split-string"),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n --class --classdata"),
    "nohup": _wrapper(),
    "sshpass": _wrapper("-p -f -d -P"),
    "time": _wrapper("-o -f --output --format"),
    "gtime": _wrapper("-o -f"),
    "timeout": _wrapper("-k -s --kill-after --signal", skips=1),
    "gtimeout": _wrapper("-k -s", skips=1),
    "stdbuf": _wrapper("-i -o -e"),
    "setsid": _wrapper(),
    "setarch": _wrapper(),
    "command": _wrapper(),
    "coproc": _wrapper(),
    "builtin": _wrapper(),
    "exec": _wrapper("-a"),
    "busybox": _wrapper(),
    "toybox": _wrapper(),
    "chroot": _wrapper(skips=1),
    "unshare": _wrapper(),
    "nsenter": _wrapper("-t --target"),
    "taskset": _wrapper(skips=1),
    "chrt": _wrapper(skips=1),
    "strace": _wrapper("-o -e -p -s -u"),
    "ltrace": _wrapper("-o -e -p"),
    "unbuffer": _wrapper(),
    "caffeinate": _wrapper("-t -w"),
    "systemd-run": _wrapper("-p -u --unit --property --uid --gid"),
    "systemd-inhibit": _wrapper(),
    "torsocks": _wrapper(),
    "torify": _wrapper(),
    "tsocks": _wrapper(),
    "proxychains": _wrapper("-f"),
    "proxychains4": _wrapper("-f"),
    "fakeroot": _wrapper(),
    "faketime": _wrapper(skips=1),
    "eatmydata": _wrapper(),
    "numactl": _wrapper("-C -m -N"),
    "firejail": _wrapper(),
    "bwrap": _wrapper("--bind --ro-bind --dev --proc --chdir"),
    "rlwrap": _wrapper("-f -H -C"),
    "setpriv": _wrapper(),
    "runcon": _wrapper("-t -u -r -l", skips=1),
    "chpst": _wrapper("-u -U -e -m"),
    "s6-setuidgid": _wrapper(skips=1),
    "setuidgid": _wrapper(skips=1),
    "tini": _wrapper(),
    "dumb-init": _wrapper(),
    "dbus-run-session": _wrapper(),
    "multitime": _wrapper("-n"),
    "hyperfine": _wrapper("-w -r -n --warmup --runs"),
    "entr": _wrapper(),
    "xvfb-run": _wrapper("-s -n"),
    "npx": _wrapper("-p --package"),
    "bunx": _wrapper(),
    "pnpx": _wrapper(),
    "xargs": _wrapper(
        "-I -n -P -L -d -E -s -a --max-args --max-procs --replace --delimiter"
        " --arg-file"
    ),
    "parallel": _wrapper("-j --jobs -a --arg-file"),
    "ld.so": _wrapper(),
}
_TWO_WORDS = {
    ("aws-vault", "exec"): _wrapper(skips=1),
    ("bundle", "exec"): _wrapper(),
    ("direnv", "exec"): _wrapper(skips=1),
    ("dotenv", "run"): _wrapper(),
    ("doppler", "run"): _wrapper("--project --config -p -c"),
    ("mise", "exec"): _wrapper(),
    ("npm", "exec"): _wrapper(),
    ("op", "run"): _wrapper("--env-file"),
    ("pdm", "run"): _wrapper(),
    ("pipenv", "run"): _wrapper(),
    ("pnpm", "dlx"): _wrapper(),
    ("pnpm", "exec"): _wrapper(),
    ("poetry", "run"): _wrapper(),
    ("uv", "run"): _wrapper("--with --python -p"),
    ("yarn", "dlx"): _wrapper(),
    ("yarn", "exec"): _wrapper(),
}
_MAX_LAYERS = 30
"""Most programs that run one another; nobody wraps honest commands so often."""
_FEEDING = frozenset({"xargs", "parallel"})
_REACHING = frozenset({"chrt", "ionice", "ltrace", "strace", "taskset"})
"""With -p they reach for a program that runs already."""
_REACHES = re.compile(r"-[a-zA-Z]{0,5}p|--pid|--attach")
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
# "command -v rm" and "builtin -p" only tell where a program is.
_ONLY_ASKS = frozenset({"-v", "-V", "--version", "--help", "-l", "-k", "-K"})
_UNKNOWN_INPUT = Word("{}", known=False, raw="{}")


def unwrap(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], frozenset[str]]:
    """The innermost program's words, and the names of the wrappers taken off.

    The words are empty when a wrapper runs nothing. What ``xargs`` would add is
    one unknown word at the end. Raises TooMuchShell where they are too many.
    """
    names: set[str] = set()
    for _ in range(_MAX_LAYERS):
        if not words:
            break
        words = _with_arguments(words)
        name = program(words[0].text)
        wrapper, length = _find(name, words)
        if wrapper is None:
            break
        if name in _REACHING and any(_REACHES.match(w.text) for w in words[1:4]):
            break
        inner = _after(words[length:], wrapper)
        if inner is None:
            return (), frozenset(names)
        if not inner and name in {"sudo", "doas", "env", "exec", "xargs"}:
            break
        names.add(name)
        if name in _FEEDING and inner:
            inner = _fed(words[length:], inner)
        words = inner
    else:
        raise TooMuchShell
    return words, frozenset(names)


def _with_arguments(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """``parallel program ::: a b`` is the program with all of these arguments.

    Where the program is one text, or is left out, a shell runs it.
    """
    texts = [word.text for word in words]
    if program(texts[0]) != "parallel" or ":::" not in texts:
        return words
    end = texts.index(":::")
    start = len(words) - len(_after(words[1:end], _WRAPPERS["parallel"]) or ())
    start -= len(words) - end
    template, arguments = words[start:end], words[end + 1 :]
    if not template:
        script = Word("\n".join(word.text for word in arguments))
        return (*words[:1], Word("sh"), Word("-c"), script)
    return (*words[:start], *template, *arguments)


def _fed(options: tuple[Word, ...], inner: tuple[Word, ...]) -> tuple[Word, ...]:
    """What ``xargs`` adds, put where ``-I TOKEN`` says, or at the end."""
    token = _token(options[: len(options) - len(inner)])
    marked = tuple(
        _UNKNOWN_INPUT if token and word.text == token else word for word in inner
    )
    return marked if marked[-1] == _UNKNOWN_INPUT else (*marked, _UNKNOWN_INPUT)


def _token(options: tuple[Word, ...]) -> str:
    for option, value in zip(options, (*options[1:], Word("")), strict=False):
        if option.text in {"-I", "--replace", "-J"}:
            return value.text or "{}"
        if option.text.startswith(("-I", "-i", "--replace=")):
            return re.sub(r"^-[Ii]|^--replace=", "", option.text) or "{}"
    return ""


def _find(name: str, words: tuple[Word, ...]) -> tuple[Wrapper | None, int]:
    if len(words) > 1 and (name, words[1].text) in _TWO_WORDS:
        return _TWO_WORDS[name, words[1].text], 2
    return _WRAPPERS.get(name), 1


def _after(words: tuple[Word, ...], wrapper: Wrapper) -> tuple[Word, ...] | None:
    """The words after a wrapper's options; None when it only asks something."""
    skips = wrapper.skips
    index = 0
    while index < len(words):
        text = words[index].text
        if text in _ONLY_ASKS and index == 0:
            return None
        if text == "--":
            return words[index + 1 + skips :]
        if text in wrapper.values:
            index += 1
        elif not text.startswith("-") and not _ASSIGNMENT.match(text):
            if not skips:
                return words[index:]
            skips -= 1
        index += 1
    return ()
