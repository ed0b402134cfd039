"""People in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import ApiKey, User


class NewUserForm(AdminUserCreationForm):
    """An account for somebody."""

    class Meta:
        model = User
        fields = ("email", "tier")


class UserForm(UserChangeForm):
    """An account as staff may change it."""

    class Meta:
        model = User
        fields = ("email", "tier", "is_active", "is_staff", "is_superuser", "user_permissions")


@admin.register(User)
class UserAdmin(StockUserAdmin):
    """Accounts: tier, access, and nothing of what they wrote."""

    form = UserForm
    add_form = NewUserForm
    list_display = ("email", "tier", "is_active", "is_staff", "created_at")
    list_filter = ("tier", "is_active", "is_staff")
    search_fields = ("email",)
    ordering = ("email",)
    filter_horizontal = ("user_permissions",)
    readonly_fields = ("id", "auth_version", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "tier")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("Record", {"fields": ("id", "auth_version", "last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "tier", "usable_password", "password1", "password2")}),)


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys: whose, since when, until when; deleting one ends it."""

    list_display = ("name", "user", "scope", "created", "expiry", "last_used_at")
    list_filter = ("scope",)
    search_fields = ("name", "user__email")
    list_select_related = ("user",)
    readonly_fields: ClassVar[tuple[str, ...]] = ("user", "token_key", "created", "last_used_at")
    fields = ("name", "user", "scope", "token_key", "created", "expiry", "last_used_at")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Keys are made by their owners: nobody else may see one."""
        return False


admin.site.unregister(Group)
