"""Failed calls in two sets of days: by whom, of which kinds, and between which hours."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from agents.usage.results import FAILED, NO_NAME, percent
from agents.usage.windows import CHOSEN_DAYS, IS_AFTER, SHOWN_DRIVERS, SIDES, Row, name_driver, share

KIND: Final = "coalesce(nullif(error, ''), 'status ' || status)"
CALLS: Final = f"(SELECT *, coalesce({FAILED}, FALSE) AS failed, {KIND} AS kind FROM calls WHERE grain = 'call')"
SHOWN_KINDS: Final = 5
# A handful of failures in a quiet night is chance: there must be some, and many more than usual.
FEWEST_MORE: Final = 4
CHANCE_SQUARED: Final = 16
NOTHING: Final = Decimal(0)

FAILURES: Final = f"""SELECT provider, model, feature, grouping(provider) AS whole,
       count(*) FILTER (WHERE NOT is_after) AS before_requests,
       count(*) FILTER (WHERE is_after) AS after_requests,
       count(*) FILTER (WHERE failed AND NOT is_after) AS before_failed,
       count(*) FILTER (WHERE failed AND is_after) AS after_failed
FROM (SELECT *, {IS_AFTER} AS is_after FROM {CALLS} WHERE {CHOSEN_DAYS})
GROUP BY GROUPING SETS ((provider, model, feature), ())
ORDER BY whole DESC, provider, model, feature"""

HOURS: Final = f"""SELECT date_trunc('hour', time) AS hour, provider, count(*) AS requests,
       count(*) FILTER (WHERE failed) AS failed
FROM {CALLS}
WHERE {IS_AFTER}
GROUP BY hour, provider
ORDER BY hour, provider"""

KINDS: Final = f"""SELECT kind, count(*) AS failed
FROM {CALLS}
WHERE failed AND {IS_AFTER} AND time >= $from_time AND time < $to_time
  AND ($provider IS NULL OR coalesce(provider, '{NO_NAME}') = $provider)
GROUP BY kind
ORDER BY failed DESC, kind
LIMIT {SHOWN_KINDS}"""

SIDES_OF_OUTAGE: Final = f"""SELECT own, inside, count(*) AS requests, count(*) FILTER (WHERE failed) AS failed
FROM (
  SELECT failed, $provider IS NULL OR coalesce(provider, '{NO_NAME}') = $provider AS own,
         {IS_AFTER} AND time >= $from_time AND time < $to_time AS inside
  FROM {CALLS}
)
GROUP BY own, inside
ORDER BY own, inside"""


@dataclass(frozen=True, slots=True)
class Outage:
    """When calls failed, from its first hour to the end of its last one; `provider`: whose, None if everybody's."""

    provider: str | None
    start: datetime
    end: datetime

    def as_parameters(self) -> dict[str, Any]:
        """The values the statements need."""
        return {"provider": self.provider, "from_time": self.start, "to_time": self.end}


def is_more_than_chance(whole: Row) -> bool:
    """Whether the share of failed calls changed by more than a few calls that might have failed anyway."""
    usual = share(whole["before_failed"], whole["before_requests"] or 1)
    expected = usual * (whole["after_requests"] or 0)
    more = abs((whole["after_failed"] or 0) - expected)
    return bool(more >= FEWEST_MORE and more * more >= CHANCE_SQUARED * expected)


def failed_percent(whole: Row, side: str) -> Decimal | None:
    """The exact share of failed calls of a side, in percent."""
    requests = whole[f"{side}_requests"]
    return Decimal(whole[f"{side}_failed"]) * 100 / requests if requests else None


def find_outage(whole: Row, hours: Sequence[Row]) -> Outage | None:
    """The hours in which more calls failed than usual, and the provider if it was one."""
    usual = share(whole["before_failed"], whole["before_requests"] or 1)
    provider = find_provider(hours, usual)
    chosen = [row for row in hours if provider is None or (row["provider"] or NO_NAME) == provider]
    counts = add_hours(chosen)
    run = find_run(counts, usual)
    return Outage(provider, run[0], run[1] + timedelta(hours=1)) if run else None


