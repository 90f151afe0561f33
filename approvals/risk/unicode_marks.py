"""Characters that are not seen: what they are and where they are honest.

The data are from the Unicode Standard (chapter 23) and UTS #51 for emoji.
"""

import re
from dataclasses import dataclass

from approvals.risk.findings import Severity, shortened

_HIGH, _MEDIUM, _LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
_BREAKS = "\u2028\u2029"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_MORE_INVISIBLE = "\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"
_UNDEFINED = "\ufdd0-\ufdef\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff"
_STACKED = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)

MARKS = re.compile(
    f"[{_CONTROLS}{_INVISIBLE}{_BREAKS}{_BIDI}{_MORE_INVISIBLE}{_SELECTORS}{_TAGS}"
    f"{_UNDEFINED}]+|[{_STACKED}]{{5,}}"
)
"""Runs of characters that deserve a look."""

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff]")
_JOINING = re.compile(
    "[\u0600-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff\U00010a00-\U00011fff]"
)
_PICTURE = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\ufe0f\u20e3"
    "\U0001f000-\U0001faff0-9#*]"
)
_IDEOGRAPH = re.compile(
    "[\u2e80-\ua4cf\uf900-\ufaff\U00016fe0-\U000323af\u1800-\u18af]"
)
_FLAG = re.compile("[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f\\Z")
_HANGUL = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
_BRAILLE = re.compile("[\u2801-\u28ff]")
_LETTER = re.compile(r"[^\W\d_]")
_LONGEST = 1000
"""So much of a run tells what it is."""

_NEAR = 300
"""How far around a character its paragraph is looked at."""

_DIRECTIONS = {"\u202a": 1, "\u202b": 1, "\u202d": 1, "\u202e": 1, "\u2066": 1,
               "\u2067": 1, "\u2068": 1, "\u202c": -1, "\u2069": -1}  # fmt: skip
