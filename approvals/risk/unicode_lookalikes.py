"""Letters that pass for others: mixed words, whole words, styles, hosts.

After UTS #39, but against ASCII alone: what an attacker wants to pass for is a
command, a path, a host or a package, and those are written in it.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from approvals.risk.scanning import Scanner

_DATA = Path(__file__).parent / "data" / "unicode_lookalikes.txt"
_LETTER_RANGES = (
    (0x0180, 0x058F), (0x10A0, 0x10FF), (0x13A0, 0x167F), (0x1D00, 0x1DBF),
    (0x1F00, 0x1FFF), (0x2C60, 0x2CFF), (0xA4D0, 0xA4FF), (0xA640, 0xA69F),
    (0xA720, 0xA7FF), (0xAB30, 0xABBF), (0x10280, 0x1044F), (0x118A0, 0x118DF),
)  # fmt: skip
"""Scripts with letters like the Latin ones, and Latin letters that no language has."""
_TURKISH = "ıƒşŞ"
_STYLED = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff"
_STYLED += "\u24b6-\u24c1\u24c3-\u24e9"
_STYLED += "\U0001f130-\U0001f149\U0001f150-\U0001f169"
# Without those that are emoji: the sign of the metro, blood groups, car parks.
_STYLE = re.compile(f"[{_STYLED}]+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_MARKS_OF_ADDRESSES = re.compile(
    "(?<=[a-zA-Z0-9])[\u2044\u2215\u29f8\u2cc6\uff0f\u2024\uff0e\uff61\u3002\u2236\ua789"
    "\uff1a\uff20\ufe6b]+(?=[a-zA-Z0-9])"
)
_OPERATORS = re.compile("(?<=[\\w)\\]\"' ])[\u01c3\u037e](?=[=\\s\\w(]|\\Z)")
_HOSTS = Scanner(
    r"(?:https?://|ftp://|www\.|@)[^\s/<>\"'()\[\]{},;]+",
    r"[\pL\pN_-]+(?:\.[\pL\pN_-]+)*\.(?:com|net|org|io|co|dev|app|info|biz|me|ru|uk|de|fr"
    r"|eu|us|gov|edu|xyz|online|site|shop|cloud|ai)\b",
    ignore_case=True,
)
_PUNYCODE = Scanner("xn--[a-z0-9-]+", ignore_case=True)
_MOST_HOSTS = 300
_MOST_TOUCHING = 4000


@cache
def table() -> dict[str, str]:
    """Each look-alike with the ASCII character that it looks like."""
    found: dict[str, str] = {}
    for line in _DATA.read_text(encoding="utf-8").splitlines()[1:]:
        for code in line[2:].split():
            found[chr(int(code, 16))] = line[0]
    return found


@cache
def _letters() -> frozenset[str]:
    return frozenset(
        char
        for char, ascii in table().items()
        if any(low <= ord(char) <= high for low, high in _LETTER_RANGES)
        and char.isalpha()
        and ascii.isalnum()
        and char not in _TURKISH
    )


@cache
def _touching() -> re.Pattern[str]:
    """A look-alike beside an ASCII letter: where a mixed word must have one."""
    look = "".join(sorted(_letters()))
    return re.compile(f"(?<=[A-Za-z])[{look}]|[{look}](?=[A-Za-z])")


@cache
def _any_look() -> re.Pattern[str]:
    return re.compile(f"[{''.join(sorted(_letters()))}]")


def skeleton(word: str) -> str:
    """The word as it looks, where that is ASCII."""
    return "".join(table().get(char, char) for char in word)


def mixed_words(text: str, is_strict: bool) -> Iterator[tuple[int, int]]:
    """Words of two scripts that look like one word in ASCII.

    In prose a foreign ending on a Latin word is grammar, not deceit. Looks at some
    thousand words.
    """
    last = -1
    for found in islice(_touching().finditer(text), _MOST_TOUCHING):
        if found.start() < last:
            continue
        start, end = _word_around(text, found.start())
        last = end
        if _is_mixed(text[start:end], is_strict):
            yield start, end


def _word_around(text: str, position: int) -> tuple[int, int]:
    # Read backwards: looking for the end of a run from its front takes its square.
    before = _WORD.match(text[max(0, position - 60) : position][::-1])
    after = _WORD.match(text, position, position + 60)
    start = position - before.end() if before else position
    return start, after.end() if after else position + 1


def _is_mixed(word: str, is_strict: bool) -> bool:
    foreign = [char for char in word if not char.isascii()]
    if not all(char in _letters() for char in foreign):
        return False
    if is_strict:
        # Physics has words such as "ρx"; nobody mixes in a Cyrillic letter on purpose.
        is_cyrillic = any("\u0400" <= char <= "\u052f" for char in foreign)
        return len(word) >= 3 or is_cyrillic
    is_ending = all(char.isascii() for char in word.rstrip("".join(foreign)))
    is_long = len(word) >= 5 and sum(char.isascii() for char in word) >= 2
    return is_long and not is_ending


def whole_words(text: str) -> Iterator[tuple[int, int]]:
    """Words of one other script that look like ASCII, all letters of it.

    Where other letters of that script stand beside them, somebody just writes it.
    """
    if not _any_look().search(text):
        return
    words = [found.span() for found in _LETTERS.finditer(text, 0, 2000)]
    foreign = [(start, end) for start, end in words if not text[start:end].isascii()]
    if all(_is_whole(text[start:end]) for start, end in foreign):
        yield from ((start, end) for start, end in foreign if end - start >= 3)


def _is_whole(word: str) -> bool:
    return all(char in _letters() for char in word)


def styled(text: str) -> Iterator[tuple[int, int]]:
    """Letters and digits in another style: full-width, bold, in circles."""
    if not _CJK.search(text, 0, 5000):
        yield from (found.span() for found in _STYLE.finditer(text))


def address_marks(text: str) -> Iterator[tuple[int, int]]:
    """Slashes, dots and colons that are none, between ASCII characters."""
    yield from (found.span() for found in _MARKS_OF_ADDRESSES.finditer(text))


def operators(text: str) -> Iterator[tuple[int, int]]:
    """``ǃ`` and the Greek question mark, which look like ``!`` and ``;`` in code."""
    yield from (found.span() for found in _OPERATORS.finditer(text))


def hosts(text: str) -> Iterator[tuple[int, int]]:
    """Hosts, in addresses or alone, that pass for others."""
    for start, end in _HOSTS.places(text, _MOST_HOSTS)[0]:
        host = text[start:end]
        if not host.isascii() and _is_deceptive(host):
            yield start, end
    for start, end in _PUNYCODE.places(text, _MOST_HOSTS)[0]:
        if is_deceptive_punycode(text[start:end]):
            yield start, end


def _is_deceptive(host: str) -> bool:
    """Whether one of the labels would be taken for ASCII, in a domain that is not."""
    labels = re.split(r"[.@/:]", host[:300])
    top = next((label for label in reversed(labels) if label), "")
    if _MARKS_OF_ADDRESSES.search(host[:300]):
        return True
    return any(
        _looks_ascii(label) and (top.isascii() or not top.isalpha()) for label in labels
    )


def _looks_ascii(label: str) -> bool:
    foreign = [char for char in label if not char.isascii()]
    is_other = all(char in _letters() or _STYLE.match(char) for char in foreign)
    return bool(foreign) and is_other


def is_deceptive_punycode(label: str) -> bool:
    """Whether an ``xn--`` label looks like ASCII when it is shown, or cannot be."""
    if len(label) > 63:
        return True
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, IndexError, OverflowError):
        return True
    return _looks_ascii(shown)
