"""One look at the data for all estimators: the groups in question, and what the whole data has seen of each model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from agents.engine.context import DataHandle, RunContext
from agents.engine.specs import Needs
from agents.savings.cells import Edges, Pair, PriceTable, Spot, find_edges
from agents.savings.families import family_pairs
from agents.savings.groups import Group, Shape
from agents.savings.ranges import NOTHING, Range
from agents.savings.sums import (
    REPEATS,
    RETRIED,
    cells_statement,
    read_cell,
    read_repeats,
    read_shape,
    read_tail,
    shapes_statement,
    tails_statement,
)
from agents.usage.asking import ask_all, require_data
from agents.usage.filters import Filters
from agents.usage.queries import Query, QueryResult
from agents.usage.results import clip_period, describe_scope, mark_estimate, money

MONTH_DAYS: Final = 30
Shapes = dict[tuple[str, ...], Shape]


@dataclass(slots=True)
class Survey:
    """What the rows in question are, and what the whole data says of other models."""

    data: DataHandle
    filters: Filters
    table: PriceTable
    results: list[QueryResult]
    groups: list[Group]
    # Of the rows in question, and of all rows whatever the filters: by feature and model, by model, and as a whole.
    shapes: Shapes = field(default_factory=dict)
    history: Shapes = field(default_factory=dict)
    history_groups: list[Group] = field(default_factory=list)

    @property
    def days(self) -> int:
        """How many days the rows in question span."""
        first, last = period_of(self.filters, self.data)
        return (last - first).days + 1

    @property
    def recent_days(self) -> int:
        """The last days, from which a month is projected."""
        return min(self.days, MONTH_DAYS)

    @property
    def cost(self) -> Decimal:
        """What all rows in question cost."""
        return sum((group.cost for group in self.groups), NOTHING)

    @property
    def requests(self) -> int:
        """All requests, also those without a price."""
        return sum(group.requests + group.unpriced for group in self.groups)

    @property
    def month_cost(self) -> Decimal:
        """What 30 days cost at the pace of the last days."""
        return self.to_month(sum((group.recent_cost for group in self.groups), NOTHING))

    @property
    def month_requests(self) -> int:
        """How many requests 30 days have at the pace of the last days."""
        recent = sum(cell.recent_requests for group in self.groups for cell in group.cells)
        return round(self.to_month(Decimal(recent)))

    def to_month(self, value: Decimal) -> Decimal:
        """What is true of the last days, for 30 of them."""
        return value * MONTH_DAYS / self.recent_days

    def month_of(self, group: Group, saving: Range) -> Range:
        """A saving of the period, for 30 days at the group's pace of the last days."""
        share = group.recent_cost / group.cost if group.cost else NOTHING
        return saving.times(self.to_month(share))

    def token_price(self, group: Group, spot: Spot, name: str) -> Decimal:
        """The group's own price of one token of a class there; nothing where it is not known."""
        prices = self.table.price_at(group.pair, spot)
        return (getattr(prices, name) if prices else None) or NOTHING

    def cost_of_class(self, group: Group, name: str) -> Decimal:
        """What the group's tokens of a class cost."""
        return sum((cell.tokens[name] * self.token_price(group, cell.spot, name) for cell in group.cells), NOTHING)

    def used(self) -> set[Pair]:
        """The models that occur in the data."""
        return set(self.data.profile.models)

    def describe(self) -> dict[str, Any]:
        """The facts every result begins with."""
        estimated = sum(group.estimated for group in self.groups)
        facts = describe_scope(self.data, self.filters, self.results[0].price_version) | {
            "days": self.days,
            "requests": self.requests,
            "cost": money(self.cost) if any(group.cells for group in self.groups) else None,
            "cost_30_days": money(self.month_cost),
            "unpriced_requests": sum(group.unpriced for group in self.groups),
            "estimated_requests": estimated,
        }
        return facts | mark_estimate(facts)

    def describe_period(self) -> str:
        """The days in words."""
        first, last = period_of(self.filters, self.data)
        return f"from {first.isoformat()} to {last.isoformat()}"