_TURNS = re.compile(f"[{''.join(_DIRECTIONS)}]")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a run of such characters is, and how bad."""

    code: str
    severity: Severity
    what: str


def judge(text: str, start: int, end: int, is_strict: bool) -> Mark | None:
    """What ``text[start:end]`` is, or None where it has a reason to be there.

    ``is_strict``: a machine acts upon the text, or takes it for a name.
    """
    run = text[start : min(end, start + _LONGEST)]
    if _is_flag(text, start, run):
        return None
    for rule in (_tags, _selectors, _directions, _controls, _undefined, _stacked):
        mark = rule(text, start, run, is_strict)
        if mark is not None:
            return mark
    return _invisible(text, start, end, is_strict)


def is_plain_joiner(text: str, start: int, end: int) -> bool:
    """What honest text has thousands of: joiners in Persian, Hindi and emoji."""
    if end - start != 1 or start == 0 or text[start] not in "\u200c\u200d\ufe0f":
        return False
    before = ord(text[start - 1])
    return 0x0600 <= before <= 0x109F or 0x1F000 <= before <= 0x1FAFF


def _is_flag(text: str, start: int, run: str) -> bool:
    """England, Scotland and Wales have flags that are written in tag characters."""
    return text[max(0, start - 1) : start] == "\U0001f3f4" and bool(_FLAG.match(run))


def _tags(text: str, start: int, run: str, is_strict: bool) -> Mark | None:
    hidden = "".join(chr(ord(char) - 0xE0000) for char in run if _is_tag(char))
    if not hidden:
        return None
    shown = shortened("".join(char for char in hidden if char.isprintable()), 60)
    what = f"hides text in tag characters: {shown!a}"
    return Mark("unicode.hidden_text", _HIGH if is_strict else _MEDIUM, what)


def _is_tag(char: str) -> bool:
    return "\U000e0000" <= char <= "\U000e007f"


def _selectors(text: str, start: int, run: str, is_strict: bool) -> Mark | None:
    count = sum(_is_selector(char) for char in run)
    if count == 0:
        return None
    before = text[max(0, start - 1) : start]
    is_based = _PICTURE.match(before) or _IDEOGRAPH.match(before)
    is_usual = is_based or _JOINING.match(before) or "\u200d" in run
    if count == 1 and (is_usual or not is_strict):
        return None
    if count < 3 and is_usual:
        return None
    severity = _HIGH if is_strict else _MEDIUM
    return Mark("unicode.hidden_text", severity, "hides data in variation selectors")


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _directions(text: str, start: int, run: str, is_strict: bool) -> Mark | None:
    if not any(char in _DIRECTIONS for char in run):
        return None
    what = "changes the direction of text, so that it reads differently"
    if is_strict:
        return Mark("unicode.bidi", _HIGH, what)
    if "\u202d" in run or "\u202e" in run:
        return Mark("unicode.bidi", _MEDIUM, what)
    is_fine = _is_balanced(text, start) and (
        bool(_RTL.search(text, max(0, start - _NEAR), start + _NEAR))
        or not {"\u202b", "\u2067"} & set(run)
    )
    return None if is_fine else Mark("unicode.bidi", _MEDIUM, what)


def _is_balanced(text: str, start: int) -> bool:
    """Whether every change of direction ends in the same paragraph."""
    begins, ends = max(0, start - _NEAR), start + _NEAR
    begins = max(begins, text.rfind("\n", begins, start) + 1)
    newline = text.find("\n", start, ends)
    depth = 0
    for char in _TURNS.findall(text, begins, newline if newline >= 0 else ends):
        depth += _DIRECTIONS[char]
        if depth < 0:
            return False
    return depth == 0


def _controls(text: str, start: int, run: str, is_strict: bool) -> Mark | None:
    found = [char for char in run if char <= "\x1f" or "\x7f" <= char <= "\x9f"]
    if not found:
        return None
    if "\x1b" in found or "\x9b" in found:
        severity = _HIGH if is_strict else _MEDIUM
        return Mark("unicode.control", severity, "has a terminal's escape sequence")
    if set(found) <= {"\x0b", "\x0c", "\x1e", "\x1f", "\x1a", "\x85"}:
        return Mark("unicode.control", _LOW, "has control characters")
    if all(char >= "\x80" for char in found):
        severity = _MEDIUM if is_strict else _LOW
    else:
        severity = _HIGH if is_strict else _MEDIUM
    return Mark("unicode.control", severity, "has control characters")


def _undefined(text: str, start: int, run: str, is_strict: bool) -> Mark | None:
    if any(
        "\ufdd0" <= char <= "\ufdef" or ord(char) & 0xFFFE == 0xFFFE for char in run
    ):
        return Mark("unicode.undefined", _MEDIUM, "has characters that are none")
    private = [
        char for char in run if "\ue000" <= char <= "\uf8ff" or char > "\U000effff"
    ]
    if not private:
        return None
    severity = _MEDIUM if is_strict or len(private) > 3 else _LOW
    return Mark("unicode.undefined", severity, "has characters of private meaning")


def _stacked(text: str, start: int, run: str, is_strict: bool) -> Mark | None:
    if not re.match(f"[{_STACKED}]", run):
        return None
    return Mark("unicode.stacked_marks", _MEDIUM, "has letters buried under marks")


def _invisible(text: str, start: int, end: int, is_strict: bool) -> Mark | None:
    run, before, after = (
        text[start:end],
        text[max(0, start - 1) : start],
        text[end : end + 1],
    )
    if _is_honest(run, before, after, is_strict):
        return None
    is_at_start = before in ("", "\n")
    if run in ("\u2028", "\u2029") or (run == "\ufeff" and is_at_start):
        mark = Mark("unicode.hidden", _LOW, "has an unusual line break or a byte order")
        return mark if is_strict else None
    what = "has characters that cannot be seen"
    if is_strict:
        return Mark("unicode.hidden", _HIGH, what)
    is_inside = bool(_LETTER.match(before)) and bool(_LETTER.match(after))
    is_long = len(run) >= 4
    return Mark("unicode.hidden", _MEDIUM if is_inside or is_long else _LOW, what)


def _is_honest(run: str, before: str, after: str, is_strict: bool) -> bool:
    """Joiners inside scripts and emoji that need them; soft hyphens in prose."""
    kinds = set(run)
    if kinds <= _DIRECTIONS.keys():
        return True
    if kinds == {"\u2800"} and (_BRAILLE.match(before) or _BRAILLE.match(after)):
        return True
    if kinds <= {"\u200c", "\u200d"} and len(run) <= 2:
        is_joined = bool(_JOINING.match(before) or _JOINING.match(after))
        return is_joined or (run == "\u200d" and bool(_PICTURE.match(before)))
    if all(char == "\u200d" or _is_selector(char) for char in run):
        is_based = _PICTURE.match(before) or _IDEOGRAPH.match(before)
        return len(run) <= 2 and bool(is_based or _JOINING.match(before))
    if kinds <= {"\u200e", "\u200f", "\u061c"}:
        is_rtl = bool(_RTL.match(before) or _RTL.match(after))
        return len(run) <= 2 and (not is_strict or is_rtl)
    if kinds <= {"\u200b", "\u2060"} and len(run) == 1:
        return bool(_JOINING.match(before) or _IDEOGRAPH.match(before))
    if kinds <= {"\u180b", "\u180c", "\u180d", "\u180e", "\u180f"}:
        return bool(_JOINING.match(before))
    if kinds <= {"\u17b4", "\u17b5", "\u115f", "\u1160"}:
        return bool(
            _JOINING.match(before) or _HANGUL.match(before) or _HANGUL.match(after)
        )
    return kinds <= {"\u00ad"} and len(run) == 1 and not is_strict
