"""Celery's way to the sequencer and to the witnesses; beat calls it."""

from celery import shared_task

from audit import cosigning, sequencer


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def sequence() -> int:
    """Integrate what waits; how many entries."""
    return sequencer.sequence_due()


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def cosign() -> int:
    """Show the newest head to the witnesses; how many cosigned it."""
    return cosigning.cosign_due()
