"""Session logs of Claude Code: a line for each block of an answer; the answer counts once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agents.usage.naming import (
    clean_name,
    first_name,
    hash_prompt,
    make_extra,
    name_model,
    name_project,
    object_at,
    objects_at,
)
from agents.usage.numbers import count_reader, take_part
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.times import Clock, open_clock

# What Claude Code writes itself, without asking a model.
NO_MODEL: Final = "<synthetic>"
FEATURE: Final = "coding-agent"
MOST_TOOLS: Final = 16
PATHS: Final = ("file_path", "notebook_path", "path")
read_input = count_reader("The number of input tokens")
read_cached = count_reader("The number of tokens read from the cache")
read_written = count_reader("The number of tokens written to the cache")
read_output = count_reader("The number of output tokens")


def recognise(sample: Sample) -> Match | None:
    """By answers with Anthropic's usage inside a session."""
    if sample.kind != "json":
        return None
    fits = any(
        "sessionId" in record and "input_tokens" in object_at(record, "message", "usage") for record in sample.records
    )
    if fits:
        return Match(95, "Its lines are messages of a Claude Code session.")
    keys = {"parentUuid", "sessionId", "uuid", "isSidechain"}
    begun = any(keys <= set(record) for record in sample.records)
    return Match(85, "Its lines are those of a Claude Code session.") if begun else None


def open_reader(reading: Reading) -> Reader:
    """A row for each line of an answer; all lines of one answer have the same request id, so one is kept."""
    return SessionReader(open_clock(reading.options))


class SessionReader:
    """Remembers the tools of the answer it is reading, which come one a line."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answer: str | None = None
        self._tools: list[str] = []
        self._paths: list[str] = []

    def __call__(self, record: Record) -> list[UsageRow]:
        message = object_at(record, "message")
        usage = object_at(message, "usage")
        model = first_name(message, "model")
        if not usage or model == NO_MODEL:
            return []
        row = read_answer(record, message, usage, self._clock)
        row.provider, row.model = name_model(None, model)
        self._collect(row.request_id, message)
        row.extra = make_extra(
            tools=self._tools,
            paths_hash=self._paths,
            finish_reason=first_name(message, "stop_reason"),
            service_tier=first_name(usage, "service_tier"),
            subagent=record.get("isSidechain") is True or None,
        )
        return [row]

    def _collect(self, answer: str | None, message: Mapping[str, Any]) -> None:
        if answer is None or answer != self._answer:
            self._answer, self._tools, self._paths = answer, [], []
        for block in objects_at(message, "content"):
            if block.get("type") == "tool_use" and len(self._tools) < MOST_TOOLS:
                self._tools.append((first_name(block, "name") or "tool")[:40])
                path = first_name(object_at(block, "input"), *PATHS)
                self._paths += [found] if (found := hash_prompt(path)) else []


def read_answer(record: Record, message: Mapping[str, Any], usage: Mapping[str, Any], clock: Clock) -> UsageRow:
    """One line of an answer, with the usage of the whole answer as it was by then."""
    moment, session = clean_name(record.get("timestamp")), first_name(record, "sessionId")
    written = read_written(usage.get("cache_creation_input_tokens"))
    lifetimes = object_at(usage, "cache_creation")
    for_an_hour = read_written(lifetimes.get("ephemeral_1h_input_tokens"))
    written = written or for_an_hour + read_written(lifetimes.get("ephemeral_5m_input_tokens"))
    failed = record.get("isApiErrorMessage") is True
    return UsageRow(
        Grain.CALL,
        request_id=make_request_id(record, message),
        time=clock(moment) if moment else None,
        input_tokens=read_input(usage.get("input_tokens")),
        cached_read_tokens=read_cached(usage.get("cache_read_input_tokens")),
        cache_write_5m_tokens=take_part(for_an_hour, written, "one-hour cache write", "cache write"),
        cache_write_1h_tokens=for_an_hour,
        output_tokens=read_output(usage.get("output_tokens")),
        status="error" if failed else "ok",
        error="api_error" if failed else None,
        team=name_project(record.get("cwd")),
        feature=FEATURE,
        session=session,
    )


def make_request_id(record: Record, message: Mapping[str, Any]) -> str | None:
    """The answer's id with its request's; resumed sessions repeat both."""
    answer, request = first_name(message, "id"), first_name(record, "requestId")
    if answer is None:
        return first_name(record, "uuid")
    return f"{answer}:{request}" if request else answer


FORMAT = Format("claude_code", "Claude Code sessions", recognise, open_reader)
