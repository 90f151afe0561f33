import time
from datetime import timedelta

import pytest
from django.utils import timezone

from agents import keys, registry, signing
from agents.auth import Unauthenticated, authenticate_key, authenticate_webhook
from agents.models import AgentKey
from audit.log import SYSTEM
from audit.models import Entry

BODY = b'{"action":"x"}'
NO_FIT = "No signature in webhook-signature matches."


def refusal_of(authenticate, *args, **kwargs):
    with pytest.raises(Unauthenticated) as caught:
        authenticate(*args, **kwargs)
    return caught.value.detail


def signed(secret, **changes):
    message = {"message_id": "m1", "timestamp": int(time.time()), "body": BODY}
    return signing.headers([secret], **message | changes)


def webhook(name, headers):
    return authenticate_webhook(name, headers, BODY, now=time.time())


def test_a_live_key_gives_its_agent(registration, django_assert_num_queries):
    authenticate_key(f"Bearer {registration.key}")
    with django_assert_num_queries(1):
        key = authenticate_key(f"Bearer {registration.key}")
        assert key.agent.name == "deploy-bot"


@pytest.mark.parametrize("form", ["bearer {}", "BEARER {}", "Bearer   {} "])
def test_the_scheme_is_taken_in_any_case(registration, form):
    assert authenticate_key(form.format(registration.key))


@pytest.mark.parametrize("header", [None, ""])
def test_without_credentials_it_says_what_to_send(header):
    assert "Authorization: Bearer" in refusal_of(authenticate_key, header)


@pytest.mark.parametrize("header", ["Basic YTpi", "csk_abc", "Token x", "é"])
def test_another_scheme_is_refused(header):
    assert "Bearer scheme" in refusal_of(authenticate_key, header)


@pytest.mark.parametrize(
    "make",
    [
        lambda key: "",
        lambda key: key[:-1],
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key + " " + key,
        lambda key: "\x00",
    ],
)
def test_a_key_that_is_not_whole_is_refused_without_a_query(
    registration, make, django_assert_num_queries
):
    with django_assert_num_queries(0):
        detail = refusal_of(authenticate_key, "Bearer " + make(registration.key))
    assert "not complete" in detail


def test_an_unknown_and_a_revoked_key_get_the_same_answer(registration):
    unknown = refusal_of(authenticate_key, f"Bearer {keys.new_key()}")
    registry.revoke_key(registration.agent.keys.get(), actor=SYSTEM)
    assert refusal_of(authenticate_key, f"Bearer {registration.key}") == unknown


def test_a_revocation_holds_at_the_next_request(registration):
    header = f"Bearer {registration.key}"
    key = authenticate_key(header)
    registry.revoke_key(key, actor=SYSTEM)
    assert "unknown or was revoked" in refusal_of(authenticate_key, header)


def test_a_second_key_works_until_and_after_the_first_is_revoked(registration):
    second = registry.issue_key(registration.agent, actor=SYSTEM)
    assert authenticate_key(f"Bearer {second}")
    registry.revoke_key(registration.agent.keys.get(slot=1), actor=SYSTEM)
    assert authenticate_key(f"Bearer {second}")


def test_a_paused_agent_is_refused_until_it_is_resumed(registration):
    header = f"Bearer {registration.key}"
    registry.pause(registration.agent, actor=SYSTEM)
    assert "paused" in refusal_of(authenticate_key, header)
    registry.resume(registration.agent, actor=SYSTEM)
    assert authenticate_key(header)


def test_the_first_use_is_noted_and_then_one_a_minute(registration):
    header = f"Bearer {registration.key}"
    authenticate_key(header)
    first = AgentKey.objects.get().last_used_at
    assert first is not None
    authenticate_key(header)
    assert AgentKey.objects.get().last_used_at == first
    AgentKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    authenticate_key(header)
    assert AgentKey.objects.get().last_used_at > timezone.now() - timedelta(seconds=60)


def test_the_first_use_of_a_key_is_in_the_log_once(registration):
    header = f"Bearer {registration.key}"
    authenticate_key(header)
    AgentKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    authenticate_key(header)
    entry = Entry.objects.get(action="key:first_used")
    assert entry.subject_id == str(AgentKey.objects.get().pk)
    assert entry.actor_name == registration.agent.name


def test_a_refused_key_is_not_noted_as_used(registration):
    registry.pause(registration.agent, actor=SYSTEM)
    assert "paused" in refusal_of(authenticate_key, f"Bearer {registration.key}")
    assert AgentKey.objects.get().last_used_at is None


def test_a_signed_message_gives_its_agent_and_id(registration):
    agent, message_id = webhook("deploy-bot", signed(registration.webhook_secret))
    assert (agent, message_id) == (registration.agent, "m1")


def test_during_rotation_messages_signed_with_either_secret_are_accepted(registration):
    new = registry.rotate_webhook_secret(registration.agent, actor=SYSTEM)
    assert webhook("deploy-bot", signed(new))
    assert webhook("deploy-bot", signed(registration.webhook_secret))
    registry.drop_previous_secret(registration.agent, actor=SYSTEM)
    dropped = signed(registration.webhook_secret)
    assert NO_FIT in refusal_of(webhook, "deploy-bot", dropped)
    assert webhook("deploy-bot", signed(new))


@pytest.mark.parametrize("name", ["nobody", "No body", "", "a\x00b", "é", "x" * 300])
def test_an_unknown_agent_gets_the_answer_of_a_wrong_signature(registration, name):
    headers = signed(keys.new_webhook_secret())
    wrong = refusal_of(webhook, "deploy-bot", headers)
    assert NO_FIT in wrong
    assert refusal_of(webhook, name, headers) == wrong


def test_malformed_headers_say_what_is_wrong_whoever_is_named(registration):
    for name in ("deploy-bot", "nobody"):
        assert "webhook-id" in refusal_of(webhook, name, {})


def test_an_old_message_is_refused(registration):
    old = signed(registration.webhook_secret, timestamp=int(time.time()) - 600)
    assert "five minutes" in refusal_of(webhook, "deploy-bot", old)


def test_a_message_of_one_agent_is_none_of_another(registration):
    other = registry.register_agent("other", actor=SYSTEM)
    message = signed(registration.webhook_secret)
    assert NO_FIT in refusal_of(webhook, "other", message)
    assert webhook("other", signed(other.webhook_secret)) == (other.agent, "m1")
    assert webhook("deploy-bot", message) == (registration.agent, "m1")


def test_a_paused_agent_is_told_so_only_when_its_signature_fits(registration):
    registry.pause(registration.agent, actor=SYSTEM)
    fits = signed(registration.webhook_secret)
    assert "paused" in refusal_of(webhook, "deploy-bot", fits)
    other = signed(keys.new_webhook_secret())
    assert "paused" not in refusal_of(webhook, "deploy-bot", other)
