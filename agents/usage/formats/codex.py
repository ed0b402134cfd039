"""Session logs of the Codex CLI: events that count the session's tokens so far and those of the last request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from agents.usage.naming import (
    clean_name,
    first_name,
    hash_prompt,
    make_extra,
    make_id,
    name_model,
    name_project,
    object_at,
    value_at,
)
from agents.usage.numbers import count_reader, make_disjoint
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.times import Clock, open_clock

KINDS: Final = ("session_meta", "turn_context", "event_msg", "response_item", "compacted")
CALLS: Final = ("function_call", "custom_tool_call", "local_shell_call")
COUNTS: Final = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")
FEATURE: Final = "coding-agent"
MOST_TOOLS: Final = 16
read_tokens = count_reader("A number of tokens")
Totals = dict[str, int]


def recognise(sample: Sample) -> Match | None:
    """By the kinds of Codex's events."""
    if sample.kind != "json":
        return None
    counts = any(value_at(record, "payload", "type") == "token_count" for record in sample.records)
    begins = any(record.get("type") == "session_meta" and "payload" in record for record in sample.records)
    begins = begins or any(record.get("type") == "turn_context" and "payload" in record for record in sample.records)
    return Match(94, "Its lines are events of a Codex session.") if counts or begins else None


def open_reader(reading: Reading) -> Reader:
    """A row for each request, told from the counts that follow it."""
    return SessionReader(open_clock(reading.options))


class SessionReader:
    """Remembers the session, the model, the counts so far and the tools since the last count."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._session: str | None = None
        self._project: str | None = None
        self._provider: str | None = None
        self._model: str | None = None
        self._effort: str | None = None
        self._before: Totals = {}
        self._tools: list[str] = []
        self._paths: list[str] = []

    def __call__(self, record: Record) -> list[UsageRow]:
        kind, payload = record.get("type"), object_at(record, "payload")
        if kind == "session_meta":
            # A forked session repeats the beginning of the one it came from, whose name stands first.
            self._session = self._session or first_name(payload, "id", "session_id")
            self._provider = first_name(payload, "model_provider") or self._provider
        if kind in ("session_meta", "turn_context"):
            self._project = name_project(payload.get("cwd")) or self._project
            self._model = first_name(payload, "model") or self._model
            self._effort = first_name(payload, "effort") or self._effort
        elif kind == "response_item" and payload.get("type") in CALLS:
            self._collect(payload)
        elif kind == "event_msg" and payload.get("type") == "token_count":
            return self._read_count(record, object_at(payload, "info"))
        return []

    def _collect(self, payload: Mapping[str, Any]) -> None:
        if len(self._tools) < MOST_TOOLS:
            self._tools.append((first_name(payload, "name") or "shell")[:40])
            target = find_target(payload)
            self._paths += [found] if (found := hash_prompt(target)) else []

    def _read_count(self, record: Record, info: Mapping[str, Any]) -> list[UsageRow]:
        totals = read_counts(object_at(info, "total_token_usage"))
        last = read_counts(object_at(info, "last_token_usage"))
        if not (totals or last) or (totals and totals == self._before):
            return []
        used = last or subtract(totals, self._before)
        self._before = totals
        if not any(used.values()):
            return []
        row = self._make_row(record, used)
        if self._session is not None and totals:
            row.request_id = make_id("codex", self._session, *(totals[name] for name in COUNTS))
        return [row]

    def _make_row(self, record: Record, used: Totals) -> UsageRow:
        moment = clean_name(record.get("timestamp"))
        row = UsageRow(
            Grain.CALL,
            time=self._clock(moment) if moment else None,
            input_tokens=used["input_tokens"],
            cached_read_tokens=used["cached_input_tokens"],
            output_tokens=used["output_tokens"],
            reasoning_tokens=used["reasoning_output_tokens"],
            source_total=used["total_tokens"] or None,
            status="ok",
            team=self._project,
            feature=FEATURE,
            session=self._session,
        )
        row.provider, row.model = name_model(self._provider, self._model)
        row.extra = make_extra(tools=self._tools, paths_hash=self._paths, reasoning_effort=self._effort)
        self._tools, self._paths = [], []
        return make_disjoint(row, input_inclusive=True, output_inclusive=True)


def read_counts(usage: Mapping[str, Any]) -> Totals:
    """The counts of one usage; nothing where there is none."""
    return {name: read_tokens(usage.get(name)) for name in COUNTS} if usage else {}


def subtract(totals: Totals, before: Totals) -> Totals:
    """What came since the last count; counts that fell began anew."""
    if any(totals[name] < before.get(name, 0) for name in COUNTS):
        return totals
    return {name: totals[name] - before.get(name, 0) for name in COUNTS}


def find_target(payload: Mapping[str, Any]) -> str | None:
    """The file a tool was given, else its whole command, so that a repeated read shows as the same."""
    arguments = payload.get("arguments")
    given = object_at({"arguments": arguments}, "arguments") or object_at(payload, "action")
    path = first_name(given, "path", "file_path")
    if path:
        return path
    command = given.get("command") or given.get("cmd") or payload.get("input")
    try:
        return command if isinstance(command, str) else orjson.dumps(command).decode() if command else None
    except TypeError:
        return None


FORMAT = Format("codex", "Codex CLI sessions", recognise, open_reader)
