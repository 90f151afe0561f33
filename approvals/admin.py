"""Requests and policies to look at. Decisions are made on the pages."""

from django.contrib import admin

from approvals.models import ApprovalRequest, Policy, Vote
from audit.admin import ReadOnly


class VoteInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Vote
    fields = ("voter", "verdict", "revision", "reason_code", "message", "created_at")


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "agent", "action", "tier", "state", "created_at")
    list_select_related = ("agent",)
    list_filter = ("state",)
    show_full_result_count = False
    # Not what would run nor what the agent says of it: only the page of the
    # request shows those with everything invisible made visible.
    fields = (
        "agent",
        "key",
        "action",
        "revision",
        "digest",
        "policy",
        "tier",
        "route",
        "state",
        "created_at",
        "expires_at",
        "decided_at",
        "decision_source",
        "decision_reason_code",
        "decided_by",
    )
    inlines = (VoteInline,)


@admin.register(Policy)
class PolicyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("version", "published_at", "published_by", "reason")
    list_select_related = ("published_by",)
