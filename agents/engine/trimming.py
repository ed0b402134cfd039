"""What of a conversation a provider gets to read: the newest turns, and no endless tool results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponsePart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

MOST_TURNS: Final = 20
MOST_CHARACTERS: Final = 200_000
MOST_RESULT_CHARACTERS: Final = 24_000

Turn = list[ModelMessage]


def trim_messages(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """The messages with long tool results cut and the oldest turns left out; the last turn is always there."""
    turns = split_turns([cut_results(message) for message in messages])
    kept = turns[-MOST_TURNS:]
    while len(kept) > 1 and count_characters(kept) > MOST_CHARACTERS:
        kept = kept[1:]
    return [message for turn in kept for message in turn]


def split_turns(messages: Sequence[ModelMessage]) -> list[Turn]:
    """Each question with everything that was said until the next one."""
    turns: list[Turn] = []
    for message in messages:
        if not turns or asks_something(message):
            turns.append([])
        turns[-1].append(message)
    return turns


def asks_something(message: ModelMessage) -> bool:
    """Whether a person speaks in this message."""
    return isinstance(message, ModelRequest) and any(isinstance(part, UserPromptPart) for part in message.parts)


def cut_results(message: ModelMessage) -> ModelMessage:
    """The message with every tool result of at most the stated size."""
    if not isinstance(message, ModelRequest):
        return message
    parts = [cut_result(part) for part in message.parts]
    return (
        message
        if all(new is old for new, old in zip(parts, message.parts, strict=True))
        else replace(message, parts=parts)
    )


def cut_result(part: ModelRequestPart) -> ModelRequestPart:
    """A long tool result's beginning, with a mark that says how much is missing."""
    if not isinstance(part, ToolReturnPart):
        return part
    text = part.model_response_str(wrap_if_error=False)
    if len(text) <= MOST_RESULT_CHARACTERS:
        return part
    missing = len(text) - MOST_RESULT_CHARACTERS
    mark = f"\n[cut here: {missing} of {len(text)} characters are missing; ask for less to see the rest]"
    # Any content may become text; the checker thinks of special parts with a content of their own.
    return replace(part, content=text[:MOST_RESULT_CHARACTERS] + mark)  # type: ignore[arg-type]


def count_characters(turns: Sequence[Turn]) -> int:
    """How much text these turns are."""
    return sum(measure(part) for turn in turns for message in turn for part in message.parts)


def measure(part: ModelRequestPart | ModelResponsePart) -> int:
    """How much text one part is."""
    if isinstance(part, ToolReturnPart):
        return len(part.model_response_str(wrap_if_error=False))
    if isinstance(part, ToolCallPart):
        return len(part.args_as_json_str())
    content = getattr(part, "content", "")
    return len(content) if isinstance(content, str) else sum(len(item) for item in content if isinstance(item, str))
