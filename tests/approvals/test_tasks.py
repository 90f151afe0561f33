"""The rounds over what is due: Celery's, and a back-test inside ``serve``."""

import os
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from approvals import backtests, heartbeat, tasks
from approvals.models import ApprovalRequest, Backtest
from config.worker import Worker
from tests.approvals.processes import children, until
from tests.approvals.replaying import STRICTER, many


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


def test_a_worker_of_celery_carries_out_backtests(ask, alice) -> None:
    ask("one")
    backtests.start(STRICTER, backtests.Wanted(), origin="a text", actor=alice)
    tasks.backtest()
    assert Backtest.objects.get().state == Backtest.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_backtest_runs_beside_the_sweeper_and_ends_with_it(ask, alice) -> None:
    many(ask("one"), 3_000)
    backtest = backtests.start(
        STRICTER, backtests.Wanted(), origin="a text", actor=alice
    )
    worker = Worker()
    worker.start()
    try:
        assert until(lambda: children(os.getpid()))
        worker.sweeper.round()
        assert heartbeat.is_alive()
    finally:
        worker.stop(timeout=10)
    assert children(os.getpid()) == []
    assert Backtest.objects.get(pk=backtest.pk).state in ("queued", "done")
