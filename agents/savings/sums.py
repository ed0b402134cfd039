"""The statements behind a survey, and how their rows are read."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from agents.prices import TOKEN_CLASSES
from agents.savings.cells import CALL_SIZE, SIZE, Edges
from agents.savings.groups import SHORT_OUTPUT, SMALLEST_PREFIX, Cell, Repeats, Shape, Tail
from agents.savings.ranges import NOTHING
from agents.usage.results import FAILED, NO_NAME

NIGHT_ENDS: Final = 6
# Percentiles of a latency, half way in each fortieth: enough to mix the features of a data set.
POINTS: Final = tuple(round(0.0125 + number / 40, 4) for number in range(40))
NAMES: Final = ", ".join(
    f"coalesce(nullif({name}, ''), '{NO_NAME}') AS {name}" for name in ("feature", "provider", "model")
)
HAS_FAILED: Final = f"coalesce({FAILED}, FALSE)"
CELLS_MEASURES: Final = f"""
       sum(requests)::BIGINT AS requests,
       coalesce((sum(requests) FILTER (WHERE grain = 'bucket')), 0)::BIGINT AS estimated,
       sum(cost) AS cost,
       sum(cost) FILTER (WHERE time >= $recent) AS recent_cost,
       coalesce((sum(requests) FILTER (WHERE time >= $recent)), 0)::BIGINT AS recent_requests,
       {", ".join(f"sum({name}_tokens)::BIGINT AS {name}" for name in TOKEN_CLASSES)},
       (sum(output_tokens) FILTER (WHERE reasoning_tokens = 0))::BIGINT AS plain_output,
       (sum({SIZE}) FILTER (WHERE {CALL_SIZE} >= {SMALLEST_PREFIX}))::BIGINT AS prompt,
       (sum(input_tokens) FILTER (WHERE {CALL_SIZE} >= {SMALLEST_PREFIX}))::BIGINT AS prompt_input,
       (sum(cached_read_tokens) FILTER (WHERE {CALL_SIZE} >= {SMALLEST_PREFIX}))::BIGINT AS prompt_read,
       (sum(reasoning_tokens) FILTER (WHERE grain = 'call' AND output_tokens <= {SHORT_OUTPUT}))::BIGINT
         AS short_reasoning,
       sum(cost) FILTER (WHERE grain = 'call' AND {HAS_FAILED}) AS failed_cost,
       (sum({" + ".join(f"coalesce({name}_tokens, 0)" for name in TOKEN_CLASSES)})
         FILTER (WHERE grain = 'call' AND {HAS_FAILED}))::BIGINT AS failed_tokens"""


def cells_statement(edges: Edges) -> str:
    """Sums by feature, model and price cell."""
    return f"""SELECT {NAMES}, {edges.columns}, cost IS NOT NULL AS is_priced,{CELLS_MEASURES}
FROM calls
WHERE grain <> 'cost'
GROUP BY ALL
ORDER BY 1, 2, 3, 4, 5, 6, 7"""


def read_cell(row: Mapping[str, Any], edges: Edges) -> Cell:
    """One row of the sums."""
    names = ("plain_output", "prompt", "prompt_input", "prompt_read", "short_reasoning", "failed_cost", "failed_tokens")
    return Cell(
        spot=edges.spot_of(row),
        requests=row["requests"],
        cost=row["cost"],
        recent_cost=row["recent_cost"] or NOTHING,
        recent_requests=row["recent_requests"],
        tokens={name: Decimal(row[name] or 0) for name in TOKEN_CLASSES},
        **{name: Decimal(row[name] or 0) for name in names},
    )


LINE: Final = tuple(
    f"{name}(latency_ms, answer) FILTER (WHERE NOT failed)" for name in ("regr_intercept", "regr_slope")
)


def shapes_statement(*, by_model: bool, mixed: bool) -> str:
    """How calls look: of each feature on each model, and where asked of each model and of all calls together.

    `by_model` adds the line of latency by tokens, `mixed` the percentiles a mix of groups is made from.
    """
    sets = ["(feature, provider, model)", *(["(provider, model)"] if by_model else []), *(["()"] if mixed else [])]
    shares = ["0.5", "0.95", *(map(str, POINTS) if mixed else ())]
    start, token = LINE if by_model else ("NULL", "NULL")
    return f"""SELECT feature, provider, model, grouping(feature) AS over_features, grouping(model) AS over_all,
       count(*) AS calls, count(*) FILTER (WHERE failed) AS failed,
       min(time)::DATE AS first_day, max(time)::DATE AS last_day,
       count(latency_ms) FILTER (WHERE NOT failed) AS measured,
       count(first_token_ms) AS streamed,
       count(*) FILTER (WHERE hour < {NIGHT_ENDS}) AS night,
       histogram(hour) AS hours,
       quantile_cont(output_tokens, [0.5, 0.99]) FILTER (WHERE NOT failed) AS outputs,
       avg(latency_ms) FILTER (WHERE NOT failed) AS mean_ms,
       quantile_cont(latency_ms, [{", ".join(shares)}]) FILTER (WHERE NOT failed) AS latencies,
       {start} AS line_start_ms, {token} AS line_token_ms,
       max(size) AS largest_prompt
