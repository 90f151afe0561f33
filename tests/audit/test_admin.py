"""The log in the admin: to look at, and no more."""

import pytest
from django.contrib import admin as site
from django.db import transaction
from django.test import Client
from django.urls import reverse

from audit import log
from audit.actions import Action
from audit.admin import ReadOnly
from audit.models import Entry


@pytest.fixture
def client(admin):
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def entry(db) -> Entry:
    with transaction.atomic():
        return log.record(
            Action.AGENT_PAUSED,
            actor=log.SYSTEM,
            subject=("agent", "7"),
            data={"reason": "left\u202eright"},
        )


def test_entries_can_be_looked_at(client, entry) -> None:
    assert "agent:paused" in client.get(reverse("admin:audit_entry_changelist")).text
    page = client.get(reverse("admin:audit_entry_change", args=[entry.pk])).text
    assert r"left\u202eright" in page
    assert "\u202e" not in page


def test_entries_cannot_be_added_changed_or_deleted(client, entry) -> None:
    for address in (
        reverse("admin:audit_entry_add"),
        reverse("admin:audit_entry_change", args=[entry.pk]),
        reverse("admin:audit_entry_delete", args=[entry.pk]),
    ):
        assert client.post(address, {"post": "yes"}).status_code == 403
    assert Entry.objects.filter(pk=entry.pk).exists()


@pytest.mark.parametrize("app", ["approvals", "agents", "audit"])
def test_no_table_of_ours_can_be_changed_in_the_admin(app) -> None:
    shown = [
        shown
        for model, shown in site.site._registry.items()
        if model._meta.app_label == app
    ]
    assert shown
    assert all(isinstance(each, ReadOnly) for each in shown)
    assert all(
        issubclass(inline, ReadOnly) for each in shown for inline in each.inlines
    )
