"""The page on which somebody approves a request and allows the like."""

import json
import time
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from approvals import (
    forms,
    grant_preview,
    lifecycle,
    passkeys,
    stepup,
)
from approvals.access import Permission, Standing, actions_for, tier_of, visible_to
from approvals.grant_forms import (
    TermsForm,
    data_of,
    fingerprint,
    has_shown,
    hours_of,
    preview_shown,
)
from approvals.lifecycle.grants import Terms, check_terms, terms_of
from approvals.models import ApprovalRequest, Grant, Vote
from approvals.policy import Confirmation, StepUp
from approvals.queue import tier_mark
from approvals.render import visible_text
from approvals.resource import with_related
from approvals.states import State
from approvals.views import STATUS, PersonRequest, for_reviewers
from approvals.webauthn import challenge_for


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to allow, as far as it can be; why not, if not."""

    approval: ApprovalRequest
    permission: Permission
    form: TermsForm | None = None
    terms: Terms | None = None
    problem: str = ""
    status: int = 200


@require_http_methods(["GET", "HEAD", "POST"])
@for_reviewers
def propose(request: PersonRequest, approval_id: UUID) -> HttpResponse:
    """Allow the like: choose the terms, see what would have matched, approve."""
    approval = _find(request, approval_id)
    if request.method != "POST":
        return _show(request, replace(_read(request, approval), status=200))
    if _is_stale(request, approval):
        problem = "This request changed after you opened it. Nothing was decided."
        fresh = _read(request, approval, keep=_LIMITS)
        return _show(request, replace(fresh, problem=problem, status=409))
    proposal = _read(request, approval)
    if proposal.terms is not None and "verdict" in request.POST:
        return _decide(request, proposal, proposal.terms)
    return _show(request, proposal)


_FAULTY = "Nothing was decided. See what is marked below."
_LIMITS = frozenset({"max_uses", "hours"})
"""Fields that mean the same whatever the arguments are."""


def _find(request: PersonRequest, approval_id: UUID) -> ApprovalRequest:
    try:
        return with_related(visible_to(request.user)).get(pk=approval_id)
    except ApprovalRequest.DoesNotExist as error:
        raise Http404 from error


def _is_stale(request: PersonRequest, approval: ApprovalRequest) -> bool:
    """Fields are numbered as the arguments were: of another revision they mean
    something else."""
    shown = request.POST.get("revision"), request.POST.get("digest")
    return shown != (str(approval.revision), approval.digest)


def _read(
    request: PersonRequest, approval: ApprovalRequest, keep: Set[str] | None = None
) -> Proposal:
    """The terms that were sent; ``keep``: only these fields of them."""
    caps, permission = tier_of(approval).grants, _may_propose(request, approval)
    if caps is None or not permission.allowed:
        status = 403 if approval.is_pending else 409
        problem = "Nothing was decided." if request.method == "POST" else ""
        return Proposal(approval, permission, problem=problem, status=status)
    data = TermsForm(approval, caps).defaults() | _proposed(request, approval)
    if request.method == "POST":
        sent = request.POST.dict()
        data = (
            sent
            if keep is None
            else data | {name: sent[name] for name in keep & sent.keys()}
        )
    form = TermsForm(approval, caps, data)
    if not form.is_valid():
        return Proposal(approval, permission, form, None, _FAULTY, 422)
    try:
        check_terms(approval, form.terms())
    except lifecycle.GrantRefused as error:
        return Proposal(approval, permission, form, None, str(error), 422)
    return Proposal(approval, permission, form, form.terms())


def _may_propose(request: PersonRequest, approval: ApprovalRequest) -> Permission:
    mine = (
        vote.voter_id == request.user.pk
        and vote.revision == approval.revision
        and vote.withdrawn_at is None
        for vote in approval.votes.all()
    )
    if approval.is_pending and any(mine):
        return Permission(False, "You have already voted on this request.")
    standing = Standing.of(timezone.now(), thorough=True)
    return actions_for(approval, request.user, standing).grant


def _decide(request: PersonRequest, proposal: Proposal, terms: Terms) -> HttpResponse:
    """Approve with these terms, if the page that sent them had previewed them."""
    sent = forms.VoteForm(request.POST)
    if not sent.is_valid() or sent.cleaned_data["verdict"] != Vote.Verdict.APPROVE:
        faults = sent.errors.get("message") or ["That form was not complete."]
        problem = " ".join(map(str, faults))
        return _show(request, replace(proposal, problem=problem, status=422))
    cast_vote = sent.cleaned_data
    shown: forms.Shown = cast_vote.pop("view")
    presence = forms.presence_of(request.session, shown, cast_vote)
    problem = forms.objection(shown, proposal.approval.pk, request.user)
    if not problem and not has_shown(shown, terms):
        problem = "You had previewed other terms than these. Look at them first."
    if problem:
        return _show(request, replace(proposal, problem=problem, status=409))
    cast_vote["grant"] = _same(proposal.approval, terms) or terms
    try:
        voted = lifecycle.vote(
            proposal.approval.pk, actor=request.user, presence=presence, **cast_vote
        )
    except lifecycle.Refusal as error:
        return _refuse(request, proposal.approval.pk, error, shown)
    messages.success(request, _thanks(voted))
    return _go(request, reverse("approvals:queue"))


def _refuse(
    request: PersonRequest,
    approval_id: UUID,
    error: lifecycle.Refusal,
    shown: forms.Shown,
) -> HttpResponse:
    """The page as it is now, with what went wrong and with what they had typed."""
    approval = _find(request, approval_id)
    keep = _LIMITS if _is_stale(request, approval) else None
    proposal = replace(
        _read(request, approval, keep=keep),
        problem=str(error),
        status=STATUS.get(type(error), 422),
    )
    return _show(request, proposal, forms.changes_since(shown, approval))


def _show(
    request: PersonRequest, proposal: Proposal, changes: Sequence[str] = ()
) -> HttpResponse:
    approval = proposal.approval
    tier = tier_of(approval)
    context: dict[str, Any] = {
        "approval": approval,
        "tier": tier,
        "tier_mark": tier_mark(approval),
        "places": sum(need.count for need in tier.requirements),
        "proposal": proposal,
        "changes": changes,
        "proposed": [
            (grant, grant_preview.clauses_of(grant), hours_of(grant.lasts))
            for grant in _proposals(approval)
        ],
        "longest": tier.grants
        and hours_of(timedelta(seconds=tier.grants.max_duration)),
        "max_message": forms.MAX_MESSAGE,
        "message": request.POST.get("message", ""),
    }
    if proposal.terms is not None:
        context |= _previewed(request, approval, proposal.terms)
    name = "_grant" if request.htmx else "grant"
    return render(request, f"approvals/{name}.html", context, status=proposal.status)


def _previewed(
    request: PersonRequest, approval: ApprovalRequest, terms: Terms
) -> dict[str, Any]:
    """What is shown of terms that can be, and what approving them takes."""
    shown = preview_shown(approval, request.user, terms)
    return {
        "terms": terms,
        "clauses": grant_preview.clauses(terms.conditions),
        "until": timezone.now() + terms.lasts,
        "preview": grant_preview.preview(approval, terms),
        "agrees_with": _same(approval, terms),
        "view": shown.sealed(),
        **_asked(request, approval, shown),
    }


def _asked(
    request: PersonRequest, approval: ApprovalRequest, shown: forms.Shown
) -> dict[str, Any]:
    """What the tier asks of whoever approves, beside the vote."""
    tier = tier_of(approval)
    asked: dict[str, Any] = {}
    if tier.confirmation is Confirmation.TYPE_TARGET:
        asked["target"] = approval.resource or approval.action
    if tier.step_up is StepUp.RECENT_LOGIN:
        at = stepup.signed_in_at(request.session)
        asked["must_sign_in"] = not stepup.is_fresh(at, time.time())
    elif tier.step_up is StepUp.PASSKEY:
        challenge = challenge_for(
            nonce=shown.nonce,
            request=str(approval.pk),
            revision=approval.revision,
            digest=approval.digest,
            verdict=Vote.Verdict.APPROVE.value,
        )
        try:
            options = passkeys.request_options(request.user, challenge=challenge)
            asked["passkey"] = json.dumps(options)
        except passkeys.PasskeyRefused as error:
            asked["no_passkey"] = str(error)
    return asked


def _proposals(approval: ApprovalRequest) -> list[Grant]:
    """What others proposed on this revision with their votes, last first."""
    proposed = approval.proposed_grants.filter(
        revision=approval.revision, granted_at=None, revoked_at=None
    )
    return list(proposed.select_related("proposed_by"))


def _proposed(request: PersonRequest, approval: ApprovalRequest) -> dict[str, str]:
    """The fields of the proposal that the address names."""
    wanted = request.GET.get("proposal")
    for grant in _proposals(approval) if wanted else ():
        if str(grant.pk) == wanted:
            return data_of(grant, approval)
    return {}


def _same(approval: ApprovalRequest, terms: Terms) -> UUID | None:
    """The proposal with exactly these terms: then one agrees to that."""
    for grant in _proposals(approval):
        if fingerprint(terms_of(grant)) == fingerprint(terms):
            return grant.pk
    return None


def _thanks(approval: ApprovalRequest) -> str:
    what = f"{visible_text(approval.action)} of {approval.agent.name}"
    if approval.is_pending:
        return f"Your vote counts for {what}, and for the like; others have to agree."
    if approval.state != State.APPROVED:
        return f"{approval.get_state_display().capitalize()}: {what}."
    if Grant.objects.filter(origin=approval, granted_at__isnull=False).exists():
        return f"Approved: {what}, and the like from now on."
    return f"Approved: {what}. The like was not agreed to by enough people."


def _go(request: PersonRequest, address: str) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(address)
    return redirect(address)
