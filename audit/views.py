"""The audit log as people read it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.actions import Action
from audit.models import Entry
from audit.payloads import revealed

PAGE = 50
SUBJECT_TYPES = (
    "request",
    "agent",
    "audit",
    "brake",
    "delivery",
    "grant",
    "key",
    "outcome",
    "passkey",
    "permit",
    "policy",
    "sign_in",
    "user",
)
"""All there are; named so that a search by id can use the index."""


@require_safe
@never_cache
@login_required
def list_entries(request: HttpRequest) -> HttpResponse:
    """Entries, last first; by subject id and by action. 403 without any right."""
    if not _may_read(request.user):
        return render(request, "approvals/no_rights.html", status=403)
    # PostgreSQL's text has no U+0000.
    subject = request.GET.get("subject", "").replace("\0", "").strip()
    action = request.GET.get("action", "")
    found = _before(_filtered(subject, action), request.GET.get("before", ""))
    entries = list(found.order_by("-id")[: PAGE + 1])
    data = revealed(entries[:PAGE])
    context = {
        "rows": [(entry, data[entry.pk]) for entry in entries[:PAGE]],
        "next": entries[PAGE - 1].id if len(entries) > PAGE else None,
        "subject": subject,
        "action": action,
        "actions": list(Action),
        "is_first": "before" not in request.GET,
    }
    return render(request, "audit/list.html", context)


def _may_read(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, User) and (user.is_staff or user.groups.exists())


def _filtered(subject: str, action: str) -> QuerySet[Entry]:
    entries = Entry.objects.defer("canonical", "leaf_hash")
    if subject:
        entries = entries.filter(subject_type__in=SUBJECT_TYPES, subject_id=subject)
    if action:
        if action not in set(Action):
            raise Http404
        entries = entries.filter(action=action)
    return entries


def _before(entries: QuerySet[Entry], last: str) -> QuerySet[Entry]:
    if not last:
        return entries
    try:
        return entries.filter(id__lt=UUID(last))
    except ValueError as error:
        raise Http404 from error
