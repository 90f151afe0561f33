"""What was written in a request is taken away everywhere; that it was asked stays."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.models import Agent, Delivery
from agents.outbox import NotDead, replay
from agents.registry import set_callback
from approvals import history, lifecycle
from approvals.models import ApprovalRequest
from audit.actions import Action
from audit.log import COMMAND_LINE
from audit.models import Entry, Payload, SubjectKey
from audit.payloads import ERASED, facts_of
from audit.verification import verify_log
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., ApprovalRequest]
SECRET = "Zaphod-Beeblebrox-4711"
"""Written by everybody into everything."""
PERSON = lifecycle.Ground.PERSON


@pytest.fixture
def told(ask: Ask, agent: Agent, alice: User, bob: User) -> ApprovalRequest:
    """Asked, questioned, edited, approved, redeemed and reported, with SECRET."""
    set_callback(agent, "http://127.0.0.1:9/", actor=COMMAND_LINE)
    approval = ask(
        "one",
        arguments={SECRET: SECRET, "sql": f"DROP TABLE {SECRET}; -- {SECRET}"},
        resource=SECRET,
        subject=SECRET,
        summary=SECRET,
        justification=SECRET,
        session=SECRET,
        metadata={SECRET: SECRET},
        evidence=[{"kind": "text", "title": SECRET, "content": SECRET}],
    )
    question = lifecycle.ask(approval.pk, actor=alice, text=SECRET)
    lifecycle.reply(approval.pk, agent=agent, question_id=question.pk, message=SECRET)
    approval = lifecycle.edit(
        approval.pk,
        actor=bob,
        arguments={"n": SECRET},
        revision=1,
        digest=approval.digest,
        message=SECRET,
    )
    approval = cast_vote(approval, alice, message=SECRET)
    answer = lifecycle.redeem(approval.pk, agent=agent, digest=approval.digest)
    lifecycle.report_outcome(
        approval.pk,
        agent=agent,
        status="failed",
        digest=approval.digest,
        detail=SECRET,
    )
    return answer.approval


def stored() -> str:
    """Every row of every table, as a dump would have them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = current_schema()::regnamespace"
        )
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT one::text FROM "{table}" AS one')
            rows += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def erase(approval: ApprovalRequest) -> ApprovalRequest:
    return lifecycle.erase(
        approval.pk, actor=COMMAND_LINE, ground=PERSON, reference="DSR-12"
    )


def test_nothing_that_was_written_is_left_anywhere(told: ApprovalRequest) -> None:
    digests = {told.digest.removeprefix("sha256:")}
    digests |= {one.digest.removeprefix("sha256:") for one in told.revisions.all()}
    before = stored()
    assert before.count(SECRET) > 20
    assert all(digest in before for digest in digests)
    erase(told)
    after = stored()
    left = [
        row[:200]
        for row in after.splitlines()
        if any(word in row for word in (SECRET, SECRET.encode().hex(), *digests))
    ]
    assert left == []


def test_the_log_still_holds_and_says_what_is_erased(told: ApprovalRequest) -> None:
    entries = Entry.objects.filter(subject_id=str(told.pk)).order_by("id")
    before = [bytes(entry.canonical) for entry in entries]
    assert Payload.objects.filter(subject_id=str(told.pk)).exists()
    erase(told)
    assert [bytes(entry.canonical) for entry in entries.all()][:-1] == before
    assert verify_log().fault is None
    last = entries.last()
    assert last is not None
    assert (last.action, last.data["ground"], last.data["reference"]) == (
        "request:erased",
        "person",
        "DSR-12",
    )
    voted = entries.get(action=Action.REQUEST_VOTED)
    assert facts_of(voted)["message"] is ERASED
    assert facts_of(voted)["verdict"] == "approve"
    assert not SubjectKey.objects.filter(subject_id=str(told.pk)).exists()


def test_who_decided_what_and_when_stays(told: ApprovalRequest) -> None:
    erased = erase(told)
    kept = ("state", "action", "tier", "decided_by", "decided_at", "created_at")
    assert [getattr(erased, name) for name in kept] == [
        getattr(told, name) for name in kept
    ]
    assert erased.arguments == {}


def test_its_page_and_its_agent_are_told_that_it_is_erased(
    told: ApprovalRequest, client: Client, alice: User
) -> None:
    client.force_login(alice)
    assert SECRET in client.get(f"/r/{told.pk}").text
    erase(told)
    page = client.get(f"/r/{told.pk}")
    assert page.status_code == 200
    assert "was erased" in page.text
    assert SECRET not in page.text
    assert client.get("/history").status_code == 200
    assert client.get("/audit/").status_code == 200


