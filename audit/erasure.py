"""Takes away what somebody wrote, and leaves the entries that commit to it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone
from psycopg.errors import ObjectNotInPrerequisiteState

from audit.actions import Action
from audit.log import SYSTEM, record
from audit.models import SubjectKey

SIGN_IN = "sign_in"
"""Subjects of sign-ins: each of its own, by an UUID of version 7."""
BATCH = 50
_ERASING = 2_806_551_947_310_562_188
"""Key of the advisory lock; only has to be ours."""


class UnderHold(Exception):
    """A legal hold forbids to erase this; says so."""


def erase(subject: tuple[str, str]) -> int:
    """Remove payloads and key of one subject; how many payloads. Raises UnderHold.

    Only inside a transaction, which records it: from then on the entries' commitments
    can be neither opened nor guessed at.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("What is erased must be recorded in the same transaction")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT audit_erase(%s, %s)", subject)
            erased: int = cursor.fetchone()[0]
    except DatabaseError as error:
        if isinstance(error.__cause__, ObjectNotInPrerequisiteState):
            raise UnderHold(
                "It is under a legal hold: nothing of it is erased."
            ) from None
        raise
    return erased


def erase_sign_ins_due() -> int:
    """Erase addresses and typed names that were kept long enough; returns how many."""
    if settings.RETENTION_SIGN_INS is None:
        return 0
    erased, until = 0, timezone.now() - timedelta(days=settings.RETENTION_SIGN_INS)
    while batch := _erase_sign_ins(until):
        erased += batch
    return erased


@transaction.atomic(durable=True)
def _erase_sign_ins(until: datetime) -> int:
    with connection.cursor() as cursor:
        # Not by locking rows: the application has no right to change these.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ERASING])
        if not cursor.fetchone()[0]:
            return 0
    old = SubjectKey.objects.filter(
        subject_type=SIGN_IN, subject_id__lt=str(_smallest_id(until))
    )
    found = list(old.order_by("subject_id")[:BATCH])
    for each in found:
        subject = (SIGN_IN, each.subject_id)
        data = {"ground": "retention", "payloads": erase(subject)}
        record(Action.SIGN_IN_ERASED, actor=SYSTEM, subject=subject, data=data)
    return len(found)


def _smallest_id(moment: datetime) -> UUID:
    """What no UUID of version 7 made then is smaller than (RFC 9562, section 5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
