"""The busiest minutes of each model, and how they stand to limits a minute."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from agents.prices import TOKEN_CLASSES
from agents.usage.results import FAILED, NO_NAME, TENTH, percent

# What gateways and providers write when a call was turned away for its rate.
REFUSED: Final = f"""(coalesce({FAILED}, FALSE) AND (coalesce(status, '') = '429'
         OR regexp_matches(lower(coalesce(error, '') || ' ' || coalesce(status, '')),
                           'rate.?limit|too.?many.?requests|resource.?exhausted|\\b429\\b')))"""
TOKENS: Final = " + ".join(f"coalesce({name}_tokens, 0)" for name in TOKEN_CLASSES)
# Over a limit: a minute in which more would have been asked than the limit allows. No limit, no minute over it.
MINUTES: Final = f"""SELECT provider, model, sum(requests)::BIGINT AS requests, count(*) AS minutes,
       max(requests) AS busiest_requests, arg_min(minute, (-requests, minute)) AS busiest_requests_at,
       quantile_disc(requests, 0.99) AS p99_requests,
       max(tokens) AS busiest_tokens, arg_min(minute, (-tokens, minute)) AS busiest_tokens_at,
       quantile_disc(tokens, 0.99) AS p99_tokens, max(uncached) AS busiest_uncached_tokens,
       count(*) FILTER (WHERE requests * $factor > $most_requests) AS minutes_over_requests,
       count(*) FILTER (WHERE tokens * $factor > $most_tokens) AS minutes_over_tokens,
       count(*) FILTER (WHERE requests * $factor > $most_requests OR tokens * $factor > $most_tokens) AS minutes_over,
       coalesce((sum(greatest(requests * $factor - $most_requests, 0)) FILTER (
         WHERE requests * $factor > $most_requests)), 0) AS requests_over,
       max(latest)::DATE AS last_day, count(*) FILTER (WHERE on_the_hour) AS minutes_on_the_hour
FROM (
  SELECT provider, model, date_trunc('minute', time) AS minute, count(*) AS requests, max(time) AS latest,
         coalesce(sum({TOKENS}), 0)::BIGINT AS tokens, minute(max(time)) = 0 AND second(max(time)) = 0 AS on_the_hour,
         coalesce(sum({TOKENS} - coalesce(cached_read_tokens, 0)), 0)::BIGINT AS uncached
  FROM calls
  WHERE grain = 'call'
  GROUP BY ALL
)
GROUP BY provider, model
ORDER BY busiest_requests DESC, busiest_tokens DESC, provider, model"""

REFUSALS: Final = f"""SELECT provider, model, count(*) AS refused, min(time)::DATE AS first_day,
       max(time)::DATE AS last_day
FROM calls
WHERE grain = 'call' AND {REFUSED}
GROUP BY provider, model
ORDER BY refused DESC, provider, model"""

WHERE_LIMITS_ARE: Final = {
    "openai": "Limits in the settings of the organization or project, or the response headers"
    " x-ratelimit-limit-requests and x-ratelimit-limit-tokens",
    "anthropic": "Limits in the console's settings, or the response headers anthropic-ratelimit-requests-limit and"
    " anthropic-ratelimit-tokens-limit",
    "google": "the project's rate limits in AI Studio, or Quotas in the Google Cloud console",
    "azure": "the quota of the deployment in the portal, or the response header x-ratelimit-limit-tokens",
}
WHERE_ELSE: Final = "the provider's or gateway's page on rate limits, or the rate limit headers of a response"
MEASURES: Final = ("requests", "tokens")


def describe_peak(
    row: Mapping[str, Any], measure: str, factor: Decimal, limits: Mapping[str, int | None]
) -> dict[str, Any]:
    """One measure's busiest minutes of a model: now, at the growth as a range, and against its limit."""
    busiest, busy, limit = row[f"busiest_{measure}"], row[f"p99_{measure}"], limits[measure]
    high = grow(busiest, factor)
    return {
        "busiest": busiest,
        "busiest_at": row[f"busiest_{measure}_at"].isoformat(timespec="minutes"),
        "p99": busy,
        "at_growth_low": grow(busy, factor),
        "at_growth_high": high,
        "limit": limit,
        "headroom_now": None if limit is None else limit - busiest,
        "headroom": None if limit is None else limit - high,
        "fits_until_growth_percent": fits_until(busiest, limit),
        "minutes_over": None if limit is None else row[f"minutes_over_{measure}"],
    }


def grow(count: int, factor: Decimal) -> int:
    """A count after growth, rounded up."""
    return int((count * factor).to_integral_value(ROUND_CEILING))


def fits_until(busiest: int, limit: int | None) -> str | None:
    """The growth at which the busiest minute reaches the limit; negative where it is over it already."""
    if limit is None or not busiest:
        return None
    return str(((Decimal(limit) / busiest - 1) * 100).quantize(TENTH, ROUND_FLOOR))


def describe_model(row: Mapping[str, Any], factor: Decimal, limits: Mapping[str, int | None]) -> dict[str, Any]:
    """One model's peaks and the minutes that would not fit."""
    peaks = {f"{measure}_per_minute": describe_peak(row, measure, factor, limits) for measure in MEASURES}
    is_limited = any(limit is not None for limit in limits.values())
    return {
        "provider": row["provider"] or NO_NAME,
        "model": row["model"] or NO_NAME,
        "requests": row["requests"],
        "minutes": row["minutes"],
        **peaks,
        "busiest_tokens_without_cached": row["busiest_uncached_tokens"],
        "minutes_over": row["minutes_over"] if is_limited else None,
        "minutes_over_percent": percent(row["minutes_over"], row["minutes"]) if is_limited else None,
        "requests_over": grow(1, Decimal(row["requests_over"])) if limits["requests"] is not None else None,
        "fits": not row["minutes_over"] if is_limited else None,
    }


def list_limits_needed(models: list[dict[str, Any]], limits: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """Each limit that was not given, with the models it is about and where to find it."""
    providers = sorted({item["provider"] for item in models})
    return [
        {
            "field": f"{measure}_per_minute",
            "provider": provider,
            "models": sorted(item["model"] for item in models if item["provider"] == provider),
            "why": f"how many {measure} a minute {provider} allows your account for each of these models",
            "where": WHERE_LIMITS_ARE.get(provider, WHERE_ELSE),
        }
        for provider in providers
        for measure in MEASURES
        if limits[measure] is None
    ]
