"""Each thing that does not fit is in its list, and lists are read with an end."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from agents.registry import register_agent
from approvals import reconciliation
from approvals.models import ApprovalRequest, Outcome, Permit
from approvals.reconciliation import Kind
from approvals.states import PermitState
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.reconciling import OTHER, Mismatches

pytestmark = pytest.mark.django_db

HOW = {
    Kind.LAPSED: "lapsed",
    Kind.OVERDUE: "overdue",
    Kind.OTHER_DIGEST: "other_digest",
    Kind.UNREDEEMED: "unredeemed",
}
VERBS = {
    Kind.LAPSED: "permit:lapsed",
    Kind.OVERDUE: "outcome:overdue",
    Kind.OTHER_DIGEST: "outcome:other_digest",
    Kind.UNREDEEMED: "outcome:without_redemption",
}


@pytest.fixture
def make(ask, alice) -> Mismatches:
    return Mismatches(ask, alice)


def found(user: User, *kinds: Kind, **options: Any) -> list[tuple[Kind, Any]]:
    rows = reconciliation.page(user, kinds or Kind, **options).rows
    return [(row.kind, row.approval.pk) for row in rows]


def turned(user: User, *kinds: Kind, **options: Any) -> Iterator[tuple[Kind, Any]]:
    """Every row of all pages."""
    before = ""
    while True:
        page = reconciliation.page(user, kinds or Kind, before=before, **options)
        yield from ((row.kind, row.approval.pk) for row in page.rows)
        before = page.next
        if not before:
            return


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_each_kind_is_in_its_list_alone(make, alice, kind) -> None:
    approval = getattr(make, HOW[kind])()
    make.fitting()
    make.approved()
    make.redeemed()
    make.ask("one")
    assert found(alice) == [(kind, approval.pk)]
    for other in Kind:
        expected = [(kind, approval.pk)] if other is kind else []
        assert found(alice, other) == expected
        number = reconciliation.counts()[other]
        assert (number.number, number.is_capped) == (len(expected), False)


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_each_kind_has_its_audit_entry(make, alice, kind) -> None:
    approval = getattr(make, HOW[kind])()
    (row,) = reconciliation.page(alice, [kind]).rows
    assert row.source.verb == VERBS[kind]
    entry = Entry.objects.get(subject_id=str(approval.pk), action=row.source.verb)
    assert entry.subject_type == "request"


def test_a_late_outcome_ends_the_silence(make, alice) -> None:
    approval = make.overdue()
    make.report(approval)
    assert found(alice) == []
    assert reconciliation.counts()[Kind.OVERDUE].number == 0


def test_one_outcome_can_be_wrong_twice(make, alice) -> None:
    approval = make.report(make.approved(), digest=OTHER)
    assert found(alice) == [
        (Kind.OTHER_DIGEST, approval.pk),
        (Kind.UNREDEEMED, approval.pk),
    ]


def test_the_newest_comes_first_whatever_its_kind(make, alice) -> None:
    made = [getattr(make, how)() for how in (*HOW.values(), *reversed(HOW.values()))]
    expected = [approval.pk for approval in reversed(made)]
    assert [pk for _, pk in found(alice)] == expected


def test_filters_by_agent(make, alice, agent, owner) -> None:
    approval = make.unredeemed()
    other = register_agent("other-bot", actor=COMMAND_LINE, owner=owner).agent
    assert found(alice, agent=agent) == [(Kind.UNREDEEMED, approval.pk)]
    assert found(alice, agent=other) == []
    assert reconciliation.counts(agent)[Kind.UNREDEEMED].number == 1
    assert reconciliation.counts(other)[Kind.UNREDEEMED].number == 0


def test_shows_as_much_of_what_was_said_as_fits(make, alice) -> None:
    make.report(make.approved(), status="failed", detail="x" * 300)
    make.lapsed()
    lapsed, spoken = reconciliation.page(alice).rows
    assert (len(spoken.said), spoken.unsaid) == (reconciliation.SAID, 20)
    assert spoken.outcome is not None
    assert (lapsed.outcome, lapsed.said, lapsed.unsaid) == (None, "", 0)


def test_shows_nothing_to_whoever_may_not_see_requests(make, charlie) -> None:
    make.unredeemed()
    assert found(charlie) == []


@pytest.mark.parametrize("page", [1, 2, 3, 7])
@pytest.mark.parametrize("looked_at", [1, 2, 5, 100])
def test_pages_lose_and_repeat_nothing(
    make, alice, agent, owner, monkeypatch, page, looked_at
) -> None:
    """Whatever the sizes, and though many have the same time."""
    monkeypatch.setattr(reconciliation, "PAGE", page)
    monkeypatch.setattr(reconciliation, "LOOKED_AT", looked_at)
    for how in (*HOW.values(), *HOW.values()):
        getattr(make, how)()
    for _ in range(2):
        make.report(make.approved(), digest=OTHER)
        make.report(make.overdue())
    other = register_agent("other-bot", actor=COMMAND_LINE, owner=owner).agent
    shuffled = list(ApprovalRequest.objects.values_list("pk", flat=True))
    random.Random(7).shuffle(shuffled)
    ApprovalRequest.objects.filter(pk__in=shuffled[:4]).update(agent=other)
    moment = timezone.now()
    half = shuffled[: len(shuffled) // 2]
    Permit.objects.filter(pk__in=half, closed_at__isnull=False).update(closed_at=moment)
    Permit.objects.filter(pk__in=half, overdue_at__isnull=False).update(
        overdue_at=moment
    )
    Outcome.objects.filter(pk__in=half).update(reported_at=moment)
    everything = list(turned(alice))
    assert len(everything) == len(set(everything)) == 12
    for kind in Kind:
        alone = [hit for hit in everything if hit[0] is kind]
        assert list(turned(alice, kind)) == alone
    theirs = [*turned(alice, agent=agent), *turned(alice, agent=other)]
    assert sorted(theirs) == sorted(everything)


# However much there is


@pytest.fixture
def history(make, alice) -> Agent:
    """12,000 requests with permits, most of them lapsed, overdue or reported oddly."""
    approval = make.lapsed()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO approvals_approvalrequest
            SELECT (jsonb_populate_record(request, jsonb_build_object(
                'id', gen_random_uuid(), 'change', nextval('approvals_change')))).*
            FROM approvals_approvalrequest request, generate_series(1, 12000)
            WHERE request.id = %s
            """,
            [approval.pk],
        )
        cursor.execute(
            """
            INSERT INTO approvals_permit
                (approval_id, token, state, issued_at, expires_at, closed_at,
                 outcome_due_at, overdue_at)
            SELECT id, 'x', CASE n %% 4 WHEN 0 THEN 'lapsed' ELSE 'redeemed' END,
                now(), now(), now() - n * interval '1 second', NULL,
                CASE n %% 4 WHEN 1 THEN now() - n * interval '1 second' END
            FROM (SELECT id, row_number() OVER () n FROM approvals_approvalrequest
                  WHERE id <> %s) numbered
            """,
            [approval.pk],
        )
        cursor.execute(
            """
            INSERT INTO approvals_outcome
                (approval_id, status, digest, detail, reported_at, other_digest,
                 unredeemed)
            SELECT approval_id, 'succeeded', %s, '', closed_at,
                row_number() OVER () %% 4 = 0, row_number() OVER () %% 4 = 1
            FROM approvals_permit WHERE overdue_at IS NULL AND state = 'redeemed'
            """,
            [OTHER],
        )
        cursor.execute("ANALYZE")
    return approval.agent


