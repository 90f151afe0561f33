"""What auditors and witnesses fetch: head, key and tiles of the log (C2SP tlog-tiles).

Head, key and hashes are for everybody: they say nothing but how long the log is. The
entries themselves are for people who may read it.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit import cosigning, sequencer, tiles
from audit.models import Leaf
from audit.note import NoteError
from audit.readers import file_for_readers, text

MAX_ENTRY = 0xFFFF
"""Bytes of an entry in a bundle: its length is written in two."""
IMMUTABLE = "public, max-age=31536000, immutable"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed head with its cosignatures; 404 before the first."""
    found = sequencer.newest()
    if found is None:
        return _fresh(text("The log has no checkpoint yet.", 404))
    try:
        return _fresh(text(str(cosigning.cosigned(found))))
    except NoteError as error:
        return _fresh(text(f"The newest checkpoint cannot be read: {error}", 503))


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The public key by which checkpoints are checked, as C2SP writes it."""
    return _fresh(text(str(sequencer.verifier())))


@require_safe
def tile(
    request: HttpRequest, level: str, number: str, width: str | None = None
) -> HttpResponse:
    """Hashes side by side; only those that a published head covers."""
    place = int(level), _number(number), int(width or tiles.WIDTH)
    hashes = tiles.tile(*place) if _is_published(*place) else None
    if hashes is None:
        return _missing()
    return _octets(hashes, IMMUTABLE)


@file_for_readers
def entries(
    request: HttpRequest, number: str, width: str | None = None
) -> HttpResponse:
    """The entries below a tile of level 0: of each its length in two bytes, and it."""
    place, length = _number(number), int(width or tiles.WIDTH)
    if not _is_published(0, place, length):
        return _missing()
    start = place * tiles.WIDTH
    leaves = Leaf.objects.filter(index__range=(start, start + length - 1))
    found = leaves.order_by("index").values_list("entry__canonical", flat=True)
    bundle = [bytes(one) for one in found]
    if any(len(one) > MAX_ENTRY for one in bundle):
        return text("An entry is too long for a bundle; an export holds it.", 409)
    return _octets(b"".join(len(one).to_bytes(2) + one for one in bundle))


def _is_published(level: int, number: int, width: int) -> bool:
    head = sequencer.newest()
    size = head.size if head else 0
    return number * tiles.WIDTH + width <= size >> tiles.HEIGHT * level


def _number(path: str) -> int:
    """``x001/x234/067`` is 1234067; the address lets no other form through."""
    return int(path.replace("x", "").replace("/", ""))


def _missing() -> HttpResponse:
    return _fresh(text("No published checkpoint covers this tile.", 404))


def _octets(content: bytes, cached: str = "") -> HttpResponse:
    answer = HttpResponse(content, content_type="application/octet-stream")
    if cached:
        answer["Cache-Control"] = cached
    return answer


def _fresh(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer
