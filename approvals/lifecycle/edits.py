"""Somebody changes the arguments; the request is judged again and waits again."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from approvals import canonical
from approvals.access import Standing, actions_for
from approvals.canonical import Action
from approvals.lifecycle import counters, grants, rows
from approvals.lifecycle.deadlines import is_past
from approvals.lifecycle.facts import content_of, terms_of
from approvals.lifecycle.judging import JUDGED, judge
from approvals.lifecycle.refusals import (
    AlreadyDecided,
    EditRefused,
    NotAllowed,
    StaleRevision,
)
from approvals.loosening import action_of
from approvals.models import ApprovalRequest, Revision
from approvals.policy import Route, Ruleset, Tier, Verdict, evaluate
from approvals.risk import Assessment, assess
from approvals.ruleset import current
from audit.actions import Action as Verb
from audit.log import Sealed, person, record

MAX_SIZE = 256 * 1024
"""Bytes of the arguments' JSON, as for what agents send."""


def read_arguments(text: str) -> dict[str, Any]:
    """The arguments in a JSON text, read as strictly as an agent's.

    Raises EditRefused.
    """
    body = text.encode("utf-8", errors="surrogatepass")
    if len(body) > MAX_SIZE:
        raise EditRefused(f"At most {MAX_SIZE:,} bytes, not {len(body):,}.")
    try:
        arguments = canonical.parse(body)
    except canonical.MalformedJSON as error:
        raise EditRefused(f"That is not acceptable JSON: {error}.") from None
    except canonical.InvalidJSON as error:
        raise EditRefused(f"{error.pointer or 'It'}: {error.message}.") from None
    if not isinstance(arguments, dict):
        raise EditRefused("Arguments are a JSON object: { … }.")
    return arguments


@transaction.atomic(durable=True)
def edit(
    approval_id: UUID,
    *,
    actor: User,
    revision: int,
    digest: str,
    arguments: Mapping[str, Any],
    message: str = "",
) -> ApprovalRequest:
    """A new revision with other arguments: analysed and judged anew, votes dismissed.

    The tier never drops below the first revision's, and no time is gained.
    ``arguments`` as ``read_arguments`` gives them. Raises a Refusal, or
    ``ApprovalRequest.DoesNotExist``.
    """
    approval, now = rows.locked(approval_id), timezone.now()
    editor = User.objects.get(pk=actor.pk)
    _check(approval, editor, (revision, digest), now)
    text = rows.checked_text(message)
    replaced = _as_revision(approval, now)
    revise(approval, arguments, now=now, measure=counters.count)
    replaced.save(force_insert=True)
    approval.edited_by = editor
    grants.drop_proposed(approval, now)
    rows.save(approval, *_CHANGED)
    record(
        Verb.REQUEST_EDITED,
        actor=person(editor),
        subject=rows.subject_of(approval),
        data={
            "revision": approval.revision,
            "digest": Sealed(approval.digest),
            "content": content_of(approval),
            "replaces": Sealed(digest),
            **terms_of(approval),
            "message": Sealed(text),
            "windows": approval.window_values,
        },
    )
    return approval


def revise(
    approval: ApprovalRequest,
    arguments: Mapping[str, Any],
    *,
    now: datetime,
    measure: Callable[..., None] = counters.foresee,
) -> None:
    """Make ``approval`` its own next revision, judged anew; stores nothing.

    For the writer above, which counts it in windows, and for people who want to see
    what would become of it. Raises EditRefused.
    """
    action = _changed(approval, arguments)
    version, ruleset = current()
    assessment = assess(action, ruleset.context)
    measure(approval, ruleset.windows, action, now=now)
    held = approval.window_values
    verdict = evaluate(ruleset, action, assessment, now=now, windows=held)
    tier = _tier(ruleset, verdict, approval.tier_floor)
    _replace(approval, action, assessment)
    judge(approval, tier, verdict, version, now)


_CHANGED = (
    "canonical",
    "digest",
    "revision",
    "findings",
    "impact",
    "edited_by",
    *JUDGED,
    *counters.COUNTED,
)


def _check(
    approval: ApprovalRequest, editor: User, seen: tuple[int, str], now: datetime
) -> None:
    if is_past(approval, now):
        raise AlreadyDecided(approval)
    if seen != (approval.revision, approval.digest):
        raise StaleRevision(approval)
    allowed = actions_for(approval, editor, Standing.of(now, thorough=True)).edit
    if not allowed.allowed:
        raise NotAllowed(allowed.why_not)


def _changed(approval: ApprovalRequest, arguments: Mapping[str, Any]) -> Action:
    old = action_of(approval)
    new = Action(
        name=old.name,
        agent=old.agent,
        arguments=arguments,
        environment=old.environment,
        resource=old.resource,
        subject=old.subject,
    )
    if new.canonical() == approval.canonical:
        raise EditRefused("Nothing is different: the digest would be the same.")
    return new


def _tier(ruleset: Ruleset, verdict: Verdict, floor: int) -> Tier:
    """What people can decide on, and not below where the request began."""
    tier = verdict.tier
    if tier.rank < floor:
        tier = ruleset.at_least(floor)
    if tier.route is Route.BLOCK:
        raise EditRefused("Policy forbids the action with these arguments.")
    if tier.route is not Route.REVIEW:
        raise EditRefused("The policy in force has no reviewed tier for this any more.")
    return tier


def _as_revision(approval: ApprovalRequest, now: datetime) -> Revision:
    """What it is now, to be kept beside what replaces it; not yet stored."""
    return Revision(
        approval=approval,
        number=approval.revision,
        canonical=approval.canonical,
        digest=approval.digest,
        tier=approval.tier,
        policy_id=approval.policy_id,
        findings=approval.findings,
        reasons=approval.reasons,
        edited_by_id=approval.edited_by_id,
        replaced_at=now,
    )


def _replace(approval: ApprovalRequest, action: Action, assessment: Assessment) -> None:
    approval.canonical = action.canonical()
    approval.digest = canonical.digest(approval.canonical)
    approval.revision += 1
    approval.findings = [found.as_dict() for found in assessment.findings]
    approval.impact = assessment.impact.as_dict()
