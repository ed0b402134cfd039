"""Writes a reply the way each provider streams it: one event a list entry, as bytes of server-sent events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.models.replies import Call, Filtered, Part, Reply, Text, Thinking, Tokens, Truncate

CUT_SIZE = 7
Data = dict[str, Any]


def cut(text: str) -> list[str]:
    """The text in small pieces, so that nothing depends on where a provider cuts."""
    return [text[at : at + CUT_SIZE] for at in range(0, len(text), CUT_SIZE)] or [""]


def plain_event(data: Data) -> bytes:
    """An event without a name."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def named_event(data: Data) -> bytes:
    """An event named by its type."""
    return f"event: {data['type']}\n".encode() + plain_event(data)


def name_call(call: Call, number: int) -> str:
    """The id of a call."""
    return call.call_id or f"call_{number}"


def stream_chat(reply: Reply, model: str, number: int) -> Iterator[bytes]:
    """OpenAI's chat completions."""
    base = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": model}

    def chunk(delta: Data, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return plain_event(base | {"choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    calls = [part for part in reply.parts if isinstance(part, Call)]
    for part in reply.parts:
        if isinstance(part, Call):
            yield from chat_call(chunk, part, calls.index(part), number)
        else:
            key = "reasoning_content" if isinstance(part, Thinking) else "content"
            yield from (chunk({key: piece}) for piece in cut(part.text))
    yield chunk({}, chat_end(reply, bool(calls)))
    if reply.tokens:
        yield plain_event(base | {"choices": [], "usage": chat_tokens(reply.tokens)})
    yield b"data: [DONE]\n\n"


def chat_call(chunk: Callable[[Data], bytes], call: Call, index: int, number: int) -> Iterator[bytes]:
    """One call, its arguments in pieces."""
    head = {"index": index, "id": name_call(call, number * 10 + index), "type": "function"}
    yield chunk({"tool_calls": [head | {"function": {"name": call.tool, "arguments": ""}}]})
    for piece in cut(json.dumps(call.arguments)):
        yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})


def chat_end(reply: Reply, calls: bool) -> str:
    """Why the answer ends."""
    if isinstance(reply.fault, Filtered):
        return "content_filter"
    if isinstance(reply.fault, Truncate):
        return "length"
    return "tool_calls" if calls else "stop"


def chat_tokens(tokens: Tokens) -> Data:
    """Usage; totals contain their parts."""
    total_in, total_out = tokens.input + tokens.cached, tokens.output + tokens.reasoning
    return {
        "prompt_tokens": total_in,
        "completion_tokens": total_out,
        "total_tokens": total_in + total_out,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    }


def stream_responses(reply: Reply, model: str, number: int) -> Iterator[bytes]:
    """OpenAI's responses."""
    counter = iter(range(1_000_000))
    frame = {"id": f"resp_{number}", "object": "response", "created_at": 1_700_000_000, "model": model, "output": []}
    frame |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}

    def event(type: str, **data: Any) -> bytes:
        return named_event({"type": type, "sequence_number": next(counter), **data})

    yield event("response.created", response=frame | {"status": "in_progress"})
    for index, part in enumerate(reply.parts):
        yield from responses_item(event, part, index, number)
    if isinstance(reply.fault, Filtered | Truncate):
        reason = "content_filter" if isinstance(reply.fault, Filtered) else "max_output_tokens"
        ended = frame | {"status": "incomplete", "incomplete_details": {"reason": reason}}
        yield event("response.incomplete", response=ended | responses_tokens(reply.tokens))
    else:
        yield event("response.completed", response=frame | {"status": "completed"} | responses_tokens(reply.tokens))


