"""``/r/<id>``: one request, whole."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import brake
from agents.models import Brake
from agents.registry import set_callback
from approvals import lifecycle, ruleset
from approvals.models import ApprovalRequest, Permit
from audit.log import COMMAND_LINE, SYSTEM
from audit.models import Entry
from tests.approvals.conftest import TIERS
from tests.approvals.test_render import HOSTILE, Outline
from tests.approvals.views.conftest import HTMX
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db


def words(html: str) -> str:
    return " ".join(Outline(html).text.split())


def test_says_what_it_would_do_to_the_world(browser, alice, ask) -> None:
    risky = ask("one", arguments={"sql": "DROP TABLE customers"})
    shown = words(browser(alice).get(f"/r/{risky.id}").text)
    assert "What it does Deletes customers" in shown
    assert "Can be undone No" in shown
    assert "sql.drop at /arguments/sql, ASI02" in shown
    unknown = ask("one", arguments={"n": 1})
    shown = words(browser(alice).get(f"/r/{unknown.id}").text)
    assert "What it does Nobody knows" in shown
    assert "Can be undone Unknown" in shown


def test_says_it_of_the_action_as_it_is_after_an_edit(browser, alice, ask) -> None:
    approval = ask("one", arguments={"sql": "DROP TABLE customers"})
    lifecycle.edit(
        approval.pk,
        actor=alice,
        revision=1,
        digest=approval.digest,
        arguments={"sql": "DELETE FROM orders WHERE id = 7"},
    )
    shown = words(browser(alice).get(f"/r/{approval.id}").text)
    assert "What it does Deletes orders" in shown


def test_a_request_of_before_impacts_shows_none(browser, alice, ask) -> None:
    approval = ask("one", arguments={"sql": "DROP TABLE customers"})
    ApprovalRequest.objects.filter(pk=approval.pk).update(impact={})
    shown = words(browser(alice).get(f"/r/{approval.id}").text)
    assert "Drops table customers" in shown
    assert "What it does" not in shown


def test_shows_what_would_run_whole(browser, alice, ask) -> None:
    sql = "SELECT 1;\n" * 2000 + "DROP TABLE customers"
    approval = ask("one", arguments={"sql": sql, "limit": 5}, environment="production")
    text = browser(alice).get(f"/r/{approval.id}").text
    shown = Outline(text).text
    folded = "Folded here: 1,941 more lines, 19,420 characters. Show them"
    head, rest = shown.split(folded)
    assert head.rstrip().endswith("SELECT 1;\n" * 59 + "SELECT 1;")
    assert rest.strip().startswith("SELECT 1;\n" * 1940 + "DROP TABLE customers")
    assert approval.digest in shown
    assert "2,001 lines" in shown


def test_shows_large_content_whole_without_colours(browser, alice, ask) -> None:
    sql = "SELECT 12345;\n" * 8000
    approval = ask("one", arguments={"sql": sql})
    text = browser(alice).get(f"/r/{approval.id}").text
    assert sql[: 60 * 14] + "</code>" in text
    assert sql[60 * 14 :] + "</code>" in text
    assert "Larger than 64 KB: whole, but without colours." in text


def test_keeps_claims_apart_from_facts(browser, alice, ask) -> None:
    approval = ask("one", summary="CLAIM-1", justification="CLAIM-2", session="CLAIM-3")
    text = browser(alice).get(f"/r/{approval.id}").text
    claims = text[text.index('class="section claims"') :]
    claims = claims[: claims.index("</section>")]
    for claim in ("CLAIM-1", "CLAIM-2", "CLAIM-3"):
        assert text.count(claim) == claims.count(claim) == 1


def test_offers_both_verbs_to_who_may_vote(browser, alice, ask) -> None:
    text = browser(alice).get(f"/r/{ask('one').id}").text
    assert 'data-verb="approve">' in text
    assert 'data-verb="deny">' in text


def test_says_why_somebody_may_not_vote_and_keeps_the_verbs_in_place(
    browser, alice, ask, agent, owner, reviewers
) -> None:
    owner.groups.add(reviewers)
    text = browser(owner).get(f"/r/{ask('one').id}").text
    assert "You own this agent; somebody else has to decide." in text
    assert 'data-verb="approve" disabled>' in text
    assert 'data-verb="deny" disabled>' in text


def test_shows_requirements_and_votes(browser, alice, bob, ask) -> None:
    approval = ask("two")
    cast_vote(approval, alice)
    shown = words(browser(bob).get(f"/r/{approval.id}").text)
    assert "1 of 2 approvals" in shown
    assert "2 from reviewers" in shown
    assert "alice voted to approve" in shown
    shown = words(browser(alice).get(f"/r/{approval.id}").text)
    assert "You voted to approve; others still have to decide." in shown


def test_shows_the_outcome_its_permit_and_its_deliveries(
    browser, alice, ask, agent, settings
) -> None:
    settings.ALLOW_LOOPBACK_CALLBACKS = True
    set_callback(agent, "http://127.0.0.1:9/hook", actor=SYSTEM)
    approval = ask("one")
    cast_vote(approval, alice, message="Only this once")
    text = browser(alice).get(f"/r/{approval.id}").text
    shown = words(text)
    assert "Approved by alice" in shown
    assert "issued, valid until" in shown
    assert "Only this once" in shown
    assert "request.approved queued" in shown
    assert ApprovalRequest.objects.get().permit.token not in text


def test_says_why_it_was_denied(browser, alice, ask) -> None:
    approval = ask("one")
    cast_vote(approval, alice, "deny", reason_code="too-risky")
    shown = words(browser(alice).get(f"/r/{approval.id}").text)
    assert "Denied by alice Reason Too risky" in shown


def test_what_an_agent_says_when_it_takes_back_is_a_claim(browser, alice, ask) -> None:
    approval = ask("one")
    lifecycle.cancel(approval.id, agent=approval.agent, reason="Somebody else did it")
    page = browser(alice).get(f"/r/{approval.id}").text
    assert "Why, as the agent says" in page
    assert '<p class="claim-text">Somebody else did it</p>' in page
    assert "Message to the agent" not in page


def test_gives_the_page_or_its_content_alone(browser, alice, ask) -> None:
    address = f"/r/{ask('one').id}"
    page, fragment = (
        browser(alice).get(address),
        browser(alice).get(address, headers=HTMX),
    )
    assert "<!doctype html>" in page.text
    assert fragment.text.lstrip().startswith('<article id="request"')
    assert "HX-Request" in page["Vary"]


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_reading_changes_nothing(browser, alice, ask, method) -> None:
    approval = ask("one")
    client = browser(alice)
    before = (ApprovalRequest.objects.values().get(), Entry.objects.count())
    getattr(client, method)(f"/r/{approval.id}")
    assert (ApprovalRequest.objects.values().get(), Entry.objects.count()) == before


def test_refuses_other_methods(browser, alice, ask) -> None:
    assert browser(alice).post(f"/r/{ask('one').id}").status_code == 405


def test_is_for_people_with_rights_only(client, browser, charlie, ask) -> None:
    address = f"/r/{ask('one').id}"
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"
    answer = browser(charlie).get(address)
    assert answer.status_code == 403
    assert "deploy-bot" not in answer.text


def test_is_missing_for_an_unknown_id(browser, alice, policy) -> None:
    assert browser(alice).get(f"/r/{UUID(int=7)}").status_code == 404
    assert browser(alice).get("/r/7").status_code == 404


def test_asks_few_questions_however_much_was_said(browser, alice, bob, ask) -> None:
    approval = ask(
        "two", evidence=[{"kind": "text", "title": "t", "content": "c"}] * 20
    )
    client = browser(alice)
    client.get(f"/r/{approval.id}")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/r/{approval.id}")
    assert len(queries) <= 27


def everywhere(text: str) -> dict[str, Any]:
    """A request's members, with ``text`` wherever an agent can put it."""
    plain = text.replace("\0", "")
    return {
        "arguments": {text: text, "sql": text, "command": text, "deep": [{text: text}]},
        "environment": plain[:60],
        "resource": plain,
        "subject": plain,
        "summary": plain,
        "justification": plain,
        "session": plain,
        "evidence": [{"kind": "text", "title": plain, "content": plain}],
        "metadata": {plain: plain},
    }


