"""Several requests decided at once: the preview, and the votes."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from approvals import bulk_forms, bulk_votes, forms
from approvals.bulk_preview import preview
from approvals.models import Vote
from approvals.views import PersonRequest, for_reviewers


@require_safe
@for_reviewers
def show_bulk(request: PersonRequest) -> HttpResponse:
    """All that is selected, whole, with what is different; and what is left out."""
    chosen, more = bulk_forms.chosen(request.GET)
    context = {
        "preview": preview(chosen, more, user=request.user, session=request.session),
        "reason_codes": forms.REASON_CODES,
        "max_message": forms.MAX_MESSAGE,
    }
    return render(request, "approvals/bulk.html", context)


@require_POST
@for_reviewers
def decide_bulk(request: PersonRequest) -> HttpResponse:
    """One vote for each that is ticked; the page says what became of each.

    Sent again it only reports: the lot's id was made with the preview.
    """
    form = bulk_forms.BulkForm(request.POST)
    try:
        views = bulk_forms.views_of(request.POST)
    except ValidationError:
        return _refuse(request, "That form was not complete.", 422)
    if not form.is_valid():
        words = form.errors.get("message", ["That form was not complete."])
        return _refuse(request, " ".join(map(str, words)), 422)
    sent = form.cleaned_data
    if problem := bulk_forms.objection(sent["lot"], views, request.user):
        return _refuse(request, problem, 409 if views else 422)
    outcomes = bulk_votes.decide(
        sent.pop("lot"), views, actor=request.user, session=request.session, **sent
    )
    context = {
        "outcomes": outcomes,
        "done": sum(bool(outcome.done) for outcome in outcomes),
        "approves": sent["verdict"] == Vote.Verdict.APPROVE,
    }
    return render(request, "approvals/bulk_done.html", context)


def _refuse(request: PersonRequest, problem: str, status: int) -> HttpResponse:
    """Nothing was decided; what they had typed is shown, so that it is not lost."""
    context = {
        "problem": problem,
        "typed": request.POST.get("message", ""),
        "outcomes": [],
    }
    return render(request, "approvals/bulk_done.html", context, status=status)
