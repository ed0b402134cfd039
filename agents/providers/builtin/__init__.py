"""The model that needs no key: deterministic and offline, it writes from what the tools return."""

from __future__ import annotations

from pydantic_ai.models.function import FunctionModel

from agents.providers.builtin.brain import answer, stream


def build_model(model_name: str = "") -> FunctionModel:
    """The built-in model; it has no state, so one name is as good as another."""
    return FunctionModel(answer, stream_function=stream, model_name="builtin")
