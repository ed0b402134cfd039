"""Agent sessions step by step: what was sent again, read again, asked again or failed; as one statement."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from typing import Final

from agents.usage.repricing import CONTEXT, join_prices
from agents.usage.results import FAILED
from agents.usage.sandbox import COUNT_TYPE

KINDS: Final = (
    "failed_steps",
    "repeated_prompts",
    "cache_misses",
    "unread_cache_writes",
    "long_context",
    "repeated_reads",
)
# A chain of calls is an agent's where the context grows from step to step, nearly always.
AGENT_STEPS: Final = 5
AGENT_PERCENT: Final = 80
# Providers cache prompts from about this size on, for five minutes unless an hour is paid for.
SMALLEST_CACHED: Final = 1024
LONG_CONTEXT: Final = {"low": 100_000, "high": 50_000}

ROWS: Final = f"""SELECT c.session, c.time, c.request_id, c.provider, c.model, c.feature, c.cost, {CONTEXT} AS context,
       coalesce(c.output_tokens, 0) + coalesce(c.reasoning_tokens, 0) AS output,
       coalesce(c.cached_read_tokens, 0) AS cached, coalesce(c.cache_write_5m_tokens, 0) AS short_write,
       coalesce(c.cache_write_5m_tokens, 0) + coalesce(c.cache_write_1h_tokens, 0) AS written,
       coalesce({FAILED}, FALSE) AS failed, nullif(c.prompt_hash, '') AS prompt,
       CASE WHEN json_valid(c.extra) THEN json_extract_string(c.extra, '$.subagent') = 'true' END IS TRUE AS subagent,
       coalesce(CASE WHEN json_valid(c.extra) THEN json_extract_string(c.extra, '$.tools[*]') END, []) AS tools,
       coalesce(CASE WHEN json_valid(c.extra) THEN json_extract_string(c.extra, '$.paths_hash[*]') END, []) AS paths,
       p.input_price, greatest(p.input_price - p.cached_read_price, 0) AS miss_price, p.cached_read_price,
       greatest(p.cache_write_5m_price - p.input_price, 0) AS short_price,
       greatest(p.cache_write_1h_price - p.input_price, 0) AS long_price
