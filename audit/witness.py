"""What a witness and a log say to each other (C2SP tlog-witness). Pure.

A log shows the new head of its tree, and proves that it goes on from the one that
this witness cosigned last. The witness cosigns it or says why not; it never cosigns
two heads of which one does not go on from the other.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit import note
from audit.merkle import EMPTY_ROOT, verify_consistency
from audit.note import Checkpoint, Note, NoteError, VerifierKey

MAX_BODY = 65_536
"""Bytes of a request."""
PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")

Logs = Mapping[str, Sequence[VerifierKey]]
"""The keys that are trusted for each origin."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, body, type of the body."""

    status: int
    body: str
    type: str = PLAIN


class Refused(Exception):
    """The head is not cosigned; ``answer`` is for the log.

    ``contradicts``: the log signed a head that does not go on, as far as it has
    shown, from the one that was cosigned. That is worth keeping.
    """

    def __init__(self, answer: Answer, *, contradicts: bool = False) -> None:
        super().__init__(f"{answer.status} {answer.body.strip()}")
        self.answer = answer
        self.contradicts = contradicts


@dataclass(frozen=True, slots=True)
class Submission:
    """A head that its log signed, and what is to show that it goes on from ``old``."""

    old: int
    proof: tuple[bytes, ...]
    head: Checkpoint
    note: Note
    """As it is to be cosigned; with the signatures of trusted keys only."""


def trusted(keys: Iterable[str]) -> Logs:
    """The logs that these keys, ``name+id+base64``, belong to; a name is an origin.

    Several keys of one name are of a log that changes its key. Raises NoteError.
    """
    logs: dict[str, list[VerifierKey]] = {}
    for text in keys:
        key = VerifierKey.parse(text)
        if key.type != note.LOG:
            raise NoteError(f"{text} is the key of a witness, not of a log")
        logs.setdefault(key.name, []).append(key)
    return logs


def request(old: int, proof: Iterable[bytes], head: str) -> str:
    """What a log sends: ``head`` is its signed checkpoint."""
    return f"old {old}\n{note.lines_of(proof)}\n{head}"


def read(body: bytes, logs: Logs) -> Submission:
    """Raises Refused: 400, or 404 and 403 for what no log that we know signed."""
    old, proof, given = _parsed(body)
    try:
        head = Checkpoint.parse(given.text)
    except NoteError as error:
        raise _refused(400, error) from None
    if head.origin not in logs:
        raise _refused(404, "This log is not witnessed here")
    signatures = _signatures(given, logs[head.origin])
    if old > head.size:
        raise _refused(400, "The old size is above that of the checkpoint")
    return Submission(old, proof, head, Note(given.text, signatures))


def check(found: Submission, last: Checkpoint | None) -> None:
    """Raises Refused unless the head goes on from ``last``, which was cosigned last.

    409 with the size of that one where the log supposes another, or shows another
    root for it; 422 for a proof that does not prove it.
    """
    head = found.head
    size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
    if found.old != size:
        raise Refused(Answer(409, f"{size}\n", SIZE))
    if head.size == size and head.root != root:
        raise Refused(Answer(409, f"{size}\n", SIZE), contradicts=True)
    # Every tree goes on from nothing: there is no proof to be given of it.
    is_shown = (
        verify_consistency(size, head.size, found.proof, root, head.root)
        if size
        else not found.proof
    )
    if not is_shown:
        reason = f"The proof does not show that it goes on from size {size}"
        raise _refused(422, reason, contradicts=size > 0)


def _parsed(body: bytes) -> tuple[int, tuple[bytes, ...], Note]:
    if len(body) > MAX_BODY:
        raise _refused(400, "Too long")
    try:
        head, separator, signed = body.decode().partition("\n\n")
        first, *proof = head.split("\n")
        old = _OLD.fullmatch(first)
        if not old or not separator:
            raise NoteError("A request has an old size, a proof, a checkpoint")
        return int(old[1]), note.hashes_of(proof), note.parse(signed)
    except UnicodeDecodeError:
        raise _refused(400, "Not UTF-8") from None
    except NoteError as error:
        raise _refused(400, error) from None


def _signatures(given: Note, keys: Sequence[VerifierKey]) -> tuple[note.Signature, ...]:
    try:
        found = [key.signed(given) for key in keys]
    except NoteError as error:
        raise _refused(403, error) from None
    signatures = tuple(one for one in found if one)
    if not signatures:
        raise _refused(403, "Not signed by a key that is trusted for this log")
    return signatures


def _refused(status: int, reason: object, *, contradicts: bool = False) -> Refused:
    return Refused(Answer(status, f"{reason}\n"), contradicts=contradicts)
