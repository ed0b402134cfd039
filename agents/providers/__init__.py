"""Where models come from: one file a source, found by its name, loaded when a run needs it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from agents.errors import UnknownModel

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def provider_names() -> list[str]:
    """The names of all sources."""
    return sorted(module.name for module in iter_modules(__path__))


def model_for(name: str) -> Model:
    """The model of a name like `builtin` or `source:model`."""
    source, _, model_name = name.partition(":")
    if source not in provider_names():
        raise UnknownModel(f"No model provider is called “{source}”. Known: {', '.join(provider_names())}.")
    model: Model = import_module(f"{__name__}.{source}").build_model(model_name)
    return model
