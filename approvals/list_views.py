"""What people do to their lists: keep a search as a tab, remove it, look up words."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import saved_views
from approvals.list_page import suggestions
from approvals.models import SavedView
from approvals.search import Where
from approvals.search_syntax import in_address
from approvals.views import PersonRequest, for_reviewers, go


@require_safe
@for_reviewers
def show_words(request: PersonRequest) -> HttpResponse:
    """What can be typed into the search, for the list below its field."""
    where = Where.HISTORY if request.GET.get("where") == "history" else Where.QUEUE
    context = {"suggestions": suggestions(request.user, where)}
    return render(request, "approvals/_search_words.html", context)


@require_POST
@for_reviewers
def save_view(request: PersonRequest) -> HttpResponse:
    """Keep the search as a tab; back to what it finds."""
    query, where = request.POST.get("q", ""), request.POST.get("where", "")
    if where not in SavedView.Where:
        return HttpResponse(status=422)
    try:
        view = saved_views.save(
            name=request.POST.get("name", ""),
            query=query,
            where=SavedView.Where(where),
            actor=request.user,
        )
    except saved_views.ViewRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{view.name}” is a tab now.")
    return go(request, _address(where, query))


@require_POST
@for_reviewers
def remove_view(request: PersonRequest, view_id: int) -> HttpResponse:
    """Remove one of their own tabs; the search it stood for stays where it is."""
    view = saved_views.remove(view_id, actor=request.user)
    if view is None:
        raise Http404
    messages.success(request, f"“{view.name}” is no tab any more.")
    return go(request, _address(view.where, view.query))


def _address(where: str, query: str) -> str:
    return reverse(f"approvals:{where}") + in_address(query)
