import pytest
from django.urls import reverse

from agents import forms
from agents.auth import authenticate_key
from agents.models import Agent, AgentKey
from audit.models import Entry
from tests.agents.views.shown import shown

URL = reverse("agents:register")


def test_the_form_labels_and_explains_every_field(staff):
    page = staff.get(URL).content.decode()
    for name in ("name", "owner", "callback_url"):
        assert f'<label for="id_{name}">' in page
        assert f'aria-describedby="id_{name}_helptext"' in page
        assert f'id="id_{name}_helptext"' in page


def test_registers_and_shows_key_and_secret_once(staff, admin, alice):
    answer = staff.post(
        URL,
        {
            "name": "deploy-bot",
            "owner": alice.pk,
            "callback_url": "https://example.com/hook",
        },
    )
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    key = authenticate_key(f"Bearer {shown(answer, 'key')}")
    agent = key.agent
    assert shown(answer, "secret") == agent.webhook_secret
    assert (agent.owner, agent.callback_url) == (alice, "https://example.com/hook")
    assert key.created_by == admin
    assert Entry.objects.get(action="agent:registered").actor_name == "admin"


def test_key_and_secret_are_on_no_other_page_and_not_in_the_session(staff):
    answer = staff.post(URL, {"name": "deploy-bot"})
    secrets = (shown(answer, "key"), shown(answer, "secret"))
    pages = [
        staff.get(reverse("agents:list")),
        staff.get(reverse("agents:detail", args=["deploy-bot"])),
    ]
    for secret in secrets:
        assert all(secret not in page.content.decode() for page in pages)
        assert secret not in str(dict(staff.session))


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Deploy Bot"}, "name"),
        ({"name": "-bot"}, "name"),
        ({"name": "a" * 64}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "bot", "owner": "99999"}, "owner"),
        ({"name": "bot", "callback_url": "http://example.com/"}, "callback_url"),
        ({"name": "bot", "callback_url": "https://10.0.0.1/"}, "callback_url"),
        ({"name": "bot", "callback_url": "nonsense"}, "callback_url"),
    ],
)
def test_a_mistake_is_explained_beside_its_field(staff, data, field):
    answer = staff.post(URL, data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert f"id_{field}_helptext id_{field}_error" in page
    assert not Agent.objects.exists()


def test_a_name_that_is_taken_is_explained(agent, staff):
    answer = staff.post(URL, {"name": "deploy-bot"})
    assert answer.status_code == 422
    assert "deploy-bot is taken" in answer.content.decode()
    assert AgentKey.objects.count() == 1


def test_a_name_taken_in_between_is_explained_too(agent, staff, monkeypatch):
    monkeypatch.setattr(
        forms.RegisterForm, "clean_name", lambda form: form.cleaned_data["name"]
    )
    answer = staff.post(URL, {"name": "deploy-bot"})
    assert answer.status_code == 422
    assert "deploy-bot is taken" in answer.content.decode()


def test_somebody_deactivated_cannot_be_chosen_as_owner(staff, alice):
    alice.is_active = False
    alice.save()
    assert staff.post(URL, {"name": "bot", "owner": alice.pk}).status_code == 422


def test_an_agent_may_be_called_register(staff):
    staff.post(URL, {"name": "register"})
    assert staff.get(reverse("agents:detail", args=["register"])).status_code == 200
