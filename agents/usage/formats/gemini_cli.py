"""Session logs of the Gemini CLI: one document a session, or lines of which a message may come several times."""

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
from agents.usage.numbers import count_reader, make_disjoint
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.times import Clock, open_clock

FEATURE: Final = "coding-agent"
MOST_TOOLS: Final = 16
COUNTS: Final = ("input", "output", "cached", "thoughts", "tool", "total")
PATHS: Final = ("file_path", "absolute_path", "path", "dir_path")
read_tokens = count_reader("A number of tokens")


def recognise(sample: Sample) -> Match | None:
    """By the answers of the model with its token counts."""
    if sample.kind != "json":
        return None
    fits = any(is_answer(message) for record in sample.records for message in list_messages(record))
    if fits:
        return Match(93, "Its messages are those of a Gemini CLI session.")
    begun = any("sessionId" in record and "projectHash" in record for record in sample.records)
    return Match(85, "It begins as a Gemini CLI session.") if begun else None


def list_messages(record: Record) -> list[Mapping[str, Any]]:
    """The messages of a session or of a change to it, or the one the record is."""
    return objects_at(record, "messages") or objects_at(record, "$set", "messages") or [record]


def is_answer(message: Mapping[str, Any]) -> bool:
    """Whether a message is an answer whose tokens are told."""
    return message.get("type") == "gemini" and "input" in object_at(message, "tokens")


def open_reader(reading: Reading) -> Reader:
    """A row for each answer; one that comes again has the same request id."""
    return SessionReader(open_clock(reading.options))


class SessionReader:
    """Remembers the session, which only the first line names."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._session: str | None = None
        self._project: str | None = None

    def __call__(self, record: Record) -> list[UsageRow]:
        for about in (record, object_at(record, "$set")):
            self._session = first_name(about, "sessionId") or self._session
            folders = about.get("directories")
            self._project = name_project(folders[0]) if isinstance(folders, list) and folders else self._project
        return [self._read_answer(message) for message in list_messages(record) if is_answer(message)]

    def _read_answer(self, message: Mapping[str, Any]) -> UsageRow:
        moment = clean_name(message.get("timestamp"))
        row = read_usage(object_at(message, "tokens"))
        row.request_id = first_name(message, "id")
        row.time = self._clock(moment) if moment else None
        row.provider, row.model = name_model("google", first_name(message, "model"))
        row.status, row.feature, row.team, row.session = "ok", FEATURE, self._project, self._session
        calls = objects_at(message, "toolCalls")[:MOST_TOOLS]
        paths = (first_name(object_at(call, "args"), *PATHS) for call in calls)
        row.extra = make_extra(
            tools=[(first_name(call, "name") or "tool")[:40] for call in calls],
            paths_hash=[found for path in paths if (found := hash_prompt(path))],
        )
        return row


def read_usage(tokens: Mapping[str, Any]) -> UsageRow:
    """Gemini's counts: what was cached is part of the input, thoughts and the answers of tools are not."""
    counts = {
        name: read_tokens(tokens.get(name)) for name in ("input", "output", "cached", "thoughts", "tool", "total")
    }
    row = UsageRow(
        Grain.CALL,
        input_tokens=counts["input"],
        cached_read_tokens=counts["cached"],
        output_tokens=counts["output"],
        reasoning_tokens=counts["thoughts"],
        source_total=counts["total"] or None,
    )
    # Some versions count the answers of tools within the input; the total tells.
    if counts["input"] + counts["output"] + counts["thoughts"] != counts["total"]:
        row.input_tokens += counts["tool"]
    return make_disjoint(row, input_inclusive=True, output_inclusive=False)


FORMAT = Format("gemini_cli", "Gemini CLI sessions", recognise, open_reader)
