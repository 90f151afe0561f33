"""Code for other languages on the command line: ``python -c``, ``node -e`` …"""

import re
from collections.abc import Iterator

from approvals.risk import shell_nested
from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.tables import names

_OPTIONS = {
    "python": names("-c"),
    "node": names("-e --eval -p --print"),
    "bun": names("-e --eval"),
    "deno": names("eval"),
    "perl": names("-e -E"),
    "ruby": names("-e"),
    "php": names("-r"),
    "lua": names("-e"),
    "osascript": names("-e"),
    "pwsh": names("-c -command -Command -e -enc -EncodedCommand"),
    "powershell": names("-c -command -Command -e -enc -EncodedCommand"),
    "Rscript": names("-e"),
    "cmd": names("/c /C /k"),
}
_VERSION = re.compile(r"[\d.]+$")
_ALIASES = {"nodejs": "node", "pypy": "python", "luajit": "lua", "rscript": "Rscript"}
_MAX_STRINGS = 20
_MAX_CODE = 10_000
"""Longer code on a command line is not looked into, and says so."""

_DELETES = re.compile(
    r"rmtree|rm_rf?\b|rmdir|removedirs|os\.(remove|unlink|truncate)|\.unlink\b|\bunlink\b"
    r"|rmSync|rmdirSync|unlinkSync|fs(\.promises)?\.(rm|unlink|rmdir|truncate)"
    r"|FileUtils\.(rm|remove)|File\.delete|Dir\.(rmdir|delete)|Deno\.remove|file_put_contents"
    r"|remove_tree|shutil\.move|Remove-Item|dropDatabase|\bDROP\s+(TABLE|DATABASE)"
    r"|os\.(kill|killpg|abort|chmod|chown|rename|replace)",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"\bos\.(system|popen|exec\w*|spawn\w*|posix_spawn)|subprocess|child_process|execSync"
    r"|spawnSync|\bspawn\b|\bsystem\b|\bpopen|\bexec\b|\beval\b|%x|`|Open3|IO\.popen|\bqx\b"
    r"|shell_exec|passthru|proc_open|pcntl_exec|do shell script|Invoke-Expression"
    r"|\biex\b"
    r"|__import__|getattr\s*\(|importlib|\bcompile\s*\(|ctypes|\bpty\b|Kernel\.|io\.popen"
    r"|os\.execute|Start-Process|FromBase64|b64decode|Buffer\.from|\bpickle|marshal|\brequire\(",
    re.IGNORECASE,
)
_TALKS = re.compile(
    r"socket|urllib|requests\.|http\.client|https?\.(get|request)|\bfetch\(|net\.connect"
    r"|Net::HTTP|IO::Socket|LWP|curl_|fsockopen|smtplib|ftplib|DownloadString",
    re.IGNORECASE,
)
_STRING = re.compile(
    r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`|%x[({]([^)}]*)"
)
_CALL = re.compile(r"([A-Za-z_][\w.]*[!?]?)\s*\(")
_IMPORT = re.compile(r"\b(?:import|from)\s+([\w., ]+)")
_HARMLESS_CALLS = names(
    "abs all any bool chr console.log date.today datetime.now dict dir divmod"
    " enumerate float format hash help hex int isinstance json.dumps json.loads len"
    " list map math.sqrt max min next oct ord platform.platform"
    " platform.python_version print range repr reversed round set sorted str sum"
    " sys.exit time.time tuple type zip datetime.datetime.now JSON.stringify"
    " JSON.parse Math.round puts p echo phpversion say phpinfo process.exit"
    " uuid.uuid4 random.randint random.random json.load sys.stdin.read"
)
_HARMLESS_MODULES = names(
    "__future__ base64 collections datetime decimal functools hashlib itertools"
    " json math platform random re statistics string struct sys textwrap time typing"
    " uuid numpy"
)
_STATEMENT_WORDS = re.compile(
    r"\b(open|file|while|require|use|input|print\s*<|process\.env)\b"
)


def code_in(call: Call) -> list[str]:
    """The pieces of code that an interpreter gets on its command line or input."""
    options = _options_of(call.name)
    if not options:
        return []
    pieces = [
        word.text
        for previous, word in zip(call.words, call.words[1:], strict=False)
        if previous.text in options or _is_cluster(previous.text, options)
    ]
    pieces += _attached(call, options)
    is_reading = not [t for t in call.texts if not t.startswith("-") or t == "-"]
    if not pieces and (is_reading or call.texts[-1:] == ("-",)):
        text = shell_nested.read_text(call.command)
        pieces = [text] if text else []
    return pieces


def _options_of(name: str) -> frozenset[str]:
    base = _VERSION.sub("", name)
    return _OPTIONS.get(_ALIASES.get(base, base), frozenset())


def is_interpreter(name: str) -> bool:
    """Whether ``name`` runs code of a language that is looked into."""
    return bool(_options_of(name))


def _is_cluster(text: str, options: frozenset[str]) -> bool:
    """``perl -ne``, ``python -Bc``: the option is the last letter of a cluster."""
    return bool(re.fullmatch(r"-[a-zA-Z]{2,6}", text)) and f"-{text[-1]}" in options


def _attached(call: Call, options: frozenset[str]) -> list[str]:
    """``python -c'code'`` and ``node --eval=code``."""
    found = []
    for text in call.texts:
        for option in options:
            glue = "=" if option.startswith("--") else ""
            if text.startswith(option + glue) and len(text) > len(option) + 3:
                found.append(text[len(option + glue) :])
    return found


def inline_code(call: Call) -> Iterator[Match]:
    """How dangerous the code looks: by the names that it uses."""
    for code in code_in(call):
        severity, reason = _judged(code)
        if severity is not None:
            message = f"Runs {call.name} code that {reason}: {shortened(code)}"
            yield Match("shell.inline_code", severity, message)


def _judged(code: str) -> tuple[Severity | None, str]:
    if len(code) > _MAX_CODE:
        return Severity.HIGH, "is too long to inspect"
    bare = _STRING.sub("''", code)
    if _DELETES.search(bare):
        return Severity.CRITICAL, "deletes or replaces files"
    if _RUNS.search(bare) or "`" in code:
        return Severity.HIGH, "runs other programs or hidden code"
    if _TALKS.search(bare):
        return Severity.HIGH, "uses the network"
    return (None, "") if _is_harmless(bare) else (Severity.MEDIUM, "was not understood")


def _is_harmless(bare: str) -> bool:
    modules = {
        name.strip().split(" ")[0]
        for group in _IMPORT.findall(bare)
        for name in re.split(r",| import ", group)
    }
    calls = {name for name in _CALL.findall(bare) if not name.startswith("''")}
    is_known = calls <= _HARMLESS_CALLS and modules <= _HARMLESS_MODULES
    return is_known and not _STATEMENT_WORDS.search(bare)


def escapes(call: Call) -> Iterator[Match]:
    """Other programs that an option starts; what they run is looked at too."""
    for text in shell_nested.escapes(call):
        message = f"Makes {call.name} start another program: {shortened(text)}"
        yield Match("shell.inline_code", Severity.MEDIUM, message)


def strings_run_by(call: Call) -> Iterator[str]:
    """String literals in code that runs programs: they may be shell commands."""
    for code in code_in(call):
        if call.name in {"cmd", "pwsh", "powershell"}:
            yield code
        elif len(code) <= _MAX_CODE and _RUNS.search(code):
            for match in list(_STRING.finditer(code))[:_MAX_STRINGS]:
                yield next(group for group in match.groups() if group is not None)
