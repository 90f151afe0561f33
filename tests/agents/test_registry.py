import pytest
from django.db import IntegrityError, transaction

from agents import keys, registry
from agents.models import Agent, AgentKey
from audit.log import SYSTEM, person
from audit.models import Entry
from tests.agents.race import at_once


def entries():
    return list(Entry.objects.order_by("id").values_list("action", "subject_type"))


def entries_after(registration):
    """Without the two of the registration itself."""
    return entries()[2:]


def test_registering_makes_an_agent_with_one_key_and_both_entries(admin, alice):
    new = registry.register_agent(
        "deploy-bot",
        actor=person(admin),
        owner=alice,
        callback_url="https://example.com/hook",
        created_by=admin,
    )
    agent = Agent.objects.get()
    assert agent == new.agent
    assert (agent.name, agent.owner, agent.is_active) == ("deploy-bot", alice, True)
    assert agent.callback_url == "https://example.com/hook"
    assert agent.webhook_secrets == (new.webhook_secret,)
    key = AgentKey.objects.get()
    assert key.hash == keys.digest(new.key)
    assert key.last4 == new.key[-4:]
    assert key.created_by == admin
    assert entries() == [("agent:registered", "agent"), ("key:issued", "key")]
    assert {entry.actor_name for entry in Entry.objects.all()} == {"admin"}
    assert Entry.objects.get(action="agent:registered").data["owner"] == "alice"


def test_a_key_and_secrets_are_never_written_down(registration):
    new_secret = registry.rotate_webhook_secret(registration.agent, actor=SYSTEM)
    new_key = registry.issue_key(registration.agent, actor=SYSTEM)
    written = "".join(
        str(row)
        for model in (Agent, AgentKey, Entry)
        for row in model.objects.values()
        if model is not Agent
    )
    for secret in (
        registration.key,
        registration.webhook_secret,
        new_secret,
        new_key,
    ):
        assert secret not in written
        assert secret not in repr(registration)


@pytest.mark.parametrize(
    "name",
    ["", "Deploy", "-bot", ".bot", "a b", "a/b", "é", "a" * 64, "bot\n", "a\x00b"],
)
def test_a_name_that_does_not_fit_an_address_is_refused(db, name):
    with pytest.raises(registry.InvalidName):
        registry.register_agent(name, actor=SYSTEM)
    assert not Agent.objects.exists()


def test_a_name_of_63_characters_is_accepted(db):
    assert registry.register_agent("a" * 63, actor=SYSTEM)


def test_a_name_that_is_taken_is_refused(agent):
    with pytest.raises(registry.NameTaken, match="deploy-bot"):
        registry.register_agent("deploy-bot", actor=SYSTEM)
    assert Agent.objects.count() == 1
    assert len(entries()) == 2


def test_the_database_refuses_a_name_that_does_not_fit(db):
    with (
        pytest.raises(IntegrityError, match="agent_name_is_plain"),
        transaction.atomic(),
    ):
        Agent.objects.create(name="No!", webhook_secret="x")


@pytest.mark.parametrize("url", ["http://example.com/", "https://10.0.0.1/"])
def test_a_callback_that_must_not_be_posted_to_is_refused(agent, url):
    with pytest.raises(registry.InvalidCallback):
        registry.register_agent("other", actor=SYSTEM, callback_url=url)
    with pytest.raises(registry.InvalidCallback):
        registry.set_callback(agent, url, actor=SYSTEM)
    assert not Agent.objects.filter(name="other").exists()


def test_a_second_key_can_be_issued_and_both_are_live(registration):
    key = registry.issue_key(registration.agent, actor=SYSTEM)
    assert key != registration.key
    live = AgentKey.objects.filter(revoked_at=None)
    assert sorted(live.values_list("slot", flat=True)) == [1, 2]
    assert entries_after(registration) == [("key:issued", "key")]


def test_a_third_live_key_is_refused(agent):
    registry.issue_key(agent, actor=SYSTEM)
    with pytest.raises(registry.TooManyKeys):
        registry.issue_key(agent, actor=SYSTEM)
    assert agent.keys.count() == 2


def test_revoking_a_key_frees_its_place(agent):
    registry.issue_key(agent, actor=SYSTEM)
    old = agent.keys.get(slot=1)
    registry.revoke_key(old, actor=SYSTEM)
    registry.issue_key(agent, actor=SYSTEM)
    assert agent.keys.filter(revoked_at=None).count() == 2
    old.refresh_from_db()
    assert old.revoked_at is not None


def test_revoking_twice_changes_and_records_nothing(registration):
    key = registration.agent.keys.get()
    registry.revoke_key(key, actor=SYSTEM)
    first = AgentKey.objects.get().revoked_at
    registry.revoke_key(key, actor=SYSTEM)
    assert AgentKey.objects.get().revoked_at == first
    assert entries_after(registration) == [("key:revoked", "key")]
    assert Entry.objects.get(action="key:revoked").data == {
        "agent": "deploy-bot",
        "last4": key.last4,
    }


