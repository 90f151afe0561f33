"""Celery's way to the sequencer; beat calls it."""

from celery import shared_task

from audit import sequencer


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def sequence() -> int:
    """Integrate what waits; how many entries."""
    return sequencer.sequence_due()
