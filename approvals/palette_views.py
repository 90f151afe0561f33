"""What the command palette offers beside the page itself."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from approvals import palette
from approvals.views import PersonRequest, for_reviewers


@require_safe
@for_reviewers
def show_places(request: PersonRequest) -> HttpResponse:
    """Agents and recent requests, as JSON; never stored."""
    return JsonResponse(palette.places_for(request.user))
