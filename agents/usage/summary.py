"""What a data set holds, as its owner reads it after an import: span, tokens, models, and cost beside cost."""

# ruff: noqa: S608 - statements are built from names in this code

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb

from agents.prices import TOKEN_CLASSES, PriceBook
from agents.usage.records import Grain
from agents.usage.results import money
from agents.usage.sandbox import open_version

SUMMARY_MEMORY_BYTES: Final = 192 * 1024 * 1024
MOST_MODELS: Final = 200
WHOLE: Final = f"""
SELECT count(*) AS rows, min(time) AS first_time, max(time) AS last_time, sum(requests)::BIGINT AS requests,
       {", ".join(f"sum({name}_tokens)::BIGINT AS {name}" for name in TOKEN_CLASSES)},
       {", ".join(f"count(*) FILTER (WHERE grain = '{grain}') AS {grain}_rows" for grain in Grain)},
       sum(cost) AS priced_cost,
       count(*) FILTER (WHERE cost IS NULL AND grain <> 'cost') AS unpriced_rows,
       count(*) FILTER (WHERE cost IS NOT NULL AND billed_cost IS NOT NULL AND {{usd}}) AS compared_rows,
       sum(billed_cost) FILTER (WHERE cost IS NOT NULL AND {{usd}}) AS compared_billed,
       sum(cost) FILTER (WHERE billed_cost IS NOT NULL AND {{usd}}) AS compared_priced
FROM priced""".replace("{usd}", "coalesce(currency, 'USD') = 'USD'")
MODELS: Final = f"""
SELECT coalesce(provider, '') AS provider, coalesce(model, '') AS model, count(*) AS rows,
       sum(requests)::BIGINT AS requests, sum(cost) AS cost, count(*) FILTER (WHERE cost IS NULL) AS unpriced_rows
FROM priced WHERE grain <> 'cost' GROUP BY ALL ORDER BY rows DESC, provider, model LIMIT {MOST_MODELS}"""
BILLED: Final = """
SELECT coalesce(currency, 'USD') AS currency, sum(billed_cost) AS billed
FROM priced WHERE billed_cost IS NOT NULL GROUP BY ALL ORDER BY currency"""


def summarise_costs(parts: Sequence[Path], prices: PriceBook) -> dict[str, Any]:
    """The figures of all rows of these parts; money as text, currencies apart."""
    with open_version(parts, SUMMARY_MEMORY_BYTES, prices) as connection:
        (whole,) = fetch(connection, WHOLE)
        models = [describe_model(row) for row in fetch(connection, MODELS)]
        billed = {row["currency"]: money(row["billed"]) for row in fetch(connection, BILLED)}
    return {
        "rows": whole["rows"],
        "first_time": whole["first_time"].isoformat() if whole["first_time"] else None,
        "last_time": whole["last_time"].isoformat() if whole["last_time"] else None,
        "requests": whole["requests"] or 0,
        "tokens": {name: whole[name] or 0 for name in TOKEN_CLASSES},
        "grains": {grain.value: whole[f"{grain}_rows"] for grain in Grain},
        # A bucket sums many requests, so tiers and single requests cannot be told: its price is an estimate.
        "estimate": whole["bucket_rows"] > 0,
        "models": models,
        "unpriced_models": [model["name"] for model in models if model["unpriced_rows"]],
        "unpriced_rows": whole["unpriced_rows"],
        "priced_cost": money(whole["priced_cost"]),
        "billed_cost": billed,
        "compared": describe_comparison(whole),
        "price_version": prices.version,
    }


def describe_model(row: dict[str, Any]) -> dict[str, Any]:
    """One model with what it cost at the prices of the book."""
    name = "/".join(part for part in (row["provider"], row["model"]) if part) or "(no model)"
    return {**row, "name": name, "cost": money(row["cost"])}


def describe_comparison(whole: dict[str, Any]) -> dict[str, Any] | None:
    """What was billed beside what the prices give, over the rows that have both; None where no row has."""
    if not whole["compared_rows"]:
        return None
    billed, priced = whole["compared_billed"] or Decimal(0), whole["compared_priced"] or Decimal(0)
    return {
        "rows": whole["compared_rows"],
        "billed": money(billed),
        "priced": money(priced),
        "difference": money(billed - priced),
    }


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The rows by column name."""
    cursor = connection.execute(sql)
    names = [item[0] for item in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
