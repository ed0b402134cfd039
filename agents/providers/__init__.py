"""Where models come from: one file a source, found by its name, loaded when a run needs it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final

from django.conf import settings

from agents.errors import ModelNotConfigured, UnknownModel

if TYPE_CHECKING:
    from pydantic_ai.models import Model

    from agents.models import AgentSettings

WITHOUT_NAME: Final = "builtin"
# What staff write where an agent is to have no fallback at all.
NO_FALLBACK: Final = "none"


def provider_names() -> list[str]:
    """The names of all sources."""
    return sorted(module.name for module in iter_modules(__path__))


def missing_variable(source: str) -> str:
    """The variable that has to be set before this source can be used; empty when it can."""
    found: str = settings.MODEL_SOURCES[source]["missing"]
    return found


def check_model(name: str) -> None:
    """Makes sure a model of this name can be asked for; whether its provider knows it shows when a run asks."""
    source, colon, model_name = name.partition(":")
    if source not in provider_names():
        raise UnknownModel(f"No model provider is called “{source}”. Known: {', '.join(provider_names())}.")
    if colon and not model_name:
        raise UnknownModel("Write the model's name after the colon.")
    if bool(model_name) == (source == WITHOUT_NAME):
        raise UnknownModel(f"Write {WITHOUT_NAME}, or a provider and the model's name, such as openai:NAME.")
    if variable := missing_variable(source):
        raise ModelNotConfigured(
            f"The model “{name}” is not set up here: {variable} is not set. "
            "Ask the administrator to set it, or to choose another model."
        )


def model_for(name: str) -> Model:
    """The model of a name like `builtin` or `source:model`."""
    check_model(name)
    source, _, model_name = name.partition(":")
    model: Model = import_module(f"{__name__}.{source}").build_model(model_name)
    return model


def models_to_try(changed: AgentSettings | None, model: str = "", fallbacks: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The models an agent runs on, in order: what staff chose, else the agent's own, else the configured ones."""
    chosen = list(changed.fallback_models) if changed else []
    after = chosen or list(fallbacks) or list(settings.DEFAULT_FALLBACKS)
    first = (changed.model if changed else "") or model or settings.DEFAULT_MODEL
    # Each once: a model that failed is tried again by the rules for that, not because it is listed twice.
    return tuple(dict.fromkeys([first, *(name for name in after if name != NO_FALLBACK)]))