def find_provider(hours: Sequence[Row], usual: Decimal) -> str | None:
    """The provider with more than half of the failed calls that were too many."""
    more: dict[str, Decimal] = {}
    for row in hours:
        name = row["provider"] or NO_NAME
        more[name] = more.get(name, NOTHING) + row["failed"] - usual * row["requests"]
    whole = sum((value for value in more.values() if value > 0), NOTHING)
    worst = max(more, key=lambda name: (more[name], name))
    return worst if more[worst] * 2 > whole else None


def add_hours(rows: Sequence[Row]) -> dict[datetime, tuple[int, int]]:
    """Requests and failed calls of each hour, in order."""
    counts: dict[datetime, tuple[int, int]] = {}
    for row in rows:
        requests, failed = counts.get(row["hour"], (0, 0))
        counts[row["hour"]] = (requests + row["requests"], failed + row["failed"])
    return dict(sorted(counts.items()))


def find_run(counts: Mapping[datetime, tuple[int, int]], usual: Decimal) -> tuple[datetime, datetime] | None:
    """The hours in a row with the most failed calls above the middle between usual and the worst hour."""
    worst = max(counts.values(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    if not worst[1]:
        return None
    limit = (usual + share(worst[1], worst[0])) / 2
    best, so_far, start = NOTHING, NOTHING, None
    found: tuple[datetime, datetime] | None = None
    for hour, (requests, failed) in counts.items():
        if so_far <= 0:
            so_far, start = NOTHING, hour
        so_far += failed - limit * requests
        if so_far > best and start is not None:
            best, found = so_far, (start, hour)
    return found


def list_failing(whole: Row, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The features and models whose failed calls changed most, in percent of their calls."""
    scored = [(abs(failed_change(row, whole)), row) for row in rows]
    ordered = sorted(scored, key=lambda item: (-item[0], *name_driver(item[1]).values()))
    return [describe_failing(row) for change, row in ordered if change][:SHOWN_DRIVERS]


def failed_change(row: Row, whole: Row) -> Decimal:
    """How much more of all calls are failed calls of this group."""
    before, after = (share(row[f"{side}_failed"], whole[f"{side}_requests"] or 1) for side in SIDES)
    return after - before


def describe_failing(row: Row) -> dict[str, Any]:
    """One feature on one model: the failed share of its calls, before and after."""
    before, after = (percent(row[f"{side}_failed"], row[f"{side}_requests"]) for side in SIDES)
    change = str(Decimal(after) - Decimal(before)) if before is not None and after is not None else None
    counts = {f"{side}_{name}": row[f"{side}_{name}"] for side in SIDES for name in ("requests", "failed")}
    return name_driver(row) | {"before": before, "after": after, "change": change} | counts


def describe_outage(outage: Outage, kinds: Sequence[Row], sides: Sequence[Row]) -> dict[str, Any]:
    """When, whose, of which kinds, and the failed share in it, outside of it and of the others meanwhile."""
    counts = {(row["own"], row["inside"]): (row["requests"], row["failed"]) for row in sides}
    inside, outside, others = (counts.get(key, (0, 0)) for key in ((True, True), (True, False), (False, True)))
    return {
        "from_hour": outage.start.isoformat(timespec="minutes"),
        "to_hour": outage.end.isoformat(timespec="minutes"),
        "provider": outage.provider,
        "kinds": [{"kind": row["kind"], "failed_requests": row["failed"]} for row in kinds],
        "requests": inside[0],
        "failed_requests": inside[1],
        "failed_percent_inside": percent(inside[1], inside[0]),
        "failed_percent_outside": percent(outside[1], outside[0]),
        "failed_percent_of_others": percent(others[1], others[0]),
    }
