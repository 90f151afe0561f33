"""Celery's round over what is due."""

from datetime import timedelta

from django.db.models.functions import Now

from approvals import heartbeat, tasks
from approvals.models import ApprovalRequest


def test_a_sweep_expires_what_is_due_and_says_that_it_lives(ask) -> None:
    approval = ask("one")
    ApprovalRequest.objects.update(
        created_at=Now() - timedelta(days=2), expires_at=Now() - timedelta(days=1)
    )
    assert not heartbeat.is_alive()
    tasks.sweep()
    approval.refresh_from_db()
    assert approval.state == "expired"
    assert heartbeat.is_alive()
