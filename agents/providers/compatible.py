"""Models of any server that speaks OpenAI's chat completions: a gateway, vLLM, Ollama, llama.cpp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from pydantic_ai.models import Model

# The SDK insists on a key; servers that need none ignore it.
NO_KEY: Final = "none"


def build_model(model_name: str) -> Model:
    """The model of this name at the configured server."""
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles import merge_profile
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
    from pydantic_ai.settings import ModelSettings

    from agents.engine.checked import CheckedModel
    from agents.engine.clients import client_timeouts, shared_client, thinking_effort

    access = settings.MODEL_SOURCES["compatible"]
    key = access["key"].get_secret_value()
    client = AsyncOpenAI(
        api_key=key or NO_KEY,
        base_url=access["url"],
        http_client=shared_client(),
        timeout=client_timeouts(),
        max_retries=0,
    )
    provider = OpenAICompatibleProvider("compatible", openai_client=client)
    # An answer that ends without saying so is a cut one, not a short one.
    ends = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    profile = merge_profile(provider.model_profile(model_name), ends)
    chosen = ModelSettings()
    if (effort := thinking_effort()) is not None:
        chosen["thinking"] = effort
    model = OpenAIChatModel(model_name, provider=provider, profile=profile, settings=chosen)
    return CheckedModel(model, key)
