"""SQL text to statements, by sqlglot, within a budget.

sqlglot tries alternatives without a limit: fifty nested ``( UNION`` keep it busy
for hours. Every step of the parser is counted, so that hostile text ends early.
"""

import functools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType

MAX_CHARACTERS = 32_768
"""Longest text that is parsed."""
MAX_TOKENS = 5_000
"""Most words and marks that one assessment parses: they drive the time it takes, some
twenty microseconds each."""
_ROUGHLY = re.compile(r"\w+|[^\w\s]")
_QUOTED_TEXT = re.compile(r"'[^']*'")
_STEPS_PER_TOKEN = 10
"""Ordinary statements need two steps or fewer for a token."""

# Falling back to an opaque command is a finding here, not a warning in the log.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


class TooMuchSQL(Exception):
    """The text is longer or more ambiguous than what can be inspected safely."""


@dataclass(slots=True)
class Budget:
    """How much SQL one assessment may still parse, every dialect counted.

    ``read`` holds what was parsed, so that nothing is paid for twice.
    """

    characters: int = 5 * MAX_CHARACTERS // 2
    tokens: int = MAX_TOKENS
    read: dict[tuple[str, str], list["Statement"]] = field(default_factory=dict)

    def spend(self, text: str) -> None:
        """Take ``text`` off the budget; raises TooMuchSQL when it does not fit."""
        if len(text) > min(MAX_CHARACTERS, self.characters):
            raise TooMuchSQL
        # Tokenizing takes time too; what it comes to is counted after.
        if len(_ROUGHLY.findall(_QUOTED_TEXT.sub("", text))) > 5 * self.tokens // 4:
            raise TooMuchSQL
        self.characters -= len(text)

    def spend_tokens(self, number: int) -> None:
        """Take tokens off the budget; raises TooMuchSQL when they do not fit."""
        if number > self.tokens:
            raise TooMuchSQL
        self.tokens -= number


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; ``tree`` is None when it was not understood.

    ``keywords`` are its tokens outside strings, in upper case, for what has no
    tree; ``span`` holds character offsets in the text that was parsed.
    """

    tree: exp.Expr | None
    text: str
    keywords: str
    span: tuple[int, int]


def statements(text: str, dialect: str, budget: Budget) -> list[Statement]:
    """The statements of ``text`` as ``dialect`` reads it, empty ones left out.

    Raises TooMuchSQL beyond the budget and RecursionError on deep nesting.
    """
    if (known := budget.read.get((text, dialect))) is not None:
        return known
    budget.spend(text)
    found = budget.read[text, dialect] = _read(text, dialect, budget)
    return found


def _read(text: str, dialect: str, budget: Budget) -> list[Statement]:
    language = Dialect.get_or_raise(dialect)
    try:
        tokens = language.tokenize(text)
    except SqlglotError:
        return [Statement(None, text, text.upper(), (0, len(text)))]
    budget.spend_tokens(len(tokens))
    parser = _bounded(language.parser_class)(dialect=language)
    return [_statement(parser, chunk, text) for chunk in _chunks(tokens)]


def _chunks(tokens: list[Token]) -> Iterator[list[Token]]:
    chunk: list[Token] = []
    for token in tokens:
        if token.token_type != TokenType.SEMICOLON:
            chunk.append(token)
        elif chunk:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _statement(parser: Parser, tokens: list[Token], text: str) -> Statement:
    span = (tokens[0].start, tokens[-1].end + 1)
    own = text[span[0] : span[1]]
    keywords = " ".join(
        token.text.upper() for token in tokens if token.token_type not in _QUOTED
    )
    # The counter stands on the parser, which "reset" leaves alone.
    setattr(parser, _STEPS_LEFT, 1_000 + _STEPS_PER_TOKEN * len(tokens))
    try:
        trees = parser.parse(tokens, text)
    except SqlglotError:
        return Statement(None, own, keywords, span)
    tree = trees[0] if len(trees) == 1 else None
    return Statement(tree, own, keywords, span)


_STEPS_LEFT = "steps_left"
_QUOTED = frozenset(
    {
        TokenType.STRING,
        TokenType.HEREDOC_STRING,
        TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING,
        TokenType.IDENTIFIER,
    }
)


@functools.cache
def _bounded(parser_class: type[Parser]) -> type[Parser]:
    """``parser_class`` that raises TooMuchSQL when its steps are used up."""
    advance = parser_class._advance

    def counting(self: Parser, times: int = 1) -> None:
        steps_left = getattr(self, _STEPS_LEFT) - 1
        if steps_left < 0:
            raise TooMuchSQL
        setattr(self, _STEPS_LEFT, steps_left)
        advance(self, times)

    return type(
        f"Bounded{parser_class.__name__}", (parser_class,), {"_advance": counting}
    )
