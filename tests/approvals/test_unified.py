"""A diff is drawn only if every line of it has its place, and every line is drawn."""

import pytest

from approvals.unified import Part, Unified, parse

DIFF = """diff --git a/f b/f
--- a/f
+++ b/f
@@ -3,4 +3,5 @@ def f():
 same
-size = 1
+size = 2
 other
-gone
+came
+came too
"""


def drawn(found: Unified) -> list[str]:
    """The lines of the diff, as the drawing has them."""
    said = []
    for row in found.rows:
        if row.part is Part.HEAD:
            said.append(row.text)
            continue
        for side, sign in ((row.old, "-"), (row.new, "+")):
            if side is not None and not (row.is_same and side is row.new):
                text = "".join(piece.text for piece in side.line.pieces)
                said.append((" " if row.is_same else sign) + text)
    return said


def test_every_line_is_drawn_once() -> None:
    found = parse(DIFF)
    assert found is not None
    assert sorted(drawn(found)) == sorted(DIFF.splitlines())
    assert (found.added, found.removed) == (3, 2)


def test_numbers_are_those_of_each_file_and_changed_words_are_marked() -> None:
    found = parse(DIFF)
    assert found is not None
    pairs = [row for row in found.rows if row.part is Part.PAIR]
    numbers = [
        (row.old and row.old.number, row.new and row.new.number) for row in pairs
    ]
    assert numbers == [(3, 3), (4, 4), (5, 5), (6, 6), (None, 7)]
    assert pairs[1].old is not None
    marked = [piece.text for piece in pairs[1].old.line.pieces if piece.is_changed]
    assert marked == ["1"]


@pytest.mark.parametrize(
    "text",
    [
        "no diff at all",
        "- a list\n- of things",
        DIFF.replace("-3,4", "-3,9"),  # a hunk that ends too early
        DIFF.replace("-3,4", "-3,2"),  # one that goes on
        DIFF + "+ after the end\n",
        DIFF.replace(" other", "?other"),
        "@@ -1 +1 @@\n" + "-x\n" * 3000,
        "rm -rf /\n" + DIFF,
        DIFF + "rm -rf /\n",
        DIFF.replace("--- a/f", "index 1..2; rm -rf /\n--- a/f"),
    ],
)
def test_what_is_none_or_broken_stays_a_text(text: str) -> None:
    assert parse(text) is None


def test_a_missing_line_end_is_said_where_it_is() -> None:
    found = parse("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n")
    assert found is not None
    assert drawn(found)[1:] == ["-a", "\\ No newline at end of file", "+b"]


def test_what_git_writes_around_files_is_drawn() -> None:
    git = DIFF.replace(
        "--- a/f", "old mode 100644\nnew mode 100755\nindex 1a2..f0e\n--- a/f"
    )
    moved = (
        "diff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\n"
        "index 1a2..f0e 100644\n"
    )
    added = (
        "diff --git a/z b/z\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/z\n"
    )
    binary = "diff --git a/i b/i\nindex 1..2 100644\nBinary files a/i and b/i differ\n"
    text = git + "\n" + moved + added + "@@ -0,0 +1 @@\n+x\n" + binary
    found = parse(text)
    assert found is not None
    assert sorted(drawn(found)) == sorted(text.splitlines())


def test_lines_of_a_hunk_that_look_like_file_names_are_lines_of_it() -> None:
    found = parse("@@ -1 +1 @@\n--- a comment in SQL\n+++ b\n")
    assert found is not None
    assert (found.added, found.removed) == (1, 1)
