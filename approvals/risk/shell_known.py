"""Programs that are understood: what a rule looks at, and what only reads or builds.

Whatever is not named here could do anything, and is said to the reviewer so.
"""

from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_code import code_in, is_interpreter
from approvals.risk.shell_database import CLIENTS
from approvals.risk.shell_doubtful import is_doubtful
from approvals.risk.shell_nested import SHELLS, nested_in
from approvals.risk.shell_rules import has_rules
from approvals.risk.tables import names

_READING = names(
    "arch awk b2sum base32 base64 basename bat blkid bzcat cal cat cksum cmp column"
    " comm cut date delta df diff dir dirname du echo egrep env expand expr false"
    " fgrep file fmt fold free gawk getconf getent grep groups head hexdump hostname"
    " hostnamectl id iostat jobs join jq last less ll locale logname look ls lsattr"
    " lsblk lscpu lsmod lsof lspci lsusb man md5sum mawk more mpstat netstat nl nproc"
    " od paste pgrep pidof pr printenv printf ps pstree pwd readlink realpath rev rg"
    " ripgrep seq sha1sum sha224sum sha256sum sha384sum sha512sum shuf sort split ss"
    " stat strings sum tac tail test time timedatectl top tr traceroute tree true tsort"
    " tty type uname unexpand uniq uptime users vmstat w wc whatis whereis which who"
    " whoami xxd yq zcat zgrep iptables-save ip6tables-save lsb_release nvidia-smi"
    " convertfrom-json convertto-json format-list format-table gci get-childitem"
    " get-command get-content get-date get-help get-item get-location get-member"
    " get-process get-service group-object measure-object out-null out-string"
    " resolve-path select-object select-string set-location sort-object test-path"
    " where-object write-error write-host write-output write-verbose findstr tasklist"
    " systeminfo ver where ipconfig"
)
_SHELL_WORDS = names(
    ": [ [[ alias bg break cd command continue declare dirs disown do done eval exit"
    " export fg getopts hash help let local popd pushd pwd read readonly return shift"
    " shopt sleep trap type typeset ulimit umask unalias wait"
)
_WORKSPACE = names("mkdir mktemp pathchk rmdir touch")
_CHECKING = names(
    "bandit black clang cmake coverage cypress eslint flake8 g++ gcc gofmt isort javac"
    " jest ld mocha mypy ninja playwright prettier pylint pyright pytest rspec rubocop"
    " ruff rustc rustfmt shellcheck shfmt tsc vitest webpack"
)
"""Compilers, linters and test runners, which agents start all day."""
_RUNNERS = names(
    "bun bundle cargo deno dotnet go gradle gradlew hatch just make meson mvn nox npm"
    " nx pip pip3 pipenv pnpm poetry rake swift tox uv yarn"
)
"""What they do depends on the task that they are given."""
_TASKS = _CHECKING | names(
    "audit bench build check ci compile doc docs fmt format help info lint list ls"
    " outdated show test tests tree type-check typecheck unittest verify version vet"
    " view why"
)
_INSTALL_WHAT_IS_LISTED = names("bun bundle npm pipenv pnpm poetry yarn")
"""With no package named, they install what the project's own files list."""
_STARTS_TASK = frozenset({"run", "run-script", "exec"})
_MODULES = _CHECKING | names("compileall json.tool pip pydoc timeit unittest venv")
_ARCHIVING = names("bunzip2 bzip2 gunzip gzip tar unxz unzip xz zip zipinfo zstd")
_INSTALLERS = names(
    "apk apt apt-get aptitude brew bun cargo choco composer conda dnf gem go mamba npm"
    " pacman pip pip3 pipx pnpm poetry rustup snap uv winget yarn yum zypper"
)
_INSTALLING = names(
    "install i add update upgrade list info show search outdated check get sync require"
)
"""What they install is looked at as packages."""
_PROGRAMS = _READING | _SHELL_WORDS | _WORKSPACE | _CHECKING | _ARCHIVING
_SOURCING = frozenset({"source", "."})


def unknown(call: Call) -> Iterator[Match]:
    """A finding unless somebody looked at what ``call`` can do.

    It alone does not hold an action, but such an action is not understood.
    """
    if _is_understood(call):
        return
    message = f"Runs something that nobody looked into: {shortened(call.line)}"
    severity = Severity.MEDIUM if is_doubtful(call) else Severity.LOW
    yield Match("shell.unknown_program", severity, message)


def _is_understood(call: Call) -> bool:
    name = call.name
    if name in SHELLS or name in _SOURCING or is_interpreter(name):
        return _runs_no_script(call)
    if (
        name in _INSTALLERS
        and call.operands[:1]
        and call.operands[0].text in (_INSTALLING)
    ):
        return True
    if name in _RUNNERS:
        words = [o.text for o in call.operands if o.text not in _STARTS_TASK]
        if words == ["install"]:
            return name in _INSTALL_WHAT_IS_LISTED
        is_task = not words or words[0].partition(":")[0] in _TASKS
        return is_task or name in {"pip", "pip3"}
    return name in _PROGRAMS or name in CLIENTS or has_rules(name)


def _runs_no_script(call: Call) -> bool:
    """Code on the command line is looked into; a file that it names is not."""
    if module := call.value_of("-m"):
        return module.text in _MODULES
    return bool(code_in(call) or list(nested_in(call))) or not call.operands
