"""Other people's text can neither become markup nor hide from the reader."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import render
from tests.injections import CORPUS, LONGEST, NUMBER, corpus

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</code></pre><h1>Approved</h1>",
    "{{ 7|add:7 }}{% debug %}",
    "<!-- --><iframe src=javascript:alert(1)>",
    "&lt;b&gt; &#60;b&#62;",
    "\u202e<script>\u202c",
    "a\u0000<b>",
    "＜script＞",
    "<a href='http://evil.example'>click</a>",
]
WAYS = [
    render.line_html,
    render.identifier_html,
    render.prose_html,
    lambda text: render.code_html(text, "sql"),
    lambda text: render.code_html(text, "shell"),
    lambda text: render.code_html(text, "json"),
    lambda text: render.code_html(text, "text"),
    lambda text: render.code_html(text + " " * render.HIGHLIGHT_LIMIT, "sql"),
]
UNSEEN = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA1)),
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f",
    *"\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u202f\u2060\u2061\u2062\u2063\u2064",
    *"\u2066\u2067\u2068\u2069\u206f\u2800\u3000\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9",
    *"\U000e0001\U000e0041\U000e007f\U000e0100\U0001d173\ue000\udc80",
]


class Outline(HTMLParser):
    """The tags of a piece of HTML, and the text a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, ()))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("!--", ()))

    def handle_data(self, data: str) -> None:
        self.text += data


def only_our_spans(html: str) -> bool:
    ways = (("class",), ("class", "title"), ("class", "title", "data-code"))
    return set(Outline(html).tags) <= {("span", attributes) for attributes in ways}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("way", WAYS)
def test_no_text_becomes_markup(way, text: str) -> None:
    assert only_our_spans(way(text))


@pytest.mark.parametrize("way", WAYS[:7])
@given(text=st.text(alphabet=st.characters(), max_size=60))
def test_every_character_is_shown_and_in_order(way, text: str) -> None:
    shown = Outline(way(text)).text
    unmarked = re.sub(r"⟦U\+([0-9A-F]{4,6})⟧", lambda m: chr(int(m[1], 16)), shown)
    expected = re.sub(r"⟦U\+([0-9A-F]{4,6})⟧", lambda m: chr(int(m[1], 16)), text)
    assert unmarked == expected
    assert only_our_spans(way(text))


@pytest.mark.parametrize("character", UNSEEN, ids=lambda c: f"U+{ord(c):04X}")
@pytest.mark.parametrize("way", [*WAYS[:2]])
def test_what_cannot_be_seen_is_drawn_on_one_line(way, character: str) -> None:
    assert f"⟦U+{ord(character):04X}⟧" in way(f"a{character}b")
    assert character not in way(f"a{character}b")


@pytest.mark.parametrize("way", WAYS[2:7])
@pytest.mark.parametrize(
    "character", [c for c in UNSEEN if c not in "\n\t"], ids=lambda c: f"U+{ord(c):04X}"
)
def test_what_cannot_be_seen_is_drawn_in_blocks(way, character: str) -> None:
    assert f"⟦U+{ord(character):04X}⟧" in way(f"a{character}b")
    assert character not in way(f"a{character}b")


def test_line_breaks_stay_in_blocks_and_are_drawn_on_one_line() -> None:
    assert render.prose_html("a\nb") == "a\nb"
    assert "⟦U+000A⟧" in render.line_html("a\nb")


def test_carriage_returns_are_never_swallowed() -> None:
    assert Outline(render.code_html("ls\r\nrm", "shell")).text == "ls⟦U+000D⟧\nrm"


def test_a_byte_order_mark_is_never_swallowed() -> None:
    assert "⟦U+FEFF⟧" in render.code_html("\ufeffSELECT 1", "sql")


def test_a_pile_of_accents_is_drawn_as_marks() -> None:
    assert "⟦U+0301⟧" in render.line_html("e" + "\u0301" * 5)
    assert "⟦" not in render.line_html("e\u0301")


def test_look_alike_letters_are_set_apart_in_identifiers_only() -> None:
    shown = render.identifier_html("p\u0430ypal")
    title = "U+0430 CYRILLIC SMALL LETTER A, looks like a"
    assert f'class="foreign" title="{title}" data-code="U+0430"' in shown
    assert render.line_html("Größe") == "Größe"


def test_says_which_characters_mislead() -> None:
    assert render.warnings_for("rm \u202e-rf", is_code=True) == (
        "Hidden characters, drawn as marks: U+202E RIGHT-TO-LEFT OVERRIDE (1)",
    )
    assert render.warnings_for("p\u0430", is_code=True) == (
        "Characters outside plain ASCII: U+0430 CYRILLIC SMALL LETTER A (1)",
    )
    assert render.warnings_for("Größe", is_code=False) == ()


def test_large_text_is_whole_but_without_colours() -> None:
    text = "SELECT 1;" * 20_000
    assert render.code_html(text, "sql") == text


def test_states_the_size() -> None:
    assert render.size_of("ä\nb") == "2 lines, 3 characters, 4 bytes"
    assert render.size_of("a") == "1 line, 1 character"


@pytest.mark.parametrize(
    ("action", "name", "language"),
    [
        ("Bash", "command", "shell"),
        ("db", "sql", "sql"),
        ("run_sql", "query", "sql"),
        ("search", "query", "text"),
        ("email.send", "body", "text"),
    ],
)
def test_guesses_the_language_by_name(action: str, name: str, language: str) -> None:
    assert render.language_of(action, name) == language


def test_every_hidden_character_of_the_corpus_is_drawn_as_its_mark() -> None:
    for payload in json.loads(CORPUS.read_text()):
        shown = render.visible_text(payload["text"], keep="\n\t")
        assert shown == payload["shown"], payload["family"]


def test_the_corpus_is_what_its_generator_makes() -> None:
    assert json.loads(CORPUS.read_text()) == corpus()
    assert len(corpus()) == len({payload["text"] for payload in corpus()}) == NUMBER
    assert max(len(str(payload["text"])) for payload in corpus()) <= LONGEST
