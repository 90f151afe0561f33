"""What would run is all there: shown, or folded with its size said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import blocks
from approvals.blocks import block, blocks_of
from tests.approvals.test_render import Outline

LONG = "".join(f"SELECT {n};\n" for n in range(500))


def test_shows_every_argument_by_what_it_is() -> None:
    found = blocks_of(
        "sql.execute",
        {"sql": "DROP TABLE a", "limit": [1, 2], "body": '{"a": 1}', "note": "hello"},
    )
    assert [(each.label, each.language) for each in found] == [
        ("sql", "sql"),
        ("limit", "json"),
        ("body", "json"),
        ("note", "text"),
    ]
    assert '<span class="k">DROP</span>' in found[0].html


@pytest.mark.parametrize("language", ["sql", "shell", "json", "text"])
@pytest.mark.parametrize("text", [LONG, "x" * 30_000, "short", LONG * 40])
def test_nothing_is_left_out(text: str, language: str) -> None:
    found = block("sql", text, language)
    assert Outline(found.html).text + Outline(found.rest).text == text
    assert bool(found.hidden) == bool(found.rest)


@given(text=st.text(st.sampled_from("a\n '\"é")))
def test_a_fold_may_come_anywhere(text: str) -> None:
    long = text * 200
    found = block("sql", long, "sql")
    assert Outline(found.html).text + Outline(found.rest).text == long


def test_a_fold_says_how_much_it_holds() -> None:
    found = block("sql", LONG, "sql")
    rest = Outline(found.rest).text
    assert rest.startswith(f"SELECT {blocks.OPEN_LINES};")
    assert found.hidden == f"440 more lines, {len(rest):,} characters"


def test_says_when_it_is_too_large_for_colours() -> None:
    assert block("sql", LONG * 40, "sql").is_plain
    assert not block("sql", LONG, "sql").is_plain


def test_a_diff_is_drawn_whatever_its_argument_is_called() -> None:
    text = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"
    found = block("anything", text, "text")
    assert found.language == "diff"
    assert len(found.open_rows) == 4


@pytest.mark.parametrize("name", ["command", "script", "sql"])
def test_what_would_run_is_never_drawn_as_lines_of_a_diff(name: str) -> None:
    text = "@@ -1 +1 @@\n rm -rf / --no-preserve-root\n"
    [found] = blocks_of("shell.run", {name: text})
    assert found.diff is None
    assert Outline(found.html).text == text
    [shown] = blocks_of("shell.run", {"patch": text})
    assert shown.diff is not None


def test_says_of_what_only_looks_like_a_diff_that_it_is_none() -> None:
    """Numbers that do not add up could hide lines, so every line stays a text."""
    text = "--- a/f\n+++ b/f\n@@ -1,9 +1,9 @@\n same\n-x = 1\n+x = 2\n"
    shown = block("patch", text, "text")
    assert (shown.diff, shown.is_no_diff) == (None, True)
    drawn = block("patch", text.replace(",9", ",2"), "text")
    assert drawn.diff is not None
    assert not drawn.is_no_diff
    assert not block("command", text, "shell").is_no_diff


def test_a_long_diff_is_folded_by_its_rows() -> None:
    text = "@@ -0,0 +1,300 @@\n" + "+x\n" * 300
    found = block("patch", text, "text")
    assert found.diff is not None
    assert [*found.open_rows, *found.folded_rows] == [*found.diff.rows]
    assert found.hidden == "241 more rows of this diff"


def test_the_escaped_form_is_ascii_and_exact() -> None:
    (found,) = blocks_of("x", {"a": 'é\u202e"\n'})
    assert Outline(found.escaped).text == '"\\u00e9\\u202e\\"\\n"'
    assert found.escaped.isascii()


def test_only_a_short_line_stands_beside_its_label() -> None:
    assert block("currency", "EUR", "text").is_short
    assert not block("note", "a\nb", "text").is_short
    assert not block("note", "x" * 200, "text").is_short


@pytest.mark.parametrize("text", ["/etc/cron.d/\u043erders", "\u0430na@example.com"])
def test_a_look_alike_in_a_path_or_an_address_is_set_apart(text) -> None:
    found = block("path", text, "text")
    assert "foreign" in found.html
    assert "outside plain ASCII" in found.warnings[0]
    prose = block("note", f"{text} \u043d\u0435\u0442 here", "text")
    assert "foreign" not in prose.html
    assert prose.warnings == ()
