"""The page that says where approvals and what was done do not fit together."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.models import Agent
from approvals import reconciliation
from approvals.cursors import BadCursor
from approvals.reconciliation import Kind
from approvals.views import PersonRequest, for_reviewers


@require_safe
@for_reviewers
def show_reconciliation(request: PersonRequest) -> HttpResponse:
    """One list or all of them, of one agent or all; 404 for what is none."""
    chosen, before = request.GET.get("list", ""), request.GET.get("before", "")
    # PostgreSQL's text has no U+0000.
    name = request.GET.get("agent", "").replace("\0", "").strip()
    agent = Agent.objects.filter(name=name).first() if name else None
    try:
        kinds = [Kind(chosen)] if chosen else list(Kind)
        page = reconciliation.page(request.user, kinds, agent=agent, before=before)
    except (BadCursor, ValueError) as error:
        raise Http404 from error
    is_unknown = bool(name) and agent is None
    numbers = reconciliation.counts(agent)
    context = {
        "lists": [(kind, reconciliation.SOURCES[kind], numbers[kind]) for kind in Kind],
        "page": page,
        "chosen": chosen,
        "source": reconciliation.SOURCES[kinds[0]] if chosen else None,
        "agent": name,
        "is_unknown": is_unknown,
        "is_first": not before,
    }
    return render(request, "approvals/reconciliation.html", context)
