"""Latency in two sets of days: how slow before and after, and which features and models made the difference."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from agents.usage.results import FAILED
from agents.usage.windows import CHOSEN_DAYS, IS_AFTER, SHOWN_DRIVERS, SIDES, Row, name_driver, share

# An answer so much longer explains that it takes longer.
LONGER: Final = Decimal("1.2")
P95: Final = "round(quantile_cont(latency_ms, 0.95))::BIGINT"


def measured_calls(*, keep_failed: bool) -> str:
    """The condition of calls whose latency counts; a failed one ends early or at a timeout."""
    succeeded = "" if keep_failed else f" AND NOT coalesce({FAILED}, FALSE)"
    return f"grain = 'call' AND latency_ms IS NOT NULL{succeeded}"


def latency_statement(*, keep_failed: bool) -> str:
    """Both sides by provider, model and feature, the whole first; slow is what was slower than p95 before."""
    counted = measured_calls(keep_failed=keep_failed)
    measures = ",\n       ".join(
        f"{formula} FILTER (WHERE {'' if side == 'after' else 'NOT '}is_after){kind} AS {side}_{name}"
        for side in SIDES
        for name, formula, kind in MEASURES
    )
    return f"""SELECT provider, model, feature, grouping(provider) AS whole,
       {measures}
FROM (
  SELECT *, latency_ms > (SELECT {P95} FROM calls WHERE {counted} AND time::DATE IN (
           SELECT unnest($before_days::DATE[]))) AS is_slow
  FROM (SELECT *, {IS_AFTER} AS is_after FROM calls WHERE {counted} AND {CHOSEN_DAYS})
)
GROUP BY GROUPING SETS ((provider, model, feature), ())
ORDER BY whole DESC, provider, model, feature"""


MEASURES: Final = (
    ("requests", "count(*)", ""),
    ("p95", "round(quantile_cont(latency_ms, 0.95)", ")::BIGINT"),
    ("slow", "coalesce(sum(is_slow::INTEGER)", ", 0)::BIGINT"),
    ("output", "coalesce(sum(output_tokens + reasoning_tokens)", ", 0)::BIGINT"),
)


def list_slower(whole: Row, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The features and models that added or took most slow calls."""
    moved = [(row, abs(slow_change(row, whole))) for row in rows]
    ordered = sorted(moved, key=lambda item: (-item[1], *name_driver(item[0]).values()))
    return [describe_slower(row) for row, change in ordered if change][:SHOWN_DRIVERS]


def slow_change(row: Row, whole: Row) -> Decimal:
    """How much more of all calls are slow calls of this group."""
    before, after = (share(row[f"{side}_slow"], whole[f"{side}_requests"] or 1) for side in SIDES)
    return after - before


def describe_slower(row: Row) -> dict[str, Any]:
    """One feature on one model: its p95 before and after; None where it was not used."""
    before, after = row["before_p95"], row["after_p95"]
    change = after - before if before is not None and after is not None else None
    requests = {f"{side}_requests": row[f"{side}_requests"] for side in SIDES}
    return name_driver(row) | {"before": before, "after": after, "change": change} | requests


def find_slow_cause(whole: Row, rows: Sequence[Row]) -> str | None:
    """Whether other models, longer answers or slower answers of the same length moved the latency most."""
    ordered = sorted(rows, key=lambda row: (-abs(slow_change(row, whole)), *name_driver(row).values()))
    if not ordered:
        return None
    row = ordered[0]
    if not (row["before_requests"] and row["after_requests"]):
        return "mix"
    before, after = (share(row[f"{side}_output"], row[f"{side}_requests"]) for side in SIDES)
    is_upward = (row["after_p95"] or 0) >= (row["before_p95"] or 0)
    longer = after >= before * LONGER if is_upward else before >= after * LONGER
    return "tokens_per_call" if longer else "speed"
