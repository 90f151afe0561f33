"""People and their groups in the admin, with an entry in the log for each change."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from audit import log
from audit.actions import Action

admin.site.unregister([User, Group])


@admin.register(User)
class RecordedUserAdmin(UserAdmin):  # type: ignore[type-arg]
    """Who may do what is a fact of the log, like what they did."""

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: bool
    ) -> None:
        before = _rights_of(User.objects.get(pk=obj.pk)) if change else None
        form.rights_before = before
        super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        user, before = form.instance, form.rights_before
        after = _rights_of(User.objects.get(pk=user.pk))
        if before is None:
            _record(request, Action.USER_CREATED, ("user", str(user.pk)), after)
        elif changed := _difference(before, after):
            data = {"name": user.get_username(), **changed}
            _record(request, Action.USER_CHANGED, ("user", str(user.pk)), data)

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        before = User.objects.filter(pk=id).values_list("password", flat=True).first()
        answer = super().user_change_password(request, id, form_url)
        user = User.objects.filter(pk=id).first()
        if user is not None and user.password != before:
            data = {"name": user.get_username()}
            _record(request, Action.USER_PASSWORD_SET, ("user", str(user.pk)), data)
        return answer

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        data = {"name": obj.get_username()}
        _record(request, Action.USER_DELETED, ("user", str(obj.pk)), data)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)


@admin.register(Group)
class RecordedGroupAdmin(GroupAdmin):
    """The same for groups and what their members may do."""

    def save_model(
        self, request: HttpRequest, obj: Group, form: Any, change: bool
    ) -> None:
        stored = Group.objects.filter(pk=obj.pk).first() if change else None
        form.rights_before = _permissions_of(stored) if stored else None
        super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        group, before = form.instance, form.rights_before
        after = _permissions_of(Group.objects.get(pk=group.pk))
        if changed := _difference(before or {}, after):
            subject = ("group", str(group.pk))
            _record(request, Action.GROUP_CHANGED, subject, {**after, **changed})

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        members = [user.get_username() for user in obj.user_set.order_by("username")]
        data = {"name": obj.name, "members": members}
        _record(request, Action.GROUP_DELETED, ("group", str(obj.pk)), data)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            self.delete_model(request, group)


def _rights_of(user: User) -> dict[str, Any]:
    return {
        "name": user.get_username(),
        "active": user.is_active,
        "staff": user.is_staff,
        "superuser": user.is_superuser,
        "groups": sorted(user.groups.values_list("name", flat=True)),
        "permissions": _names(user.user_permissions.all()),
    }


def _permissions_of(group: Group) -> dict[str, Any]:
    return {"name": group.name, "permissions": _names(group.permissions.all())}


def _names(permissions: Iterable[Permission]) -> list[str]:
    return sorted(f"{one.content_type.app_label}.{one.codename}" for one in permissions)


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Each member that changed, as ``{"before": …, "after": …}``."""
    return {
        name: {"before": before.get(name), "after": value}
        for name, value in after.items()
        if before.get(name) != value
    }


def _record(
    request: HttpRequest, action: Action, subject: tuple[str, str], data: dict[str, Any]
) -> None:
    if not isinstance(request.user, User):
        raise TypeError("Only people change people")
    log.record(action, actor=log.person(request.user), subject=subject, data=data)
