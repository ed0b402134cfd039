"""The directory of agents: who may be asked, and by whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.staff import StaffAdmin, link
from agents.models import AgentSettings
from chat.models import Agent


class DirectoryForm(forms.ModelForm):
    """One row of the list, whose fields have no label but the column's head."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


@admin.register(Agent)
class AgentAdmin(StaffAdmin):
    """The record keeps the directory; how an agent works is this app's, so its pages are too."""

    list_display = ("title", "name", "enabled", "minimum_tier", "settings")
    list_editable = ("enabled", "minimum_tier")
    fields = ("name", "title", "enabled", "minimum_tier", "settings")
    readonly_fields = ("name", "settings")

    def get_changelist_form(self, request: HttpRequest, **options: Any) -> type[forms.ModelForm]:
        """The rows with labels."""
        return super().get_changelist_form(request, **(options | {"form": DirectoryForm}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        """The directory, with the settings each agent has."""
        found = AgentSettings.objects.filter(name=OuterRef("name")).values("pk")[:1]
        agents: QuerySet[Agent] = super().get_queryset(request)
        return agents.annotate(settings_id=Subquery(found))

    @admin.display(description="how it works")
    def settings(self, agent: Any) -> SafeString:
        """The way to its model, instructions and limits."""
        if agent.settings_id is None:
            return link(f"{reverse('admin:agents_agentsettings_add')}?name={agent.name}", "as delivered, change")
        return link(reverse("admin:agents_agentsettings_change", args=[agent.settings_id]), "changed by staff")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Agents come with the code."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        """Their runs point at them; disable one instead."""
        return False
