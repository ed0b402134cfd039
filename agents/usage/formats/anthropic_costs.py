"""Anthropic's bill: pages of the cost report, whose amounts are cents, and the console's cost export in dollars."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from agents.usage.naming import clean_name, first_name, make_extra, make_id
from agents.usage.numbers import NANO, read_cost
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.reports import list_results
from agents.usage.times import Clock, open_clock

CENTS: Final = Decimal(100)
COLUMNS: Final = frozenset(("usage_date_utc", "cost_usd", "token_type"))
GROUPS: Final = (
    *("workspace_id", "description", "cost_type", "model", "token_type"),
    *("service_tier", "context_window", "inference_geo", "speed"),
)
LINE_GROUPS: Final = (
    *("model", "workspace", "api_key", "usage_type", "context_window", "token_type", "cost_type"),
    *("inference_geo", "speed"),
)


def recognise(sample: Sample) -> Match | None:
    """By amounts that are text beside the times Anthropic names `starting_at`, or the columns of the export."""
    if sample.kind == "table":
        fits = set(sample.columns) >= COLUMNS
        return Match(94, "It has the columns of the cost export of Anthropic's console.") if fits else None
    fits = any(
        "starting_at" in bucket and isinstance(result.get("amount"), str) and "currency" in result
        for record in sample.records
        for bucket, result in list_results(record)
    )
    return Match(95, "Its results have an “amount” in cents, as Anthropic's cost report has.") if fits else None


def open_reader(reading: Reading) -> Reader:
    """A row for each amount."""
    clock = open_clock(reading.options)

    def read(record: Record) -> list[UsageRow]:
        if "usage_date_utc" in record:
            found = [read_line(record, clock)]
        else:
            found = [read_result(bucket, result, clock) for bucket, result in list_results(record)]
        return [row for row in found if row is not None]

    return read


def read_result(bucket: Mapping[str, Any], result: Mapping[str, Any], clock: Clock) -> UsageRow | None:
    """One amount of the report, from cents; None without one."""
    found = read_cost(result.get("amount"), "The amount")
    if found is None:
        return None
    start, end = clean_name(bucket.get("starting_at")), clean_name(bucket.get("ending_at"))
    row = UsageRow(Grain.COST, requests=0, time=clock(start) if start else None, provider="anthropic")
    row.billed_cost = (found[0] / CENTS).quantize(NANO)
    row.currency = (first_name(result, "currency") or found[1] or "USD").upper()
    row.model = first_name(result, "model")
    row.team = first_name(result, "workspace_id")
    row.request_id = make_id("anthropic_costs", row.time, end, *(first_name(result, name) for name in GROUPS))
    row.extra = make_extra(
        description=first_name(result, "description"),
        cost_type=first_name(result, "cost_type"),
        token_type=first_name(result, "token_type"),
        service_tier=first_name(result, "service_tier"),
    )
    return row


def read_line(record: Record, clock: Clock) -> UsageRow | None:
    """One amount of the console's export, in dollars."""
    found, day = read_cost(record.get("cost_usd"), "The cost"), clean_name(record.get("usage_date_utc"))
    if found is None:
        return None
    row = UsageRow(Grain.COST, requests=0, time=clock(day) if day else None, provider="anthropic", currency="USD")
    row.billed_cost = found[0]
    row.model = model_of(first_name(record, "model"))
    row.team = first_name(record, "workspace")
    groups = (first_name(record, name) for name in LINE_GROUPS)
    row.request_id = make_id("anthropic_costs", "console", row.time, *groups)
    row.extra = make_extra(
        cost_type=first_name(record, "cost_type"),
        token_type=first_name(record, "token_type"),
        service_tier=first_name(record, "usage_type"),
        api_key_id=first_name(record, "api_key"),
    )
    return row


def model_of(title: str | None) -> str | None:
    """The model's name from its title: `Claude Haiku 4.5` is claude-haiku-4-5."""
    if title is None or not title.lower().startswith("claude"):
        return title
    name = re.sub(r"[ .]+", "-", title.lower())
    return re.sub(r"-(\d{4})-(\d\d)-(\d\d)$", r"-\1\2\3", name)


FORMAT = Format("anthropic_costs", "Anthropic cost report", recognise, open_reader)
