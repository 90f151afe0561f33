"""Slips of the fingers: which word somebody would have typed by mistake.

The slips that typosquatters use (Taylor et al., "Defending against package
typosquatting", 2020): a letter twice, one left out, two swapped, one from the next key.
A name of several words is often right but for one of them.
"""

from collections.abc import Iterable, Mapping

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST = 4
_LONG_ENOUGH = 6
"""In shorter words a swapped or missing letter is often another word."""
_LONGEST = 16


def _neighbours() -> dict[str, str]:
    found: dict[str, str] = {}
    for above, row in enumerate(_ROWS):
        for place, key in enumerate(row):
            near = row[max(0, place - 1) : place] + row[place + 1 : place + 2]
            for other in _ROWS[max(0, above - 1) : above + 2]:
                if other is not row:
                    near += other[max(0, place - 1) : place + 2]
            found[key] = near
    return found | {"s": found["s"] + "z", "z": found["z"] + "s"}


_NEAR = _neighbours()


def with_letters_left_out(words: Iterable[str]) -> dict[str, str]:
    """From each long word without one of its inner letters to the word."""
    return {
        word[:place] + word[place + 1 :]: word
        for word in words
        if _LONG_ENOUGH < len(word) <= _LONGEST
        for place in range(1, len(word) - 1)
    }


def meant(word: str, words: frozenset[str], shorter: Mapping[str, str]) -> str:
    """The one of ``words`` that ``word`` is a slip of; nothing when there is none.

    ``shorter`` is what ``with_letters_left_out`` makes of the words.
    """
    if not _SHORTEST < len(word) <= _LONGEST or not word.isalpha() or word in words:
        return ""
    for place in range(1, len(word)):
        single = word[:place] + word[place + 1 :]
        if word[place] == word[place - 1] and single in words:
            return single
    if len(word) < _LONG_ENOUGH:
        return ""
    return shorter.get(word, "") or _swapped_or_near(word, words)


def _swapped_or_near(word: str, words: frozenset[str]) -> str:
    for place in range(1, len(word) - 1):
        before, one, two = word[:place], word[place], word[place + 1]
        swapped = before + two + one + word[place + 2 :]
        if swapped != word and swapped in words:
            return swapped
        for key in _NEAR.get(one, ""):
            other = before + key + word[place + 1 :]
            if other in words:
                return other
    return ""
