"""Generates the rows of the demo data set from its truths, deterministically."""

# ruff: noqa: S311 - made-up rows are no secret

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import product

from agents.usage.demo_plan import (
    GROWTH_A_DAY,
    HOUR_WEIGHTS,
    WEEKDAY_WEIGHTS,
    DemoTruths,
    FeaturePlan,
    ModelTraits,
)

Row = tuple[object, ...]
ERRORS = ("rate_limited", "overloaded", "timeout")
COMMON_PROMPTS = 12
LONG_PROMPT_SHARE = 0.02
# Providers cache whole prompt prefixes from about this size on.
SMALLEST_CACHED_PREFIX = 1024


@dataclass(frozen=True, slots=True)
class Tokens:
    """The disjoint token classes of one call."""

    input: int = 0
    cached_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0


def generate_rows(truths: DemoTruths) -> Iterator[Row]:
    """The rows in the order of agents.usage.rows.COLUMNS, ordered by time."""
    dice = random.Random(truths.seed)
    moments = sorted(draw_moments(dice, truths))
    features = dice.choices(truths.features, [plan.share for plan in truths.features], k=len(moments))
    for number, (moment, feature) in enumerate(zip(moments, features, strict=True)):
        yield draw_call(dice, truths, number, moment, feature)


def draw_moments(dice: random.Random, truths: DemoTruths) -> Iterator[datetime]:
    """Points in time with the rhythm of weekdays and hours and a slow growth."""
    first_day = truths.last_day - timedelta(days=truths.days - 1)
    slots = list(product(range(truths.days), range(24)))
    weights = [
        WEEKDAY_WEIGHTS[(first_day + timedelta(days=day)).weekday()] * HOUR_WEIGHTS[hour] * (1 + GROWTH_A_DAY * day)
        for day, hour in slots
    ]
    midnight = datetime.combine(first_day, time())
    for day, hour in dice.choices(slots, weights, k=truths.calls):
        yield midnight + timedelta(days=day, hours=hour, milliseconds=dice.randrange(3_600_000))


def draw_call(dice: random.Random, truths: DemoTruths, number: int, moment: datetime, feature: FeaturePlan) -> Row:
    """One call: its model, tokens, speed, outcome and who made it."""
    if feature.at_night:
        moment = moment.replace(hour=moment.hour % 6)
    model = choose_model(truths, feature, moment)
    user = draw_user(dice, truths, feature)
    prompt = draw_prompt(dice, truths, number, feature)
    traits = truths.models[model]
    error = draw_error(dice, truths, traits.provider, moment)
    tokens = Tokens() if error else draw_tokens(dice, feature, traits)
    first_token_ms, latency_ms = draw_speed(dice, traits, tokens, error)
    head = ("call", f"demo-{number:07d}", 1, moment.isoformat(sep=" ", timespec="milliseconds"))
    classes = (tokens.input, tokens.cached_read, tokens.cache_write_5m, tokens.cache_write_1h)
    outcome = ("error" if error else "ok", error)
    session = f"{user}-{moment:%Y%m%d}"
    return (
        *head, traits.provider, model, *classes, tokens.output, tokens.reasoning, None, None,
        latency_ms, first_token_ms, *outcome, user, feature.team, feature.name, prompt, session, None,
    )  # fmt: skip


def choose_model(truths: DemoTruths, feature: FeaturePlan, moment: datetime) -> str:
    """The feature's model; one feature is switched to a larger one on the jump date."""
    switched = feature.name == truths.jump_feature and moment.date() >= truths.jump_date
    return truths.jump_to_model if switched else feature.model


def draw_user(dice: random.Random, truths: DemoTruths, feature: FeaturePlan) -> str:
    """A person of the feature's team; few of them use it most."""
    teams = sorted({plan.team for plan in truths.features})
    size = truths.users // len(teams)
    rank = min(int(dice.expovariate(4.0) * size), size - 1)
    return f"user-{teams.index(feature.team) * size + rank + 1:03d}"


def draw_prompt(dice: random.Random, truths: DemoTruths, number: int, feature: FeaturePlan) -> str:
    """The prompt's hash; a share of each feature's calls repeats a few common prompts."""
    planted = feature.name == truths.repeated_feature
    share = truths.repeated_share if planted else feature.repeated_share
    repeated = dice.random() < share
    text = f"{feature.name} {dice.randrange(COMMON_PROMPTS)}" if repeated else f"{feature.name} #{number}"
    return hashlib.sha256(f"{truths.seed} {text}".encode()).hexdigest()[:16]


def draw_error(dice: random.Random, truths: DemoTruths, provider: str, moment: datetime) -> str | None:
    """What went wrong, if anything: seldom, but often during the planted outage."""
    end = truths.error_start + timedelta(hours=truths.error_hours)
    burst = provider == truths.error_provider and truths.error_start <= moment < end
    failed = dice.random() < (truths.error_rate if burst else truths.usual_error_rate)
    kind = ERRORS[min(int(dice.random() * 4), 2) if not burst else 1]
    return kind if failed else None


def draw_tokens(dice: random.Random, feature: FeaturePlan, traits: ModelTraits) -> Tokens:
    """Token counts of a call that succeeded."""
    size = dice.lognormvariate(0, 0.35)
    # A few contracts are so long that the dearer price tier for long prompts applies.
    if feature.name == "contract-review" and dice.random() < LONG_PROMPT_SHARE:
        size *= 6
    whole = max(20, int(feature.input_tokens * size))
    output = max(1, int(feature.output_tokens * dice.lognormvariate(0, 0.3)))
    reasoning = int(output * dice.uniform(0.4, 1.2)) if traits.reasons and output > 100 else 0
    tokens = Tokens(input=whole, output=output, reasoning=reasoning)
    hit = dice.random() < feature.cached_share * 1.3
    prefix = int(whole * feature.cached_share)
    if prefix < SMALLEST_CACHED_PREFIX:
        return tokens
    if hit:
        return replace(tokens, input=whole - prefix, cached_read=prefix)
    if traits.provider != "anthropic":
        return tokens
    return write_cache(dice, tokens, prefix)


def write_cache(dice: random.Random, tokens: Tokens, prefix: int) -> Tokens:
    """Anthropic bills what is written into the cache; most entries live for five minutes."""
    rest = tokens.input - prefix
    if dice.random() < 0.15:
        return replace(tokens, input=rest, cache_write_1h=prefix)
    return replace(tokens, input=rest, cache_write_5m=prefix)


def draw_speed(dice: random.Random, traits: ModelTraits, tokens: Tokens, error: str | None) -> tuple[int | None, int]:
    """Milliseconds to the first token and to the end; a failed call has no first token."""
    noise = dice.lognormvariate(0, 0.28)
    if error:
        return None, 60_000 if error == "timeout" else int(180 * noise)
    prompt = tokens.input + tokens.cached_read * 0.1 + tokens.cache_write_5m + tokens.cache_write_1h
    first = (traits.first_token_ms + prompt * 0.012 + tokens.reasoning * traits.token_ms) * noise
    return int(first), int(first + tokens.output * traits.token_ms * dice.lognormvariate(0, 0.15))


def hash_rows(rows: Iterator[Row]) -> str:
    """A fingerprint of the rows, independent of their order."""
    digest = hashlib.sha256()
    for line in sorted(repr(row) for row in rows):
        digest.update(line.encode())
    return digest.hexdigest()
