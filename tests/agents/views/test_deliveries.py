"""The delivery log: every state, every attempt, and sending again."""

import uuid

import pytest
from django.db import connection
from django.urls import reverse

from agents import deliveries, outbox, registry
from agents.models import Delivery
from audit.log import SYSTEM
from audit.models import Entry
from tests.agents.views.sending import SUBJECT, arrived, died, send

LOG = reverse("agents:deliveries")


def address(name, delivery):
    return reverse(f"agents:{name}", args=[delivery.pk])


def page_of(client, path=LOG, **asked):
    answer = client.get(path, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_state_has_its_tab_and_its_deliveries(with_callback, staff):
    agent = with_callback()
    for type, attempts in (
        ("request.approved", [arrived()]),
        ("request.denied", [died()]),
        ("request.expired", []),
    ):
        send(agent, *attempts, type=type)
    page = page_of(staff)
    assert page.count("data-row") == 3
    assert page.index("request.expired") < page.index("request.approved")
    for state, type in (
        ("delivered", "request.approved"),
        ("dead", "request.denied"),
        ("pending", "request.expired"),
    ):
        page = page_of(staff, state=state)
        assert page.count("data-row") == 1
        assert type in page
    assert 'Failed <span class="count">1</span>' in page


def test_those_of_one_agent_and_how_its_endpoint_is(with_callback, staff):
    agent = with_callback()
    send(agent, arrived())
    send(agent, died())
    other = registry.register_agent("other", actor=SYSTEM).agent
    registry.set_callback(other, "http://127.0.0.1:9/", actor=SYSTEM)
    other.refresh_from_db()
    send(other, type="permit.revoked")
    page = page_of(staff, agent=agent.name)
    assert "permit.revoked" not in page
    assert "<strong>1 of 2</strong> delivered" in page
    assert "12 ms (median)" in page


@pytest.mark.parametrize(
    "asked", [{"state": "lost"}, {"agent": "nobody"}, {"before": "x"}]
)
def test_what_there_is_not_is_not_found(db, staff, asked):
    assert staff.get(LOG, asked).status_code == 404


def test_pages_follow_one_another(with_callback, staff, monkeypatch):
    monkeypatch.setattr(deliveries, "PAGE", 2)
    sent = [send(with_callback(), type=f"event.{number}") for number in range(3)]
    first = page_of(staff)
    assert "event.2" in first
    assert "event.1" in first
    assert "event.0" not in first
    assert f"before={sent[1].pk}" in first
    second = page_of(staff, before=str(sent[1].pk))
    assert "event.0" in second
    assert "event.1" not in second


def test_the_log_takes_few_queries_however_much_is_in_it(
    with_callback, staff, django_assert_max_num_queries
):
    agent = with_callback()
    for _ in range(30):
        send(agent, died())
    with django_assert_max_num_queries(12):
        page = page_of(staff, agent=agent.name, state="dead")
    assert page.count("data-row") == 30


@pytest.mark.parametrize(
    ("state", "index"), [("pending", "delivery_due"), ("dead", "delivery_failed")]
)
def test_unfinished_ones_are_found_by_their_index(db, state, index):
    found = Delivery.objects.filter(state=state).order_by()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    assert index in found.explain()


def test_a_delivery_shows_its_attempts_as_text(with_callback, staff):
    delivery = send(with_callback(), died())
    page = page_of(staff, address("delivery", delivery))
    for text in ("request.approved", "Failed", "34 ms", "404", f"/r/{SUBJECT}"):
        assert text in page
    # What an endpoint answers is other people's text.
    assert "\u202e" not in page
    assert "U+202E" in page
    assert "<b>" not in page


def test_the_body_is_shown_only_to_who_is_written_down(with_callback, staff):
    delivery = send(with_callback(), arrived())
    path = address("delivery", delivery)
    assert "U+202E" not in page_of(staff, path)
    page = staff.post(address("reveal", delivery)).content.decode()
    assert "U+202E" in page
    assert "\u202e" not in page
    entry = Entry.objects.get(action="delivery:viewed")
    assert (entry.actor_name, entry.subject_id) == ("admin", str(delivery.pk))
    assert entry.data["request"] == SUBJECT


def test_a_failed_delivery_is_sent_again(with_callback, staff):
    delivery = send(with_callback(), died())
    assert "Send again" in page_of(staff, address("delivery", delivery))
    assert staff.post(address("send_again", delivery)).status_code == 302
    assert Delivery.objects.get().state == "pending"
    assert Entry.objects.get(action="delivery:replayed").actor_name == "admin"
    assert "Send again" not in page_of(staff, address("delivery", delivery))


def test_a_delivery_on_its_way_is_not_sent_again(with_callback, staff):
    delivery = send(with_callback())
    answer = staff.post(address("send_again", delivery))
    assert answer.status_code == 409
    assert "Only a dead delivery" in answer.content.decode()


def test_all_that_failed_is_sent_again_but_what_was_erased(with_callback, staff):
    agent = with_callback()
    failed = [send(agent, died()) for _ in range(3)]
    send(agent, arrived())
    outbox.forget("nothing")
    Delivery.objects.filter(pk=failed[0].pk).update(body="")
    assert "Send all" in page_of(staff, state="dead")
    answer = staff.post(reverse("agents:send_all_again"), {"agent": agent.name})
    assert answer.status_code == 302
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in failed] == ["dead", "pending", "pending"]
    assert Entry.objects.filter(action="delivery:replayed").count() == 2


@pytest.mark.parametrize("name", ["delivery", "reveal", "send_again"])
def test_a_delivery_that_is_not_there_is_not_found(db, staff, name):
    path = reverse(f"agents:{name}", args=[uuid.UUID(int=1)])
    ask = staff.get if name == "delivery" else staff.post
    assert ask(path).status_code == 404


def test_one_about_something_unknown_leaves_the_others_their_page(with_callback, staff):
    agent = with_callback()
    odd = send(agent, died())
    Delivery.objects.filter(pk=odd.pk).update(subject_id="1")
    send(agent, arrived())
    assert page_of(staff).count("data-row") == 2
    assert "request 1" in page_of(staff, address("delivery", odd))
