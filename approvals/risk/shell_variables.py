"""Environment variables that make programs run or load something else.

Named after the manuals that define them: git(1), environ(7), ld.so(8), dyld(1),
bash(1), python(1), node(1), perlrun(1), ruby(1), java(1).
"""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_words import Word
from approvals.risk.tables import names

_M, _H = Severity.MEDIUM, Severity.HIGH
_HISTORY = names("HISTFILE HISTSIZE HISTFILESIZE HISTCONTROL HISTIGNORE")
_HISTORY_OFF = frozenset({"", "0", "/dev/null", "ignorespace", "*"})
_COMMANDS = names(
    "BROWSER EDITOR FCEDIT GIT_ASKPASS GIT_EDITOR GIT_EXTERNAL_DIFF GIT_PAGER"
    " GIT_PROXY_COMMAND GIT_SEQUENCE_EDITOR GIT_SSH GIT_SSH_COMMAND KUBE_EDITOR"
    " LESSCLOSE LESSOPEN MANPAGER PAGER PROMPT_COMMAND PSQL_EDITOR PSQL_PAGER"
    " SSH_ASKPASS SUDO_ASKPASS SUDO_EDITOR SYSTEMD_EDITOR SYSTEMD_PAGER VISUAL"
    " AWS_PAGER BAT_PAGER DELTA_PAGER GH_PAGER GH_BROWSER GH_EDITOR"
)
"""Other programs run what they hold."""
_LOADING = names(
    "BASH_ENV DYLD_INSERT_LIBRARIES ENV GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS"
    " GIT_EXEC_PATH GIT_TEMPLATE_DIR LD_AUDIT LD_PRELOAD LUA_INIT PERL5DB PERL5OPT"
    " PYTHONSTARTUP ZDOTDIR"
)
"""Programs load the code or the settings that they name, whatever it is."""
_SEARCHING = names(
    "CLASSPATH DYLD_FRAMEWORK_PATH DYLD_LIBRARY_PATH GEM_PATH LD_LIBRARY_PATH LUA_PATH"
    " NODE_PATH PATH PERL5LIB PYTHONHOME PYTHONPATH RUBYLIB GOFLAGS PHP_INI_SCAN_DIR"
)
"""Where programs look for code first; a project's own folders are ordinary."""
_OPTIONS = {
    "NODE_OPTIONS": re.compile(
        r"--(require|import|loader|experimental-loader)[= ]['\"]?[./~]|-r ?[./~]"
        r"|--inspect|--eval"
    ),
    "RUBYOPT": re.compile(r"-r ?[./~]|-e|-I ?/"),
    **dict.fromkeys(
        ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS"),
        re.compile(r"-javaagent|-agent(path|lib)|-XX:On\w+Error|-Xrun"),
    ),
    **dict.fromkeys(("PS4", "PS1"), re.compile(r"\$\(|`")),
}
"""Options that programs take from there, and which of them load code."""
_HIDEOUT = re.compile(r"^(/tmp|/var/tmp|/dev/shm|/private/tmp)(/|$)")
KNOWN = names(
    ": bat batcat cat code cursor delta diff-so-fancy emacs emacsclient false gedit"
    " gvim head hx joe less mate micro more most nano nvim pico pspg ssh subl tail true"
    " vi vim vimdiff zed open xdg-open firefox chromium google-chrome"
)
"""Pagers, editors and browsers that people set; nothing else is."""
_SIMPLE = re.compile(r"^[\w./~ =:@,%+-]*$")
_NAME = re.compile(r"^[A-Za-z_]\w*$")


def runs_command(name: str) -> bool:
    """Whether other programs run the value of the variable."""
    return name in _COMMANDS


def is_known_program(command: str) -> bool:
    """True for an ordinary pager, editor or ssh, with plain options."""
    first = command.split()[0] if command.split() else ":"
    is_path = "/" in first and not first.startswith(("/usr/bin/", "/bin/"))
    is_named = first.rpartition("/")[2] in KNOWN and not is_path
    return is_named and bool(_SIMPLE.match(command))


def assignment(name: str, value: Word) -> Iterator[Match]:
    """What setting one variable makes of the programs that see it."""
    text = value.text
    if name in _HISTORY and text in _HISTORY_OFF:
        message = f"Stops the shell's history by {name}"
        yield Match("shell.history_tampering", _H, message)
    severity = _severity(name, text)
    if severity is not None:
        message = f"Makes programs run or load {shortened(text)} by {name}"
        yield Match("shell.inline_code", severity, message)


def _severity(name: str, text: str) -> Severity | None:
    if not text or text == "/dev/null":
        return None
    if name in _LOADING:
        # Many a project calls its stage ENV.
        return _H if name != "ENV" or "/" in text else None
    if name in _COMMANDS and not is_known_program(text) and not _is_ours(text):
        return _M
    if name in _SEARCHING and _HIDEOUT.match(text):
        return _M
    options = _OPTIONS.get(name)
    return _M if options is not None and options.search(text) else None


def _is_ours(text: str) -> bool:
    """``EDITOR=$EDITOR``: what was set before, and is passed on."""
    return bool(re.fullmatch(r"\$\w{1,40}", text))


def given_before(words: tuple[Word, ...]) -> Iterator[tuple[str, Word]]:
    """``env NAME=value program``: the variables that a wrapper sets."""
    for word in words:
        name, equals, value = word.text.partition("=")
        if equals and _NAME.match(name):
            yield name, Word(value, word.known, word.raw)