INDEXES = {
    Kind.LAPSED: "permit_lapsed",
    Kind.OVERDUE: "permit_overdue",
    Kind.OTHER_DIGEST: "outcome_other_digest",
    Kind.UNREDEEMED: "outcome_unredeemed",
}


def plans(queries: CaptureQueriesContext) -> list[str]:
    """Of every query that reads permits or outcomes."""
    shown = []
    for query in queries.captured_queries:
        sql = query["sql"]
        if 'FROM "approvals_permit"' in sql or 'FROM "approvals_outcome"' in sql:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN ANALYZE " + sql.replace("%", "%%"), [])
                shown.append("\n".join(line for (line,) in cursor.fetchall()))
    return shown


def test_every_list_is_read_along_its_index(history, alice) -> None:
    assert Permit.objects.filter(state=PermitState.LAPSED).count() > 2000
    for kind in Kind:
        first = reconciliation.page(alice, [kind])
        for options in ({}, {"agent": history}, {"before": first.next}):
            with CaptureQueriesContext(connection) as queries:
                reconciliation.page(alice, [kind], **options)
            (plan,) = plans(queries)
            assert f"using {INDEXES[kind]} on" in plan, plan
            assert "Seq Scan" not in plan, plan
    with CaptureQueriesContext(connection) as queries:
        numbers = reconciliation.counts()
    for kind, plan in zip(Kind, plans(queries), strict=True):
        assert f"using {INDEXES[kind]} on" in plan, plan
    assert {number.number for number in numbers.values()} == {1000}
    assert all(number.is_capped for number in numbers.values())


def test_an_agent_without_any_is_not_looked_for_to_the_end(
    history, alice, owner
) -> None:
    other = register_agent("other-bot", actor=COMMAND_LINE, owner=owner).agent
    page = reconciliation.page(alice, [Kind.LAPSED], agent=other)
    assert page.rows == []
    assert page.next, "there is more to look at, and the page says so"
    assert list(turned(alice, Kind.LAPSED, agent=other)) == []


def test_the_sweepers_notice_is_the_time_of_a_row(make, alice) -> None:
    approval = make.lapsed()
    (row,) = reconciliation.page(alice).rows
    assert row.at == Permit.objects.get(pk=approval.pk).closed_at
    assert timezone.now() - row.at < timedelta(minutes=1)
