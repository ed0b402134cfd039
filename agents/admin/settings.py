"""What staff may change about how an agent works."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.errors import NetraError
from accounts.staff import StaffAdmin
from agents.models import AgentSettings
from agents.providers import NO_FALLBACK, check_model, missing_variable, models_to_try, provider_names
from agents.team import agent_names, find_agent

MOST_REQUESTS: Final = 200
MOST_TOOL_CALLS: Final = 1_000
MOST_INSTRUCTIONS: Final = 50_000
MOST_FALLBACKS: Final = 8
LONGEST_MODEL_NAME: Final = 120


class ModelListField(forms.CharField):
    """Names of models, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 60})

    def prepare_value(self, value: Any) -> Any:
        """The stored list as lines; what somebody typed stays as it is."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines without the empty ones; each model once."""
        lines = [line.strip() for line in (value or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: list[str]) -> None:
        """Every line names a model that can be asked for."""
        if len(value) > MOST_FALLBACKS:
            raise forms.ValidationError(f"At most {MOST_FALLBACKS} models.")
        if NO_FALLBACK in value and len(value) > 1:
            raise forms.ValidationError(f"“{NO_FALLBACK}” stands alone.")
        for name in value:
            if name != NO_FALLBACK:
                refuse_unusable_model(name)

    def run_validators(self, value: list[str]) -> None:
        """Nothing: the validators of a text field are about one text."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list is another one, however it is typed."""
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


def refuse_unusable_model(name: str) -> None:
    """Makes sure that a run could ask for this model."""
    if len(name) > LONGEST_MODEL_NAME:
        raise forms.ValidationError(f"A model's name has at most {LONGEST_MODEL_NAME} characters.")
    try:
        check_model(name)
    except NetraError as error:
        raise forms.ValidationError(error.sentence) from error


def describe_sources() -> str:
    """Which sources of models can be used, and what the others miss."""
    states = {source: missing_variable(source) for source in provider_names()}
    words = [f"{source} ({variable} is not set)" if variable else source for source, variable in states.items()]
    ready = f"Set up here: {', '.join(word for word in words if word in states)}."
    others = ", ".join(word for word in words if word not in states)
    return f"{ready} Not set up: {others}." if others else ready


class AgentSettingsForm(forms.ModelForm):
    """Settings of one agent; what is left empty stays as the agent brings it."""

    model = forms.CharField(
        required=False,
        max_length=LONGEST_MODEL_NAME,
        help_text="builtin, or provider:model. Empty: the agent's own, or the configured default.",
    )
    fallback_models = ModelListField(
        required=False,
        help_text="Models to go on with when one fails, one a line, in order. "
        f"Empty: the agent's own, or the configured ones; “{NO_FALLBACK}”: no other model.",
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
        fields = ("name", "model", "fallback_models", "instructions", "request_limit", "tool_call_limit")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "name" in self.fields:
            self.fields["name"] = forms.ChoiceField(label="Agent", choices=[(name, name) for name in agent_names()])
        if "model" in self.fields:
            self.fields["model"].help_text = f"{self.fields['model'].help_text} {describe_sources()}"
        if self.instance.pk and "model" in self.fields:
            self.tell_own_values()

    def tell_own_values(self) -> None:
        """Says beside each field what the agent brings."""
        if self.instance.name not in agent_names():
            return
        own = find_agent(self.instance.name)
        first, *following = models_to_try(None, own.model, own.fallbacks)
        values = {
            "model": first,
            "fallback_models": ", ".join(following) or NO_FALLBACK,
            "request_limit": own.limits.requests,
            "tool_call_limit": own.limits.tool_calls,
        }
        for name, value in values.items():
            self.fields[name].help_text = f"{self.fields[name].help_text} Now that is {value}."

    def clean_model(self) -> str:
        """A model some provider can be asked for; whether it exists there shows when a run asks."""
        name: str = self.cleaned_data["model"].strip()
        if name:
            refuse_unusable_model(name)
        return name


@admin.register(AgentSettings)
class AgentSettingsAdmin(StaffAdmin):
    """What staff changed about an agent; deleting the row gives the agent its own values back."""

    verbs = ("view", "add", "change", "delete")
    form = AgentSettingsForm
    list_display = ("name", "model_or_own", "fallbacks_or_own", "request_limit", "tool_call_limit", "updated_at")
    fields = ("name", "model", "fallback_models", "instructions", "request_limit", "tool_call_limit", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: AgentSettings | None = None) -> tuple[str, ...]:
        """Settings stay with their agent."""
        return ("name", "updated_at") if obj else ("updated_at",)

    @admin.display(description="model")
    def model_or_own(self, changed: AgentSettings) -> str:
        """The model, or that the agent's own is used."""
        return changed.model or "(the agent's own)"

    @admin.display(description="fallbacks")
    def fallbacks_or_own(self, changed: AgentSettings) -> str:
        """The models after the first, or that the agent's own are used."""
        return ", ".join(changed.fallback_models) or "(the agent's own)"
