"""The pages of people who decide: queue, request, vote, history."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from approvals import forms, lifecycle, queue, timeline
from approvals.access import actions_for, is_reviewer, tier_of, visible_to
from approvals.models import ApprovalRequest
from approvals.render import block, blocks_of, visible_text
from approvals.resource import votes_of, with_related
from approvals.states import State

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
    """What waits; as a fragment, the list alone."""
    page = _page_or_404(queue.pending, request, after=request.GET.get("after", ""))
    context = {
        "page": page,
        "counts": queue.counts(request.user),
        "is_first": "after" not in request.GET,
    }
    template = "approvals/_queue.html" if request.htmx else "approvals/queue.html"
    return render(request, template, context)


@require_safe
@for_reviewers
def show_row(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """One row of the queue, as it is now."""
    row = queue.row(request.user, approval_id)
    if row is None:
        raise Http404
    return render(request, "approvals/_row.html", {"row": row})


@require_safe
@for_reviewers
def show_history(request: PersonRequest) -> HttpResponse:
    """What was decided, last first."""
    before = request.GET.get("before", "")
    page = _page_or_404(queue.history, request, before=before)
    context = {"page": page, "is_first": not before}
    return render(request, "approvals/history.html", context)


@require_safe
@for_reviewers
def show_request(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """One request: what would run, what is known, who decides."""
    return _answer(request, _find(request.user, approval_id))


@require_POST
@for_reviewers
def vote(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """One person's vote; 409 with what changed when it was on something else."""
    approval = _find(request.user, approval_id)
    form = forms.VoteForm(request.POST)
    if not form.is_valid():
        return _refuse(request, approval, form, "That form was not complete.", 422)
    cast_vote = form.cleaned_data
    shown = cast_vote.pop("view")
    if problem := forms.objection(shown, approval_id, request.user):
        return _refuse(request, approval, form, problem, 409)
    try:
        approval = lifecycle.vote(approval_id, actor=request.user, **cast_vote)
    except tuple(REFUSALS) as error:
        status = REFUSALS[type(error)]
        fresh = _find(request.user, approval_id)
        changes = forms.changes_since(shown, fresh)
        return _refuse(request, fresh, form, str(error), status, changes)
    messages.success(request, _thanks(approval, cast_vote["verdict"]))
    return _go(request, _next_place(request.user, approval))


REFUSALS: dict[type[Exception], int] = {
    lifecycle.AlreadyDecided: 409,
    lifecycle.StaleRevision: 409,
    lifecycle.VotedAlready: 409,
    lifecycle.NotAllowed: 403,
    lifecycle.ReasonMissing: 422,
}
"""What lifecycle refuses, and the status that says so."""


def _find(user: User, approval_id: UUID) -> ApprovalRequest:
    try:
        return with_related(visible_to(user)).get(pk=approval_id)
    except ApprovalRequest.DoesNotExist as error:
        raise Http404 from error


def _page_or_404(
    read: Callable[..., queue.Page], request: PersonRequest, **cursor: str
) -> queue.Page:
    try:
        return read(request.user, **cursor)
    except queue.BadCursor as error:
        raise Http404 from error


def _answer(
    request: PersonRequest,
    approval: ApprovalRequest,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _everything_about(approval, request.user) | more
    name = "_request" if request.htmx else "request"
    return render(request, f"approvals/{name}.html", context, status=status)


def _refuse(
    request: PersonRequest,
    approval: ApprovalRequest,
    form: forms.VoteForm,
    problem: str,
    status: int,
    changes: list[str] | None = None,
) -> HttpResponse:
    """The page as it is now, with what went wrong and with what they had typed."""
    return _answer(
        request,
        approval,
        status=status,
        problem=problem,
        changes=changes or [],
        asks_reason=status == 422,
        errors=form.errors.get("message", []),
        typed=request.POST.get("message", ""),
        chosen=request.POST.get("reason_code", ""),
    )


def _everything_about(approval: ApprovalRequest, user: User) -> dict[str, Any]:
    votes = list(approval.votes.all())
    return {
        "approval": approval,
        "now": timezone.now(),
        "tier": tier_of(approval),
        "tier_mark": queue.tier_mark(approval),
        "tally": votes_of(approval),
        "places": queue.places_of(approval),
        "votes": votes,
        "my_vote": next((vote for vote in votes if vote.voter_id == user.pk), None),
        "actions": actions_for(approval, user),
        "blocks": blocks_of(approval.action, approval.arguments),
        "exact": block("canonical JSON", approval.canonical, "json"),
        "evidence": [
            (item, block(item["title"], item["content"], "text"))
            for item in approval.evidence
        ],
        "events": timeline.timeline(approval),
        "permit": _permit(approval),
        "reason_codes": forms.REASON_CODES,
        "max_message": forms.MAX_MESSAGE,
        "view": forms.shown_now(approval, user).sealed(),
    }


def _permit(approval: ApprovalRequest) -> dict[str, Any] | None:
    if approval.state != State.APPROVED:
        return None
    permit = approval.permit
    return {"state": permit.state_at(timezone.now()), "expires_at": permit.expires_at}


def _thanks(approval: ApprovalRequest, verdict: str) -> str:
    what = f"{visible_text(approval.action)} of {approval.agent.name}"
    if not approval.is_pending:
        return f"{approval.get_state_display().capitalize()}: {what}."
    tally, places = votes_of(approval), queue.places_of(approval)
    return (
        f"Your vote to {verdict} {what} counts: {tally['approvals']} of {places} "
        "approvals so far."
    )


def _next_place(user: User, approval: ApprovalRequest) -> str:
    """The queue, at the row to turn to next."""
    following = queue.next_waiting(user, approval)
    return reverse("approvals:queue") + (f"#row-{following}" if following else "")


def _go(request: PersonRequest, address: str) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _to_sign_in(request: PersonRequest) -> HttpResponse:
    """htmx must leave the page; a redirect would be followed into a fragment."""
    if not request.htmx:
        return redirect_to_login(request.get_full_path())
    here = request.htmx.current_url_abs_path or reverse("approvals:queue")
    return HttpResponseClientRedirect(redirect_to_login(here)["Location"])
