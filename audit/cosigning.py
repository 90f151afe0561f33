"""Shows the newest head of the log to its witnesses, and keeps what they cosign.

A witness that is down holds up nothing: it is asked again later. One that saw another
history of this log is an alarm: somebody rolled the log back or forked it. That is
logged as an error, is an entry of the log, and stays visible until it cosigns again.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit import note, sequencer, tiles, witness, witnesses
from audit.actions import Action
from audit.log import SYSTEM, record
from audit.models import Checkpoint, Cosignature, WitnessTrouble
from audit.note import Note, NoteError, Signature
from audit.witnesses import NoAnswer, Witness

FIRST_PAUSE, LONGEST_PAUSE = 2, 64
"""Seconds until a witness that failed is asked again; doubled each time up to that."""
WARN_EVERY = timedelta(minutes=1)
_COSIGNING = 8_301_447_212_650_918_377
"""Key of the advisory lock; only has to be ours."""
_REASONS = {
    403: "it knows this log by another key",
    404: "it does not know this log",
}

log = logging.getLogger(__name__)


class Trouble(Exception):
    """A witness did not cosign; says why."""


class Disagreement(Trouble):
    """A witness saw another history of this log."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How it stands with one witness, for pages."""

    name: str
    url: str
    size: int | None
    """Of the head it cosigned last; None before the first."""
    at: datetime | None
    trouble: str
    """Why it did not cosign since; empty when nothing is wrong."""
    since: datetime | None
    disagrees: bool


def cosign_due() -> int:
    """Ask each witness that lacks the newest head; how many cosigned it.

    Nothing while another process is at it, nor before the pause after a failure is
    over. Takes as long as the witnesses do: ``witnesses.TIMEOUT`` each, twice.
    """
    if not settings.AUDIT_WITNESSES:
        return 0
    with _alone() as is_alone:
        head = sequencer.newest() if is_alone else None
        return sum(_cosign(one, head) for one in _due(head)) if head else 0


def cosigned(checkpoint: Checkpoint) -> Note:
    """The signed head with what witnesses added.

    A cosignature was verified before it was stored. It is verified again where the
    witness is still one of ours: one that somebody planted would spoil the note.
    """
    signed = note.parse(checkpoint.note)
    keys = {one.name: one.key for one in settings.AUDIT_WITNESSES}
    added = []
    for row in checkpoint.cosignatures.all():
        try:
            (line,) = note.signature_lines(row.line)
            if key := keys.get(row.witness):
                (line,) = filter(None, [key.signed(Note(signed.text, (line,)))])
        except ValueError:  # A NoteError is one.
            log.error("The stored cosignature %s is not valid", row)
        else:
            added.append(line)
    return note.add_signatures(signed, added)


def conditions() -> list[Condition]:
    """How it stands with each witness that is configured."""
    if not settings.AUDIT_WITNESSES:
        return []
    troubles = WitnessTrouble.objects.in_bulk()
    return [_condition(one, troubles.get(one.name)) for one in settings.AUDIT_WITNESSES]


def _condition(one: Witness, trouble: WitnessTrouble | None) -> Condition:
    last = _last(one)
    return Condition(
        name=one.name,
        url=one.url,
        size=last.checkpoint_id if last else None,
        at=last.at if last else None,
        trouble=trouble.message if trouble else "",
        since=trouble.since if trouble else None,
        disagrees=trouble.disagrees if trouble else False,
    )


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process is at it. No transaction: that would stay open long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_COSIGNING])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_COSIGNING])


def _due(head: Checkpoint | None) -> list[Witness]:
    done = set(
        Cosignature.objects.filter(checkpoint=head).values_list("witness", flat=True)
    )
    waiting = WitnessTrouble.objects.filter(next_try__gt=timezone.now())
    done |= set(waiting.values_list("witness", flat=True))
    return [one for one in settings.AUDIT_WITNESSES if one.name not in done]


