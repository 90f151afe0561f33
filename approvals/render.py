"""Text that others wrote, made safe to look at. Pure: strings in, HTML out.

Two promises hold for every function that returns HTML: nothing in the text can
become markup, and no character of it stays invisible (invariant 8).
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from html import escape
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.shell import BashLexer
from pygments.lexers.sql import SqlLexer
from pygments.token import STANDARD_TYPES

from approvals.risk.unicode_lookalikes import table as lookalikes

HIGHLIGHT_LIMIT = 64 * 1024
"""Bytes of UTF-8 above which a block is shown whole, but without colours."""

_UNUSUAL = re.compile(r"[^\x20-\x7e]")
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


def name_of(character: str) -> str:
    """``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    name = unicodedata.name(character, "CONTROL CHARACTER")
    return f"U+{ord(character):04X} {name}"


def visible_text(text: str, *, keep: str = "") -> str:
    """Plain text with every unseen character but those of ``keep`` as a mark."""
    return "".join(
        mark(c) if seen_as == "unseen" else c for c, seen_as in _classify(text, keep)
    )


def line_html(text: str) -> str:
    """One line as HTML; line breaks and tabs are marks, too."""
    return _html(text, keep="", flag_foreign=False)


def identifier_html(text: str) -> str:
    """One line as HTML, with every character outside plain ASCII set apart."""
    return _html(text, keep="", flag_foreign=True)


def prose_html(text: str) -> str:
    """Several lines as HTML, for an element that keeps white space."""
    return _html(text, keep="\n\t", flag_foreign=False)


def source_html(text: str) -> str:
    """The same, with every character outside plain ASCII set apart."""
    return _html(text, keep="\n\t", flag_foreign=True)


def unseen_in(text: str, *, keep: str = "\n\t") -> Counter[str]:
    """How often each unseen character occurs."""
    return Counter(c for c, seen_as in _classify(text, keep) if seen_as == "unseen")


def foreign_in(text: str) -> Counter[str]:
    """How often each visible character outside plain ASCII occurs."""
    return Counter(c for c, seen_as in _classify(text, "\n\t") if seen_as == "foreign")


def warnings_for(text: str, *, is_code: bool) -> tuple[str, ...]:
    """Sentences about characters that can mislead; empty when there are none."""
    found = []
    if unseen := unseen_in(text):
        found.append(f"Hidden characters, drawn as marks: {_listed(unseen)}")
    if is_code and (foreign := foreign_in(text)):
        found.append(f"Characters outside plain ASCII: {_listed(foreign)}")
    return tuple(found)


def size_of(text: str) -> str:
    """``1 line, 24 characters``; bytes too where they differ."""
    lines = text.count("\n") + 1
    size = len(text.encode("utf-8", "surrogatepass"))
    parts = [_count(lines, "line"), _count(len(text), "character")]
    if size != len(text):
        parts.append(_count(size, "byte"))
    return ", ".join(parts)


def code_html(text: str, language: str) -> str:
    """``text`` as HTML with Pygments' classes; plain above the limit."""
    return "".join(code_parts(text, language, len(text)))


def code_parts(
    text: str, language: str, cut: int, *, flag_foreign: bool | None = None
) -> tuple[str, str]:
    """The same in two parts: the first ``cut`` characters, and those after them.

    ``flag_foreign``: whether what is not plain ASCII is set apart; None: in code.
    """
    lexer_class = _LEXERS.get(language)
    tokens: list[tuple[Any, str]] = [(None, text)]
    if lexer_class is not None and not is_large(text):
        tokens = _tokens(lexer_class, text)
    is_flagged = is_code(language) if flag_foreign is None else flag_foreign
    draw = partial(_token_html, flag_foreign=is_flagged)
    parts: tuple[list[str], list[str]] = ([], [])
    place = 0
    for kind, value in tokens:
        here = max(0, min(len(value), cut - place))
        for part, piece in zip(parts, (value[:here], value[here:]), strict=True):
            if piece:
                part.append(draw(kind, piece))
        place += len(value)
    return "".join(parts[0]), "".join(parts[1])


