"""Characters that a reader could overlook, and the marks they are shown as. Pure.

One answer for pages and for files that people take away (invariant 8).
"""

import unicodedata
from collections.abc import Iterator

_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
# Blank or ignorable by their category-blind properties: fillers, Braille blank,
# variation selectors (Unicode 16, DerivedCoreProperties, Default_Ignorable).
_UNSEEN = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F}
    | {0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)}
)
_MARKS_IN_A_ROW = 2
"""Combining marks on one letter that living languages need; more is a disguise."""


def is_unseen(character: str) -> bool:
    """Whether a reader could overlook the character: no ink, or it moves others."""
    category = unicodedata.category(character)
    return (
        category in _UNSEEN_CATEGORIES
        or (category == "Zs" and character != " ")
        or ord(character) in _UNSEEN
    )


def mark(character: str) -> str:
    """``⟦U+202E⟧``."""
    return f"⟦U+{ord(character):04X}⟧"


def visible_text(text: str, *, keep: str = "") -> str:
    """Plain text with every unseen character but those of ``keep`` as a mark."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        mark(c) if seen_as == "unseen" else c for c, seen_as in classify(text, keep)
    )


def classify(text: str, keep: str = "") -> Iterator[tuple[str, str]]:
    """Each character with ``plain``, ``foreign`` or ``unseen``."""
    combining = 0
    for character in text:
        if " " <= character <= "~" or character in keep:
            combining = 0
            yield character, "plain"
            continue
        combining = combining + 1 if unicodedata.category(character) == "Mn" else 0
        hidden = is_unseen(character) or combining > _MARKS_IN_A_ROW
        yield character, "unseen" if hidden else "foreign"
