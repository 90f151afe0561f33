"""One entry: its page, the bytes that its hash covers, and its proof."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit import cosigning, sequencer, tiles
from audit.models import Entry, Leaf
from audit.note import InclusionProof, NoteError
from audit.readers import file_for_readers, page_for_readers, text
from audit.shown import shown


@page_for_readers
def show_entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Everything that the entry says; the browser checks its proof."""
    found = Entry.objects.select_related("leaf").filter(pk=entry_id)
    (entry,) = shown(found) or (None,)
    if entry is None:
        raise Http404
    beside = {} if entry.index is None else _beside(entry.index)
    canonical = bytes(entry.entry.canonical).decode(errors="replace")
    context = {"shown": entry, "canonical": canonical, **beside}
    return render(request, "audit/entry.html", context)


@file_for_readers
def canonical(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The RFC 8785 bytes that the leaf's hash is of."""
    entry = get_object_or_404(Entry.objects.only("canonical"), pk=entry_id)
    return HttpResponse(bytes(entry.canonical), content_type="application/json")


@file_for_readers
def proof(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """That the entry is in the newest tree (C2SP tlog-proof).

    409 as long as it has no place in it: within a second of its commit it has.
    """
    leaf = Leaf.objects.filter(entry=entry_id).only("index").first()
    head = sequencer.newest()  # After the leaf: so it covers it.
    if leaf is None or head is None:
        return _without_place(entry_id)
    try:
        hashes = tiles.inclusion_proof(leaf.index, head.size)
        found = InclusionProof(leaf.index, tuple(hashes), cosigning.cosigned(head))
    except (NoteError, LookupError, ValueError):
        return text("The stored tree cannot prove this entry: it was damaged.", 503)
    answer = text(str(found))
    name = f"{entry_id}.tlog-proof"
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _without_place(entry_id: UUID) -> HttpResponse:
    if not Entry.objects.filter(pk=entry_id).exists():
        return text("The log has no such entry.", 404)
    answer = text("This entry has no place in the tree yet: ask again soon.", 409)
    answer["Retry-After"] = "1"
    return answer


def _beside(index: int) -> dict[str, UUID]:
    """The entries before and after it in the tree."""
    around = Leaf.objects.filter(index__in=(index - 1, index + 1))
    return {
        "previous" if at < index else "following": entry
        for at, entry in around.values_list("index", "entry_id")
    }
