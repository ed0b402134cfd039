"""What staff may change about how an agent works."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.staff import StaffAdmin
from agents.models import AgentSettings
from agents.providers import provider_names
from agents.team import agent_names, find_agent

MOST_REQUESTS: Final = 200
MOST_TOOL_CALLS: Final = 1_000
MOST_INSTRUCTIONS: Final = 50_000


class AgentSettingsForm(forms.ModelForm):
    """Settings of one agent; what is left empty stays as the agent brings it."""

    model = forms.CharField(
        required=False,
        max_length=120,
        help_text="A provider, or provider:model, such as builtin. Empty: the model the agent was written for.",
    )
    instructions = forms.CharField(
        required=False,
        max_length=MOST_INSTRUCTIONS,
        widget=forms.Textarea(attrs={"rows": 14, "cols": 90}),
        help_text="Replaces the agent's own instructions as a whole. Empty: its own.",
    )
    request_limit = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_REQUESTS,
        help_text="How often one run may ask the model. Empty: the agent's own limit.",
        error_messages={"min_value": "At least 1; leave it empty for the agent's own limit."},
    )
    tool_call_limit = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_TOOL_CALLS,
        help_text="How many tools one run may call. Empty: the agent's own limit.",
        error_messages={"min_value": "At least 1; leave it empty for the agent's own limit."},
    )

    class Meta:
        model = AgentSettings
        fields = ("name", "model", "instructions", "request_limit", "tool_call_limit")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "name" in self.fields:
            self.fields["name"] = forms.ChoiceField(label="Agent", choices=[(name, name) for name in agent_names()])
        if self.instance.pk and "model" in self.fields:
            self.tell_own_values()

    def tell_own_values(self) -> None:
        """Says beside each field what the agent brings."""
        if self.instance.name not in agent_names():
            return
        own = find_agent(self.instance.name)
        values = {"model": own.model, "request_limit": own.limits.requests, "tool_call_limit": own.limits.tool_calls}
        for name, value in values.items():
            self.fields[name].help_text = f"{self.fields[name].help_text} Now that is {value}."

    def clean_model(self) -> str:
        """A model some provider can be asked for; whether it exists there shows when a run asks."""
        name: str = self.cleaned_data["model"].strip()
        source, colon, model = name.partition(":")
        if name and source not in provider_names():
            known = ", ".join(provider_names())
            raise forms.ValidationError(f"No model provider is called “{source}”. Known: {known}.")
        if colon and not model:
            raise forms.ValidationError("Write the model's name after the colon.")
        return name


@admin.register(AgentSettings)
class AgentSettingsAdmin(StaffAdmin):
    """What staff changed about an agent; deleting the row gives the agent its own values back."""

    verbs = ("view", "add", "change", "delete")
    form = AgentSettingsForm
    list_display = ("name", "model_or_own", "request_limit", "tool_call_limit", "updated_at")
    fields = ("name", "model", "instructions", "request_limit", "tool_call_limit", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: AgentSettings | None = None) -> tuple[str, ...]:
        """Settings stay with their agent."""
        return ("name", "updated_at") if obj else ("updated_at",)

    @admin.display(description="model")
    def model_or_own(self, changed: AgentSettings) -> str:
        """The model, or that the agent's own is used."""
        return changed.model or "(the agent's own)"
