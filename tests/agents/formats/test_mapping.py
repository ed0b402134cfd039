"""Generic data: columns found by their names and values, mappings checked, public traces read without help."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from agents.errors import MappingWrong
from agents.usage.formats import detect
from agents.usage.formats.delimited import FORMAT as DELIMITED
from agents.usage.formats.json_records import FORMAT as JSON_RECORDS
from agents.usage.mapping import FIELDS, check_mapping
from agents.usage.records import Reading, Sample, Unusable, UsageRow
from tests.agents.formats.reading import told

TIME, TOKENS = {"time": "t"}, {"time": "t", "input_tokens": "i"}


def sample(text: str) -> Sample:
    rows = list(csv.reader(io.StringIO(text)))
    return Sample("table", tuple(dict(zip(rows[0], row, strict=True)) for row in rows[1:]), tuple(rows[0]))


def read_table(text: str) -> tuple[Reading, list[UsageRow]]:
    given = sample(text)
    assert detect(given).format == "delimited"
    assert DELIMITED.propose
    reading = DELIMITED.propose(given)
    read = DELIMITED.open_reader(reading)
    return reading, [row for record in given.records for row in read(record)]


def read_json(*records: dict[str, Any]) -> tuple[Reading, list[UsageRow]]:
    given = Sample("json", records)
    assert detect(given).format == "json_records"
    assert JSON_RECORDS.propose
    reading = JSON_RECORDS.propose(given)
    read = JSON_RECORDS.open_reader(reading)
    return reading, [row for record in records for row in read(record)]


def read_one(record: dict[str, Any], mapping: dict[str, Any], **options: Any) -> UsageRow:
    return next(iter(JSON_RECORDS.open_reader(Reading(mapping, options))(record)))


def test_azures_inference_trace_is_read_without_help() -> None:
    reading, rows = read_table(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2023-11-16 18:15:46.6805900,374,44\n"
        "2023-11-16 18:15:50.9951690,396,109\n"
    )
    assert told(rows[0]) == {
        "grain": "call",
        "requests": 1,
        "time": datetime(2023, 11, 16, 18, 15, 46, 680590),
        "input_tokens": 374,
        "output_tokens": 44,
    }
    assert "Times without a time zone are taken as UTC." in reading.notes


def test_burstgpts_trace_is_read_without_help() -> None:
    reading, rows = read_table(
        "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
        "5,,2.5,ChatGPT,472,18,490,Conversation log\n"
        "45.3,7,9,GPT-4,1087,230,1317,API log\n"
        "118,7,1.25,GPT-4,417,0,417,API log\n"
    )
    assert [row.time for row in rows] == [
        datetime(1970, 1, 1, 0, 0, 5),
        datetime(1970, 1, 1, 0, 0, 45, 300000),
        datetime(1970, 1, 1, 0, 1, 58),
    ]
    assert [row.latency_ms for row in rows] == [2500, 9000, 1250]
    assert [row.session for row in rows] == [None, "7", "7"]
    assert [(row.provider, row.model) for row in rows] == [(None, "ChatGPT"), ("openai", "GPT-4"), ("openai", "GPT-4")]
    assert [row.output_tokens for row in rows] == [18, 230, 0]
    assert {row.feature for row in rows} == {"Conversation log", "API log"}
    assert reading.notes[0].startswith("Times are seconds since the start of the trace.")


def test_mooncakes_trace_is_read_without_help() -> None:
    first = {"timestamp": 0, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]}
    _, rows = read_json(first, {**first, "timestamp": 27482})
    assert rows[1].time == datetime(1970, 1, 1, 0, 0, 27, 482000)
    assert (rows[1].input_tokens, rows[1].output_tokens) == (6955, 52)


def test_our_own_rows_come_back_as_they_were() -> None:
    record = {
        "request_id": "r-1",
        "time": "2026-09-01T10:00:00Z",
        "provider": "anthropic",
        "model": "claude-sonnet-4-6",
        "input_tokens": 10,
        "cached_read_tokens": 900,
        "cache_write_5m_tokens": 5,
        "cache_write_1h_tokens": 6,
        "output_tokens": 20,
        "reasoning_tokens": 300,
        "billed_cost": 0.5,
        "currency": "EUR",
        "latency_ms": 1200,
        "first_token_ms": 80,
        "status": "ok",
        "user_name": "u",
        "team": "t",
        "feature": "f",
        "prompt_hash": "abc",
        "session": "s",
    }
    _, rows = read_json(record)
    expected = {
        **record,
        "grain": "call",
        "requests": 1,
        "time": datetime(2026, 9, 1, 10),
        "billed_cost": Decimal("0.5"),
    }
    assert told(rows[0]) == expected


def test_days_are_totals_and_amounts_alone_are_a_bill() -> None:
    reading, rows = read_table("Day,LLM,Tokens in,Tokens out\n2026-10-01,gpt-4o,10,5\n")
    assert (rows[0].grain, rows[0].requests) == ("bucket", 0)
    assert any("whole days" in note for note in reading.notes)
    _, rows = read_table("date,requests,input tokens\n2026-10-01 10:00,12,500\n")
    assert (rows[0].grain, rows[0].requests) == ("bucket", 12)
    _, rows = read_table("date,service,cost (EUR)\n2026-10-01,chat,1.5\n")
    assert (rows[0].grain, rows[0].requests, rows[0].currency) == ("cost", 0, "EUR")


def test_a_bare_number_of_a_line_is_no_request_id() -> None:
    assert "request_id" not in read_table("id,time,input_tokens\n1,2026-10-01 10:00,5\n")[0].mapping
    reading, _ = read_table("id,time,input_tokens\nreq_00000001,2026-10-01 10:00,5\n")
    assert reading.mapping["request_id"] == "id"


def test_values_decide_where_a_name_means_two_things() -> None:
    counted, _ = read_json({"time": "2026-10-01T10:00:00Z", "input": 12, "output": 3})
    assert counted.mapping == {"time": "time", "input_tokens": "input", "output_tokens": "output"}
    asked, rows = read_json({"time": "2026-10-01T10:00:00Z", "input": "a question", "prompt_tokens": 12})
    assert (asked.mapping["prompt"], rows[0].input_tokens) == ("input", 12)
    assert "a question" not in repr(rows[0])


def test_start_and_end_give_the_latency() -> None:
    _, rows = read_json({"start_time": 1_790_000_000, "end_time": 1_790_000_002.5, "input_tokens": 1})
    assert rows[0].latency_ms == 2500


def test_totals_decide_whether_the_input_includes_what_was_cached() -> None:
    record = {"ts": "2026-10-01T10:00:00Z", "input_tokens": 100, "cached_tokens": 40, "output_tokens": 5}
    reading, rows = read_json({**record, "total_tokens": 145})
    assert (reading.options["input_includes_cached"], rows[0].input_tokens) == (False, 100)
    reading, rows = read_json({**record, "total_tokens": 105})
    assert (reading.options["input_includes_cached"], rows[0].input_tokens) == (True, 60)
    assert "Cached tokens are part of the input tokens (the totals show it)." in reading.notes
    reading, rows = read_json(record)
    assert (reading.options["input_includes_cached"], rows[0].input_tokens) == (True, 60)
    assert "Cached tokens are part of the input tokens (by the names of the columns)." in reading.notes


def test_a_person_decides_against_the_proposal() -> None:
    record = {"t": "2026-10-01T10:00:00Z", "i": 100, "c": 40}
    mapping = {**TOKENS, "cached_read_tokens": "c"}
    assert read_one(record, mapping).input_tokens == 100
    assert read_one(record, mapping, input_includes_cached=True).input_tokens == 60
    assert read_one(record, mapping, grain="bucket").requests == 0


def test_a_constant_is_the_same_for_all_rows() -> None:
    row = read_one({"t": "2026-10-01T10:00:00Z", "i": 1}, {**TOKENS, "model": {"value": "gpt-4o-mini"}})
    assert (row.provider, row.model) == ("openai", "gpt-4o-mini")


def test_more_cached_than_input_is_refused() -> None:
    with pytest.raises(Unusable, match=r"900 cached tokens are more than the 100 input tokens they are part of."):
        read_one({"t": 1, "i": 100, "cached_tokens": 900}, {**TOKENS, "cached_read_tokens": "cached_tokens"})


def test_costs_bring_their_currency() -> None:
    mapping = {"time": "t", "billed_cost": "c", "currency": "cur"}
    assert read_one({"t": 1, "c": "€2"}, mapping, currency="usd").currency == "EUR"
    assert read_one({"t": 1, "c": 2, "cur": "gbp"}, mapping, currency="usd").currency == "GBP"
    assert read_one({"t": 1, "c": 2}, mapping, currency="usd").currency == "USD"
    assert read_one({"t": 1, "c": None, "cur": "gbp"}, mapping, currency="usd").currency is None


def test_more_than_the_fields_is_kept_small() -> None:
    row = read_one({"t": 1, "i": 1, "f": "stop", "x": 5}, {**TOKENS, "finish_reason": "f", "max_tokens": "x"})
    assert row.extra == '{"finish_reason":"stop","max_tokens":5}'


@pytest.mark.parametrize(
    ("mapping", "options", "sentence"),
    [
        ({**TOKENS, "colour": "c"}, {}, "There is no field “colour”."),
        ({**TOKENS, "model": "m"}, {}, "The file has no column “m” (chosen for Model)."),
        ({**TOKENS, "model": 5}, {}, "Model must be the name of a column"),
        ({**TOKENS, "model": {"constant": "x"}}, {}, "Model must be the name of a column"),
        ({}, {}, "which column holds the time and which tokens, a cost or a number of requests"),
        (TIME, {}, "which column holds tokens, a cost or a number of requests."),
        ({"input_tokens": "i"}, {}, "which column holds the time."),
        (TOKENS, {"grain": "month"}, "The option grain must be one of: call, bucket, cost."),
        (TOKENS, {"input_includes_cached": "yes"}, "input_includes_cached"),
        (TOKENS, {"latency_unit": "years"}, "latency_unit"),
        (TOKENS, {"currency": 5}, "currency"),
        (TOKENS, {"time_zone": "Mars/Olympus"}, "There is no time zone “Mars/Olympus”."),
        (TOKENS, {"time_start": 5}, "time_start"),
        (TOKENS, {"grain": ["call"]}, "grain"),
    ],
)
def test_a_wrong_mapping_is_told_in_a_sentence(mapping: Any, options: Any, sentence: str) -> None:
    with pytest.raises(MappingWrong) as wrong:
        check_mapping(mapping, options, ["t", "i"])
    assert sentence in wrong.value.sentence


def test_a_wrong_mapping_opens_no_reader() -> None:
    with pytest.raises(MappingWrong):
        DELIMITED.open_reader(Reading({}, {}))


def test_every_field_is_explained() -> None:
    assert all(field.label and field.description for field in FIELDS)
    assert [field.name for field in FIELDS if field.required] == ["time"]
