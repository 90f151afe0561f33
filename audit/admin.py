"""The audit log to look at, where the rest of the administration is."""

import json

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from audit.models import Entry


class ReadOnly:
    """Nothing can be added, changed or deleted: changes go through the writers."""

    def has_add_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("at", "action", "actor_name", "subject_type", "subject_id")
    show_full_result_count = False
    fields = (
        "at",
        "action",
        "actor_type",
        "actor_id",
        "actor_name",
        "subject_type",
        "subject_id",
        "ascii_data",
    )
    readonly_fields = ("ascii_data",)

    @admin.display(description="data")
    def ascii_data(self, entry: Entry) -> str:
        """Escapes, so that no character in it is invisible."""
        return json.dumps(entry.data, indent=2)
