"""Where a draft is written: begun, checked while typing, saved, thrown away."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from approvals import drafts, policy_bench, policy_board, policy_reference
from approvals.models import Policy, PolicyDraft
from approvals.policy_forms import BeginForm, CheckForm, DiscardForm, SaveForm
from approvals.policy_views import for_publishers
from approvals.views import PersonRequest


@require_http_methods(["GET", "HEAD", "POST"])
@for_publishers
def show_draft(request: PersonRequest) -> HttpResponse:
    """The editor, or ways to begin; POST saves, and 409 shows both texts."""
    if request.method == "POST":
        return _save(request)
    draft = drafts.draft_of(request.user)
    if draft is None:
        return _begin_page(request, BeginForm())
    return _editor(request, draft)


@require_POST
@for_publishers
def begin(request: PersonRequest) -> HttpResponse:
    """Begin with a version, a file or a text; 409 when that would lose a draft."""
    form = BeginForm(request.POST, request.FILES)
    if not form.is_valid():
        return _begin_page(request, form, status=422)
    sent = form.cleaned_data
    based_on, source = _origin(sent)
    try:
        drafts.begin(
            source, based_on=based_on, seen=sent["edition"], actor=request.user
        )
    except drafts.Overtaken as error:
        return _begin_page(request, form, status=409, found=error.draft, source=source)
    except drafts.TooLong as error:
        form.add_error(None, str(error))
        return _begin_page(request, form, status=422)
    return redirect("approvals:policy_draft")


@require_POST
@for_publishers
def check(request: PersonRequest) -> HttpResponse:
    """What is wrong with a text, and what it would change; nothing is stored."""
    form = CheckForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Not a text.", status=422, content_type="text/plain")
    context = _checked(form.cleaned_data["source"])
    return render(request, "approvals/_policies_check.html", context)


@require_POST
@for_publishers
def discard(request: PersonRequest) -> HttpResponse:
    """Throw it away, unless it was saved since it was shown."""
    form = DiscardForm(request.POST)
    draft = drafts.draft_of(request.user)
    if not form.is_valid() or draft is None:
        return redirect("approvals:policy_draft")
    try:
        drafts.discard(seen=form.cleaned_data["edition"], actor=request.user)
    except drafts.Overtaken:
        problem = "It was saved since you opened this page, so it was kept."
        return _editor(request, draft, problem=problem, status=409)
    messages.info(request, "Your draft was thrown away.")
    return redirect("approvals:policies")


def _save(request: PersonRequest) -> HttpResponse:
    form = SaveForm(request.POST)
    if not form.is_valid():
        return _refuse(request, "That form was not complete.", 422)
    sent = form.cleaned_data
    try:
        draft = drafts.save(sent["source"], seen=sent["edition"], actor=request.user)
    except drafts.TooLong as error:
        return _refuse(request, str(error), 422, sent["source"])
    except drafts.Overtaken as error:
        return _conflict(request, error.draft, sent["source"])
    if request.htmx:
        return render(request, "approvals/_policies_saved.html", {"draft": draft})
    return redirect("approvals:policy_draft")


def _conflict(
    request: PersonRequest, theirs: PolicyDraft | None, mine: str
) -> HttpResponse:
    """Both texts, so that none of them is lost."""
    if theirs is None:
        words = "This draft was thrown away or published elsewhere. Yours is below."
        return _refuse(request, words, 409, mine)
    context = {"theirs": theirs, "mine": mine}
    if request.htmx:
        template = "approvals/_policies_conflict.html"
        return render(request, template, context, status=409)
    return _editor(request, theirs, status=409, source=mine, **context)


def _refuse(
    request: PersonRequest, problem: str, status: int, source: str = ""
) -> HttpResponse:
    context = {"problem": problem, "mine": source}
    if request.htmx:
        template = "approvals/_policies_conflict.html"
        return render(request, template, context, status=status)
    draft = drafts.draft_of(request.user)
    if draft is None:
        return _begin_page(
            request, BeginForm({"text": source}), status=status, problem=problem
        )
    return _editor(
        request, draft, status=status, problem=problem, source=source or draft.source
    )


def _editor(
    request: PersonRequest,
    draft: PolicyDraft,
    *,
    status: int = 200,
    source: str | None = None,
    **more: Any,
) -> HttpResponse:
    in_force = policy_board.newest() or draft.based_on
    text = draft.source if source is None else source
    context = {
        "draft": draft,
        "source": text,
        "in_force": in_force,
        "is_behind": policy_board.is_behind(draft, in_force),
        "meanwhile": policy_board.since(draft.based_on_id),
        "findings": _findings(),
        "text": policy_bench.example(),
        "requests": policy_bench.recent(request.user),
        "history": policy_board.history(),
        **_checked(text),
        **more,
    }
    return render(request, "approvals/policies_draft.html", context, status=status)


def _checked(source: str) -> dict[str, Any]:
    """What is shown beside the text, and changes with it."""
    shown, in_force = policy_board.show(source), policy_board.newest()
    old = policy_board.readable(in_force.version) if in_force else None
    windows = shown.ruleset.windows if shown.ruleset else ()
    return {
        "shown": shown,
        "in_force": in_force,
        "differences": policy_board.differences(old, shown.ruleset),
        "variables": policy_reference.variables(window.key for window in windows),
    }


def _findings() -> list[dict[str, str]]:
    """Every code that a finding can have."""
    return [
        {
            "name": name,
            "meaning": code.meaning,
            "harm": code.harm.value,
            "harm_name": policy_reference.harm_name(code.harm),
        }
        for name, code in policy_reference.findings()
    ]


def _begin_page(
    request: PersonRequest,
    form: BeginForm,
    *,
    status: int = 200,
    found: PolicyDraft | None = None,
    source: str = "",
    problem: str = "",
) -> HttpResponse:
    """Ways to begin; ``found``: the draft that would be replaced, by ``source``."""
    context = {
        "form": form,
        "found": found,
        "source": source,
        "in_force": policy_board.newest(),
        "history": policy_board.history(),
        "problem": problem,
    }
    return render(request, "approvals/policies_begin.html", context, status=status)


def _origin(sent: dict[str, Any]) -> tuple[Policy, str]:
    """What a draft is based on, and its text."""
    in_force = policy_board.newest()
    if in_force is None:
        raise Http404
    if sent["version"]:
        based_on = policy_board.versions().filter(version=sent["version"]).first()
        if based_on is None:
            raise Http404
        return based_on, sent["text"] or based_on.source
    return in_force, sent["file"] or sent["text"]
