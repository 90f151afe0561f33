import pytest
from django.urls import reverse

from agents import registry
from agents.auth import Unauthenticated, authenticate_key
from agents.models import Agent
from audit.log import SYSTEM
from audit.models import Entry
from tests.agents.views.sending import died, send
from tests.agents.views.shown import shown


def url(name="detail", *args):
    return reverse(f"agents:{name}", args=["deploy-bot", *args])


def page_of(client):
    return client.get(url()).content.decode()


def test_shows_keys_live_and_revoked(registration, staff):
    registry.revoke_key(registration.agent.keys.get(), actor=SYSTEM)
    second = registry.issue_key(registration.agent, actor=SYSTEM)
    page = page_of(staff)
    assert f"Revoke csk_…{second[-4:]}" in page
    assert f"csk_…{registration.key[-4:]}" in page
    assert "revoked" in page


def test_issues_a_second_key_and_shows_it_once(registration, staff, admin):
    answer = staff.post(url("issue_key"))
    key = authenticate_key(f"Bearer {shown(answer, 'key')}")
    assert key.created_by == admin
    assert "no-store" in answer["Cache-Control"]
    assert 'data-once="secret"' not in answer.content.decode()
    assert shown(answer, "key") not in page_of(staff)
    assert Entry.objects.filter(action="key:issued").count() == 2


def test_a_third_key_is_refused_with_what_to_do(registration, staff):
    registry.issue_key(registration.agent, actor=SYSTEM)
    assert "Issue a key" not in page_of(staff)
    answer = staff.post(url("issue_key"))
    assert answer.status_code == 409
    assert "revoke one first" in answer.content.decode()
    assert registration.agent.keys.count() == 2


def test_revokes_a_key(registration, staff):
    key = registration.agent.keys.get()
    answer = staff.post(url("revoke_key", key.pk))
    assert answer.status_code == 302
    with pytest.raises(Unauthenticated):
        authenticate_key(f"Bearer {registration.key}")
    assert Entry.objects.get(action="key:revoked").actor_name == "admin"
    assert "No live key" in page_of(staff)


def test_the_key_of_another_agent_is_not_revoked(registration, staff):
    other = registry.register_agent("other", actor=SYSTEM)
    key = other.agent.keys.get()
    assert staff.post(url("revoke_key", key.pk)).status_code == 404
    assert authenticate_key(f"Bearer {other.key}")


def test_sets_and_removes_the_callback(registration, staff):
    for address in ("https://example.com/hook", ""):
        answer = staff.post(url("set_callback"), {"callback_url": address})
        assert answer.status_code == 302
        assert Agent.objects.get().callback_url == address
    assert Entry.objects.filter(action="agent:callback_set").count() == 2


def test_a_bad_callback_is_explained_and_kept_in_the_form(registration, staff):
    answer = staff.post(url("set_callback"), {"callback_url": "http://example.com/"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_callback_url_error"' in page
    assert 'value="http://example.com/"' in page
    assert Agent.objects.get().callback_url == ""


def test_a_disabled_callback_is_explained(with_callback, staff):
    agent = with_callback()
    registry.disable_callback(agent, agent.callback_url, actor=SYSTEM)
    assert "410 Gone" in page_of(staff)


def test_makes_a_new_secret_shows_it_once_and_ends_the_rotation(registration, staff):
    answer = staff.post(url("rotate_secret"))
    new = shown(answer, "secret")
    assert "no-store" in answer["Cache-Control"]
    assert Agent.objects.get().webhook_secrets == (new, registration.webhook_secret)
    page = page_of(staff)
    assert "rotation is under way" in page
    assert new not in page
    assert staff.post(url("drop_previous_secret")).status_code == 302
    assert Agent.objects.get().webhook_secrets == (new,)
    assert "rotation is under way" not in page_of(staff)


def test_pauses_and_resumes(registration, staff):
    assert staff.post(url("pause")).status_code == 302
    assert not Agent.objects.get().is_active
    assert url("resume") in page_of(staff)
    assert staff.post(url("resume")).status_code == 302
    assert Agent.objects.get().is_active
    assert url("pause") in page_of(staff)


def test_shows_the_last_twenty_deliveries(
    with_callback, staff, django_assert_max_num_queries
):
    agent = with_callback()
    for number in range(22):
        send(agent, died(), type=f"event-{number}.")
    with django_assert_max_num_queries(10):
        page = page_of(staff)
    assert "event-21." in page
    assert "event-2." in page
    assert "event-1." not in page
