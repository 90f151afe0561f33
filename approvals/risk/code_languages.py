"""Which reader looks into which language's code."""

import functools
import re
from collections.abc import Iterator

from approvals.risk import code_patterns, code_python
from approvals.risk.code_python import NotPython, Reading
from approvals.risk.findings import Match, Severity

_MAGIC = re.compile(r"(?m)^[ \t]*[!%](.*)$")
_CELL = re.compile(r"\A\s*%%(bash|sh|script|system)\b[^\n]*\n", re.IGNORECASE)
_ENCODED = re.compile(r"^[A-Za-z0-9+/=\s]{8,}$")
PYTHON = frozenset({"python", "py", "python3", "ipython", "jupyter", "pypy", ""})
_SHELLS = frozenset({"cmd", "pwsh", "powershell"})


@functools.lru_cache(maxsize=32)
def read(code: str, language: str = "") -> Reading:
    """What ``code`` does; an unknown language is taken for Python first.

    Several rules ask for the same code; nobody may change the answer.
    """
    reading = Reading()
    if language in PYTHON:
        try:
            reading = _python(code)
        except NotPython:
            reading = _unread(code) if language else _patterns(code)
    else:
        reading = _patterns(code, language)
    reading.matches = _together(reading.matches)
    return reading


def _python(code: str) -> Reading:
    cell = _CELL.match(code)
    if cell is not None:
        reading = Reading()
        reading.shell.append(code[cell.end() :])
        return reading
    magic = [text for text in _MAGIC.findall(code) if text.strip()]
    reading = code_python.read(_MAGIC.sub("", code) if magic else code)
    reading.shell += [text for text in magic if not text.startswith("matplotlib")]
    return reading


def _unread(code: str) -> Reading:
    """Code that is said to be Python and is not: old syntax, or made to hide."""
    reading = _patterns(code)
    if not reading.matches:
        message = "Contains code that could not be parsed"
        reading.matches.append(Match("code.uninspectable", Severity.MEDIUM, message))
    return reading


def _patterns(code: str, language: str = "") -> Reading:
    reading = Reading(matches=list(code_patterns.matches_of(code)))
    if language in _SHELLS:
        reading.shell.append(code)
    elif any(match.code == "code.runs_program" for match in reading.matches):
        reading.shell += code_patterns.strings_in(code)
    if language in _SHELLS and _ENCODED.match(code):
        message = "Runs code that is encoded, so that nobody can read it"
        reading.matches.append(Match("code.dynamic", Severity.HIGH, message))
    return reading


def _together(matches: list[Match]) -> list[Match]:
    return list(_with_exfiltration(matches))


def _with_exfiltration(matches: list[Match]) -> Iterator[Match]:
    """Reading keys is one thing, using the network another; both are the worst."""
    codes = {match.code for match in matches}
    talks = [match for match in matches if match.code == "code.network"]
    is_sending = any(match.severity is not Severity.LOW for match in talks)
    is_settings = "code.environment" in codes and is_sending
    if talks and ("code.credentials" in codes or is_settings):
        message = "Runs code that reads keys or settings and uses the network"
        yield Match("code.exfiltration", Severity.CRITICAL, message)
    yield from matches