FROM (
  SELECT {NAMES}, time, hour(time) AS hour, output_tokens, latency_ms, first_token_ms, {HAS_FAILED} AS failed,
         coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0) AS answer, {SIZE} AS size
  FROM calls
  WHERE grain = 'call'
)
GROUP BY GROUPING SETS ({", ".join(sets)})
ORDER BY over_all, over_features, feature, provider, model"""


def read_shape(row: Mapping[str, Any]) -> Shape | None:
    """One row of the shapes; none for a group without calls."""
    if not row["calls"]:
        return None
    outputs, latencies = row["outputs"] or (None, None), row["latencies"] or (None, None)
    return Shape(
        calls=row["calls"],
        failed=row["failed"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        measured=row["measured"],
        streamed=row["streamed"],
        night=row["night"],
        hours={int(hour): int(count) for hour, count in row["hours"].items()},
        output_p50=outputs[0],
        output_p99=outputs[1],
        mean_ms=row["mean_ms"],
        p50_ms=latencies[0],
        p95_ms=latencies[1],
        points=tuple(latencies[2:]),
        line_start_ms=row["line_start_ms"],
        line_token_ms=row["line_token_ms"],
        largest_prompt=row["largest_prompt"] or 0,
    )


REPEATS: Final = f"""SELECT feature, provider, model, count(*) AS hashed,
       count(*) FILTER (WHERE gap <= INTERVAL 1 DAY) AS day_requests,
       sum(cost) FILTER (WHERE gap <= INTERVAL 1 DAY) AS day_cost,
       count(gap) AS requests,
       sum(cost) FILTER (WHERE gap IS NOT NULL) AS cost
FROM (
  SELECT feature, provider, model, cost, time - lag(time) OVER before AS gap
  FROM (
    SELECT {NAMES}, prompt_hash, cost, time, request_id
    FROM calls
    WHERE grain = 'call' AND prompt_hash <> ''
  )
  WINDOW before AS (PARTITION BY feature, provider, model, prompt_hash ORDER BY time, request_id, cost)
)
GROUP BY ALL
ORDER BY 1, 2, 3"""


def read_repeats(row: Mapping[str, Any]) -> Repeats:
    """One row of the repeats."""
    return Repeats(
        day_requests=row["day_requests"],
        day_cost=row["day_cost"] or NOTHING,
        requests=row["requests"],
        cost=row["cost"] or NOTHING,
        hashed=row["hashed"],
    )


# Only prompts that failed once are looked at: few, where sorting all of them would take most of the time.
RETRIED: Final = f"""SELECT feature, provider, model,
       count(*) FILTER (WHERE was_failed AND gap <= INTERVAL 10 MINUTE) AS sent_again
FROM (
  SELECT feature, provider, model, time - lag(time) OVER before AS gap, lag(failed) OVER before AS was_failed
  FROM (
    SELECT {NAMES}, prompt_hash, time, request_id, {HAS_FAILED} AS failed
    FROM calls
    WHERE grain = 'call' AND prompt_hash IN (
      SELECT prompt_hash FROM calls WHERE grain = 'call' AND prompt_hash <> '' AND {HAS_FAILED}
    )
  )
  WINDOW before AS (PARTITION BY feature, provider, model, prompt_hash ORDER BY time, request_id, failed)
)
GROUP BY ALL
ORDER BY 1, 2, 3"""


def tails_statement(edges: Edges) -> str:
    """Output beyond a multiple of the group's median, by price cell."""
    return f"""SELECT * FROM (WITH outputs AS MATERIALIZED (
  SELECT {NAMES}, {edges.columns}, output_tokens
  FROM calls
  WHERE grain = 'call' AND output_tokens > 0 AND NOT {HAS_FAILED}
),
typical AS (SELECT feature, provider, model, median(output_tokens) AS middle FROM outputs GROUP BY ALL)
SELECT feature, provider, model, day_band, hour_band, size_band,
       sum(greatest(output_tokens - 2 * middle, 0)) AS over_double,
       sum(greatest(output_tokens - 4 * middle, 0)) AS over_fourfold
FROM outputs
JOIN typical USING (feature, provider, model)
GROUP BY ALL)
ORDER BY 1, 2, 3, 4, 5, 6"""


def read_tail(row: Mapping[str, Any], edges: Edges) -> Tail:
    """One row of the tails."""
    return Tail(edges.spot_of(row), Decimal(repr(row["over_double"])), Decimal(repr(row["over_fourfold"])))
