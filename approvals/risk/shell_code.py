"""Code for other languages on the command line: ``python -c``, ``node -e`` …"""

import re
from collections.abc import Iterator

from approvals.risk import shell_nested
from approvals.risk.code_languages import read
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
    "tclsh": names("-c"),
    "expect": names("-c"),
    "osascript": names("-e"),
    "pwsh": names("-c -command -Command -e -enc -EncodedCommand"),
    "powershell": names("-c -command -Command -e -enc -EncodedCommand"),
    "Rscript": names("-e"),
    "cmd": names("/c /C /k"),
}
_POWERSHELLS = frozenset({"pwsh", "powershell"})
_POWERSHELL_VALUES = names(
    "executionpolicy ep ex exec windowstyle w win version v inputformat outputformat"
    " configurationname psconsolefile workingdirectory wd settingsfile"
)
_VERSION = re.compile(r"[\d.]+$")
_MAX_TEXTS = 20
_ALIASES = {"nodejs": "node", "pypy": "python", "luajit": "lua", "rscript": "Rscript"}


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
    if language_of(call.name) in _POWERSHELLS:
        pieces = _powershell(call)
    if call.name == "cmd":
        pieces = [" ".join(t for t in call.texts if t.lower() not in {"/c", "/k"})]
    is_reading = not [t for t in call.texts if not t.startswith("-") or t == "-"]
    if not pieces and (is_reading or call.texts[-1:] == ("-",)):
        text = shell_nested.read_text(call.command)
        pieces = [text] if text else []
    return pieces


def _powershell(call: Call) -> list[str]:
    """All that follows ``-Command`` or stands without an option is one script.

    PowerShell takes any beginning of an option: "-enco" is "-EncodedCommand".
    """
    words = list(call.texts)
    for index, text in enumerate(words):
        option = text.lower()[1:]
        if not text.startswith(("-", "/")):
            if words[index - 1].lower().lstrip("-/") not in _POWERSHELL_VALUES:
                return [" ".join(words[index:])]
        elif option and "command".startswith(option):
            return [" ".join(words[index + 1 :])]
        elif option and ("encodedcommand".startswith(option) or option == "ec"):
            return words[index + 1 : index + 2]
        elif option and "file".startswith(option):
            return []
    return []


def _options_of(name: str) -> frozenset[str]:
    return _OPTIONS.get(language_of(name), frozenset())


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
    """What the code on the command line or standard input would do."""
    for code in code_in(call):
        yield from read(code, language_of(call.name)).matches


def language_of(name: str) -> str:
    """The language that an interpreter runs: "python3.11" is "python"."""
    base = _VERSION.sub("", name)
    return _ALIASES.get(base, base)


def escapes(call: Call) -> Iterator[Match]:
    """Other programs that an option starts; what they run is looked at too."""
    for text in shell_nested.escapes(call):
        message = f"Makes {call.name} start another program: {shortened(text)}"
        yield Match("shell.inline_code", Severity.MEDIUM, message)


def strings_run_by(call: Call) -> Iterator[str]:
    """Commands that the code itself runs, as far as they are written out."""
    for code in code_in(call):
        yield from read(code, language_of(call.name)).shell[:_MAX_TEXTS]


def sql_run_by(call: Call) -> Iterator[str]:
    """SQL that the code itself runs, as far as it is written out."""
    for code in code_in(call):
        yield from read(code, language_of(call.name)).sql[:_MAX_TEXTS]
