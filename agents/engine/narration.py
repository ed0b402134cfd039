"""Tells the library's events as ours, and keeps the text that was told."""

from __future__ import annotations

from pydantic_ai.messages import (
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    ToolCallPart,
    ToolReturnPart,
)

from agents.engine.ports import Sink
from agents.engine.specs import AgentSpec
from agents.engine.text import clean_text, clean_value
from agents.engine.tools import ToolSession


class Narration:
    """One agent's events in order; the final text is exactly what was told.

    The text of an agent that hands something on is not for people: it is told as thoughts.
    """

    def __init__(self, spec: AgentSpec, sink: Sink, session: ToolSession, parent: str = "") -> None:
        self.spec = spec
        self.sink = sink
        self.session = session
        self.parent = parent
        self.titles = {tool.name: tool.title for tool in spec.tools}
        self.parts: list[str] = []
        self.speaks = spec.yields is None

    @property
    def text(self) -> str:
        """The text parts told so far, as one Markdown text."""
        return "\n\n".join(part for part in self.parts if part)

    async def tell(self, event: object) -> None:
        """Emits what people see of this event; the first delta of a part sits in its start event."""
        match event:
            case PartStartEvent(part=ThinkingPart(content=content)):
                await self.tell_thinking(content)
            case PartDeltaEvent(delta=ThinkingPartDelta(content_delta=content)):
                await self.tell_thinking(content or "")
            case PartStartEvent(part=TextPart(content=content)):
                self.parts.append("")
                await self.tell_text(content)
            case PartDeltaEvent(delta=TextPartDelta(content_delta=content)):
                await self.tell_text(content)
            case FunctionToolCallEvent(part=part):
                await self.tell_call(part)
            case FunctionToolResultEvent(part=part):
                await self.tell_result(part)

    async def tell_thinking(self, content: str) -> None:
        """Live reasoning."""
        if delta := clean_text(content):
            await self.emit("agent_thinking", {"delta": delta})

    async def tell_text(self, content: str) -> None:
        """Answer text of the current part."""
        delta = clean_text(content)
        if not delta:
            return
        if not self.speaks:
            await self.emit("agent_thinking", {"delta": delta})
            return
        self.parts[-1] += delta
        await self.emit("message_delta", {"delta": delta, "part": len(self.parts) - 1})

    async def tell_call(self, part: ToolCallPart) -> None:
        """A tool begins."""
        arguments = clean_value(part.args_as_dict())
        await self.emit(
            "tool_executing",
            {
                "call_id": self.session.name_call(part.tool_call_id),
                "tool": part.tool_name,
                "title": self.titles.get(part.tool_name, part.tool_name),
                "arguments": arguments,
            },
        )

    async def tell_result(self, part: ToolReturnPart) -> None:
        """A tool ended, with its block or with the reason it has none."""
        seconds = round(self.session.seconds.get(part.tool_call_id, 0.0), 3)
        data: dict[str, object] = {
            "call_id": self.session.name_call(part.tool_call_id),
            "tool": part.tool_name,
            "outcome": part.outcome,
            "seconds": seconds,
        }
        finished = self.session.finished.get(part.tool_call_id)
        if finished is not None and part.outcome == "success":
            data["result"] = finished.block
        else:
            data["error"] = clean_text(part.model_response_str(wrap_if_error=False))
        await self.emit("tool_completed", data)

    async def tell_switch(self, data: dict[str, object]) -> None:
        """Another model, or another try, begins: what was told of thoughts and text is void."""
        self.parts.clear()
        self.session.begin_again()
        await self.emit("model_switched", data)

    async def emit(self, type: str, data: dict[str, object]) -> None:
        """Hands the event on under the agent's name, and under that of the agent it works for."""
        await self.sink.emit(type, data | {"parent": self.parent} if self.parent else data, self.spec.name)
