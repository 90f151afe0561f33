"""What was decided, searched a piece at a time."""

from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from approvals import decided, lifecycle
from approvals.cursors import BadCursor
from approvals.models import ApprovalRequest
from approvals.search_syntax import parse
from approvals.splits import Desk

pytestmark = pytest.mark.django_db


def found(alice, text: str = "", before: str = "") -> list[ApprovalRequest]:
    page = decided.history(Desk(alice), query=parse(text), before=before)
    return [row.approval for row in page.rows]


def test_lists_what_was_decided_last_first(ask, alice) -> None:
    first, _waiting, last = ask("none"), ask("one"), ask("never")
    assert found(alice) == [last, first]


def test_shows_nothing_to_people_without_rights(ask, charlie) -> None:
    ask("none")
    assert found(charlie) == []


def test_refuses_cursors_that_it_did_not_make(ask, alice) -> None:
    for cursor in ("x", signing.dumps(["history", "a", "b"])):
        with pytest.raises(BadCursor):
            decided.history(Desk(alice), before=cursor)


def test_a_search_goes_on_where_it_stopped_and_passes_nothing_over(
    ask, alice, monkeypatch
) -> None:
    monkeypatch.setattr(decided, "LOOK", 3)
    monkeypatch.setattr(decided, "HISTORY_PAGE", 2)
    asked = [ask("none", arguments={"n": n}) for n in range(10)]
    # Several at one moment: a piece may end among them.
    same = timezone.now() - timedelta(minutes=5)
    ids = [approval.pk for approval in asked[2:8]]
    ApprovalRequest.objects.filter(pk__in=ids).update(decided_at=same)
    whole = list(
        ApprovalRequest.objects.exclude(state="pending").order_by("-decided_at", "-id")
    )
    wanted = {asked[n].pk for n in (0, 3, 4, 7, 9)}
    for n in (0, 3, 4, 7, 9):
        ApprovalRequest.objects.filter(pk=asked[n].pk).update(summary="Needle")
    seen, before, looks = [], "", 0
    while True:
        page = decided.history(Desk(alice), query=parse("needle"), before=before)
        seen += [row.approval.pk for row in page.rows]
        looks += page.looked_back_to is not None
        if not (before := page.next):
            break
    assert seen == [one.pk for one in whole if one.pk in wanted]
    assert looks >= 2


def test_says_how_far_it_looked(ask, alice, monkeypatch) -> None:
    monkeypatch.setattr(decided, "LOOK", 2)
    asked = [ask("none", arguments={"n": n}) for n in range(3)]
    page = decided.history(Desk(alice), query=parse("nowhere"))
    assert (page.rows, page.looked_back_to) == ([], asked[1].decided_at)
    rest = decided.history(Desk(alice), query=parse("nowhere"), before=page.next)
    assert (rest.next, rest.looked_back_to) == ("", None)


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("", "request_history"),
        ("zzz", "request_history"),
        ("is:denied tier:one", "request_history"),
        ("agent:deploy-bot zzz", "request_history_of_agent"),
        ("action:none zzz", "request_history_of_action"),
        ("after:2h zzz", "request_history"),
    ],
)
def test_every_search_walks_one_index(ask, alice, text, driver) -> None:
    ask("none")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    walked = decided._driven(Desk(alice), parse(text))
    sql, values = (
        walked.order_by("-decided_at", "-id")[:1].values("id").query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"using {driver} " in plan


def test_what_takes_too_long_is_given_up(ask, alice, monkeypatch) -> None:
    ask("none")
    monkeypatch.setattr(decided, "PATIENCE_MS", 20)
    slow = RawSQL("pg_sleep(0.5) IS NOT NULL", [], output_field=BooleanField())
    monkeypatch.setattr(decided, "condition", lambda *_: Q(slow))
    with pytest.raises(decided.TooSlow):
        decided.history(Desk(alice), query=parse("x"))


def test_counts_what_ran_without_a_person(ask, alice, monkeypatch) -> None:
    nothing = decided.on_duty(Desk(alice))
    assert (nothing.last, nothing.number, nothing.of) == (None, 0, 0)
    asked = ask("one")
    lifecycle.cancel(asked.id, agent=asked.agent)
    last = [ask("none", arguments={"n": n}) for n in range(3)][-1]
    ApprovalRequest.objects.filter(pk=asked.pk).update(
        decided_at=timezone.now() - timedelta(hours=2)
    )
    ask("never")
    duty = decided.on_duty(Desk(alice))
    assert (duty.number, duty.of, duty.is_capped) == (3, 5, False)
    assert duty.last > last.decided_at
    ApprovalRequest.objects.filter(pk=asked.pk).update(
        decided_at=timezone.now() - timedelta(hours=25)
    )
    assert decided.on_duty(Desk(alice)).of == 4
    monkeypatch.setattr(decided, "RECENT", 2)
    assert decided.on_duty(Desk(alice)).is_capped
