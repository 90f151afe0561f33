"""What people look at, and in which order."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone

from approvals import folding, lifecycle, queue, ruleset
from approvals.models import ApprovalRequest
from approvals.search_syntax import parse
from approvals.splits import Desk
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


def test_reads_what_a_policy_published_later_does_not_change(ask, alice) -> None:
    ask("two")
    ruleset.publish(
        TIERS.replace("count: 2", "count: 3"), actor=COMMAND_LINE, reason="stricter"
    )
    (row,) = queue.pending(alice).rows
    assert row.places == 2


def pages(alice) -> list[UUID]:
    """All rows, page by page."""
    seen, after = [], ""
    while True:
        page = queue.pending(alice, after=after)
        seen += [row.approval.id for row in page.rows]
        if not (after := page.next):
            return seen


def test_pages_follow_each_other_without_gap_or_repetition(
    ask, alice, monkeypatch
) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    now = timezone.now()
    for n, action in enumerate(("one", "two", "one", "both", "two", "one", "one")):
        ask(action, arguments={"n": n})
    ApprovalRequest.objects.filter(action="one").update(expires_at=now + timedelta(1))
    whole = ApprovalRequest.objects.order_by("-tier_rank", "expires_at", "id")
    assert pages(alice) == [approval.id for approval in whole]


def test_pages_of_folds_follow_each_other_under_the_cap(
    ask, ask_as, alice, monkeypatch
) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    monkeypatch.setattr(folding, "AGENT_CAP", 5)
    asked = [ask("one", arguments={"n": n % 7}).id for n in range(14)]
    assert pages(alice) == asked[:7]
    quiet = ask_as("quiet-bot", "one")
    assert pages(alice) == [*asked[:5], quiet.id]


def test_refuses_cursors_that_it_did_not_make(ask, alice, monkeypatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 1)
    for cursor in ("x", signing.dumps(["pending", 1, "a", "b"])):
        with pytest.raises(queue.BadCursor):
            queue.pending(alice, after=cursor)


def test_shows_nothing_to_people_without_rights(ask, charlie) -> None:
    approval = ask("one")
    page = queue.pending(charlie)
    assert (page.rows, page.number) == ([], 0)
    assert queue.row(charlie, approval.id) is None


def test_equal_requests_are_one_row_that_opens_what_runs_out_first(ask, alice) -> None:
    late, first = ask("one", expires_in=3000), ask("one", expires_in=600)
    others = [ask("one", expires_in=900 + n) for n in range(7)]
    other = ask("one", arguments={"n": 2}, expires_in=5000)
    page = queue.pending(alice)
    assert [row.approval for row in page.rows] == [first, other]
    fold, single = page.rows
    assert (fold.count, single.count, page.number) == (9, 1, 10)
    assert list(fold.others) == others[: folding.OTHERS]
    assert fold.unlisted == 3
    assert late not in fold.others


def test_what_is_riskier_is_never_folded_into_the_rest(ask, alice) -> None:
    riskier = ask("one")
    ask("one")
    ApprovalRequest.objects.filter(pk=riskier.pk).update(tier="two", tier_rank=30)
    assert [row.count for row in queue.pending(alice).rows] == [1, 1]


def test_an_agent_that_is_alone_keeps_nobody_from_being_seen(ask, alice) -> None:
    for n in range(30):
        ask("both", arguments={"n": n})
    rows = queue.pending(alice).rows
    assert len(rows) == 30
    assert all(row.rest == 0 for row in rows)


def test_one_agent_cannot_push_another_out_of_view(ask, ask_as, alice) -> None:
    for n in range(30):
        ask("both", arguments={"n": n}, expires_in=600)
    ask("both", arguments={"n": 29}, expires_in=600)
    quiet = ask_as("quiet-bot", "both", expires_in=6000)
    page = queue.pending(alice)
    assert len(page.rows) == folding.AGENT_CAP + 1
    assert page.rows[-1].approval == quiet
    assert page.rows[-2].rest == 31 - folding.AGENT_CAP
    assert [row.rest for row in page.rows[:-2]] == [0] * (folding.AGENT_CAP - 1)
    assert page.number == 32


def test_agents_that_flood_together_share_the_cap(ask_as, alice) -> None:
    loud = [f"loud-{n}" for n in range(4)]
    for n in range(folding.AGENT_CAP + 1):
        for name in loud:
            ask_as(name, "both", arguments={"n": n}, expires_in=600)
    busy = [
        ask_as("busy-bot", "both", arguments={"n": n}, expires_in=700)
        for n in range(folding.AGENT_CAP)
    ]
    quiet = ask_as("quiet-bot", "both", expires_in=6000)
    rows = queue.pending(alice).rows
    flood, others = rows[: 4 * folding.LEAST_CAP], rows[4 * folding.LEAST_CAP :]
    assert [row.approval for row in others] == [*busy, quiet]
    left_out = folding.AGENT_CAP + 1 - folding.LEAST_CAP
    assert sorted((row.approval.agent.name, row.rest) for row in flood if row.rest) == [
        (name, left_out) for name in loud
    ]
    assert all(row.rest == 0 for row in others)


def test_two_that_flood_have_half_of_the_cap_each(ask_as, alice) -> None:
    for n in range(folding.AGENT_CAP + 1):
        for name in ("loud-1", "loud-2"):
            ask_as(name, "both", arguments={"n": n}, expires_in=600)
    rows = queue.pending(alice).rows
    assert len(rows) == folding.AGENT_CAP
    assert {row.rest for row in rows} == {0, folding.AGENT_CAP + 1 - len(rows) // 2}


def test_who_asks_for_one_agent_sees_all_of_it(ask, alice) -> None:
    for n in range(30):
        ask("one", arguments={"n": n})
    page = queue.pending(alice, query=parse("agent:deploy-bot"))
    assert len(page.rows) == 30


def test_who_asks_for_equal_requests_sees_each(ask, alice) -> None:
    asked = [ask("one") for _ in range(3)]
    query = parse(f"digest:{asked[0].digest[7:30]}")
    page = queue.pending(alice, query=query)
    assert [row.approval for row in page.rows] == asked
    assert {row.count for row in page.rows} == {1}


def test_a_row_says_what_is_folded_into_it_wherever_it_stands(ask, alice) -> None:
    first, second, other = ask("one"), ask("one"), ask("one", arguments={"n": 3})
    shown = queue.row(alice, second.id)
    assert (shown.count, shown.others, shown.fits) == (2, (first,), True)
    assert queue.row(alice, other.id).count == 1
    lifecycle.cancel(first.id, agent=first.agent)
    assert queue.row(alice, second.id).count == 1
    assert queue.row(alice, first.id).count == 1


def test_a_row_says_whether_it_belongs_to_what_is_searched(ask, alice) -> None:
    approval = ask("one")
    fits = {
        text: queue.row(alice, approval.id, query=parse(text)).fits
        for text in ("is:mine", "tier:one", "-tier:one")
    }
    assert fits == {"is:mine": False, "tier:one": True, "-tier:one": False}


@pytest.mark.parametrize("text", ["", "is:group"])
def test_lists_and_counts_are_read_out_of_their_indexes_alone(
    ask, alice, django_assert_max_num_queries, text
) -> None:
    ask("one")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    with django_assert_max_num_queries(10) as queries:
        desk = Desk(alice)
        assert queue.pending(alice, query=parse(text), desk=desk).number == 1
        assert desk.counts[None].number == 1
    for part, index in (
        ("AS MATERIALIZED", "request_queue"),
        ("is_expiring", "request_deadline"),
    ):
        main = next(q["sql"] for q in queries if part in q["sql"])
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + main)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert f"Index Only Scan using {index}" in plan
