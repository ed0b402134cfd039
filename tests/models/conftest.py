"""A provider that is ours, and agents that ask it through the real clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_ai import Agent, AgentRunResultEvent, UsageLimits
from pydantic_ai.messages import (
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ModelMessage,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
)
from pydantic_ai.usage import RunUsage

from agents.engine.clients import close_shared_client
from agents.providers import model_for
from tests.models.server import KEY, Brain, ModelServer, serve_models

SOURCES = ("openai", "compatible", "anthropic")


@pytest.fixture
def provider(settings: Any) -> Iterator[Callable[[Brain], ModelServer]]:
    """Starts a provider, and lets every source of models be that one."""
    with ExitStack() as stack:

        def start(brain: Brain) -> ModelServer:
            server = stack.enter_context(serve_models(brain))
            settings.MODEL_SOURCES = {
                "builtin": {"key": SecretStr(""), "url": "", "missing": ""},
                "openai": {"key": SecretStr(KEY), "url": server.openai_url, "missing": ""},
                "compatible": {"key": SecretStr(KEY), "url": server.openai_url, "missing": ""},
                "anthropic": {"key": SecretStr(KEY), "url": server.anthropic_url, "missing": ""},
            }
            settings.MODEL_TIMEOUT_SECONDS = 5
            return server

        yield start


@pytest.fixture(autouse=True)
async def fresh_client() -> AsyncIterator[None]:
    """A client belongs to one event loop, and each test has its own."""
    yield
    await close_shared_client()


@dataclass
class Told:
    """What came of a run."""

    thinking: str = ""
    text: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    results: list[tuple[str, str]] = field(default_factory=list)
    messages: list[ModelMessage] = field(default_factory=list)
    usage: RunUsage = field(default_factory=RunUsage)


async def ask(
    source: str, *tools: Any, told: Told | None = None, limits: UsageLimits | None = None, model: str = "some-model"
) -> Told:
    """Runs a small agent on a model of this source."""
    heard = told or Told()
    agent = Agent(model_for(f"{source}:{model}"), instructions="Be short.", tools=tools, retries=2)
    async with agent.run_stream_events("What is it?", usage=heard.usage, usage_limits=limits) as events:
        async for event in events:
            hear(heard, event)
    return heard


def hear(told: Told, event: Any) -> None:
    """Adds one event."""
    match event:
        case PartStartEvent(part=ThinkingPart(content=content)):
            told.thinking += content
        case PartDeltaEvent(delta=ThinkingPartDelta(content_delta=content)):
            told.thinking += content or ""
        case PartStartEvent(part=TextPart(content=content)):
            told.text += content
        case PartDeltaEvent(delta=TextPartDelta(content_delta=content)):
            told.text += content
        case FunctionToolCallEvent(part=part):
            told.calls.append((part.tool_name, part.args_as_dict()))
        case FunctionToolResultEvent(part=part):
            told.results.append((part.tool_name, part.outcome))
        case AgentRunResultEvent(result=result):
            told.messages = result.all_messages()
