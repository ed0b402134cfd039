"""Models of the price list that belong to the families of those in the data."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from agents.engine.context import DataHandle
from agents.prices.library import listed_models
from agents.savings.cells import Pair
from agents.savings.names import ModelName, read_name

# Under these names data and gateways mean a provider of the price list.
LIST_NAMES: Final = {"gemini": "google", "google-gla": "google", "google-vertex": "google", "vertex_ai": "google"}


def family_pairs(data: DataHandle) -> set[Pair]:
    """The models of the price list that belong to the families of the data's models, of no older generation."""
    return {pair for provider, model in data.profile.models for pair in relatives(provider, model)}


@lru_cache(maxsize=1024)
def relatives(provider: str, model: str) -> tuple[Pair, ...]:
    """Models of the same provider and family, plainly named, not retired and of no older generation."""
    name, listed = read_name(model), LIST_NAMES.get(provider.casefold(), provider.casefold())
    return tuple(
        (provider, item.model)
        for item in listed_models()
        if item.provider == listed and not item.deprecated and is_relative(read_name(item.model), name)
    )


def is_relative(other: ModelName, name: ModelName) -> bool:
    """Whether the other is of the same family and of no older generation."""
    return other.plain and other.family == name.family and other.generation >= name.generation
