"""What a data set's owner sees of it: its rows, its spend over time, and where the spend goes."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from asgiref.sync import async_to_sync

from accounts.models import User
from agents.engine.blocks import Block
from agents.engine.context import DataHandle, RunContext, RunLimits
from agents.models import DataSet
from agents.prices.stored import current_price_book
from agents.tools.spend_breakdown import spend_breakdown
from agents.tools.spend_trend import spend_trend
from agents.usage.asking import ask
from agents.usage.datasets import pin_version
from agents.usage.filters import Dimension
from agents.usage.periods import Period
from agents.usage.queries import Query

SHOWN: Final = (
    ("time", "Time", ""),
    ("provider", "Provider", ""),
    ("model", "Model", ""),
    ("requests", "Requests", ""),
    ("input_tokens", "Input", "tokens"),
    ("cached_read_tokens", "Cached", "tokens"),
    ("cache_write_tokens", "Cache writes", "tokens"),
    ("output_tokens", "Output", "tokens"),
    ("reasoning_tokens", "Reasoning", "tokens"),
    ("cost", "Cost", "USD"),
    ("billed_cost", "Billed", ""),
    ("currency", "Currency", ""),
    ("latency_ms", "Latency", "ms"),
    ("status", "Status", ""),
    ("user_name", "User", ""),
    ("team", "Team", ""),
    ("feature", "Feature", ""),
)
PREVIEW: Final = f"""SELECT {", ".join(name for name, _, _ in SHOWN if name != "cache_write_tokens")},
       cache_write_5m_tokens + cache_write_1h_tokens AS cache_write_tokens
FROM calls
ORDER BY time DESC, request_id, provider, model, input_tokens DESC, output_tokens DESC, user_name, team, feature
LIMIT $shown OFFSET $passed"""
TOP: Final = 10
MOST_DAYS_BY_DAY: Final = 120


def read_preview(data_set: DataSet, person: User, after: int, limit: int) -> dict[str, Any]:
    """A page of rows, the newest first."""
    data = pin_version(data_set)
    query = Query(PREVIEW, parameters={"shown": limit, "passed": after})
    result = async_to_sync(ask)(context_for(data, person), query)
    names = [name for name, _, _ in SHOWN]
    rows = [[show(row[name]) for name in names] for row in result.as_dicts()]
    following = after + len(rows)
    return {
        "columns": [{"key": key, "label": label, "unit": unit} for key, label, unit in SHOWN],
        "rows": rows,
        "total": data.rows,
        "next": following if len(rows) == limit and following < data.rows else None,
    }


def show(value: Any) -> Any:
    """A cell as JSON: figures stay figures, everything else is text."""
    return value if value is None or isinstance(value, int) else str(value)


def describe_spend(data_set: DataSet, person: User) -> dict[str, Any]:
    """Spend over time, and the top models, teams and features."""
    data = pin_version(data_set)
    return {"blocks": [block.as_data() for block in async_to_sync(read_blocks)(data, context_for(data, person))]}


async def read_blocks(data: DataHandle, context: RunContext) -> list[Block]:
    """The blocks of the data page, by the very tools the agents use."""
    days = (data.last_day - data.first_day).days + 1
    trend = await spend_trend(context, period=Period.DAY if days <= MOST_DAYS_BY_DAY else Period.WEEK)
    blocks = [trend.block]
    named = {Dimension.MODEL: True, Dimension.TEAM: data.profile.teams, Dimension.FEATURE: data.profile.features}
    for dimension in [dimension for dimension, names in named.items() if names]:
        blocks.append((await spend_breakdown(context, by=(dimension,), top=TOP)).block)
    return blocks


def context_for(data: DataHandle, person: User) -> RunContext:
    """What a tool needs outside a run: the person's data and limits."""
    limits = RunLimits(memory_bytes=person.limits.memory_bytes, time_seconds=person.limits.time_seconds)
    # No run asks here, so the data set stands for it.
    place = UUID(data.data_set_id)
    return RunContext(
        user_id=person.id, thread_id=place, run_id=place, data=data, prices=current_price_book(), limits=limits
    )