FROM calls c {join_prices("c.time")}
WHERE c.grain = 'call' AND coalesce(c.session, '') <> ''"""

# A subagent and a second model have contexts of their own; a failed call adds nothing to one.
CHAIN: Final = "PARTITION BY session, subagent, provider, model, feature, failed"
ORDER: Final = "ORDER BY time, request_id, context, output"
STEPS: Final = f"""SELECT *, row_number() OVER ({ORDER}) AS step,
       lag(context) OVER chain AS context_before, lag(time) OVER chain AS time_before,
       lead(context) OVER chain AS context_after,
       max(cached) OVER (chain ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS cached_after,
       CASE WHEN prompt IS NULL THEN 1 ELSE row_number() OVER same END AS asked,
       CASE WHEN prompt IS NULL THEN FALSE ELSE coalesce(lag(failed) OVER same, FALSE) END AS after_failure
FROM ({ROWS})
WINDOW chain AS ({CHAIN} {ORDER}),
       same AS (PARTITION BY session, prompt, provider, model {ORDER})"""

MARKED: Final = f"""SELECT *, failed OR asked > 1 AS whole_waste, lead(asked) OVER chain > 1 AS whole_waste_after,
       context >= context_before AS goes_on,
       count(*) OVER all_of >= {AGENT_STEPS} AND 100 * count(*) FILTER (WHERE context >= context_before) OVER all_of
         >= {AGENT_PERCENT} * (count(*) OVER all_of - 1) AS is_agent
FROM ({STEPS})
WINDOW all_of AS ({CHAIN}),
       chain AS ({CHAIN} {ORDER})"""

IS_EDIT: Final = "regexp_matches(lower(coalesce(tool, '')), 'edit|write|replace|patch|create|delete')"
IS_READ: Final = "regexp_matches(lower(coalesce(tool, '')), 'read|view|open|fetch|cat|grep|glob|search|list')"
# What a tool answered arrives as the growth of the next step's context.
TOUCHES: Final = f"""SELECT *, lag(is_edit) OVER (PARTITION BY session, path ORDER BY step, place) AS edited_before
FROM (
  SELECT *, {IS_EDIT} AS is_edit, {IS_READ} AS is_read
  FROM (
    SELECT session, step, len(tools) AS tools_used, unnest(paths) AS path, unnest(range(len(paths))) AS place,
           unnest(CASE WHEN len(tools) = len(paths) THEN tools ELSE [NULL FOR path IN paths] END) AS tool,
           CASE WHEN is_agent AND NOT coalesce(whole_waste_after, FALSE)
                THEN greatest(context_after - context - output, 0) ELSE 0 END AS answered
    FROM steps
    WHERE len(paths) > 0
  )
)"""
READS: Final = f"""SELECT step, sum(answered // greatest(tools_used, 1)) AS read_high,
       sum(CASE WHEN is_read AND NOT edited_before THEN answered // greatest(tools_used, 1) ELSE 0 END) AS read_low
FROM ({TOUCHES})
WHERE edited_before IS NOT NULL AND NOT is_edit
GROUP BY step"""

# Tokens of each kind, low and high, and the price of one of them; whole steps at their whole cost.
PARTS: Final = f"""SELECT *, is_agent AND goes_on AND NOT whole_waste AS resends, context + output AS tokens,
       CASE WHEN failed THEN tokens ELSE 0 END AS failed_steps_low,
       CASE WHEN failed OR after_failure THEN tokens ELSE 0 END AS failed_steps_high,
       CASE WHEN asked > 2 AND NOT failed AND NOT after_failure THEN tokens ELSE 0 END AS repeated_prompts_low,
       CASE WHEN asked > 1 AND NOT failed AND NOT after_failure THEN tokens ELSE 0 END AS repeated_prompts_high,
       CASE WHEN resends AND context_before >= {SMALLEST_CACHED} THEN greatest(context_before - cached, 0) ELSE 0 END
         AS missed,
       CASE WHEN time - time_before <= INTERVAL 5 MINUTE THEN missed ELSE 0 END AS cache_misses_low,
       CASE WHEN time - time_before <= INTERVAL 1 HOUR THEN missed ELSE 0 END AS cache_misses_high,
       CASE WHEN whole_waste THEN 0 ELSE least(written, greatest(cached + written - coalesce(cached_after, 0), 0)) END
         AS unread_cache_writes_high,
       CASE WHEN context_after IS NULL THEN 0 ELSE unread_cache_writes_high END AS unread_cache_writes_low,
       CASE WHEN resends THEN greatest(context_before - {LONG_CONTEXT["low"]}, 0) ELSE 0 END AS long_context_low,
       CASE WHEN resends THEN greatest(context_before - {LONG_CONTEXT["high"]}, 0) ELSE 0 END AS long_context_high,
       coalesce(read_low, 0) AS repeated_reads_low, coalesce(read_high, 0) AS repeated_reads_high
FROM steps LEFT JOIN reads USING (step)"""


def cost_of(kind: str, end: str) -> str:
    """The cost of a kind's tokens in one step."""
    tokens = f"TRY_CAST({kind}_{end} AS {COUNT_TYPE})"
    if kind in ("failed_steps", "repeated_prompts"):
        return f"CASE WHEN {kind}_{end} > 0 THEN cost ELSE 0 END"
    if kind == "unread_cache_writes":
        short = f"TRY_CAST(least({kind}_{end}, short_write) AS {COUNT_TYPE})"
        return f"{short} * short_price + ({tokens} - {short}) * long_price"
    price = {"cache_misses": "miss_price", "long_context": "cached_read_price", "repeated_reads": "input_price"}[kind]
    return f"{tokens} * {price}"


def session_statement() -> str:
    """The whole and its sessions, those with most waste first."""
    costs = ",\n           ".join(f"{cost_of(kind, end)} AS {kind}_cost_{end}" for kind in KINDS for end in ENDS)
    sums = ",\n       ".join(
        f"sum({kind}_{end})::BIGINT AS {kind}_{end}, sum({kind}_cost_{end}) AS {kind}_cost_{end}"
        for kind in KINDS
        for end in ENDS
    )
    counts = ", ".join(f"count(*) FILTER (WHERE {kind}_high > 0) AS {kind}_steps" for kind in KINDS)
    waste = {end: " + ".join(f"coalesce({kind}_cost_{end}, 0)" for kind in KINDS) for end in ENDS}
    return f"""SELECT session, grouping(session) AS whole, {MEASURES},
       {counts},
       {sums},
       sum({waste["high"]}) AS waste
FROM (
  WITH steps AS MATERIALIZED ({MARKED}), reads AS ({READS}), parts AS ({PARTS})
  SELECT *, {costs} FROM parts
)
GROUP BY GROUPING SETS ((session), ())
ORDER BY whole DESC, waste DESC, cost DESC NULLS LAST, tokens DESC, session
LIMIT $shown"""


ENDS: Final = ("low", "high")
MEASURES: Final = """count(*) AS requests, count(DISTINCT session) AS sessions, sum(cost) AS cost,
       count(*) FILTER (WHERE cost IS NULL) AS unpriced_requests,
       coalesce(sum(tokens), 0)::BIGINT AS tokens, coalesce(sum(context), 0)::BIGINT AS context_tokens,
       coalesce(sum(cached), 0)::BIGINT AS cached_tokens, coalesce(sum(written), 0)::BIGINT AS written_tokens,
       coalesce(sum(output), 0)::BIGINT AS output_tokens,
       coalesce(sum(CASE WHEN resends THEN context_before END), 0)::BIGINT AS resent_tokens,
       count(DISTINCT session) FILTER (WHERE is_agent) AS agent_sessions,
       count(*) FILTER (WHERE is_agent) AS agent_requests,
       count(*) FILTER (WHERE is_agent AND NOT goes_on) AS context_drops,
       count(*) FILTER (WHERE failed) AS failed_requests,
       count(*) FILTER (WHERE len(tools) > 0) AS requests_with_tools,
       count(*) FILTER (WHERE prompt IS NOT NULL) AS requests_with_prompt,
       min(time)::DATE AS begun, arg_min(context, step) AS first_context, arg_max(context, step) AS last_context,
       max(context) AS largest_context"""

TOOLS: Final = """SELECT tool, count(*) AS calls
FROM (
  SELECT unnest(json_extract_string(extra, '$.tools[*]')) AS tool
  FROM calls
  WHERE grain = 'call' AND coalesce(session, '') <> '' AND json_valid(extra)
)
GROUP BY tool
ORDER BY calls DESC, tool
LIMIT 10"""
