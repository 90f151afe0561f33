"""The pages of people who decide: queue, request, vote, history.

What else they do to a request is in ``acting_views``.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from approvals import forms, lifecycle, preferences, queue
from approvals.access import is_reviewer, visible_to
from approvals.list_page import history_page, queue_page, waiting_page
from approvals.looking import others_at
from approvals.models import ApprovalRequest, Preferences, Vote
from approvals.render import visible_text
from approvals.request_page import contents
from approvals.resource import votes_of, with_related
from approvals.search_syntax import SearchError, in_address, parse
from approvals.webauthn import relying_party

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request by somebody who is signed in and may see what agents ask."""

    htmx: HtmxDetails
    user: User


def for_reviewers(
    view: Callable[Concatenate[PersonRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Sign-in first; then 403 with what to ask for, unless they may see requests."""

    @never_cache
    @vary_on_headers("HX-Request")
    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        person = cast(PersonRequest, request)
        if not request.user.is_authenticated:
            return _to_sign_in(person)
        if not is_reviewer(request.user):
            return render(request, "approvals/no_rights.html", status=403)
        return view(person, *args, **kwargs)

    return guarded


@require_safe
@for_reviewers
def show_queue(request: PersonRequest) -> HttpResponse:
    """What waits; for a script, tabs and list alone. 422 for what cannot be read."""
    text, after = request.GET.get("q", ""), request.GET.get("after", "")
    context = _or_404(queue_page, request.user, text, after)
    name = "_queue_fresh" if request.htmx else "queue"
    status = 422 if context["wrong"] else 200
    return render(request, f"approvals/{name}.html", context, status=status)


@require_safe
@for_reviewers
def show_waiting(request: PersonRequest) -> HttpResponse:
    """How many requests wait, as the head of the queue and its tabs say it."""
    context = waiting_page(request.user, request.GET.get("q", ""))
    return render(request, "approvals/_waiting_fresh.html", context)


@require_safe
@for_reviewers
def show_row(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """One row of the list that ``q`` finds, as it is now."""
    try:
        query = parse(request.GET.get("q", ""))
        row = queue.row(request.user, approval_id, query=query)
    except SearchError as error:
        raise Http404 from error
    if row is None:
        raise Http404
    context = {"row": row, "list_query": in_address(search_of(request))}
    return render(request, "approvals/_row.html", context)


@require_safe
@for_reviewers
def show_history(request: PersonRequest) -> HttpResponse:
    """What was decided, last first. 422 for what cannot be read, 503 when too slow."""
    text, before = request.GET.get("q", ""), request.GET.get("before", "")
    context = _or_404(history_page, request.user, text, before)
    status = 422 if context["wrong"] else 503 if context["is_slow"] else 200
    return render(request, "approvals/history.html", context, status=status)


@require_safe
@for_reviewers
def show_request(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """One request: what would run, what is known, who decides."""
    return answer(request, find(request.user, approval_id))


@require_safe
@for_reviewers
def show_looking(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Who else has the request on their screen now."""
    found = visible_to(request.user).filter(pk=approval_id).defer("canonical").first()
    if found is None:
        raise Http404
    context = {"approval": found, "looking": others_at(found, request.user)}
    return render(request, "approvals/_looking.html", context)


@require_POST
@for_reviewers
def note_view(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """The browser says, on leaving, how long the page was in front of somebody.

    Never longer than the page has been there; what was not shown here is nobody's.
    """
    approval, form = find(request.user, approval_id), forms.ViewForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    shown: forms.Shown = form.cleaned_data["view"]
    since = time.time() - shown.at
    if (shown.request, shown.person) != (str(approval_id), request.user.pk):
        return HttpResponse(status=422)
    seconds = round(min(form.cleaned_data["seconds"], max(0.0, since)))
    lifecycle.note_view(
        approval, actor=request.user, revision=shown.revision, seconds=seconds
    )
    return HttpResponse(status=204)


@require_POST
@for_reviewers
def vote(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """One person's vote; 409 with what changed when it was on something else."""
    approval = find(request.user, approval_id)
    form = forms.VoteForm(request.POST)
    if not form.is_valid():
        return _refuse_vote(request, approval, form, "That form was not complete.", 422)
    cast_vote = form.cleaned_data
    shown = cast_vote.pop("view")
    presence = forms.presence_of(request.session, shown, cast_vote)
    if cast_vote["verdict"] != Vote.Verdict.APPROVE:
        cast_vote["grant"] = None  # The choice stands beside both verbs.
    if problem := forms.objection(shown, approval_id, request.user):
        return _refuse_vote(request, approval, form, problem, 409)
    try:
        approval = lifecycle.vote(
            approval_id, actor=request.user, presence=presence, **cast_vote
        )
    except lifecycle.Refusal as error:
        fresh = find(request.user, approval_id)
        return _refuse_vote(request, fresh, form, error, status_of(error), shown=shown)
    thanks = _thanks(approval, cast_vote["verdict"])
    if stays(request):
        return answer(request, find(request.user, approval_id), done=thanks)
    messages.success(request, thanks)
    if preferences.of(request.user).after_decision == Preferences.AfterDecision.STAY:
        page = reverse("approvals:request", args=[approval.pk])
        return go(request, page + in_address(search_of(request)))
    return go(request, next_place(request, approval))


STATUS: dict[type[lifecycle.Refusal], int] = {
    lifecycle.AlreadyDecided: 409,
    lifecycle.StaleRevision: 409,
    lifecycle.VotedAlready: 409,
    lifecycle.Braked: 423,
    lifecycle.NotAllowed: 403,
}
"""The status of what lifecycle refuses; 422 for what could be said differently."""


def status_of(refusal: lifecycle.Refusal) -> int:
    """By ``STATUS``."""
    return STATUS.get(type(refusal), 422)


def find(user: User, approval_id: UUID) -> ApprovalRequest:
    """The request with all its page shows; raises Http404."""
    requests = with_related(visible_to(user))
    try:
        return requests.select_related("claimed_by", "assigned_to", "edited_by").get(
            pk=approval_id
        )
    except ApprovalRequest.DoesNotExist as error:
        raise Http404 from error


def answer(
    request: PersonRequest,
    approval: ApprovalRequest,
    *,
    status: int = 200,
    seen: int | None = None,
    **more: Any,
) -> HttpResponse:
    """The page, or for a script its content alone; ``seen`` as for ``contents``."""
    search = search_of(request)
    shown = contents(approval, request.user, request.session, seen=seen, search=search)
    context = shown | {"elsewhere": _elsewhere(request)} | more
    name = "_request" if request.htmx else "request"
    return render(request, f"approvals/{name}.html", context, status=status)


def go(request: PersonRequest, address: str) -> HttpResponse:
    """Leave the page for another one."""
    if request.htmx:
        return HttpResponseClientRedirect(address)
    return redirect(address)


def stays(request: PersonRequest) -> bool:
    """Whether a script wants to stay on the request after a decision.

    A split pane goes on by itself; others have chosen to stay in their preferences.
    """
    return bool(request.htmx) and request.headers.get("After-Decision") == "stay"


def _or_404(
    read: Callable[[User, str, str], dict[str, Any]],
    user: User,
    text: str,
    cursor: str,
) -> dict[str, Any]:
    """What a list's page shows; a cursor that we did not make leads nowhere."""
    try:
        return read(user, text, cursor)
    except queue.BadCursor as error:
        raise Http404 from error


def _refuse_vote(
    request: PersonRequest,
    approval: ApprovalRequest,
    form: forms.VoteForm,
    problem: str | lifecycle.Refusal,
    status: int,
    shown: forms.Shown | None = None,
) -> HttpResponse:
    """The page as it is now, with what went wrong and with what they had typed."""
    asks_reason = isinstance(problem, lifecycle.ReasonMissing)
    return answer(
        request,
        approval,
        status=status,
        seen=shown.revision if shown else None,
        problem=str(problem),
        changes=forms.changes_since(shown, approval) if shown else [],
        is_stale=shown is not None and shown.revision != approval.revision,
        asks_reason=asks_reason or "message" in form.errors,
        errors=form.errors.get("message", []),
        typed=request.POST.get("message", ""),
        typed_target=request.POST.get("typed", ""),
        chosen=request.POST.get("reason_code", ""),
        chosen_verdict=request.POST.get("verdict", ""),
        chosen_grant=request.POST.get("grant", ""),
    )


def _elsewhere(request: PersonRequest) -> str:
    """Where passkeys work when they do not at the address this page has now."""
    party = relying_party(settings.BASE_URL)
    if party is None or request.get_host() == urlsplit(party.origin).netloc:
        return ""
    return party.origin


def _thanks(approval: ApprovalRequest, verdict: str) -> str:
    what = f"{visible_text(approval.action)} of {approval.agent.name}"
    if not approval.is_pending:
        return f"{approval.get_state_display().capitalize()}: {what}."
    tally, places = votes_of(approval), queue.places_of(approval)
    return (
        f"Your vote to {verdict} {what} counts: {tally['approvals']} of {places} "
        "approvals so far."
    )


def next_place(request: PersonRequest, approval: ApprovalRequest) -> str:
    """The list that led to it, at the row to turn to next."""
    search = search_of(request)
    following = queue.next_waiting(request.user, approval, search)
    place = f"#row-{following}" if following else ""
    return reverse("approvals:queue") + in_address(search) + place


def search_of(request: HttpRequest) -> str:
    """The search of the queue that led here, as all addresses of a request have it."""
    return request.GET.get("q", "")


def _to_sign_in(request: PersonRequest) -> HttpResponse:
    """htmx must leave the page; a redirect would be followed into a fragment."""
    if not request.htmx:
        return redirect_to_login(request.get_full_path())
    here = request.htmx.current_url_abs_path or reverse("approvals:queue")
    return HttpResponseClientRedirect(redirect_to_login(here)["Location"])
