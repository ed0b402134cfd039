"""The same rows with less in them: what people bring who log less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agents.usage.rows import COLUMNS

Row = tuple[Any, ...]
NAMES = tuple(COLUMNS)
TOKENS = tuple(name for name in NAMES if name.endswith("_tokens"))
# The columns of each field people are asked for; `call` is a matter of the rows themselves.
COLUMNS_OF = {
    "tokens": TOKENS,
    "model": ("model",),
    "status|error": ("status", "error"),
}
# What totals of many calls cannot have.
ONLY_OF_CALLS = ("request_id", "latency_ms", "first_token_ms", "status", "error", "user_name", "prompt_hash", "session")


def cut(rows: Iterable[Row], lacking: Iterable[str]) -> list[Row]:
    """The rows without these fields; without `call` they become totals by day."""
    fields = set(lacking)
    kept = add_up(rows) if "call" in fields else list(rows)
    blank = {name for field in fields - {"call"} for name in COLUMNS_OF.get(field, (field,))}
    return [
        tuple(empty(name, value) if name in blank else value for name, value in zip(NAMES, row, strict=True))
        for row in kept
    ]


def empty(name: str, value: Any) -> Any:
    """A missing value; token counts are never null."""
    return 0 if name in TOKENS else None


def add_up(rows: Iterable[Row]) -> list[Row]:
    """Totals by day, provider, model, team and feature, as usage exports have them."""
    keys = ("provider", "model", "team", "feature")
    totals: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        call = dict(zip(NAMES, row, strict=True))
        key = (call["time"][:10], *(call[name] for name in keys))
        total = totals.setdefault(key, call | dict.fromkeys(ONLY_OF_CALLS) | dict.fromkeys(TOKENS, 0) | {"requests": 0})
        total |= {"grain": "bucket", "time": f"{key[0]} 00:00:00"}
        for name in (*TOKENS, "requests"):
            total[name] += call[name]
    return [tuple(total[name] for name in NAMES) for total in totals.values()]
