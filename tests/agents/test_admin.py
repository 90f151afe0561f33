import pytest
from django.contrib import admin as site
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents import outbox
from agents.models import Agent, AgentKey, Delivery
from agents.outbox import Attempt

MODELS = ("agent", "agentkey", "delivery")


@pytest.fixture
def client(admin):
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def rows(with_callback):
    agent = with_callback()
    with transaction.atomic():
        delivery = outbox.enqueue(
            agent=agent, type="x", data={"permit": "s3cret-permit"}, subject_id="1"
        )
    outbox.record_attempt(delivery, Attempt(started_at=timezone.now(), status=500))
    return {"agent": agent, "agentkey": agent.keys.get(), "delivery": delivery}


@pytest.mark.parametrize("model", MODELS)
def test_rows_can_be_looked_at(client, rows, model):
    assert client.get(reverse(f"admin:agents_{model}_changelist")).status_code == 200
    page = client.get(reverse(f"admin:agents_{model}_change", args=[rows[model].pk]))
    assert page.status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_added_changed_or_deleted(client, rows, model):
    row = [rows[model].pk]
    for address in (
        reverse(f"admin:agents_{model}_add"),
        reverse(f"admin:agents_{model}_change", args=row),
        reverse(f"admin:agents_{model}_delete", args=row),
    ):
        assert client.post(address, {"post": "yes"}).status_code == 403


def test_no_secret_hash_or_body_is_shown(client, rows):
    agent, key = rows["agent"], rows["agentkey"]
    hidden = (agent.webhook_secret, key.hash, "s3cret-permit")
    for model in MODELS:
        page = client.get(
            reverse(f"admin:agents_{model}_change", args=[rows[model].pk])
        ).content.decode()
        assert not any(secret in page for secret in hidden)


def test_only_these_models_are_in_the_admin():
    ours = {model for model in site.site._registry if model._meta.app_label == "agents"}
    assert ours == {Agent, AgentKey, Delivery}
