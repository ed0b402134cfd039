"""Prices beside rows: what a call would have cost at the prices of another day; for statements over `calls`."""

from __future__ import annotations

from agents.prices import TOKEN_CLASSES
from agents.usage.sandbox import COUNT_TYPE

INPUT_CLASSES = ("input", "cached_read", "cache_write_5m", "cache_write_1h")
CONTEXT = "(" + " + ".join(f"coalesce(c.{name}_tokens, 0)" for name in INPUT_CLASSES) + ")"


def join_prices(moment: str) -> str:
    """Joins to each row `c` its price row `p` as of a moment, by the row's own time of day and size."""
    clock = "epoch_us(c.time) % 86400000000"
    size = f"(CASE WHEN c.grain = 'call' THEN {CONTEXT} ELSE 0 END)"
    return f"""LEFT JOIN prices p
    ON c.provider = p.provider AND c.model = p.model
   AND {moment} >= p.valid_from AND {moment} < p.valid_to
   AND {clock} >= p.day_from AND {clock} < p.day_to
   AND {size} > p.tokens_above AND {size} <= p.tokens_to"""


def cost_of_row() -> str:
    """The cost of row `c` at the prices of row `p`; NULL where a class that was used has none."""
    terms = (
        f"CASE WHEN coalesce(c.{name}_tokens, 0) = 0 THEN 0"
        f" ELSE TRY_CAST(c.{name}_tokens AS {COUNT_TYPE}) * p.{name}_price END"
        for name in TOKEN_CLASSES
    )
    return f"({' + '.join(terms)} + TRY_CAST(c.requests AS {COUNT_TYPE}) * p.request_price)"