def is_code(language: str) -> bool:
    """Whether texts in it are for machines, so that plain ASCII is expected."""
    return language in _LEXERS


def is_large(text: str) -> bool:
    """Whether it is shown without colours: they would take too long."""
    return len(text.encode("utf-8", "surrogatepass")) > HIGHLIGHT_LIMIT


def escaped_html(value: Any) -> str:
    """``value`` as JSON in plain ASCII, so that nothing in it can look like another."""
    return escape(json.dumps(value, ensure_ascii=True, sort_keys=True))


def json_text(value: Any) -> str:
    """``value`` as indented JSON; unseen characters stay, for ``code_html`` to draw."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def language_of(action: str, name: str, text: str = "") -> str:
    """What a string argument is written in, by its name, its action's, and itself."""
    key = name.lower()
    if key in _SQL_NAMES or (key in _CODE_NAMES and "sql" in action.lower()):
        return "sql"
    if key in _SHELL_NAMES:
        return "shell"
    return "json" if _is_json(text) else "text"


def _is_json(text: str) -> bool:
    """An object or a list that somebody wrote as a text, and no novel."""
    if not text.lstrip().startswith(("{", "[")) or len(text) > HIGHLIGHT_LIMIT:
        return False
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


_SQL_NAMES = frozenset({"sql", "statement", "statements"})
_CODE_NAMES = frozenset({"query", "code", "text"})
_SHELL_NAMES = frozenset({"command", "cmd", "script", "bash", "shell"})
_LEXERS: Mapping[str, type[Lexer]] = {
    "sql": SqlLexer,
    "shell": BashLexer,
    "json": JsonLexer,
}


def _tokens(lexer_class: type[Lexer], text: str) -> list[tuple[Any, str]]:
    """The lexer's tokens; one plain token if it lost or changed anything.

    ``get_tokens`` would normalise line ends and drop a byte-order mark first.
    """
    tokens = [
        (kind, value) for _, kind, value in lexer_class().get_tokens_unprocessed(text)
    ]
    if "".join(value for _, value in tokens) != text:
        return [(None, text)]
    return tokens


def _token_html(kind: Any, value: str, *, flag_foreign: bool) -> str:
    shown = _html(value, keep="\n\t", flag_foreign=flag_foreign)
    css_class = STANDARD_TYPES.get(kind, "") if kind is not None else ""
    return f'<span class="{css_class}">{shown}</span>' if css_class else shown


def _html(text: str, *, keep: str, flag_foreign: bool) -> str:
    if not _UNUSUAL.search(text):
        return escape(text)
    return "".join(
        _character_html(c, seen_as, flag_foreign=flag_foreign)
        for c, seen_as in _classify(text, keep)
    )


def _character_html(character: str, seen_as: str, *, flag_foreign: bool) -> str:
    if seen_as == "unseen":
        return _span("unseen", character, mark(character))
    if seen_as == "foreign" and flag_foreign:
        like = lookalikes().get(character)
        return _span("foreign", character, character, like or "")
    return escape(character)


def _span(css_class: str, character: str, shown: str, like: str = "") -> str:
    """``like``: the ASCII character that it passes for, which makes it a badge."""
    title, badge = escape(name_of(character)), ""
    if like:
        title = f"{title}, looks like {escape(like)}"
        badge = f' data-code="U+{ord(character):04X}"'
    return f'<span class="{css_class}" title="{title}"{badge}>{escape(shown)}</span>'


def _classify(text: str, keep: str) -> Iterator[tuple[str, str]]:
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


def _listed(found: Counter[str], limit: int = 6) -> str:
    names = [f"{name_of(c)} ({n})" for c, n in found.most_common(limit)]
    if (more := len(found) - limit) > 0:
        names.append(f"and {more} other kinds")
    return ", ".join(names)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
