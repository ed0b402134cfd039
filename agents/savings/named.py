"""Finds the model somebody named: in the data, else in the price book."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from agents.engine.context import DataHandle, PinnedPrices
from agents.errors import ToolArgumentsWrong
from agents.prices.library import listed_models, providers_of
from agents.savings.cells import Pair
from agents.usage.needs import join_words

MOST_SUGGESTED: Final = 5
# Where several providers sell a model, the one that made it.
MAKERS: Final = ("openai", "anthropic", "google", "mistral", "x-ai", "deepseek", "cohere", "meta")


def find_target(data: DataHandle, prices: PinnedPrices, named: str) -> Pair:
    """The (provider, model) meant by `model` or `provider/model`; ToolArgumentsWrong with close names otherwise."""
    wanted = named.strip()
    for pair in data.profile.models:
        if wanted.casefold() in {pair[1].casefold(), f"{pair[0]}/{pair[1]}".casefold()}:
            return pair
    for pair in list_meant(data, wanted):
        if prices.rows_for([pair]):
            return pair
    raise ToolArgumentsWrong(f"No price is known for a model called {named}.{suggest(data, wanted)}")


def list_meant(data: DataHandle, wanted: str) -> Iterable[Pair]:
    """The pairs the name may mean, those of the data's providers first."""
    provider, _, model = wanted.partition("/")
    if model:
        yield provider, model
    for known in data.profile.providers:
        if wanted.casefold() in providers_models(known) or not listed(known):
            yield known, wanted
    sellers = providers_of(wanted)
    for seller in sorted(sellers, key=lambda name: (MAKERS.index(name) if name in MAKERS else len(MAKERS), name)):
        yield seller, wanted
    # What only an own price knows.
    for known in data.profile.providers:
        yield known, wanted


def providers_models(provider: str) -> frozenset[str]:
    """The models the price list has of a provider."""
    return frozenset(item.model for item in listed_models() if item.provider == provider.casefold())


def listed(provider: str) -> bool:
    """Whether the price list knows the provider under this very name."""
    return bool(providers_models(provider))


def suggest(data: DataHandle, wanted: str) -> str:
    """Close names in a sentence."""
    names = {model for _, model in data.profile.models}
    names |= {item.model for item in listed_models() if item.provider in MAKERS}
    close = get_close_matches(wanted.casefold(), sorted(names), MOST_SUGGESTED, 0.5)
    return f" Close names: {join_words(close)}." if close else " Look it up in the model catalogue."


def require_used(data: DataHandle, named: str) -> str:
    """The name as it is spelled in the data; ToolArgumentsWrong with the data's models otherwise."""
    wanted = named.strip().casefold().rpartition("/")[2]
    for model in data.profile.model_names:
        if model.casefold() == wanted:
            return model
    known = join_words(data.profile.model_names[:20])
    raise ToolArgumentsWrong(f"No row of this data is about a model called {named}. Its models are {known}.")
