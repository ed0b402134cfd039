"""The library's models: found by name, with what is known of each besides its prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo

from agents.prices.listed import find_listed


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model of the library."""

    provider: str
    model: str
    name: str
    context_window: int | None
    deprecated: bool


@cache
def listed_models() -> tuple[ListedModel, ...]:
    """All models the library has prices for, by provider and name."""
    found = [
        ListedModel(provider.id, info.id, info.name or info.id, info.context_window, bool(info.deprecated))
        for provider in get_snapshot().providers
        for info in provider.models
    ]
    return tuple(sorted(found, key=lambda item: (item.provider, item.model)))


def listed_providers() -> tuple[str, ...]:
    """The providers the library knows."""
    return tuple(sorted({item.provider for item in listed_models()}))


def search_models(text: str) -> list[ListedModel]:
    """The models in whose provider, id or name every word occurs; those named exactly so come first."""
    words = text.casefold().split()
    found = [item for item in listed_models() if all(word in describe(item) for word in words)]
    return sorted(found, key=lambda item: (item.model.casefold() != text.strip().casefold(), item.provider, item.model))


def find_by_id(provider: str, model: str) -> ModelInfo | None:
    """The library's entry of exactly this id; some entries are meant by other spellings only."""
    named = (item for item in get_snapshot().providers if item.id == provider)
    return next((info for item in named for info in item.models if info.id == model), None)


def is_listed(provider: str, model: str) -> bool:
    """Whether the library has list prices for the model."""
    return find_listed(provider, model) is not None


def providers_of(model: str) -> Sequence[str]:
    """The providers that list a model of this very name."""
    wanted = model.strip().casefold()
    return [item.provider for item in listed_models() if item.model.casefold() == wanted]


def context_window_of(provider: str, model: str) -> int | None:
    """How many input tokens the model takes, where the library knows it."""
    info = find_listed(provider, model)
    return info.context_window if info else None


def describe(item: ListedModel) -> str:
    """The text a search looks into."""
    return f"{item.provider}/{item.model} {item.name}".casefold()
