"""Offers our tools to the agent library: a tool that breaks is a failed result, never a failed run."""

from __future__ import annotations

import inspect
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_type_hints

import structlog
from pydantic_ai import RunContext as LibraryContext
from pydantic_ai import Tool, ToolFailed
from pydantic_core import to_jsonable_python

from accounts.errors import NetraError
from agents.engine.blocks import ToolResult
from agents.engine.context import RunContext
from agents.engine.ports import Ledger, make_call_key
from agents.engine.specs import AgentTool, DoneCall
from agents.engine.text import clean_value
from agents.errors import CallNotRepeated

log = structlog.get_logger(__name__)
UNEXPECTED = "This tool failed unexpectedly; its fault is in the log. Go on without its result."


@dataclass(slots=True)
class ToolSession:
    """The tool calls of one agent while it works."""

    context: RunContext
    ledger: Ledger
    agent: str = ""
    finished: dict[str, DoneCall] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    # Calls of one turn run at once and end in any order; what follows from them must not depend on it.
    begun: dict[str, None] = field(default_factory=dict)

    @property
    def calls(self) -> tuple[DoneCall, ...]:
        """The finished calls in the order in which the model made them."""
        return tuple(self.finished[call_id] for call_id in self.begun if call_id in self.finished)

    def next_key(self, tool: str, arguments: dict[str, Any]) -> str:
        """The ledger key of this call; repeating a call gives the next ordinal."""
        name = json.dumps([tool, arguments], sort_keys=True)
        self.asked[name] += 1
        return make_call_key(self.context.run_id, self.agent, self.asked[name], tool, arguments)

    def name_call(self, call_id: str) -> str:
        """The call's id as clients see it: unique in the run, whatever ids the models of its agents choose."""
        return f"{self.agent}:{call_id}"

    def begin_again(self) -> None:
        """Another model starts over: its calls count from the first one, so that finished ones are found again."""
        self.asked.clear()
        self.finished.clear()
        self.begun.clear()


@cache
def offer_tool(tool: AgentTool) -> Tool[ToolSession]:
    """The tool as the library wants it: same name, types and docstring, its own context in front.

    Built once a process: making the schema takes milliseconds of the event loop, and it holds no state.
    """

    async def call(ctx: LibraryContext[ToolSession], **arguments: Any) -> dict[str, Any]:
        return await run_tool(tool, ctx.deps, ctx.tool_call_id or "", arguments)

    imitate(call, tool.function)
    return Tool(call, takes_ctx=True, name=tool.name)


def imitate(call: Callable[..., Awaitable[Any]], function: Callable[..., Any]) -> None:
    """Gives the wrapper the signature of the tool, with the library's context as first parameter."""
    hints = get_type_hints(function, include_extras=True)
    own = list(inspect.signature(function).parameters.values())[1:]
    first = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=LibraryContext[ToolSession])
    typed = [item.replace(annotation=hints[item.name]) for item in own]
    call.__signature__ = inspect.Signature([first, *typed])  # type: ignore[attr-defined]
    call.__annotations__ = {item.name: item.annotation for item in (first, *typed)}
    call.__doc__, call.__name__ = function.__doc__, function.__name__


async def run_tool(tool: AgentTool, session: ToolSession, call_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The facts of the tool's result; a call that finished before is not made again."""
    plain = clean_value(to_jsonable_python(arguments))
    key = session.next_key(tool.name, plain)
    session.begun[call_id] = None
    started = time.monotonic()
    try:
        data = await session.ledger.find(key)
        if data is None:
            data = await call_tool(tool, session.context, arguments)
            await session.ledger.record(key, tool.name, plain, data, time.monotonic() - started)
    finally:
        session.seconds[call_id] = time.monotonic() - started
    session.finished[call_id] = DoneCall(
        call_id=session.name_call(call_id),
        agent=session.agent,
        tool=tool.name,
        title=tool.title,
        arguments=plain,
        block=data["block"],
        facts=data["facts"],
        seconds=round(session.seconds[call_id], 3),
    )
    return put_lists_last({"summary": data["block"]["summary"], **data["facts"]})


def put_lists_last(facts: dict[str, Any]) -> dict[str, Any]:
    """The same facts, totals and targets first: where a long result is cut for a model, its lists lose their ends."""
    return dict(sorted(facts.items(), key=lambda item: isinstance(item[1], list)))


async def call_tool(tool: AgentTool, context: RunContext, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result as clean JSON-ready data."""
    try:
        result = await tool.function(context, **arguments)
    except NetraError as error:
        raise ToolFailed(error.sentence) from error
    # The run boundary: whatever a tool does wrong, the model is told and the run goes on.
    except Exception as error:
        log.exception("tool_failed", tool=tool.name, run_id=str(context.run_id))
        raise ToolFailed(UNEXPECTED) from error
    return read_result(result)


def read_result(result: ToolResult) -> dict[str, Any]:
    """A result as clean JSON-ready data."""
    data: dict[str, Any] = clean_value(to_jsonable_python(result.as_data()))
    return data


async def call_again(tool: AgentTool, context: RunContext, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a call as it was recorded, made once more; nothing is looked up and nothing kept."""
    typed: dict[str, Any] = offer_tool(tool).function_schema.validator.validate_python(arguments)
    try:
        return await call_tool(tool, context, typed)
    except ToolFailed as error:
        raise CallNotRepeated from error