def _last(one: Witness) -> Cosignature | None:
    by_it = Cosignature.objects.filter(witness=one.name)
    return by_it.order_by("-checkpoint_id").first()


def _cosign(one: Witness, head: Checkpoint) -> bool:
    try:
        head, signature = _shown(one, head)
    except Trouble as trouble:
        _remember(one, trouble)
        return False
    Cosignature.objects.create(
        checkpoint=head, witness=one.name, line=signature.line(), at=timezone.now()
    )
    WitnessTrouble.objects.filter(witness=one.name).delete()
    return True


def _shown(one: Witness, head: Checkpoint) -> tuple[Checkpoint, Signature]:
    """The cosignature, and the head it is on; raises Trouble."""
    last = _last(one)
    old = last.checkpoint_id if last else 0
    status, text = _asked(one, old, head)
    if status == 409:
        old, head = _size(text), sequencer.newest() or head
        if old > head.size:
            raise Disagreement(
                f"it cosigned {old} entries of this log, which has {head.size}"
            )
        status, text = _asked(one, old, head)
    if (status == 409 and _size(text) == old) or status == 422:
        raise Disagreement(f"the first {old} entries it cosigned are others than ours")
    if status != 200:
        raise Trouble(_REASONS.get(status) or f"it answers {status} {_excerpt(text)}")
    return head, _verified(one, head, text)


def _asked(one: Witness, old: int, head: Checkpoint) -> tuple[int, str]:
    proof = tiles.consistency_proof(old, head.size) if old else []
    try:
        return witnesses.ask(one.url, witness.request(old, proof, head.note))
    except NoAnswer as error:
        raise Trouble(str(error)) from error


def _size(text: str) -> int:
    """What a 409 says that the witness cosigned last; raises Trouble."""
    if not re.fullmatch(r"(0|[1-9][0-9]{0,18})\n", text):
        raise Trouble(f"it names no size, but {_excerpt(text)}")
    return int(text)


def _verified(one: Witness, head: Checkpoint, text: str) -> Signature:
    try:
        answered = note.signature_lines(text)
        signature = one.key.signed(Note(note.parse(head.note).text, answered))
    except NoteError as error:
        raise Trouble(f"what it answers is no cosignature: {error}") from error
    if signature is None:
        raise Trouble("its cosignature is not by the key that is configured")
    return signature


@transaction.atomic
def _remember(one: Witness, trouble: Trouble) -> None:
    """Until it cosigns: what is wrong, and when to ask again."""
    now, disagrees = timezone.now(), isinstance(trouble, Disagreement)
    row = WitnessTrouble.objects.filter(witness=one.name).first()
    row = row or WitnessTrouble(witness=one.name, since=now)
    is_news = disagrees and not row.disagrees
    if is_news or row.warned_at is None or now - row.warned_at >= WARN_EVERY:
        _warn(one, trouble, disagrees=disagrees)
        row.warned_at = now
    if is_news:
        facts = {"name": one.name, "reason": str(trouble)}
        subject = ("witness", one.key.id.hex())
        record(Action.WITNESS_DISAGREED, actor=SYSTEM, subject=subject, data=facts)
    if disagrees or not row.disagrees:
        row.disagrees, row.message = disagrees, str(trouble)
    pause = min(FIRST_PAUSE << min(row.failures, 9), LONGEST_PAUSE)
    row.next_try = now + timedelta(seconds=pause)
    row.failures += 1
    row.save()


def _warn(one: Witness, trouble: Trouble, *, disagrees: bool) -> None:
    if disagrees:
        log.error(
            "THE WITNESS %s SAW ANOTHER HISTORY OF THIS LOG: %s. It was rolled back, "
            "forked or restored from an old backup. See docs/audit.md, Witnesses",
            one.name,
            trouble,
        )
    else:
        log.warning("The witness %s did not cosign: %s", one.name, trouble)


def _excerpt(text: str) -> str:
    """One line of what somebody else wrote."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:200]
