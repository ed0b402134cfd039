"""Waste in agent sessions: few steps, each kind worked out by hand at the list prices of claude-haiku-4-5.

A million tokens: 1.00 input, 0.10 cached, 1.25 and 2.00 written into a cache for 5 minutes and an hour, 5.00 output.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.errors import DataLacking
from agents.tools import tool_named
from agents.usage.filters import Filters
from agents.usage.rows import COLUMNS
from agents.usage.sessions import KINDS
from agents.usage.wastes import ADVICE
from tests.agents.conftest import make_context, make_data, make_row
from tests.agents.formats.reading import once, take

agent_log_waste = tool_named("agent_log_waste").function
START = datetime(2026, 9, 1, 9)
COLUMNS_IN_ORDER = list(COLUMNS)
Row = tuple[Any, ...]


def step(minute: float, session: str = "s1", **values: Any) -> Row:
    """One call of an agent."""
    plain = {"provider": "anthropic", "model": "claude-haiku-4-5", "feature": "coding-agent"}
    moment = START + timedelta(minutes=minute)
    return make_row(time=str(moment), request_id=f"{session}-{minute}", session=session, **(plain | values))


def chain(contexts: list[int], **values: Any) -> list[Row]:
    """Steps a minute apart, each of which reads from a cache what the one before had sent."""
    cached = [0, *contexts]
    return [
        step(number, input_tokens=context - cached[number], cached_read_tokens=cached[number], **values)
        for number, context in enumerate(contexts)
    ]


async def find_waste(folder: Path, rows: list[Row], **arguments: Any) -> dict[str, Any]:
    """The facts of a scan of these rows."""
    return (await agent_log_waste(make_context(make_data(folder, rows)), **arguments)).facts


def range_of(facts: dict[str, Any], kind: str) -> tuple[Any, ...]:
    """Steps, tokens and cost of a kind."""
    (found,) = [item for item in facts["kinds"] if item["kind"] == kind]
    return tuple(found[name] for name in ("steps", "tokens_low", "tokens_high", "cost_low", "cost_high"))


async def test_a_session_that_uses_its_cache_has_no_waste(tmp_path: Path) -> None:
    facts = await find_waste(tmp_path, chain([10_000, 12_000, 13_000, 14_000, 16_000]))
    assert (facts["kinds"], facts["waste"]["cost_high"], facts["agent_sessions"]) == ([], "0.000000", 1)
    # Sent again: 10, 12, 13 and 14 thousand of 65 thousand.
    assert facts["repeated_context"] == {"tokens": 49_000, "percent": "75.4"}
    assert (facts["cached_percent"], facts["confidence"], facts["note"]) == ("75.4", "high", None)
    # 16,000 tokens as input, 49,000 as cached input.
    assert facts["cost"] == "0.020900"


async def test_context_that_is_sent_again_uncached_is_a_miss(tmp_path: Path) -> None:
    rows = [
        step(0, input_tokens=10_000), step(1, input_tokens=12_000),
        step(11, input_tokens=4_000, cached_read_tokens=10_000),
        step(12, input_tokens=1_000, cached_read_tokens=14_000),
        step(13, input_tokens=1_000, cached_read_tokens=15_000),
        step(90, input_tokens=17_000),
    ]  # fmt: skip
    # A minute later 10,000 uncached, ten minutes later 2,000; after an hour no cache would have held.
    facts = await find_waste(tmp_path, rows)
    assert range_of(facts, "cache_misses") == (2, 10_000, 12_000, "0.009000", "0.010800")


async def test_contexts_that_do_not_grow_are_not_an_agents(tmp_path: Path) -> None:
    rows = [step(number, input_tokens=size) for number, size in enumerate((9_000, 2_000, 8_000, 3_000, 7_000, 2_500))]
    facts = await find_waste(tmp_path, rows)
    assert (facts["kinds"], facts["agent_sessions"], facts["confidence"]) == ([], 0, "low")
    assert facts["note"].startswith("0 of 1 sessions look like an agent's")


async def test_a_subagent_has_a_context_of_its_own(tmp_path: Path) -> None:
    rows = chain([10_000, 12_000, 13_000, 14_000, 16_000])
    rows += [step(number + 0.5, input_tokens=500, extra='{"subagent": true}') for number in range(3)]
    facts = await find_waste(tmp_path, rows)
    assert (facts["kinds"], facts["context_drops"], facts["agent_requests"]) == ([], 0, 5)


async def test_cache_writes_that_nothing_reads_cost_more_than_input(tmp_path: Path) -> None:
    rows = [
        step(0, "read", cache_write_5m_tokens=20_000, cache_write_1h_tokens=10_000),
        step(1, "read", cached_read_tokens=25_000),
        step(0, "alone", cache_write_5m_tokens=20_000),
    ]
    # 5,000 of the first never read, at 0.25 more; and 20,000 of the session's only step, which nothing could read.
    facts = await find_waste(tmp_path, rows)
    assert range_of(facts, "unread_cache_writes") == (2, 5_000, 25_000, "0.001250", "0.006250")


async def test_a_step_that_is_wasted_whole_is_in_no_other_kind(tmp_path: Path) -> None:
    rows = [step(number, prompt_hash="p", cache_write_5m_tokens=10_000) for number in range(2)]
    facts = await find_waste(tmp_path, rows)
    assert range_of(facts, "unread_cache_writes") == (1, 10_000, 10_000, "0.002500", "0.002500")
    assert range_of(facts, "repeated_prompts") == (1, 0, 10_000, "0.000000", "0.012500")


async def test_hour_long_cache_writes_have_their_own_price(tmp_path: Path) -> None:
    rows = [step(0, cache_write_5m_tokens=1_000, cache_write_1h_tokens=10_000), step(1, input_tokens=5)]
    # 1,000 at 0.25 more and 10,000 at 1.00 more than input.
    assert range_of(await find_waste(tmp_path, rows), "unread_cache_writes")[3:] == ("0.010250", "0.010250")


async def test_the_same_prompt_again_is_waste_from_the_second_or_third_time_on(tmp_path: Path) -> None:
    rows = [step(number, prompt_hash="p", input_tokens=1_000, output_tokens=100) for number in range(3)]
    rows += [step(9, "other", prompt_hash="p", input_tokens=1_000)]
    # A call costs 0.0010 for input and 0.0005 for output; another session asks for the first time.
    assert range_of(await find_waste(tmp_path, rows), "repeated_prompts") == (2, 1_100, 2_200, "0.001500", "0.003000")


async def test_failures_and_what_is_asked_again_after_them_are_one_kind(tmp_path: Path) -> None:
    rows = [
        step(0, prompt_hash="q", input_tokens=1_000, status="error", error="timeout"),
        step(1, prompt_hash="q", input_tokens=1_000, output_tokens=100),
    ]
    facts = await find_waste(tmp_path, rows)
    assert range_of(facts, "failed_steps") == (2, 1_000, 2_100, "0.001000", "0.002500")
    assert ([item["kind"] for item in facts["kinds"]], facts["failed_requests"]) == (["failed_steps"], 1)
    assert facts["waste"] == {
        "cost_low": "0.001000", "cost_high": "0.002500", "percent_low": "40.0", "percent_high": "100.0",
    }  # fmt: skip


async def test_a_failed_call_without_tokens_does_not_break_a_chain(tmp_path: Path) -> None:
    rows = [*chain([10_000, 12_000, 13_000, 14_000, 16_000]), step(2.5, status="error", error="overloaded")]
    facts = await find_waste(tmp_path, rows)
    assert (facts["agent_sessions"], facts["context_drops"], facts["kinds"]) == (1, 0, [])


async def test_long_contexts_cost_each_time_they_are_carried_along(tmp_path: Path) -> None:
    facts = await find_waste(tmp_path, chain([60_000, 120_000, 130_000, 140_000, 150_000]))
    # Beyond 50,000: 10, 70, 80 and 90 thousand; beyond 100,000: 20, 30 and 40 thousand; at 0.10.
    assert range_of(facts, "long_context") == (4, 90_000, 250_000, "0.009000", "0.025000")
    session = facts["top_sessions"][0]
    assert (session["first_context"], session["last_context"], session["largest_context"]) == (60_000, 150_000, 150_000)


def reading_session(*uses: tuple[list[str], list[str]]) -> list[Row]:
    """A session of six steps with these tools and paths."""
    contexts = (10_000, 15_000, 20_000, 22_000, 28_000, 35_000)
    extras = [json.dumps({"tools": tools, "paths_hash": paths}) for tools, paths in uses]
    return [
        step(
            number,
            extra=extras[number] if number < len(extras) else None,
            output_tokens=1_000,
            input_tokens=size - before,
            cached_read_tokens=before,
        )
        for number, (size, before) in enumerate(zip(contexts, (0, *contexts[:-1]), strict=True))
    ]


async def test_files_that_are_read_again_fill_the_next_context(tmp_path: Path) -> None:
    rows = reading_session(
        (["Read"], ["a"]), (["Read"], ["a"]), (["Edit"], ["a"]), (["Read"], ["a"]), (["Read", "Read"], ["b", "a"])
    )
    # Again without a change: the second step (the next context grew by 4,000 beside the answer) and half of the 6,000
    # of the fifth. After the edit, too: 5,000 of the fourth. At the input price.
    facts = await find_waste(tmp_path, rows)
    assert range_of(facts, "repeated_reads") == (3, 7_000, 12_000, "0.007000", "0.012000")
    assert facts["tools"] == [{"tool": "Read", "calls": 5}, {"tool": "Edit", "calls": 1}]
    assert all("tools" not in sentence for sentence in facts["better_with"])


async def test_what_was_read_again_into_a_wasted_step_is_counted_once(tmp_path: Path) -> None:
    rows = reading_session((["Read"], ["a"]), (["Read"], ["a"]))
    assert range_of(await find_waste(tmp_path / "asked once", rows), "repeated_reads")[2] == 4_000
    place = COLUMNS_IN_ORDER.index("prompt_hash")
    again = [(*row[:place], "p" if number in (0, 2) else None, *row[place + 1 :]) for number, row in enumerate(rows)]
    facts = await find_waste(tmp_path / "asked again", again)
    assert [item["kind"] for item in facts["kinds"]] == ["repeated_prompts"]


async def test_paths_without_a_tool_each_are_only_perhaps_read_again(tmp_path: Path) -> None:
    rows = reading_session((["Bash", "Read"], ["a"]), (["Bash", "Read"], ["a"]))
    # Whose path it is is not known: 4,000 of two tools.
    assert range_of(await find_waste(tmp_path, rows), "repeated_reads")[1:3] == (0, 2_000)


async def test_without_tools_or_prompts_the_answer_says_what_would_help(tmp_path: Path) -> None:
    facts = await find_waste(tmp_path, chain([10_000, 12_000]))
    assert [sentence.split(",")[0] for sentence in facts["better_with"]] == [
        "No step names the tools it used", "No step has a prompt_hash",
    ]  # fmt: skip


async def test_each_kind_comes_with_a_fix_and_a_way_to_prompt(tmp_path: Path) -> None:
    assert set(ADVICE) == set(KINDS)
    rows = [step(number, prompt_hash="p", input_tokens=1_000) for number in range(3)]
    (found,) = (await find_waste(tmp_path, rows))["kinds"]
    assert found["evidence"] == "2 steps sent a prompt that had been answered in the same session"
    assert (found["fix"], found["prompt"]) == (ADVICE["repeated_prompts"].fix, ADVICE["repeated_prompts"].prompt)


async def test_kinds_never_cost_more_than_the_steps_themselves(tmp_path: Path) -> None:
    sizes = (60_000, 90_000, 120_000, 130_000, 140_000)
    extra = json.dumps({"tools": ["Read"], "paths_hash": ["a"]})
    rows = [step(number, cache_write_5m_tokens=size, extra=extra) for number, size in enumerate(sizes)]
    facts = await find_waste(tmp_path, rows)
    assert {item["kind"] for item in facts["kinds"]} == {
        "cache_misses", "unread_cache_writes", "long_context", "repeated_reads",
    }  # fmt: skip
    assert Decimal(facts["waste"]["cost_low"]) <= Decimal(facts["waste"]["cost_high"]) < Decimal(facts["cost"])


async def test_sessions_with_most_waste_come_first(tmp_path: Path) -> None:
    rows = [step(number, "less", prompt_hash="p", input_tokens=1_000) for number in range(2)]
    rows += [step(number, "more", prompt_hash="p", input_tokens=1_000) for number in range(4)]
    rows += [step(0, "dear", input_tokens=900_000)]
    facts = await find_waste(tmp_path, rows, top=2)
    assert [item["session"] for item in facts["top_sessions"]] == ["more", "less"]
    assert (facts["sessions"], facts["requests"], facts["tokens_per_session"]) == (3, 7, 302_000)
    assert [item["waste"]["cost_high"] for item in facts["top_sessions"]] == ["0.003000", "0.001000"]


async def test_rows_without_a_session_are_left_out(tmp_path: Path) -> None:
    rows = [step(0, input_tokens=100), make_row(session=None, input_tokens=100), make_row(session="", input_tokens=100)]
    facts = await find_waste(tmp_path, [*rows, make_row(grain="bucket", requests=7, session="s1", input_tokens=100)])
    assert (facts["requests"], facts["tokens"]) == (1, 100)


async def test_steps_without_a_price_have_tokens_and_no_cost(tmp_path: Path) -> None:
    rows = [step(number, prompt_hash="p", model="house-model", input_tokens=1_000) for number in range(3)]
    result = await agent_log_waste(make_context(make_data(tmp_path, rows)))
    (found,) = result.facts["kinds"]
    assert (found["tokens_high"], found["cost_high"], result.facts["cost"]) == (2_000, None, None)
    assert result.facts["unpriced_requests"] == 3
    assert result.block.summary == (
        "1 sessions without a known price; most often: the same prompt again in one session"
    )


async def test_a_real_session_log_is_read_whole(tmp_path: Path) -> None:
    rows = once(take("claude_code.jsonl").rows)
    facts = await find_waste(tmp_path, [tuple(getattr(row, name) for name in COLUMNS) for row in rows])
    named = [row for row in rows if row.session]
    assert (facts["requests"], facts["sessions"]) == (len(named), len({row.session for row in named}))
    assert facts["tokens"] == sum(
        row.input_tokens + row.cached_read_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens
        + row.output_tokens + row.reasoning_tokens
        for row in named
    )  # fmt: skip
    used = [name for row in named for name in json.loads(row.extra or "{}").get("tools", ())]
    assert {item["tool"]: item["calls"] for item in facts["tools"]} == {name: used.count(name) for name in used}


async def test_the_demo_data_is_said_to_be_no_agent_log(demo_data: DataHandle) -> None:
    facts = (await agent_log_waste(make_context(demo_data))).facts
    assert 100 * facts["agent_requests"] < facts["requests"]
    assert facts["note"] is not None
    assert Decimal(facts["waste"]["percent_high"]) < 2


@pytest.mark.parametrize("lacking", [{"session": None}, {"input_tokens": 0}, {"grain": "bucket"}])
async def test_data_without_sessions_tokens_or_calls_is_refused(tmp_path: Path, lacking: dict[str, Any]) -> None:
    with pytest.raises(DataLacking, match="a question about agent sessions needs"):
        await find_waste(tmp_path, [make_row(**({"session": "s", "input_tokens": 5} | lacking))])


async def test_only_the_filtered_sessions_are_looked_at(tmp_path: Path) -> None:
    rows = [step(number, f"s{number % 2}", team=f"t{number % 2}", input_tokens=100) for number in range(5)]
    facts = await find_waste(tmp_path, rows, filters=Filters(teams=("t1",)))
    assert (facts["requests"], facts["sessions"], facts["filters"]) == (2, 1, {"team": ["t1"]})


async def test_no_match_is_a_result(small_data: DataHandle) -> None:
    for filters in (Filters(teams=("nobody",)), Filters(first_day=date(2031, 1, 1))):
        result = await agent_log_waste(make_context(small_data), filters=filters)
        assert (result.facts["requests"], result.facts["kinds"], result.block.rows) == (0, [], ())
        assert result.block.summary == "No rows match these filters."


async def test_the_same_question_gives_the_same_bytes(small_data: DataHandle) -> None:
    context = make_context(small_data)
    answers = {json.dumps((await agent_log_waste(context)).as_data()) for _ in range(3)}
    assert len(answers) == 1
