"""Requests as lists show them."""

import json

import pytest

from approvals import decided, queue, rows
from approvals.splits import Desk

pytestmark = pytest.mark.django_db


def test_rows_leave_heavy_columns_in_the_database(ask, alice) -> None:
    ask("one")
    (row,) = queue.pending(alice).rows
    assert {"canonical", "evidence"} <= row.approval.get_deferred_fields()


def test_previews_short_arguments_whole() -> None:
    head = '{"action":"a","agent":"b","arguments":{"x":"ä"},"environment":null}'
    assert rows.preview_of(head, len(head)) == rows.Preview('{"x": "ä"}', 0)


def test_previews_say_how_much_they_leave_out(ask, alice) -> None:
    ask("one", arguments={"body": "x" * 5000})
    (row,) = queue.pending(alice).rows
    assert row.preview.text.startswith('{"body":"xxx')
    canonical = row.approval.canonical
    arguments = canonical.partition('"arguments":')[2]
    assert len(row.preview.text) + row.preview.hidden == len(arguments)


def test_previews_are_not_misled_by_what_looks_like_arguments() -> None:
    head = json.dumps({"action": "a", "agent": "b", "arguments": {'"arguments":': 1}})
    head = head.replace(": ", ":").replace(", ", ",")
    assert rows.preview_of(head, len(head)).text == '{"\\"arguments\\":": 1}'


def test_marks_tiers_by_their_place_in_their_policy(ask, alice) -> None:
    for action in ("none", "never"):
        ask(action)
    for action in ("both", "two", "one"):
        ask(action)
    levels = {
        row.approval.action: row.tier.level
        for row in queue.pending(alice).rows + decided.history(Desk(alice)).rows
    }
    assert levels == {"none": 1, "one": 2, "two": 3, "both": 4, "never": 4}
