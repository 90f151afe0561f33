"""Agents and deliveries to look at. Changes go through the pages, which record them."""

from django.contrib import admin

from agents.models import Agent, AgentKey, Delivery, DeliveryAttempt
from audit.admin import ReadOnly


@admin.register(Agent)
class AgentAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "owner", "is_active", "callback_url", "created_at")
    list_select_related = ("owner",)
    search_fields = ("name",)
    # Not the secrets: they are shown once, to who makes them.
    fields = (
        "name",
        "owner",
        "is_active",
        "callback_url",
        "callback_disabled_at",
        "created_at",
    )


@admin.register(AgentKey)
class AgentKeyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("last4", "agent", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("agent",)
    exclude = ("hash",)


class AttemptInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = DeliveryAttempt


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "agent", "type", "state", "attempts_made", "created_at")
    list_select_related = ("agent",)
    list_filter = ("state",)
    show_full_result_count = False
    # Not the body: it may carry a permit.
    exclude = ("body",)
    inlines = (AttemptInline,)
