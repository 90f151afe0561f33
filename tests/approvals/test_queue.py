"""What people look at, and in which order."""

import json
from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone

from approvals import lifecycle, queue, ruleset
from approvals.models import ApprovalRequest
from audit.log import COMMAND_LINE
from tests.approvals.conftest import TIERS

pytestmark = pytest.mark.django_db


def actions(page: queue.Page) -> list[str]:
    return [row.approval.action for row in page.rows]


def test_orders_by_risk_and_then_by_deadline(ask, alice) -> None:
    ask("one-late", expires_in=3000)
    ask("one-soon", expires_in=60)
    ask("both")
    ask("two")
    assert actions(queue.pending(alice)) == ["both", "two", "one-soon", "one-late"]


def test_pages_follow_each_other_without_gap_or_repetition(
    ask, alice, monkeypatch
) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    now = timezone.now()
    for action in ("one", "two", "one", "both", "two", "one", "one"):
        ask(action)
    ApprovalRequest.objects.filter(action="one").update(expires_at=now + timedelta(1))
    whole = ApprovalRequest.objects.order_by("-tier_rank", "expires_at", "id")
    seen, after = [], ""
    while True:
        page = queue.pending(alice, after=after)
        seen += [row.approval.id for row in page.rows]
        if not (after := page.next):
            break
    assert seen == [approval.id for approval in whole]


def test_refuses_cursors_that_it_did_not_make(ask, alice, monkeypatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 1)
    monkeypatch.setattr(queue, "HISTORY_PAGE", 1)
    for action in ("one", "one", "none", "none"):
        ask(action)
    of_queue, of_history = queue.pending(alice).next, queue.history(alice).next
    for cursor in ("x", of_history, signing.dumps(["pending", 1, "a", "b"])):
        with pytest.raises(queue.BadCursor):
            queue.pending(alice, after=cursor)
    with pytest.raises(queue.BadCursor):
        queue.history(alice, before=of_queue)


def test_shows_nothing_to_people_without_rights(ask, charlie) -> None:
    waiting, _ = ask("one"), ask("none")
    assert queue.pending(charlie).rows == queue.history(charlie).rows == []
    assert queue.row(charlie, waiting.id) is None
    assert queue.waiting(charlie).number == 0


def test_counts_what_waits_up_to_a_limit(ask, alice, monkeypatch) -> None:
    assert queue.waiting(alice) == queue.Waiting(0, is_capped=False)
    for action in ("one", "one", "none"):
        ask(action)
    assert queue.waiting(alice) == queue.Waiting(2, is_capped=False)
    monkeypatch.setattr(queue, "COUNT_LIMIT", 1)
    assert queue.waiting(alice) == queue.Waiting(1, is_capped=True)


def test_knows_when_something_was_last_decided(ask, alice) -> None:
    ask("one")
    assert queue.last_decided_at(alice) is None
    decided = ask("none")
    assert queue.last_decided_at(alice) == decided.decided_at


def test_leads_from_a_decided_request_to_the_next_and_then_to_the_first(
    ask, alice
) -> None:
    first, second, third = ask("both"), ask("two"), ask("one")
    assert queue.next_waiting(alice, first) == second.id
    assert queue.next_waiting(alice, second) == third.id
    assert queue.next_waiting(alice, third) == first.id
    for approval in (first, second):
        lifecycle.cancel(approval.id, agent=approval.agent)
    assert queue.next_waiting(alice, third) is None


def test_marks_tiers_by_their_place_in_their_policy(ask, alice) -> None:
    for action in ("none", "never"):
        ask(action)
    for action in ("both", "two", "one"):
        ask(action)
    levels = {
        row.approval.action: row.tier.level
        for row in queue.pending(alice).rows + queue.history(alice).rows
    }
    assert levels == {"none": 1, "one": 2, "two": 3, "both": 4, "never": 4}


def test_rows_leave_heavy_columns_in_the_database(ask, alice) -> None:
    ask("one")
    (row,) = queue.pending(alice).rows
    assert {"canonical", "evidence"} <= row.approval.get_deferred_fields()


def test_previews_short_arguments_whole() -> None:
    head = '{"action":"a","agent":"b","arguments":{"x":"ä"},"environment":null}'
    assert queue.preview_of(head, len(head)) == queue.Preview('{"x": "ä"}', 0)


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
    assert queue.preview_of(head, len(head)).text == '{"\\"arguments\\":": 1}'


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda alice: queue.pending(alice), "request_queue"),
        (lambda alice: queue.history(alice), "request_history"),
    ],
    ids=["queue", "history"],
)
def test_queries_have_their_index(
    ask, alice, read, index, django_assert_max_num_queries
):
    ask("one")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    with django_assert_max_num_queries(15) as queries:
        read(alice)
    main = next(q["sql"] for q in queries if "LEFT(" in q["sql"].upper())
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + main)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert index in plan


def test_reads_what_a_policy_published_later_does_not_change(ask, alice) -> None:
    ask("two")
    ruleset.publish(
        TIERS.replace("count: 2", "count: 3"), actor=COMMAND_LINE, reason="stricter"
    )
    (row,) = queue.pending(alice).rows
    assert row.places == 2
