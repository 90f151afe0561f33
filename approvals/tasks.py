"""Celery tasks: wake-ups for work whose truth is in PostgreSQL."""

from celery import shared_task

from approvals import backtests, heartbeat, idempotency, lifecycle
from audit import erasure


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Do what time brings about, forget what is old, say that the sweeper lives."""
    for step in lifecycle.SWEEPS:
        step()
    erasure.erase_sign_ins_due()
    idempotency.forget_old()
    heartbeat.beat()


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def backtest() -> None:
    """Replay the drafts that wait for it; forget what is old."""
    backtests.run_due()
    backtests.forget_old()
