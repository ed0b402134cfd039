"""Models of OpenAI, over its Responses API; nothing is stored there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def build_model(model_name: str) -> Model:
    """The model of this name at OpenAI."""
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings
    from pydantic_ai.providers.openai import OpenAIProvider

    from agents.engine.checked import CheckedModel
    from agents.engine.clients import client_timeouts, shared_client, thinking_effort

    access = settings.MODEL_SOURCES["openai"]
    key = access["key"].get_secret_value()
    client = AsyncOpenAI(
        api_key=key,
        base_url=access["url"],
        http_client=shared_client(),
        timeout=client_timeouts(),
        max_retries=0,
    )
    chosen = OpenAIResponsesModelSettings(openai_store=False)
    if (effort := thinking_effort()) is not None:
        chosen["thinking"] = effort
    if effort:
        chosen["openai_reasoning_summary"] = "auto"
    model = OpenAIResponsesModel(model_name, provider=OpenAIProvider(openai_client=client), settings=chosen)
    return CheckedModel(model, key)