def test_the_database_refuses_two_live_keys_in_one_place(agent):
    with (
        pytest.raises(IntegrityError, match="one_live_key_per_slot"),
        transaction.atomic(),
    ):
        AgentKey.objects.create(agent=agent, slot=1, hash="x", last4="x")


def test_the_database_refuses_a_third_place(agent):
    with (
        pytest.raises(IntegrityError, match="key_slot_is_1_or_2"),
        transaction.atomic(),
    ):
        AgentKey.objects.create(agent=agent, slot=3, hash="x", last4="x")


def test_setting_a_callback_records_both_addresses(registration):
    agent = registration.agent
    registry.set_callback(agent, "https://example.com/a", actor=SYSTEM)
    registry.set_callback(agent, "https://example.com/b", actor=SYSTEM)
    registry.set_callback(agent, "https://example.com/b", actor=SYSTEM)
    registry.set_callback(agent, "", actor=SYSTEM)
    recorded = Entry.objects.filter(action="agent:callback_set").order_by("id")
    assert [(entry.data["before"], entry.data["after"]) for entry in recorded] == [
        ("", "https://example.com/a"),
        ("https://example.com/a", "https://example.com/b"),
        ("https://example.com/b", ""),
    ]


def test_a_disabled_callback_works_again_once_set_again(with_callback):
    agent = with_callback()
    url = agent.callback_url
    registry.disable_callback(agent, url, actor=SYSTEM)
    registry.disable_callback(agent, url, actor=SYSTEM)
    assert Entry.objects.filter(action="agent:callback_disabled").count() == 1
    registry.set_callback(agent, url, actor=SYSTEM)
    agent.refresh_from_db()
    assert (agent.callback_url, agent.callback_disabled_at) == (url, None)


def test_an_address_set_meanwhile_is_not_disabled(with_callback):
    agent = with_callback("http://127.0.0.1:9/new")
    registry.disable_callback(agent, "http://127.0.0.1:9/old", actor=SYSTEM)
    agent.refresh_from_db()
    assert agent.callback_disabled_at is None


def test_rotating_keeps_the_old_secret_until_it_is_dropped(registration):
    agent = registration.agent
    new = registry.rotate_webhook_secret(agent, actor=SYSTEM)
    agent.refresh_from_db()
    assert agent.webhook_secrets == (new, registration.webhook_secret)
    registry.drop_previous_secret(agent, actor=SYSTEM)
    registry.drop_previous_secret(agent, actor=SYSTEM)
    agent.refresh_from_db()
    assert agent.webhook_secrets == (new,)
    assert entries_after(registration) == [
        ("agent:secret_rotated", "agent"),
        ("agent:previous_secret_dropped", "agent"),
    ]


def test_pausing_and_resuming_are_recorded_once_each(registration):
    agent = registration.agent
    for change in (registry.pause, registry.pause, registry.resume, registry.resume):
        change(agent, actor=SYSTEM)
    agent.refresh_from_db()
    assert agent.is_active
    assert entries_after(registration) == [
        ("agent:paused", "agent"),
        ("agent:resumed", "agent"),
    ]


def test_a_change_through_a_stale_copy_undoes_nothing(registration):
    copies = [Agent.objects.get() for _ in range(2)]
    first, second = (
        registry.rotate_webhook_secret(copy, actor=SYSTEM) for copy in copies
    )
    assert Agent.objects.get().webhook_secrets == (second, first)


@pytest.mark.django_db(transaction=True)
def test_what_is_shown_once_cannot_be_rolled_back_afterwards():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        registry.register_agent("deploy-bot", actor=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_keys_issued_at_once_never_make_three_live_ones():
    agent = registry.register_agent("deploy-bot", actor=SYSTEM).agent
    issued = at_once(
        4, lambda: registry.issue_key(agent, actor=SYSTEM), registry.TooManyKeys
    )
    refused = [one for one in issued if isinstance(one, registry.TooManyKeys)]
    assert len(refused) == 3
    assert agent.keys.filter(revoked_at=None).count() == 2
    assert Entry.objects.filter(action="key:issued").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_constraint_decides_where_the_lock_was_gone_past():
    agent = registry.register_agent("deploy-bot", actor=SYSTEM).agent

    def add():
        with transaction.atomic():
            return registry._add_key(agent, slot=2, actor=SYSTEM, created_by=None)

    added = at_once(4, add, registry.TooManyKeys)
    assert sum(isinstance(one, registry.TooManyKeys) for one in added) == 3
    assert agent.keys.filter(revoked_at=None).count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_name_registered_at_once_is_given_once():
    made = at_once(
        4,
        lambda: registry.register_agent("deploy-bot", actor=SYSTEM),
        registry.NameTaken,
    )
    assert sum(isinstance(one, registry.NameTaken) for one in made) == 3
    assert Agent.objects.count() == 1
