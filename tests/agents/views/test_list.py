from django.urls import reverse

from agents import registry
from agents.auth import authenticate_key
from audit.log import SYSTEM

URL = reverse("agents:list")


def test_shows_name_owner_keys_callback_and_state(staff, alice):
    new = registry.register_agent(
        "deploy-bot", actor=SYSTEM, owner=alice, callback_url="https://example.com/hook"
    )
    authenticate_key(f"Bearer {new.key}")
    page = staff.get(URL).content.decode()
    assert reverse("agents:detail", args=["deploy-bot"]) in page
    for text in ("alice", f"csk_…{new.key[-4:]}", "example.com", "active", "used"):
        assert text in page


def test_says_what_is_paused_or_disabled_or_without_a_key(staff, with_callback):
    agent = with_callback()
    registry.pause(agent, actor=SYSTEM)
    registry.disable_callback(agent, agent.callback_url, actor=SYSTEM)
    registry.revoke_key(agent.keys.get(), actor=SYSTEM)
    page = staff.get(URL).content.decode()
    for cell in (
        '<span class="muted">none</span>',
        '<span class="badge">disabled: gone</span>',
        '<span class="badge badge--paused">paused</span>',
    ):
        assert page.count(cell) == 1
    assert "csk_" not in page


def test_says_what_to_do_when_there_is_none(staff):
    page = staff.get(URL).content.decode()
    assert "No agents yet" in page
    assert reverse("agents:register") in page


def test_takes_no_more_queries_for_more_agents(staff, django_assert_max_num_queries):
    for number in range(12):
        registry.register_agent(f"bot-{number}", actor=SYSTEM)
    with django_assert_max_num_queries(6):
        page = staff.get(URL).content.decode()
    for number in range(12):
        assert reverse("agents:detail", args=[f"bot-{number}"]) in page