async def survey(
    context: RunContext,
    needs: Needs,
    filters: Filters | None,
    pairs: Iterable[Pair] = (),
    *,
    repeats: bool = False,
    tails: bool = False,
    retried: bool = False,
    history: bool = False,
    mixed: bool = False,
) -> Survey:
    """Asks everything in one connection; `pairs` are models beyond the data's and their families that will be priced.

    `history` looks at all rows as well, whatever the filters: at other models, and at what a feature ran on before.
    """
    data = require_data(context, needs)
    chosen = clip_period(filters or Filters(), data)
    table = PriceTable(context.prices)
    first, last = period_of(chosen, data)
    # The same pieces for every tool, so that results are found again that another one has asked for.
    priced = {*data.profile.models, *family_pairs(data), *pairs}
    edges = find_edges(table, priced, min(first, data.first_day), data.last_day)
    hashed = data.profile.has_column("prompt_hash")
    beyond = history and not covers(chosen, data)
    shapes = shapes_statement(by_model=history, mixed=mixed)
    queries = list_queries(
        chosen,
        edges,
        last,
        shapes,
        repeats=repeats and hashed,
        tails=tails,
        retried=retried and hashed,
        beyond=beyond,
    )
    results = dict(zip(queries, await ask_all(context, list(queries.values())), strict=True))
    groups = read_groups(results["cells"], edges)
    found = Survey(data, chosen, table, list(results.values()), groups, read_shapes(results["shapes"]))
    found.history = read_shapes(results["all_shapes"]) if beyond else found.shapes
    found.history_groups = read_groups(results["all_cells"], edges) if beyond else groups
    attach(found, results, edges)
    return found


def period_of(filters: Filters, data: DataHandle) -> tuple[date, date]:
    """The first and the last day in question; a period outside the data stays what was asked for."""
    first = filters.first_day or data.first_day
    return first, max(first, filters.last_day or data.last_day)


def covers(filters: Filters, data: DataHandle) -> bool:
    """Whether the filters leave nothing out."""
    whole = filters.first_day == data.first_day and filters.last_day == data.last_day
    return whole and not filters.values()


def list_queries(
    filters: Filters, edges: Edges, last: date, shapes: str, *, repeats: bool, tails: bool, retried: bool, beyond: bool
) -> dict[str, Query]:
    """The queries by name."""
    days = min((last - (filters.first_day or last)).days + 1, MONTH_DAYS)
    recent = {"recent": datetime.combine(last - timedelta(days=days - 1), time())} | edges.parameters
    queries = {
        "cells": Query(cells_statement(edges), filters, recent),
        "shapes": Query(shapes, filters, priced=False),
    }
    if repeats:
        queries["repeats"] = Query(REPEATS, filters)
    if retried:
        queries["retried"] = Query(RETRIED, filters, priced=False)
    if tails:
        queries["tails"] = Query(tails_statement(edges), filters, edges.parameters, priced=False)
    if beyond:
        queries["all_cells"] = Query(cells_statement(edges), parameters=recent)
        queries["all_shapes"] = Query(shapes, priced=False)
    return queries


def read_groups(result: QueryResult, edges: Edges) -> list[Group]:
    """The groups with their sums, the most expensive first."""
    found: dict[tuple[str, str, str], Group] = {}
    for row in result.as_dicts():
        key = (row["feature"], row["provider"], row["model"])
        group = found.setdefault(key, Group(*key))
        if row["is_priced"]:
            group.cells.append(read_cell(row, edges))
            group.estimated += row["estimated"]
        else:
            group.unpriced += row["requests"]
    return sorted(found.values(), key=lambda group: (-group.cost, group.key))


def read_shapes(result: QueryResult) -> Shapes:
    """The shapes by (feature, provider, model), by (provider, model), and of the whole under ()."""
    found: Shapes = {}
    for row in result.as_dicts():
        names = [row["feature"], row["provider"], row["model"]]
        key: Sequence[str] = () if row["over_all"] else names[1:] if row["over_features"] else names
        shape = read_shape(row)
        if shape:
            found[tuple(key)] = shape
    return found


def attach(found: Survey, results: dict[str, QueryResult], edges: Edges) -> None:
    """Gives each group its shape, its repeats and its tails."""
    by_key = {group.key: group for group in found.groups}
    for group in found.groups:
        group.shape = found.shapes.get(group.key)
    for row in results["repeats"].as_dicts() if "repeats" in results else ():
        by_key[row["feature"], row["provider"], row["model"]].repeats = read_repeats(row)
    for group in found.groups if "retried" in results else ():
        group.sent_again = 0
    for row in results["retried"].as_dicts() if "retried" in results else ():
        by_key[row["feature"], row["provider"], row["model"]].sent_again = row["sent_again"]
    for row in results["tails"].as_dicts() if "tails" in results else ():
        by_key[row["feature"], row["provider"], row["model"]].tails.append(read_tail(row, edges))
    for group in found.history_groups:
        group.shape = found.history.get(group.key)
