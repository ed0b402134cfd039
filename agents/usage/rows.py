"""The normalised row every import ends in, and its Parquet parts."""

from __future__ import annotations

from pathlib import Path

import duckdb

# Token classes never overlap: `output_tokens` excludes reasoning, `input_tokens` excludes what was cached.
COLUMNS: dict[str, str] = {
    "grain": "VARCHAR",
    "request_id": "VARCHAR",
    "requests": "BIGINT",
    "time": "TIMESTAMP",
    "provider": "VARCHAR",
    "model": "VARCHAR",
    "input_tokens": "BIGINT",
    "cached_read_tokens": "BIGINT",
    "cache_write_5m_tokens": "BIGINT",
    "cache_write_1h_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "reasoning_tokens": "BIGINT",
    "billed_cost": "DECIMAL(18,9)",
    "currency": "VARCHAR",
    "latency_ms": "INTEGER",
    "first_token_ms": "INTEGER",
    "status": "VARCHAR",
    "error": "VARCHAR",
    "user_name": "VARCHAR",
    "team": "VARCHAR",
    "feature": "VARCHAR",
    "prompt_hash": "VARCHAR",
    "session": "VARCHAR",
    "extra": "VARCHAR",
}


def write_part(csv_path: Path, part_path: Path) -> None:
    """Turns a CSV file in the row's column order into one Parquet part, ordered by time."""
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.read_csv(
            str(csv_path), header=False, columns=COLUMNS, auto_detect=False, na_values="", quotechar='"'
        )
        # Ordered and by one thread, so that the same rows give the same bytes.
        rows.order("time, request_id").write_parquet(str(part_path), compression="zstd", row_group_size=122_880)
