"""Celery tasks: wake-ups for work whose truth is in PostgreSQL."""

from celery import shared_task

from approvals import heartbeat, idempotency, lifecycle


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Expire what is due, forget what is old, and say that the sweeper lives."""
    lifecycle.expire_due()
    idempotency.forget_old()
    heartbeat.beat()