def names_in(html: str) -> set[str]:
    """The names of all tags and attributes."""
    return {
        name for tag, attributes in Outline(html).tags for name in (tag, *attributes)
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_no_member_can_produce_markup_or_hide_a_character(
    browser, alice, ask, text
) -> None:
    client = browser(alice)
    plain, hostile = (ask("one", **everywhere(t)) for t in ("pl\u0430in", text))
    harmless = client.get(f"/r/{plain.id}").text
    page = client.get(f"/r/{hostile.id}").text
    assert names_in(page) <= names_in(harmless) | {"disabled", "data-key"}
    assert not {"\u202e", "\u202c", "\0"} & set(page)


def test_says_from_when_further_groups_may_decide(browser, alice, ask) -> None:
    escalating = TIERS.replace(
        "    decide_within: 24h\n",
        "    decide_within: 24h\n    escalation: {after: 50%, groups: [dba]}\n",
    )
    ruleset.publish(escalating, actor=COMMAND_LINE, reason="for this test")
    approval, client = ask("one"), browser(alice)
    shown = words(client.get(f"/r/{approval.pk}").text)
    assert "Members of dba may decide from" in shown
    earlier = timezone.now() - timedelta(minutes=1)
    ApprovalRequest.objects.update(escalates_at=earlier)
    shown = words(client.get(f"/r/{approval.pk}").text)
    assert "Members of dba may decide since" in shown


def test_a_brake_is_shown_where_the_verbs_are_and_stops_the_clock(
    browser, alice, ask
) -> None:
    approval, other = (ask("one", environment=e) for e in ("production", "staging"))
    brake.engage(
        scope="environment", value="production", reason="x", actor=COMMAND_LINE
    )
    client = browser(alice)
    text = client.get(f"/r/{approval.pk}").text
    shown = words(text)
    assert "The brake is on: nothing can be approved until it is released." in shown
    assert "Stands still under the brake; 23 hours, 59 minutes left then" in shown
    assert "data-deadline" not in text
    assert 'data-verb="approve" disabled>' in text
    assert 'data-verb="deny">' in text
    text = client.get(f"/r/{other.pk}").text
    assert "Stands still" not in text
    assert 'data-verb="approve">' in text


def test_a_released_hold_has_given_its_time_back(browser, alice, ask) -> None:
    """Before the sweeper stored it, too."""
    approval = ask("one")
    pulled = brake.engage(scope="everything", reason="x", actor=COMMAND_LINE)
    hour = timedelta(hours=1)
    ApprovalRequest.objects.update(
        created_at=approval.created_at - 2 * hour,
        expires_at=approval.expires_at - 2 * hour,
    )
    Brake.objects.update(engaged_at=timezone.now() - 2 * hour)
    Brake.objects.filter(pk=pulled.pk).update(released_at=timezone.now() - hour)
    text = browser(alice).get(f"/r/{approval.pk}").text
    deadline = re.search(r'data-deadline="([^"]+)"', text)
    assert deadline is not None
    shown = datetime.fromisoformat(deadline[1])
    expected = approval.expires_at - hour
    assert abs(shown - expected) < timedelta(seconds=10)


def test_shows_what_the_agent_says_happened_and_flags_what_does_not_fit(
    browser, alice, ask, agent, cast
) -> None:
    approval, client = cast(ask("one"), alice), browser(alice)
    lifecycle.report_outcome(
        approval.pk,
        agent=agent,
        status="failed",
        digest="sha256:" + "0" * 64,
        detail="It was <gone>.",
    )
    text = client.get(f"/r/{approval.pk}").text
    shown = words(text)
    assert "Outcome, as the agent says Failed" in shown
    assert "It was &lt;gone&gt;." in text
    assert "For another digest than the one decided on: sha256:000" in shown
    assert "Without redemption: no permit was redeemed for it" in shown


def test_shows_the_permit_redeemed_and_the_outcome_that_is_missing(
    browser, alice, ask, agent, cast
) -> None:
    approval, client = cast(ask("one"), alice), browser(alice)
    lifecycle.redeem(approval.pk, agent=agent, digest=approval.digest)
    text = client.get(f"/r/{approval.pk}").text
    assert "<strong>redeemed</strong>" in text
    assert "expected until" in words(text)
    Permit.objects.update(outcome_due_at=timezone.now() - timedelta(minutes=1))
    lifecycle.mark_overdue()
    shown = words(client.get(f"/r/{approval.pk}").text)
    assert "overdue: the agent has not said what happened" in shown
    lifecycle.report_outcome(
        approval.pk, agent=agent, status="succeeded", digest=approval.digest
    )
    shown = words(client.get(f"/r/{approval.pk}").text)
    assert "Outcome, as the agent says Succeeded" in shown
    assert "For another digest" not in shown
    assert "Without redemption" not in shown
