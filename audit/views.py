"""The audit log as people read it: entries found, a request's story, how to verify."""

from collections import defaultdict
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from audit import heads, sequencer
from audit.actions import Action
from audit.payloads import revealed
from audit.readers import page_for_readers
from audit.search import Search, Unanswerable, find, kind_of, moment
from audit.story import story_of

PAGE = 50
ASKED = ("subject", "who", "action", "from", "until")
"""Fields of the form, in its order."""


@page_for_readers
def list_entries(request: HttpRequest) -> HttpResponse:
    """Entries, last first; 400 and why for a question that is not understood."""
    asked = _asked(request)
    try:
        entries, problem = find(_search(asked, request.GET.get("before")), PAGE + 1), ""
    except Unanswerable as error:
        entries, problem = [], str(error)
    data = revealed(entries[:PAGE])
    context = {
        "rows": [(entry, data[entry.pk]) for entry in entries[:PAGE]],
        "next": entries[PAGE - 1].id if len(entries) > PAGE else None,
        "asked": asked,
        "problem": problem,
        "query": urlencode(asked),
        "kinds": _kinds(),
        "is_first": "before" not in request.GET,
        "head": heads.current(),
    }
    status = 400 if problem else 200
    return render(request, "audit/list.html", context, status=status)


@page_for_readers
def show_story(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """All that the log holds of one request."""
    story = story_of(request_id)
    if not story.entries:
        raise Http404
    context = {"story": story, "id": str(request_id), "head": heads.current()}
    return render(request, "audit/story.html", context)


@page_for_readers
def show_verifying(request: HttpRequest) -> HttpResponse:
    """How somebody who does not trust this server checks its log."""
    context = {"head": heads.current(), "key": str(sequencer.verifier())}
    return render(request, "audit/verify.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """The fields that say something. PostgreSQL's text has no U+0000."""
    found = {name: request.GET.get(name, "") for name in ASKED}
    cleaned = {name: text.replace("\0", "").strip() for name, text in found.items()}
    return {name: text for name, text in cleaned.items() if text}


def _search(asked: dict[str, str], before: str | None) -> Search:
    """Raises Unanswerable."""
    try:
        last = UUID(before) if before else None
    except ValueError as error:
        raise Unanswerable("A page begins at the id of an entry.") from error
    return Search(
        subject=asked.get("subject", ""),
        who=asked.get("who", ""),
        what=asked.get("action", ""),
        since=moment(asked.get("from", "")),
        until=moment(asked.get("until", "")),
        before=last,
    )


def _kinds() -> list[tuple[str, list[Action]]]:
    """The verbs, by what they are about."""
    found = defaultdict(list)
    for action in Action:
        found[kind_of(action)].append(action)
    return sorted(found.items())
