import json

import pytest
from django.core.management import CommandError, call_command

from agents.auth import authenticate_key
from agents.models import Agent
from audit.models import Entry


def create_agent(capsys, *args):
    call_command("create_agent", *args)
    return capsys.readouterr().out


def test_prints_a_key_that_works_and_the_secret(capsys, alice):
    url = "https://example.com/hook"
    options = ("--callback", url, "--owner", "alice", "--json")
    printed = json.loads(create_agent(capsys, "deploy-bot", *options))
    agent = Agent.objects.get()
    assert printed == {
        "agent": "deploy-bot",
        "key": printed["key"],
        "webhook_secret": agent.webhook_secret,
    }
    assert authenticate_key(f"Bearer {printed['key']}").agent == agent
    assert (agent.owner, agent.callback_url) == (alice, url)


def test_records_that_it_came_from_the_command_line(capsys, db):
    create_agent(capsys, "deploy-bot")
    assert set(Entry.objects.values_list("actor_id", flat=True)) == {"command-line"}


def test_prints_lines_for_people_without_json(capsys, db):
    printed = create_agent(capsys, "deploy-bot")
    assert Agent.objects.get().webhook_secret in printed
    assert "csk_" in printed


@pytest.mark.parametrize(
    ("args", "because"),
    [
        (("Deploy Bot",), "lower-case"),
        (("bot", "--owner", "nobody"), "no active user"),
        (("bot", "--callback", "http://example.com/"), "https://"),
        (("bot", "--callback", "https://10.0.0.1/"), "private"),
    ],
)
def test_a_mistake_is_explained_and_makes_nothing(db, args, because):
    with pytest.raises(CommandError, match=because):
        call_command("create_agent", *args)
    assert not Agent.objects.exists()


def test_a_name_that_is_taken_is_explained(agent):
    with pytest.raises(CommandError, match="taken"):
        call_command("create_agent", agent.name)


def test_a_deactivated_user_owns_nothing_new(alice):
    alice.is_active = False
    alice.save()
    with pytest.raises(CommandError, match="no active user"):
        call_command("create_agent", "bot", "--owner", "alice")
