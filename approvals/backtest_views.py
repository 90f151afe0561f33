"""The pages on which a draft is tried on the past."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)
from django_htmx.http import reswap, retarget

from approvals import backtest_board, backtest_words, backtests
from approvals.backtest_forms import BacktestForm
from approvals.document import Problem
from approvals.drafts import draft_of
from approvals.models import Backtest
from approvals.policy_document import PolicyError
from approvals.policy_views import for_publishers
from approvals.views import PersonRequest


@require_http_methods(["GET", "HEAD", "POST"])
@for_publishers
def show_backtests(request: PersonRequest) -> HttpResponse:
    """What can be tried, and one's own back-tests; POST starts one."""
    if request.method != "POST":
        chosen = {
            key: request.GET[key] for key in ("what", "span") if key in request.GET
        }
        return _start_page(request, BacktestForm(initial=chosen, user=request.user))
    form = BacktestForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return _start_page(request, form, status=422)
    sent = form.cleaned_data
    try:
        backtest = backtests.start(
            sent["source"], form.wanted, origin=sent["origin"], actor=request.user
        )
    except PolicyError as error:
        return _start_page(request, form, status=422, problems=error.problems)
    except backtests.BusyAlready as error:
        return _start_page(request, form, status=409, problem=str(error))
    except backtests.BacktestError as error:
        return _start_page(request, form, status=422, problem=str(error))
    return redirect("approvals:backtest", backtest.pk)


@require_safe
@for_publishers
def show_backtest(request: PersonRequest, backtest_id: UUID) -> HttpResponse:
    """How far it is, or what it found; to htmx a fragment of it, or all as JSON."""
    backtest = get_object_or_404(Backtest.objects.defer("source"), pk=backtest_id)
    if request.GET.get("format") == "json":
        return JsonResponse(backtest_board.as_dict(backtest))
    context = {
        "backtest": backtest,
        "span": backtest_words.span(backtest.days, backtest.total),
        "is_own": backtest.owner_id == request.user.pk,
        "has_draft": draft_of(request.user) is not None,
    }
    if request.htmx and backtest.is_active:
        return render(request, "approvals/_backtest_progress.html", context)
    cell = request.GET.get("cell", "")
    context["board"] = backtest_board.board(backtest, request.user, cell)
    if request.htmx:
        # Not a reload: a page that is slower than the next question would be asked
        # for again each time, and never come.
        over = render(request, "approvals/_backtest.html", context)
        return reswap(retarget(over, "#backtest"), "outerHTML")
    return render(request, "approvals/backtest.html", context)


@require_POST
@for_publishers
def stop(request: PersonRequest, backtest_id: UUID) -> HttpResponse:
    """Its owner ends it; somebody else's is not found."""
    try:
        backtests.stop(backtest_id, actor=request.user)
    except Backtest.DoesNotExist as error:
        raise Http404 from error
    except backtests.OverAlready as error:
        messages.info(request, str(error))
    return redirect("approvals:backtest", backtest_id)


def _start_page(
    request: PersonRequest,
    form: BacktestForm,
    *,
    status: int = 200,
    problem: str = "",
    problems: tuple[Problem, ...] = (),
) -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "problems": problems,
        "under_way": backtest_board.active(request.user),
        "recent": backtest_board.recent(request.user),
        "kept_days": backtests.KEPT_FOR.days,
    }
    return render(request, "approvals/backtests.html", context, status=status)
