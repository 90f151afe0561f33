"""The pages of policies: what is in force, every version, publishing, proposals."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from approvals import drafts, policy_bench, policy_board, proposals
from approvals.access import may_publish
from approvals.models import Policy, PolicyDraft, PolicyProposal
from approvals.policy_document import PolicyError
from approvals.policy_forms import PublishForm, ReasonForm, RollBackForm
from approvals.ruleset import OutOfDate, ReasonMissing
from approvals.views import PersonRequest, for_reviewers
from audit.log import person

P = ParamSpec("P")

STATUS: dict[type[Exception], int] = {
    proposals.NotYours: 403,
    proposals.ProposalError: 409,
    OutOfDate: 409,
    ReasonMissing: 422,
    PolicyError: 422,
}
"""What writers refuse; the first that fits, so that the narrower stand above."""


def for_publishers(
    view: Callable[Concatenate[PersonRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """As ``for_reviewers``, then 403 for who may not write policies."""

    @for_reviewers
    @wraps(view)
    def guarded(
        request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        permission = may_publish(request.user)
        if not permission.allowed:
            raise PermissionDenied(permission.why_not)
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@for_reviewers
def show_policies(request: PersonRequest) -> HttpResponse:
    """What is in force and how it came about; as a fragment, the history alone."""
    below = request.GET.get("below", "")
    history = policy_board.history(int(below) if below.isdecimal() else None)
    if request.htmx:
        return render(request, "approvals/_policies_history.html", {"history": history})
    in_force = policy_board.newest()
    context = {
        "policy": in_force,
        "shown": policy_board.show(in_force.source) if in_force else None,
        "history": history,
        "waiting": policy_board.waiting(request.user),
        "draft": drafts.draft_of(request.user),
        "may_publish": may_publish(request.user),
    }
    return render(request, "approvals/policies.html", context)


@require_safe
@for_reviewers
def show_version(request: PersonRequest, version: int) -> HttpResponse:
    """One version: what it changed, its document, and the bench on it."""
    return _version_page(request, version, RollBackForm())


@require_POST
@for_publishers
def roll_back(request: PersonRequest, version: int) -> HttpResponse:
    """Publish its document anew: 409 when something else came meanwhile."""
    form = RollBackForm(request.POST)
    if not form.is_valid():
        return _version_page(request, version, form, status=422)
    policy = get_object_or_404(Policy, version=version)
    try:
        done = proposals.put_forward(
            policy.source,
            actor=person(request.user),
            user=request.user,
            **form.cleaned_data,
        )
    except tuple(STATUS) as error:
        problem, status = _words(error), _status(error)
        return _version_page(request, version, form, problem=problem, status=status)
    return _say(request, done, form.cleaned_data["seen"])


@require_http_methods(["GET", "HEAD", "POST"])
@for_publishers
def publish(request: PersonRequest) -> HttpResponse:
    """What the draft would change, and the form that puts it into force."""
    draft, in_force = drafts.draft_of(request.user), policy_board.newest()
    if draft is None or in_force is None:
        return redirect("approvals:policy_draft")
    if request.method != "POST":
        return _publish_page(request, draft, in_force, PublishForm())
    form = PublishForm(request.POST)
    if not form.is_valid():
        return _publish_page(request, draft, in_force, form, status=422)
    sent = form.cleaned_data
    if problem := _objection(draft, in_force, sent):
        return _publish_page(request, draft, in_force, form, problem, 409)
    try:
        done = proposals.put_forward(
            draft.source,
            actor=person(request.user),
            user=request.user,
            reason=sent["reason"],
            seen=sent["seen"],
        )
    except tuple(STATUS) as error:
        problem, status = _words(error), _status(error)
        return _publish_page(request, draft, in_force, form, problem, status)
    _clear_away(draft, done)
    return _say(request, done, sent["seen"])


@require_safe
@for_reviewers
def show_proposal(request: PersonRequest, proposal_id: UUID) -> HttpResponse:
    """What somebody proposed, and the form to confirm or refuse it."""
    return _proposal_page(request, proposal_id, ReasonForm())


@require_POST
@for_publishers
def decide_proposal(
    request: PersonRequest, proposal_id: UUID, *, confirms: bool
) -> HttpResponse:
    """A second person's word; 409 when it is too late for it."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _proposal_page(request, proposal_id, form, status=422)
    write = proposals.confirm if confirms else proposals.refuse
    try:
        done = write(proposal_id, actor=request.user, **form.cleaned_data)
    except PolicyProposal.DoesNotExist as error:
        raise Http404 from error
    except tuple(STATUS) as error:
        problem, status = _words(error), _status(error)
        return _proposal_page(request, proposal_id, form, problem, status)
    if isinstance(done, Policy):
        messages.success(request, f"Policy {done.version} is in force.")
    else:
        messages.info(request, "The proposal was refused.")
    return redirect("approvals:policies")


