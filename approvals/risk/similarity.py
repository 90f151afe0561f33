"""Whether one name can be taken for another."""

import unicodedata
from functools import lru_cache

# By the Latin letter that they pass for; small letters, without accents.
_ALIKE = {
    "a": "аαɑ",
    "b": "вƅьβ",
    "c": "сϲ",
    "d": "ԁđɗ",
    "e": "еёεҽ3",
    "f": "ƒ",
    "g": "ɡԍց",
    "h": "һнհħ",
    "k": "кκ",
    "l": "1i|іıιɩӏℓɪłյ",
    "m": "м",
    "n": "ոпηɴ",
    "o": "0оοօσø",
    "p": "рρ",
    "q": "ԛ",
    "r": "гʀ",
    "s": "5ѕꜱ",
    "t": "тτŧ",
    "u": "υսʋ",
    "v": "νѵ",
    "w": "шωԝա",
    "x": "хχ",
    "y": "уγү",
    "z": "ʐ",
    "j": "јϳ",
}
_LOOKS_LIKE = str.maketrans(
    {char: letter for letter, others in _ALIKE.items() for char in others}
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


@lru_cache(maxsize=8192)
def skeleton(text: str) -> str:
    """``text`` with everything that looks alike written alike.

    Latin letters for those of other scripts, no accents, letters for digits.
    Made for names of some hundred characters, not for texts.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    folded = letters.translate(_LOOKS_LIKE)
    for pair, single in _PAIRS:
        folded = folded.replace(pair, single)
    return folded


def is_one_slip_away(one: str, other: str) -> bool:
    """Whether one character is missing, added, wrong, or swapped with its neighbour.

    Damerau-Levenshtein distance of exactly 1, in linear time.
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    start = next((at for at, char in enumerate(one) if char != other[at]), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    if one[start + 1 :] == other[start + 1 :]:
        return True
    is_swapped = one[start : start + 2] == other[start : start + 2][::-1]
    return is_swapped and one[start + 2 :] == other[start + 2 :]


def is_two_slips_away(one: str, other: str) -> bool:
    """Whether one slip makes of ``one`` what is one slip away from ``other``.

    Of all distances of 2 those with the first slip where the names part, which is
    where one of them must be.
    """
    if one == other or abs(len(one) - len(other)) > 2:
        return False
    start = next(
        (
            at
            for at, pair in enumerate(zip(one, other, strict=False))
            if len({*pair}) > 1
        ),
        min(len(one), len(other)),
    )
    rest, left = one[start:], other[start:]
    swapped = rest[1:2] + rest[:1] + rest[2:]
    pairs = (rest[1:], left), (rest, left[1:]), (rest[1:], left[1:]), (swapped, left)
    return any(a == b or is_one_slip_away(a, b) for a, b in pairs)
