"""Models of Anthropic, over its Messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def build_model(model_name: str) -> Model:
    """The model of this name at Anthropic; instructions and tools are cached there between the requests of a run."""
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
    from pydantic_ai.providers.anthropic import AnthropicProvider

    from agents.engine.checked import CheckedModel
    from agents.engine.clients import client_timeouts, shared_client, thinking_effort

    access = settings.MODEL_SOURCES["anthropic"]
    key = access["key"].get_secret_value()
    client = AsyncAnthropic(
        api_key=key,
        base_url=access["url"],
        http_client=shared_client(),
        timeout=client_timeouts(),
        max_retries=0,
    )
    chosen = AnthropicModelSettings(anthropic_cache_instructions=True, anthropic_cache_tool_definitions=True)
    if (effort := thinking_effort()) is not None:
        chosen["thinking"] = effort
    model = AnthropicModel(model_name, provider=AnthropicProvider(anthropic_client=client), settings=chosen)
    return CheckedModel(model, key)