def test_what_waits_or_can_still_be_used_is_not_erased(
    ask: Ask, alice: User, bob: User
) -> None:
    waiting = ask("one")
    with pytest.raises(lifecycle.NotErasable, match="still waits"):
        erase(waiting)
    auto = ask("none")
    with pytest.raises(lifecycle.NotErasable, match="can still be used"):
        erase(auto)
    lifecycle.take_back(auto.pk, actor=alice, reason="not needed")
    assert erase(auto).erased_at is not None


def test_erasing_twice_is_one_erasure(told: ApprovalRequest) -> None:
    first = erase(told).erased_at
    assert erase(told).erased_at == first
    assert Entry.objects.filter(action=Action.REQUEST_ERASED).count() == 1


def test_what_was_not_delivered_is_never_sent(told: ApprovalRequest) -> None:
    erase(told)
    deliveries = Delivery.objects.filter(subject_id=str(told.pk))
    assert deliveries
    assert {one.state for one in deliveries} == {Delivery.State.DEAD}
    with pytest.raises(NotDead, match="erased"):
        replay(deliveries[0], actor=COMMAND_LINE)


def test_under_a_legal_hold_nothing_is_erased(told: ApprovalRequest) -> None:
    lifecycle.place_hold(told.pk, actor=COMMAND_LINE, reference="Case 7")
    before = stored()
    with pytest.raises(lifecycle.NotErasable, match="legal hold"):
        erase(told)
    assert stored() == before
    with pytest.raises(DatabaseError, match="legal hold"), transaction.atomic():
        call_erase_function(told)
    lifecycle.lift_hold(told.pk, actor=COMMAND_LINE, reference="Case 7")
    assert erase(told).erased_at is not None
    verbs = Entry.objects.filter(subject_id=str(told.pk)).values_list("action", "data")
    assert ("hold:placed", {"reference": "Case 7"}) in list(verbs)
    assert ("hold:lifted", {"reference": "Case 7"}) in list(verbs)


def call_erase_function(approval: ApprovalRequest) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_erase('request', %s)", [str(approval.pk)])


def test_a_hold_needs_a_case_and_something_to_hold(told: ApprovalRequest) -> None:
    with pytest.raises(lifecycle.TextRefused):
        lifecycle.place_hold(told.pk, actor=COMMAND_LINE, reference=" ")
    erase(told)
    with pytest.raises(lifecycle.NotErasable, match="nothing left"):
        lifecycle.place_hold(told.pk, actor=COMMAND_LINE, reference="Case 7")


@pytest.mark.parametrize("table", ["audit_payload", "audit_subjectkey"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "UPDATE {} SET subject_id = 'x'"])
def test_payloads_go_no_other_way(told: ApprovalRequest, table: str, verb: str) -> None:
    with (
        pytest.raises(DatabaseError, match="until it is erased"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table))


def test_what_was_kept_long_enough_is_erased_by_itself(
    told: ApprovalRequest, settings: Settings
) -> None:
    assert lifecycle.erase_due() == 0
    settings.RETENTION_REQUESTS = 183
    with time_machine.travel(timezone.now() + timedelta(days=182)):
        assert lifecycle.erase_due() == 0
    with time_machine.travel(timezone.now() + timedelta(days=184)):
        lifecycle.place_hold(told.pk, actor=COMMAND_LINE, reference="Case 7")
        assert lifecycle.erase_due() == 0
        lifecycle.lift_hold(told.pk, actor=COMMAND_LINE, reference="Case 7")
        assert lifecycle.erase_due() == 1
        assert lifecycle.erase_due() == 0
    entry = Entry.objects.get(action=Action.REQUEST_ERASED)
    assert (entry.data["ground"], entry.actor_type) == ("retention", "system")


def test_erased_requests_are_no_history_to_replay(told: ApprovalRequest) -> None:
    assert history.newest(10) is not None
    erase(told)
    assert history.newest(10) is None


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_commands_erase_and_hold(told: ApprovalRequest) -> None:
    number = str(told.pk)
    placed = run("legal_hold", "place", number, "--reference", "Case 7")
    assert placed == f"{number} is under a legal hold.\n"
    with pytest.raises(CommandError, match="1 of 1 were not erased"):
        run("erase_request", number, "--ground", "person")
    lifted = run("legal_hold", "lift", number, "--reference", "Case 7")
    assert lifted == f"{number} can be erased.\n"
    assert run("erase_request", number, "--ground", "mistake") == f"{number}: erased\n"


def test_the_commands_name_what_they_do_not_find(db: None) -> None:
    with pytest.raises(CommandError, match="no such request"):
        run("legal_hold", "place", str(uuid4()), "--reference", "Case 7")
    with pytest.raises(CommandError, match="were not erased"):
        run("erase_request", str(uuid4()), "--ground", "person")
    with pytest.raises(CommandError, match="--ground"):
        run("erase_request", str(uuid4()))
