"""The pages of grants: which there are, what each approved; and how one ends."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.models import Agent
from approvals import grant_board, lifecycle
from approvals.cursors import BadCursor
from approvals.grant_forms import RevokeForm
from approvals.models import Grant
from approvals.render import visible_text
from approvals.views import PersonRequest, for_reviewers


@require_safe
@for_reviewers
def show_grants(request: PersonRequest) -> HttpResponse:
    """What is in force, or what ended; of one agent or of all."""
    ended = request.GET.get("show", "") == "ended"
    # PostgreSQL's text has no U+0000.
    name = request.GET.get("agent", "").replace("\0", "").strip()
    agent = Agent.objects.filter(name=name).first() if name else None
    before = request.GET.get("before", "")
    try:
        page = grant_board.page(request.user, ended=ended, agent=agent, before=before)
    except BadCursor as error:
        raise Http404 from error
    context = {
        "page": page,
        "ended": ended,
        "agent": name,
        "is_unknown": bool(name) and agent is None,
        "is_first": not before,
    }
    return render(request, "approvals/grants.html", context)


@require_safe
@for_reviewers
def show_grant(request: PersonRequest, grant_id: UUID) -> HttpResponse:
    """One grant, and the requests that it approved."""
    return _card(request, grant_id)


@require_POST
@for_reviewers
def revoke(request: PersonRequest, grant_id: UUID) -> HttpResponse:
    """End it at once; 403 without the right, 409 when it has ended."""
    card = _card_of(request, grant_id)
    if not card.may_revoke.allowed:
        return _card(request, grant_id, 403, problem=card.may_revoke.why_not)
    if card.ended:
        return _card(request, grant_id, 409, problem=f"It is {card.ended} already.")
    form = RevokeForm(request.POST)
    if not form.is_valid():
        problem = " ".join(map(str, form.errors["reason"]))
        return _card(request, grant_id, 422, problem=problem)
    lifecycle.revoke_grant(
        grant_id, actor=request.user, reason=form.cleaned_data["reason"]
    )
    what = visible_text(card.grant.action)
    messages.success(request, f"Revoked: {what} of {card.grant.agent.name}.")
    return redirect("approvals:grants")


def _card_of(request: PersonRequest, grant_id: UUID) -> grant_board.Card:
    given = Grant.objects.filter(pk=grant_id, granted_at__isnull=False)
    for card in grant_board.cards(request.user, given.values_list("pk", flat=True)):
        return card
    raise Http404


def _card(
    request: PersonRequest, grant_id: UUID, status: int = 200, problem: str = ""
) -> HttpResponse:
    """The page as it is now, with what went wrong and with what they had typed."""
    card = _card_of(request, grant_id)
    context = {
        "card": card,
        "requests": grant_board.approved_by(request.user, card.grant),
        "shown": grant_board.SHOWN,
        "problem": problem,
        "typed": request.POST.get("reason", ""),
    }
    return render(request, "approvals/grant_given.html", context, status=status)
