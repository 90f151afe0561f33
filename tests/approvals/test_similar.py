"""What people decided about the like of a request, nearest first, never all of it."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals import similar
from approvals.models import ApprovalRequest
from tests.approvals.replaying import very_many
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(ask, alice):
    def decide(verdict: str = "approve", message: str = "", **members):
        approval = ask("one", **members)
        code = "too-risky" if verdict == "deny" else ""
        return cast_vote(approval, alice, verdict, message=message, reason_code=code)

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


def plan_by(index: str, question: str) -> str:
    """How it would be answered if the table had this index alone beside its key."""
    with transaction.atomic(), connection.cursor() as cursor:
        for other in ApprovalRequest._meta.indexes:
            if other.name != index:
                cursor.execute(f"DROP INDEX {other.name}")
        cursor.execute("EXPLAIN " + question.replace("%", "%%"))
        plan = "\n".join(line for (line,) in cursor.fetchall())
        transaction.set_rollback(True)
    return plan


def test_both_lists_are_the_beginning_of_an_index(ask, decided) -> None:
    decided(environment="production")
    approval = ask("one", environment="production")
    very_many(approval, 2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE approvals_approvalrequest")
    with CaptureQueriesContext(connection) as asked:
        similar.decided(approval)
    alike, anywhere = (query["sql"] for query in asked.captured_queries)
    for index, question in (
        ("request_alike", alike),
        ("request_same_action", anywhere),
    ):
        plan = plan_by(index, question)
        assert f"using {index}" in plan
        assert "Sort" not in plan
