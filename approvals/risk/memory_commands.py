"""Which commands write to a file that they name, as far as words can tell.

The shell analyser reads commands properly; this only asks what happens to one file.
"""

import re

_SEPARATORS = re.compile(r"[\n;]|&&|\|\|")
_REDIRECTED = re.compile(r">{1,2}\|?\s{0,5}[\"']?[\w./~$\{\}\\-]{0,200}\Z")
_INTO = re.compile(
    r"(?:\btee\b|\bsed\b[^|]{0,80}\s-\w{0,5}i|\bperl\b[^|]{0,40}\s-\w{0,5}i"
    r"|\btruncate\b"
    r"|\bpatch\b|\brm\b|\bunlink\b|\bshred\b|\bdd\b[^|]{0,200}\bof=|\bln\b|\btouch\b"
    r"|\bcurl\b[^|]{0,300}\s(?:-\w{0,5}o|--output)\b|\bwget\b[^"
    r"|]{0,300}\s(?:-\w{0,5}O|--output)"
    r"|\bSet-Content\b|\bAdd-Content\b|\bOut-File\b|\bchmod\b|\bgit\s+(?:checkout"
    r"|restore|rm)\b"
    r"|\bopen\([^)]{0,200}\Z|\bwrite(?:_text|FileSync|File)?\b|\bappendFile)"
)
_MOVES = re.compile(r"(?:\A|[\s;|&(])(?:cp|mv|install|rsync|scp|copy|move|Copy-Item)\s")
_MODE = re.compile(r"\A[\"']?\s{0,3},\s{0,3}(?:mode\s?=\s?)?[\"'][rb]{0,2}[wax+]")
_WRITES_AFTER = re.compile(r"\A[\"']?\)?\.(?:write|append)")
_NEAR = 250


def writes_to(command: str, start: int, end: int) -> bool:
    """Whether the command changes the file whose name stands at these characters."""
    before = _SEPARATORS.split(command[max(0, start - _NEAR) : start])[-1]
    after = command[end : end + _NEAR]
    if _REDIRECTED.search(before):
        return True
    if "open(" in before and _MODE.search(after):
        return True
    if "Path(" in before and _WRITES_AFTER.search(after):
        return True
    segment = before.rpartition("|")[2]
    found = _INTO.search(segment)
    if found and "open(" not in found[0]:
        return True
    return bool(_MOVES.search(segment)) and _is_last(after)


def _is_last(after: str) -> bool:
    """Whether no other word of the command follows: the last is where a copy goes."""
    rest = _SEPARATORS.split(after.lstrip("\"'"))[0].partition("|")[0]
    words = [
        word for word in rest.split() if not word.startswith(("-", ">", "2>", "#"))
    ]
    return not words