def responses_item(event: Callable[..., bytes], part: Part, index: int, number: int) -> Iterator[bytes]:
    """One item of the output."""
    item_id = f"item_{number}_{index}"
    where = {"item_id": item_id, "output_index": index}
    if isinstance(part, Thinking):
        item = {"type": "reasoning", "id": item_id, "summary": []}
        yield event("response.output_item.added", output_index=index, item=item)
        for piece in cut(part.text):
            yield event("response.reasoning_summary_text.delta", **where, summary_index=0, delta=piece)
        yield event("response.output_item.done", output_index=index, item=item | {"encrypted_content": "sealed"})
    elif isinstance(part, Text):
        item = {"type": "message", "id": item_id, "role": "assistant", "status": "in_progress", "content": []}
        yield event("response.output_item.added", output_index=index, item=item)
        for piece in cut(part.text):
            yield event("response.output_text.delta", **where, content_index=0, delta=piece, logprobs=[])
        done = item | {"status": "completed"}
        yield event("response.output_item.done", output_index=index, item=done)
    else:
        arguments = json.dumps(part.arguments)
        item = {"type": "function_call", "id": item_id, "call_id": name_call(part, number * 10 + index)}
        item |= {"name": part.tool, "arguments": "", "status": "in_progress"}
        yield event("response.output_item.added", output_index=index, item=item)
        for piece in cut(arguments):
            yield event("response.function_call_arguments.delta", **where, delta=piece)
        done = item | {"arguments": arguments, "status": "completed"}
        yield event("response.output_item.done", output_index=index, item=done)


def responses_tokens(tokens: Tokens | None) -> Data:
    """Usage; totals contain their parts."""
    if tokens is None:
        return {}
    total_in, total_out = tokens.input + tokens.cached, tokens.output + tokens.reasoning
    return {
        "usage": {
            "input_tokens": total_in,
            "input_tokens_details": {"cached_tokens": tokens.cached},
            "output_tokens": total_out,
            "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
            "total_tokens": total_in + total_out,
        }
    }


def stream_messages(reply: Reply, model: str, number: int) -> Iterator[bytes]:
    """Anthropic's messages."""
    tokens = reply.tokens or Tokens(0, 0, 0, 0, 0)
    usage = {"input_tokens": tokens.input, "cache_read_input_tokens": tokens.cached}
    usage |= {"cache_creation_input_tokens": tokens.written, "output_tokens": 0}
    message: Data = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": model, "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": usage}
    yield named_event({"type": "message_start", "message": message})
    yield named_event({"type": "ping"})
    for index, part in enumerate(reply.parts):
        yield from messages_block(part, index, number)
    calls = any(isinstance(part, Call) for part in reply.parts)
    end: Data = {"stop_reason": messages_end(reply, calls), "stop_sequence": None}
    counted: Data = usage | {"output_tokens": tokens.output + tokens.reasoning}
    if tokens.reasoning:
        counted["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    yield named_event({"type": "message_delta", "delta": end, "usage": counted})
    yield named_event({"type": "message_stop"})


def messages_block(part: Part, index: int, number: int) -> Iterator[bytes]:
    """One content block."""
    if isinstance(part, Thinking):
        block: Data = {"type": "thinking", "thinking": "", "signature": ""}
        deltas: list[Data] = [{"type": "thinking_delta", "thinking": piece} for piece in cut(part.text)]
        deltas.append({"type": "signature_delta", "signature": "signed"})
    elif isinstance(part, Text):
        block = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in cut(part.text)]
    else:
        block = {"type": "tool_use", "id": name_call(part, number * 10 + index), "name": part.tool, "input": {}}
        pieces = cut(json.dumps(part.arguments))
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    yield named_event({"type": "content_block_start", "index": index, "content_block": block})
    for delta in deltas:
        yield named_event({"type": "content_block_delta", "index": index, "delta": delta})
    yield named_event({"type": "content_block_stop", "index": index})


def messages_end(reply: Reply, calls: bool) -> str:
    """Why the answer ends."""
    if isinstance(reply.fault, Filtered):
        return "refusal"
    if isinstance(reply.fault, Truncate):
        return "max_tokens"
    return "tool_use" if calls else "end_turn"
