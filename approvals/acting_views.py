"""What people do to a request beside voting: edit, ask, claim, hand over, take back."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from approvals import forms, lifecycle
from approvals.access import Permission, Standing, actions_for, tier_of
from approvals.acting_forms import (
    AskForm,
    AssignForm,
    ClaimForm,
    EditForm,
    TakeBackForm,
)
from approvals.judgement import judgement
from approvals.models import ApprovalRequest
from approvals.queue import places_of, tier_mark
from approvals.render import editable
from approvals.request_page import Edited, compared, dismissed_by_edit, revised
from approvals.views import PersonRequest, answer, find, for_reviewers, status_of

MIN_ROWS, MAX_ROWS = 8, 30
"""Lines of the editor."""
INCOMPLETE = "That form was not complete."


@require_http_methods(["GET", "HEAD", "POST"])
@for_reviewers
def edit(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """The editor of the arguments; a preview, which stores nothing; a new revision."""
    approval = find(request.user, approval_id)
    if request.method != "POST":
        return _editor(request, approval, editable(approval.arguments))
    form = EditForm(request.POST)
    text = request.POST.get("arguments", "")
    if not form.is_valid():
        words = _fault(form, "arguments")
        return _editor(request, approval, text, problem=words, status=422)
    sent = form.cleaned_data
    shown: forms.Shown = sent["view"]
    if sent["step"] == EditForm.SAVE and (
        problem := forms.objection(shown, approval_id, request.user)
    ):
        return _editor(request, approval, text, problem=problem, status=409)
    try:
        return _edited(request, approval, sent)
    except lifecycle.Refusal as error:
        fresh = find(request.user, approval_id)
        status, seen = status_of(error), shown.revision
        return _editor(
            request, fresh, text, problem=str(error), status=status, seen=seen
        )


@require_POST
@for_reviewers
def ask(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """A question for the agent."""
    form = AskForm(request.POST)
    typed = {"question_typed": request.POST.get("text", "")}
    if not form.is_valid():
        words = _fault(form, "text")
        return _refuse(request, approval_id, words, 422, **typed)
    act = partial(lifecycle.ask, text=form.cleaned_data["text"])
    return _act(request, approval_id, act, "The agent was asked.", **typed)


@require_POST
@for_reviewers
def claim(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Say that one looks at it, or, with ``release``, no longer."""
    form = ClaimForm(request.POST)
    release = form.is_valid() and form.cleaned_data["release"]
    words = "Nobody looks at it now." if release else "You look at it now."
    act = partial(lifecycle.claim, release=release)
    return _act(request, approval_id, act, words)


