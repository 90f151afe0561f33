"""``/welcome``: the first steps, and the sample agent's buttons."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Delivery
from agents.registry import issue_key, register_agent, set_callback
from approvals import first_steps, heartbeat, lifecycle, ruleset, samples
from approvals.models import ApprovalRequest, Heartbeat
from approvals.states import State
from audit.actions import Action as Verb
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped(db: None) -> None:
    source = ruleset.SHIPPED.read_text(encoding="utf-8")
    ruleset.publish(source, actor=COMMAND_LINE, reason="for tests")


def done(page) -> list[bool]:
    """Of each step."""
    marks = re.findall(r'data-step="\d" data-done="(yes|no)"', page.text)
    assert len(marks) == 4
    return [mark == "yes" for mark in marks]


def health(page) -> dict[str, str]:
    found = re.findall(
        r'data-well="(\w+)">.*?<strong>([\w ]+)</strong>', page.text, re.DOTALL
    )
    return {name: state for state, name in found}


def test_each_step_is_done_when_what_it_leads_to_is_there(
    browser, alice, policy, ask, ballot, registration
) -> None:
    client = browser(alice)
    assert done(client.get("/welcome")) == [True, False, False, False]
    approval = ask("one")
    assert done(client.get("/welcome")) == [True, True, False, False]
    assert str(approval.pk) not in client.get("/welcome").text
    vote = ballot(approval, alice)
    assert client.post(f"/r/{approval.pk}/vote", vote).status_code == 302
    page = client.get("/welcome")
    assert done(page) == [True, True, True, False]
    assert f"/api/v1/requests/{approval.pk}/redeem" in page.text
    assert approval.digest in page.text
    lifecycle.redeem(approval.pk, agent=approval.agent, digest=approval.digest)
    page = client.get("/welcome")
    assert done(page) == [True, True, True, True]
    assert 'id="all-done"' in page.text


def test_nothing_is_done_where_nothing_is(browser, alice, policy) -> None:
    assert done(browser(alice).get("/welcome")) == [False] * 4


def test_what_policy_decides_is_no_decision_of_a_person(browser, alice, ask) -> None:
    ask("none")
    assert done(browser(alice).get("/welcome"))[2] is False


def test_a_delivered_callback_is_an_answer_and_a_dead_one_is_none(
    browser, alice, policy, registration
) -> None:
    agent, client = registration.agent, browser(alice)
    set_callback(agent, "http://127.0.0.1:9/", actor=COMMAND_LINE)
    sent = Delivery.objects.create(
        agent=agent, type="request.approved", subject_id="x", body="{}",
        state="dead", finished_at=timezone.now(),
    )  # fmt: skip
    page = client.get("/welcome")
    assert done(page)[3] is False
    assert health(page)["Callbacks"] == "no"
    Delivery.objects.filter(pk=sent.pk).update(state="delivered")
    page = client.get("/welcome")
    assert done(page)[3] is True
    assert health(page)["Callbacks"] == "yes"


def test_says_which_part_is_not_well(browser, alice, policy, settings) -> None:
    client = browser(alice)
    heartbeat.beat()
    settings.BASE_URL = "http://testserver"
    assert health(client.get("/welcome")) == {
        "Database": "yes", "Live updates": "yes", "Background work": "yes",
        "Address": "yes", "Callbacks": "unused",
    }  # fmt: skip
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    settings.BASE_URL = "https://countersign.example.com"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    page = client.get("/welcome")
    for part in ("Live updates", "Background work", "Address"):
        assert health(page)[part] == "no"
    assert "127.0.0.1:1" not in page.text


def test_the_call_to_copy_is_one_that_the_api_takes(browser, alice, policy) -> None:
    page = unescape(browser(alice).get("/welcome").text)
    body = re.search(r"-d '(\{.*?\})'", page)
    assert body is not None
    assert set(json.loads(body[1])) >= {"action", "arguments"}
    assert "Bearer PASTE_THE_KEY_HERE" in page


def test_costs_the_same_few_queries_whatever_lies_there(browser, alice, ask) -> None:
    client = browser(alice)
    client.get("/welcome")
    with CaptureQueriesContext(connection) as few:
        client.get("/welcome")
    for _ in range(5):
        ask("one")
        ask("none")
    with CaptureQueriesContext(connection) as many:
        client.get("/welcome")
    assert len(many) <= len(few) + 2 <= 20


def test_a_fragment_has_no_page_around_it(browser, alice, policy) -> None:
    page = browser(alice).get("/welcome", headers=HTMX)
    assert "<html" not in page.text
    assert len(done(page)) == 4


def test_samples_are_asked_by_an_agent_that_nobody_else_can_be(
    browser, admin, shipped
) -> None:
    client = browser(admin)
    assert client.post("/welcome/samples").status_code == 302
    agent = Agent.objects.get(name=samples.NAME)
    assert not agent.keys.filter(revoked_at=None).exists()
    assert (agent.owner, agent.secret_made_by) == (None, None)
    asked = ApprovalRequest.objects.filter(agent=agent).order_by("id")
    assert [(a.tier, a.state) for a in asked] == [
        ("medium", "pending"), ("high", "pending"), ("critical", "pending"),
    ]  # fmt: skip
    assert all(a.summary.startswith("Sample: ") for a in asked)
    assert all("sample" in a.metadata for a in asked)
    registered = Entry.objects.get(action=Verb.AGENT_REGISTERED)
    assert registered.actor_name == "admin"
    submitted = Entry.objects.filter(action=Verb.REQUEST_SUBMITTED)
    assert {entry.actor_name for entry in submitted} == {samples.NAME}


def test_samples_end_with_one_press_and_begin_anew_with_another(
    browser, admin, shipped
) -> None:
    client = browser(admin)
    client.post("/welcome/samples")
    assert "take back what waits (3)" in client.get("/welcome").text
    assert client.post("/welcome/samples/end").status_code == 302
    agent = Agent.objects.get(name=samples.NAME)
    assert not agent.is_active
    assert not ApprovalRequest.objects.filter(state=State.PENDING).exists()
    client.post("/welcome/samples")
    agent.refresh_from_db()
    assert agent.is_active
    assert len(samples.waiting()) == 3


def test_ending_what_never_began_does_nothing(browser, admin, shipped) -> None:
    assert browser(admin).post("/welcome/samples/end").status_code == 302
    assert not Agent.objects.filter(name=samples.NAME).exists()


@pytest.mark.parametrize("address", ["/welcome/samples", "/welcome/samples/end"])
def test_an_agent_that_somebody_uses_is_left_alone(
    browser, admin, shipped, address
) -> None:
    used = register_agent(samples.NAME, actor=COMMAND_LINE).agent
    issue_key(used, actor=COMMAND_LINE)
    page = browser(admin).post(address, follow=True)
    assert "is an agent that somebody uses" in page.text
    assert not ApprovalRequest.objects.exists()
    used.refresh_from_db()
    assert used.is_active


def test_of_two_presses_at_once_the_second_is_told(
    browser, admin, shipped, monkeypatch
) -> None:
    register_agent(samples.NAME, actor=COMMAND_LINE)
    monkeypatch.setattr(samples, "agent", lambda: None)
    with pytest.raises(samples.NameTaken):
        samples.ask(actor=admin)
    assert not ApprovalRequest.objects.exists()


def test_says_so_where_no_policy_is_in_force(browser, admin) -> None:
    page = browser(admin).post("/welcome/samples", follow=True)
    assert "No policy is in force" in page.text


@pytest.mark.parametrize("address", ["/welcome/samples", "/welcome/samples/end"])
def test_only_staff_has_the_buttons(browser, alice, client, shipped, address) -> None:
    assert client.post(address).status_code == 302
    assert browser(alice).post(address).status_code == 403
    assert browser(alice).get(address).status_code == 405
    assert address not in browser(alice).get("/welcome").text
    assert not Agent.objects.exists()


def test_is_for_people_with_rights_only(client, browser, charlie) -> None:
    assert client.get("/welcome").status_code == 302
    assert browser(charlie).get("/welcome").status_code == 403


def test_refuses_other_methods(browser, alice) -> None:
    assert browser(alice).post("/welcome").status_code == 405


def test_the_empty_queue_points_here_while_there_are_few_requests(
    browser, alice, ask, monkeypatch
) -> None:
    client, words = browser(alice), "First steps: let an agent ask"
    assert words in client.get("/").text
    monkeypatch.setattr(first_steps, "FEW", 1)
    ask("none")
    assert words not in client.get("/").text
