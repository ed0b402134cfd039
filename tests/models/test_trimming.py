"""What of a conversation a provider gets to read."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from agents.engine.trimming import MOST_CHARACTERS, MOST_RESULT_CHARACTERS, MOST_TURNS, trim_messages
from tests.models.conftest import ask
from tests.models.replies import Call, say
from tests.models.server import Brain, ModelServer, in_turn


def make_turn(question: str, answer: str, result: str = "") -> list[ModelMessage]:
    """A question, a tool call if there is a result, and the answer."""
    turn: list[ModelMessage] = [ModelRequest([UserPromptPart(question)])]
    if result:
        turn.append(ModelResponse([ToolCallPart("look", {}, tool_call_id=question)]))
        turn.append(ModelRequest([ToolReturnPart("look", result, tool_call_id=question)]))
    return [*turn, ModelResponse([TextPart(answer)])]


def texts(messages: list[ModelMessage]) -> list[object]:
    return [getattr(part, "content", part.part_kind) for message in messages for part in message.parts]


def test_a_short_conversation_stays_as_it_is() -> None:
    messages = make_turn("one", "first", "rows") + make_turn("two", "second")
    assert trim_messages(messages) == messages


def test_the_oldest_turns_go_with_their_answers() -> None:
    messages = [message for n in range(MOST_TURNS + 3) for message in make_turn(f"question {n}", f"answer {n}", "rows")]
    kept = texts(trim_messages(messages))
    assert kept[0] == "question 3"
    assert kept[-1] == f"answer {MOST_TURNS + 2}"
    assert len(kept) == 4 * MOST_TURNS


def test_a_long_conversation_loses_turns_until_it_fits() -> None:
    third = "x" * (MOST_CHARACTERS // 3)
    messages = make_turn("one", third) + make_turn("two", third) + make_turn("three", third)
    assert texts(trim_messages(messages)) == ["two", third, "three", third]


def test_the_last_question_is_there_however_long_it_is() -> None:
    question = "x" * (MOST_CHARACTERS + 1)
    messages = [*make_turn("one", "first"), ModelRequest([UserPromptPart(question)])]
    assert texts(trim_messages(messages)) == [question]


def test_a_long_tool_result_says_how_much_of_it_is_missing() -> None:
    result = "y" * (MOST_RESULT_CHARACTERS + 1500)
    messages = make_turn("one", "first", result)
    cut = trim_messages(messages)
    content = str(texts(cut)[2])
    assert content.startswith("y" * MOST_RESULT_CHARACTERS + "\n[cut here: 1500 of 25500 characters are missing")
    assert len(content) < MOST_RESULT_CHARACTERS + 100
    assert texts(messages)[2] == result


def test_a_result_of_just_the_stated_size_is_whole() -> None:
    messages = make_turn("one", "first", "y" * MOST_RESULT_CHARACTERS)
    assert trim_messages(messages) == messages


def test_results_count_as_they_are_sent() -> None:
    rows = "y" * (2 * MOST_RESULT_CHARACTERS)
    turns = MOST_CHARACTERS // MOST_RESULT_CHARACTERS
    messages = [message for n in range(turns) for message in make_turn(f"{n}", "ok", rows)]
    assert texts(trim_messages(messages))[0] == "0"


async def test_the_provider_gets_the_cut_result_and_the_run_keeps_the_whole(
    provider: Callable[[Brain], ModelServer],
) -> None:
    async def look() -> str:
        """Looks at a lot."""
        return "z" * 30_000

    server = provider(in_turn(say(Call("look")), say("Seen.")))
    told = await ask("compatible", look)
    assert "[cut here: 6000 of 30000 characters are missing" in server.asked[1].results[0]
    assert any(getattr(part, "content", "") == "z" * 30_000 for message in told.messages for part in message.parts)