@require_POST
@for_reviewers
def assign(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Hand it to somebody, or to nobody in particular."""
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _refuse(request, approval_id, "There is nobody of that name.", 422)
    whom = form.cleaned_data["assignee"]
    act = partial(lifecycle.assign, assignee=whom)
    words = f"Assigned to {whom.get_username() if whom else 'nobody'}."
    return _act(request, approval_id, act, words)


@require_POST
@for_reviewers
def withdraw(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Take one's own vote back."""
    return _act(request, approval_id, lifecycle.withdraw, "Your vote is withdrawn.")


@require_POST
@for_reviewers
def take_back(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Revoke an approval that was not redeemed yet."""
    form = TakeBackForm(request.POST)
    typed = {"take_back_typed": request.POST.get("reason", "")}
    if not form.is_valid():
        words = _fault(form, "reason")
        return _refuse(request, approval_id, words, 422, **typed)
    sent = form.cleaned_data
    if problem := forms.objection(sent["view"], approval_id, request.user):
        return _refuse(request, approval_id, problem, 409, **typed)
    act = partial(lifecycle.take_back, reason=sent["reason"])
    return _act(request, approval_id, act, "The approval is taken back.", **typed)


def _fault(form: Form, field: str) -> str:
    """What is wrong with what they wrote, or with the form around it."""
    return " ".join(map(str, form.errors.get(field, [INCOMPLETE])))


def _act(
    request: PersonRequest,
    approval_id: UUID,
    act: Callable[..., object],
    words: str,
    **typed: Any,
) -> HttpResponse:
    """Do it, and show the request as it is afterwards."""
    find(request.user, approval_id)
    try:
        act(approval_id, actor=request.user)
    except lifecycle.Refusal as error:
        return _refuse(request, approval_id, str(error), status_of(error), **typed)
    if request.htmx:
        return answer(request, find(request.user, approval_id), done=words)
    messages.success(request, words)
    return redirect("approvals:request", approval_id)


def _refuse(
    request: PersonRequest, approval_id: UUID, problem: str, status: int, **typed: Any
) -> HttpResponse:
    approval = find(request.user, approval_id)
    return answer(request, approval, status=status, problem=problem, **typed)


def _edited(
    request: PersonRequest, approval: ApprovalRequest, sent: dict[str, Any]
) -> HttpResponse:
    """Saved, when it is what the last preview showed; otherwise its preview."""
    shown: forms.Shown = sent["view"]
    _check_editor(request, approval, shown)
    arguments = lifecycle.read_arguments(sent["arguments"])
    candidate = revised(approval, arguments)
    is_seen = sent["previewed"] == candidate.digest
    if sent["step"] == EditForm.SAVE and is_seen:
        return _save(request, approval, arguments, sent)
    problem, status = "", 200
    if sent["step"] == EditForm.SAVE:
        problem = "You changed it after the preview. This is the preview of it now."
        status = 409
    more = {"candidate": candidate, "message": sent["message"]}
    text = sent["arguments"]
    return _editor(request, approval, text, problem=problem, status=status, **more)


def _check_editor(
    request: PersonRequest, approval: ApprovalRequest, shown: forms.Shown
) -> None:
    """What the writer checks again: a preview says beforehand what it would say."""
    if not approval.is_pending:
        raise lifecycle.AlreadyDecided(approval)
    if (shown.revision, shown.digest) != (approval.revision, approval.digest):
        raise lifecycle.StaleRevision(approval)
    permission = _may_edit(request, approval)
    if not permission.allowed:
        raise lifecycle.NotAllowed(permission.why_not)


def _save(
    request: PersonRequest,
    approval: ApprovalRequest,
    arguments: dict[str, Any],
    sent: dict[str, Any],
) -> HttpResponse:
    shown: forms.Shown = sent["view"]
    saved = lifecycle.edit(
        approval.pk,
        actor=request.user,
        revision=shown.revision,
        digest=shown.digest,
        arguments=arguments,
        message=sent["message"],
    )
    messages.success(request, f"Saved as revision {saved.revision}. It waits anew.")
    return redirect("approvals:request", approval.pk)


def _editor(
    request: PersonRequest,
    approval: ApprovalRequest,
    text: str,
    *,
    status: int = 200,
    problem: str = "",
    seen: int | None = None,
    candidate: ApprovalRequest | None = None,
    message: str = "",
) -> HttpResponse:
    """The editor with what was typed; ``seen``: the revision that was edited."""
    permission = _may_edit(request, approval)
    if not permission.allowed and request.method != "POST":
        status = 403 if approval.is_pending else 409
    context = {
        "approval": approval,
        "text": text,
        "rows": min(max(text.count("\n") + 2, MIN_ROWS), MAX_ROWS),
        "message": message or request.POST.get("message", ""),
        "max_message": forms.MAX_MESSAGE,
        "problem": problem,
        "permission": permission,
        "next_revision": approval.revision + 1,
        "view": forms.shown_now(approval, request.user).sealed(),
        "stale": _since(approval, seen),
        **_preview(approval, candidate),
    }
    return render(request, "approvals/edit.html", context, status=status)


def _preview(
    approval: ApprovalRequest, candidate: ApprovalRequest | None
) -> dict[str, Any]:
    """What an edit would make of it, and what policy would say."""
    if candidate is None:
        return {}
    return {
        "candidate": candidate,
        "edited": compared(
            approval.arguments, candidate.arguments, since=approval.revision
        ),
        "judged": judgement(candidate),
        "tier_mark": tier_mark(candidate),
        "tier_before": tier_mark(approval),
        "needs": tier_of(candidate).requirements,
        "places": places_of(candidate),
        "second_person": tier_of(candidate).second_person_after_edit,
        "dismissed": dismissed_by_edit(approval),
    }


def _since(approval: ApprovalRequest, seen: int | None) -> Edited | None:
    """What others changed meanwhile."""
    for old in approval.revisions.all() if seen is not None else ():
        if old.number == seen:
            return compared(old.arguments, approval.arguments, since=seen)
    return None


def _may_edit(request: PersonRequest, approval: ApprovalRequest) -> Permission:
    standing = Standing.of(timezone.now(), thorough=True)
    return actions_for(approval, request.user, standing).edit