def _version_page(
    request: PersonRequest,
    version: int,
    form: RollBackForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    policy = get_object_or_404(policy_board.versions(), version=version)
    context = {
        "policy": policy,
        "shown": policy_board.show(policy.source),
        "form": form,
        "problem": problem,
        "may_publish": may_publish(request.user),
        "text": policy_bench.example(),
        "requests": policy_bench.recent(request.user),
        "on": version,
        **_compared(policy),
    }
    return render(request, "approvals/policies_version.html", context, status=status)


def _compared(policy: Policy) -> dict[str, Any]:
    """What a version changed in the one before, and what going back would change."""
    before = Policy.objects.filter(version=policy.version - 1).first()
    in_force, ours = policy_board.newest(), policy_board.readable(policy.version)
    found: dict[str, Any] = {"before": before, "in_force": in_force}
    if before:
        theirs = policy_board.readable(before.version)
        found["differences"] = policy_board.differences(theirs, ours)
        found["edited"] = policy_board.line_diff(before, policy.source)
    if in_force and in_force.version != policy.version:
        theirs = policy_board.readable(in_force.version)
        found["back"] = policy_board.differences(theirs, ours)
        found["needs_second"] = policy_board.needs_second(found["back"])
    return found


def _objection(draft: PolicyDraft, in_force: Policy, sent: dict[str, Any]) -> str:
    """What speaks against publishing what was shown; empty: nothing. That another
    policy is in force by now is for the writer to say, who is alone then.
    """
    if draft.edition != sent["edition"]:
        return "Your draft was saved since this page was shown. Look at it again."
    if policy_board.is_behind(draft, in_force) and not sent["is_known"]:
        return "Say that you know what was published meanwhile."
    return ""


def _publish_page(
    request: PersonRequest,
    draft: PolicyDraft,
    in_force: Policy,
    form: PublishForm,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = policy_board.show(draft.source)
    old = policy_board.readable(in_force.version)
    found = policy_board.differences(old, shown.ruleset)
    context = {
        "draft": draft,
        "policy": in_force,
        "shown": shown,
        "differences": found,
        "edited": policy_board.line_diff(in_force, draft.source),
        "needs_second": policy_board.needs_second(found),
        "is_same": draft.source == in_force.source,
        "meanwhile": policy_board.since(draft.based_on_id),
        "form": form,
        "problem": problem,
    }
    return render(request, "approvals/policies_publish.html", context, status=status)


def _proposal_page(
    request: PersonRequest,
    proposal_id: UUID,
    form: ReasonForm,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    people = PolicyProposal.objects.select_related(
        "proposed_by", "based_on", "decided_by", "published"
    )
    proposal = get_object_or_404(people, pk=proposal_id)
    context = {
        "waiting": policy_board.waiting_one(proposal, request.user),
        "edited": policy_board.line_diff(proposal.based_on, proposal.source),
        "form": form,
        "problem": problem,
    }
    return render(request, "approvals/policies_proposal.html", context, status=status)


def _clear_away(draft: PolicyDraft, done: Policy | PolicyProposal) -> None:
    """What is in force needs no draft; one that was saved since stays."""
    if isinstance(done, Policy):
        try:
            drafts.discard(seen=draft.edition, actor=draft.owner)
        except drafts.Overtaken:
            return


def _say(
    request: PersonRequest, done: Policy | PolicyProposal, seen: int
) -> HttpResponse:
    if isinstance(done, PolicyProposal):
        messages.warning(
            request, "It may lower risk: somebody else has to confirm it now."
        )
        return redirect("approvals:policy_proposal", done.pk)
    if done.version > seen:
        messages.success(request, f"Policy {done.version} is in force.")
    else:
        messages.info(request, f"It says the same as policy {done.version}; kept it.")
    return redirect("approvals:policies")


def _words(error: Exception) -> str:
    if isinstance(error, OutOfDate):
        return f"Nothing was published: {error}. Compare with that below."
    if isinstance(error, ReasonMissing):
        return "Say why."
    return str(error)


def _status(error: Exception) -> int:
    return next(code for kind, code in STATUS.items() if isinstance(error, kind))
