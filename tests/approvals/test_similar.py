"""What people decided about the like of a request, nearest first, never all of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import lifecycle, similar
from approvals.models import ApprovalRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(ask, alice):
    def decide(verdict: str = "approve", message: str = "", **members):
        approval = ask("one", **members)
        return lifecycle.vote(
            approval.pk,
            actor=alice,
            verdict=verdict,
            revision=1,
            digest=approval.digest,
            message=message,
            reason_code="too-risky" if verdict == "deny" else "",
        )

    return decide


def test_the_same_place_comes_first_then_what_is_most_alike(ask, decided) -> None:
    elsewhere = decided(arguments={"to": "ana", "n": 1}, environment="staging")
    far = decided("deny", "Not him", arguments={"x": "zoe"}, environment="production")
    near = decided(arguments={"to": "ana", "n": 2}, environment="production")
    found = similar.decided(
        ask("one", arguments={"to": "ana", "n": 1}, environment="production")
    )
    assert [one.id for one in found.nearest] == [near.pk, far.pk, elsewhere.pk]
    assert [one.is_alike for one in found.nearest] == [True, True, False]
    assert (found.approved, found.denied, found.is_alike) == (1, 1, True)
    assert found.nearest[1].message == "Not him"
    assert found.nearest[1].reason_code == "too-risky"
    assert found.nearest[0].same_names
    assert not found.nearest[1].same_names


def test_elsewhere_counts_where_nothing_was_decided_here(ask, decided) -> None:
    decided(environment="staging")
    found = similar.decided(ask("one", environment="production"))
    assert (found.approved, found.total, found.is_alike) == (1, 1, False)


def test_only_people_count_and_never_the_request_itself(ask, decided) -> None:
    ask("none")
    assert similar.decided(ask("none")).total == 0
    own = decided()
    assert similar.decided(ApprovalRequest.objects.get(pk=own.pk)).total == 0


def test_looks_at_so_many_and_says_so(ask, decided, monkeypatch) -> None:
    monkeypatch.setattr(similar, "AT_MOST", 2)
    for _ in range(3):
        decided()
    approval = ask("one")
    with CaptureQueriesContext(connection) as queries:
        found = similar.decided(approval)
    assert len(queries) == 2
    assert (found.total, found.is_capped) == (2, True)


def test_a_long_reason_is_cut_with_its_size_said(ask, decided) -> None:
    decided("deny", "x" * (similar.MOST_REASON + 7))
    (found,) = similar.decided(ask("one")).nearest
    assert (len(found.message), found.hidden) == (similar.MOST_REASON, 7)


def test_both_lists_are_the_beginning_of_an_index(ask, decided) -> None:
    decided(environment="production")
    approval = ask("one", environment="production")
    with CaptureQueriesContext(connection) as asked:
        similar.decided(approval)
    with connection.cursor() as cursor:
        # On a table as small as this any index is as good as these two.
        for index in ApprovalRequest._meta.indexes:
            if index.name not in ("request_alike", "request_same_action"):
                cursor.execute(f"DROP INDEX {index.name}")
        for kind in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{kind} = off")
        plans = []
        for question in asked.captured_queries:
            cursor.execute("EXPLAIN " + question["sql"].replace("%", "%%"))
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    alike, anywhere = plans
    assert "using request_alike" in alike
    assert "using request_same_action" in anywhere
    assert "Sort" not in alike + anywhere
