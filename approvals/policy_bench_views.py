"""The bench: what policies would say of a request. Nothing is stored."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from approvals import drafts, policy_bench, policy_board
from approvals.access import may_publish
from approvals.models import ApprovalRequest
from approvals.policy import Ruleset
from approvals.policy_bench import NoRequest
from approvals.policy_forms import TryForm, windows_in
from approvals.views import PersonRequest, find, for_reviewers

AGENT = "somebody"
"""Who asks, where nobody says."""

Policies = list[tuple[str, Ruleset]]


@require_http_methods(["GET", "HEAD", "POST"])
@for_reviewers
def try_request(request: PersonRequest) -> HttpResponse:
    """The bench, filled with a request where one is named; POST runs it."""
    if request.method == "POST":
        return _run(request)
    form = TryForm(request.GET)
    if not form.is_valid():
        raise Http404
    on = form.cleaned_data["version"]
    context = _bench(request, on=on)
    if (approval_id := form.cleaned_data["request"]) is not None:
        context |= _filled_with(find(request.user, approval_id))
    template = "_policies_bench" if request.htmx else "policies_try"
    return render(request, f"approvals/{template}.html", context)


@require_safe
@for_reviewers
def find_requests(request: PersonRequest) -> HttpResponse:
    """Requests to try, by id or action."""
    wanted = request.GET.get("q", "")
    on = request.GET.get("version", "")
    context = _bench(request, on=int(on) if on.isdecimal() else None, wanted=wanted)
    template = "_policies_requests" if request.htmx else "policies_try"
    return render(request, f"approvals/{template}.html", context)


def _run(request: PersonRequest) -> HttpResponse:
    form = TryForm(request.POST)
    windows, problems = windows_in(request.POST)
    if not form.is_valid():
        problems += [str(error) for found in form.errors.values() for error in found]
        return _answer(request, None, problems=problems, status=422)
    sent = form.cleaned_data
    policies, wrong = _policies(request, sent)
    try:
        action = policy_bench.read_request(sent["text"], sent["agent"] or AGENT)
    except NoRequest as error:
        problems += error.problems
    if problems or not policies:
        return _answer(request, sent, problems=problems, wrong=wrong, status=422)
    if sent["request"]:
        windows = policy_bench.held_by(find(request.user, sent["request"])) | windows
    now = sent["at"] or timezone.now()
    trial = policy_bench.try_out(action, policies, now=now, windows=windows)
    return _answer(request, sent, trial=trial, wrong=wrong)


def _policies(
    request: PersonRequest, sent: dict[str, Any]
) -> tuple[Policies, list[Any]]:
    """The policies to try, that in force last; and what is wrong with the first."""
    newest = policy_board.newest()
    in_force = policy_board.readable(newest.version) if newest else None
    found: Policies = []
    if newest and in_force:
        found.append((f"In force: policy {newest.version}", in_force))
    if sent["version"]:
        if newest and sent["version"] == newest.version:
            return found, []
        label, shown = f"Policy {sent['version']}", _version(sent["version"])
    else:
        label, shown = "The draft", _draft(request, sent["source"])
    if shown.ruleset is None:
        return found, list(shown.problems)
    return [(label, shown.ruleset), *found], []


def _version(version: int) -> policy_board.Shown:
    policy = policy_board.versions().filter(version=version).first()
    if policy is None:
        raise Http404
    return policy_board.show(policy.source)


def _draft(request: PersonRequest, source: str) -> policy_board.Shown:
    """What they have typed, else what they have saved; for who may write policies."""
    if not may_publish(request.user).allowed:
        raise Http404
    if not source and (draft := drafts.draft_of(request.user)):
        source = draft.source
    return policy_board.show(source)


def _answer(
    request: PersonRequest,
    sent: dict[str, Any] | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The outcome, or the whole bench with it."""
    if request.htmx:
        template = "approvals/_policies_trial.html"
        return render(request, template, more, status=status)
    context = _bench(request, on=sent["version"] if sent else None)
    if sent:
        context |= {"text": sent["text"], "agent": sent["agent"], "at": sent["at"]}
        context["request_id"] = sent["request"]
    template = "approvals/policies_try.html"
    return render(request, template, context | more, status=status)


def _bench(
    request: PersonRequest, *, on: int | None, wanted: str = ""
) -> dict[str, Any]:
    """An empty bench; ``on``: a version, None: what they write at, or is in force."""
    draft = drafts.draft_of(request.user)
    if on is None and not (draft and may_publish(request.user).allowed):
        newest = policy_board.newest()
        on = newest.version if newest else None
    return {
        "on": on,
        "text": policy_bench.example(),
        "requests": policy_bench.recent(request.user, wanted),
        "wanted": wanted,
    }


def _filled_with(approval: ApprovalRequest) -> dict[str, Any]:
    return {
        "text": policy_bench.as_sent(approval),
        "agent": approval.agent.name,
        "at": approval.created_at,
        "request_id": approval.pk,
    }
