"""Agent settings and data sets in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from agents.models import AgentSettings, DataSet, DataSetVersion


@admin.register(AgentSettings)
class AgentSettingsAdmin(admin.ModelAdmin):
    """What staff changed about an agent; an empty field leaves the agent's own value."""

    list_display = ("name", "model", "request_limit", "tool_call_limit", "updated_at")


class VersionInline(admin.TabularInline):
    """The states a data set has had."""

    model = DataSetVersion
    fields = ("number", "rows", "first_day", "last_day", "bytes", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Versions come from imports."""
        return False


@admin.register(DataSet)
class DataSetAdmin(admin.ModelAdmin):
    """Data sets: whose, how large, from when to when; never their rows."""

    list_display = ("title", "user", "demo", "status", "created_at")
    list_filter = ("demo", "status")
    search_fields = ("title", "user__email")
    list_select_related = ("user",)
    fields = ("id", "title", "user", "demo", "status", "created_at")
    readonly_fields = fields
    inlines = (VersionInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Data sets come from imports."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DataSet | None = None) -> bool:
        """Their owners delete them, files and all."""
        return False
