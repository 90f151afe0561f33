"""Text that others wrote, made safe to look at. Pure: strings in, HTML out.

Two promises hold for every function that returns HTML: nothing in the text can
become markup, and no character of it stays invisible (invariant 8).
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.shell import BashLexer
from pygments.lexers.sql import SqlLexer
from pygments.token import STANDARD_TYPES

from approvals.risk.unicode_lookalikes import table as lookalikes
from audit.unseen import classify, is_unseen, mark
from audit.unseen import visible_text as visible_text

HIGHLIGHT_LIMIT = 64 * 1024
"""Bytes of UTF-8 above which a block is shown whole, but without colours."""

_UNUSUAL = re.compile(r"[^\x20-\x7e]")


def name_of(character: str) -> str:
    """``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    name = unicodedata.name(character, "CONTROL CHARACTER")
    return f"U+{ord(character):04X} {name}"


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
    return Counter(c for c, seen_as in classify(text, keep) if seen_as == "unseen")


def foreign_in(text: str) -> Counter[str]:
    """How often each visible character outside plain ASCII occurs."""
    return Counter(c for c, seen_as in classify(text, "\n\t") if seen_as == "foreign")


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


def editable(value: Any, *, indent: int | None = 2) -> str:
    """``value`` as JSON to be edited: what nobody could see is written as an escape.

    ``indent`` as of ``json.dumps``: without one it is a single line.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(
        _escaped(character) if character != "\n" and is_unseen(character) else character
        for character in text
    )


def _escaped(character: str) -> str:
    # JSON leaves U+007F as it is.
    if ord(character) <= 0x7F:
        return f"\\u{ord(character):04x}"
    return json.dumps(character)[1:-1]


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
        for c, seen_as in classify(text, keep)
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


def _listed(found: Counter[str], limit: int = 6) -> str:
    names = [f"{name_of(c)} ({n})" for c, n in found.most_common(limit)]
    if (more := len(found) - limit) > 0:
        names.append(f"and {more} other kinds")
    return ", ".join(names)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
