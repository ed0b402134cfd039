"""Figures as sources write them: token counts, money, durations; and what is a part of what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any, Final

from agents.usage.records import Unusable, UsageRow

MOST: Final = 2**53
MOST_COST: Final = Decimal(10) ** 9
MOST_MILLISECONDS: Final = 2**31 - 1
NANO: Final = Decimal("0.000000001")
MISSING: Final = frozenset(("", "null", "none", "n/a", "na", "-", "\\n", "undefined"))
SYMBOLS: Final = {"US$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
LONGEST_NUMBER: Final = 60
CACHED_FIELDS: Final = ("cached_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
SUMMED: Final = frozenset((*CACHED_FIELDS, "input_tokens", "output_tokens", "reasoning_tokens", "total_tokens"))
# An option, what it was set to, and the sentence that says so.
Assumption = tuple[str, Any, str]

GROUPED: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?P<by>[,.'_ \u00a0\u202f])\d{3})(?:(?P=by)\d{3})*")
PLAIN: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?")
DECIMAL_COMMA: Final = re.compile(r"(?P<whole>[+-]?\d+(?:\.\d{3})*),(?P<rest>\d+)")
GROUPED_DECIMAL: Final = re.compile(r"(?P<whole>[+-]?\d{1,3}(?:[,' \u00a0\u202f]\d{3})+)\.(?P<rest>\d+)")
CURRENCY: Final = re.compile(
    r"(?:(?P<before>US\$|[$€£¥₹]|[A-Z]{3})\s*)?(?P<number>.*?)(?:\s*(?P<after>[$€£¥₹]|[A-Z]{3}))?"
)
DURATION: Final = re.compile(r"(?P<number>[\d.,]+)\s*(?P<unit>ns|us|µs|ms|s|sec|secs|seconds?|min|m|h)")
CLOCK: Final = re.compile(r"(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,2}):(?P<s>\d{1,2}(?:\.\d+)?)")
# How many milliseconds one unit is.
UNITS: Final = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1000.0, "min": 60_000.0, "m": 60_000.0, "h": 3.6e6}
UNIT_WORDS: Final = {"ms": "milliseconds", "s": "seconds", "us": "microseconds", "ns": "nanoseconds"}


def shorten(value: object) -> str:
    """A value as it stands in a sentence."""
    text = str(value) if isinstance(value, str | int | float | Decimal) and not is_huge(value) else type(value).__name__
    shown = "".join(character if character.isprintable() else " " for character in text[:40])
    return f"“{shown}{'…' if len(text) > 40 else ''}”"


def is_huge(value: object) -> bool:
    """Whether Python would refuse to write the number out."""
    return isinstance(value, int) and value.bit_length() > 1000


def read_count(value: Any, name: str) -> int | None:
    """A whole number that is not negative; None for a missing one; else Unusable."""
    if type(value) is int:
        if 0 <= value <= MOST:
            return value
    elif isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) < 16:
            return int(value)
        if value.strip().lower() in MISSING:
            return None
        return count_of_text(value, name)
    elif value is None:
        return None
    elif isinstance(value, float | Decimal) and 0 <= value <= MOST and value == int(value):
        return int(value)
    raise Unusable(f"{name} is {shorten(value)}, which is no usable number.")


def count_of_text(text: str, name: str) -> int:
    """A number with separators, an exponent or an empty fraction, as spreadsheets and data frames write it."""
    stripped = text.strip()
    if len(stripped) <= LONGEST_NUMBER and stripped.isascii() | ("\u00a0" in stripped) | ("\u202f" in stripped):
        grouped = GROUPED.fullmatch(stripped)
        # A single point may just as well begin a fraction.
        if grouped and (grouped["by"] != "." or stripped.count(".") > 1):
            stripped = stripped.replace(grouped["by"], "")
        if PLAIN.fullmatch(stripped):
            number = Decimal(stripped)
            if 0 <= number <= MOST and number == int(number):
                return int(number)
    raise Unusable(f"{name} is {shorten(text)}, which is no usable number.")


def read_cost(value: Any, name: str) -> tuple[Decimal, str | None] | None:
    """An amount with at most nine decimals, and its currency where it is written beside it."""
    if value is None:
        return None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return bounded_cost(Decimal(0) if is_huge(value) else Decimal(str(value)), value, name), None
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER:
        return cost_of_text(value, name)
    raise Unusable(f"{name} is {shorten(value)}, which is no amount.")


def cost_of_text(text: str, name: str) -> tuple[Decimal, str | None] | None:
    """An amount as people write it; one that may mean two things is refused."""
    stripped = text.strip()
    if stripped.lower() in MISSING:
        return None
    # A minus may stand before the currency, and brackets are the minus of bookkeeping.
    in_brackets = stripped.startswith("(") and stripped.endswith(")")
    negative = in_brackets or stripped.startswith("-")
    parts = CURRENCY.fullmatch(stripped[1 : -1 if in_brackets else None].strip() if negative else stripped)
    if parts is None or (negative and parts["number"][:1] == "-"):
        raise Unusable(f"{name} is {shorten(text)}, which is no amount.")
    symbol = parts["before"] or parts["after"]
    number = bounded_cost(decimal_of(parts["number"].strip(), text, name), text, name)
    return -number if negative else number, SYMBOLS.get(symbol, symbol) if symbol else None


def decimal_of(number: str, shown: str, name: str) -> Decimal:
    """The number a text stands for."""
    if PLAIN.fullmatch(number):
        return Decimal(number)
    comma, grouped = DECIMAL_COMMA.fullmatch(number), GROUPED_DECIMAL.fullmatch(number)
    if grouped:
        return Decimal(re.sub(r"[^\d+-]", "", grouped["whole"]) + "." + grouped["rest"])
    groups = GROUPED.fullmatch(number)
    if groups and (groups["by"] not in ",." or number.count(groups["by"]) > 1):
        return Decimal(number.replace(groups["by"], ""))
    if groups and groups["by"] == ",":
        raise Unusable(f"{name} is {shorten(shown)}, which may be a thousand or a fraction.")
    if comma:
        return Decimal(comma["whole"].replace(".", "") + "." + comma["rest"])
    raise Unusable(f"{name} is {shorten(shown)}, which is no amount.")


def bounded_cost(cost: Decimal, shown: object, name: str) -> Decimal:
    """The amount, if it is one anybody could have paid; the absolute value of 1e91338001 would overflow."""
    if is_huge(shown) or not cost.is_finite() or not -MOST_COST < cost < MOST_COST:
        raise Unusable(f"{name} is {shorten(shown)}, which is no usable amount.")
    return cost.quantize(NANO)


def read_milliseconds(value: Any, name: str, factor: float = 1.0) -> int | None:
    """A duration, given in units of `factor` milliseconds unless it names its own."""
    if isinstance(value, str):
        return milliseconds_of_text(value, name, factor)
    if value is None:
        return None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and 0 <= value <= MOST:
        found = round(float(value) * factor)
        if found <= MOST_MILLISECONDS:
            return found
    raise Unusable(f"{name} is {shorten(value)}, which is no usable duration.")


def milliseconds_of_text(text: str, name: str, factor: float) -> int | None:
    """`350`, `1.5s`, `00:00:01.5`."""
    stripped = text.strip()
    if stripped.lower() in MISSING:
        return None
    with_unit, clock = DURATION.fullmatch(stripped.lower()), CLOCK.fullmatch(stripped)
    if with_unit:
        unit = with_unit["unit"]
        stripped, factor = with_unit["number"], UNITS.get(unit) or UNITS["min" if unit[0] == "m" else "s"]
    elif clock:
        return read_milliseconds(int(clock["h"] or 0) * 3600 + int(clock["m"]) * 60 + float(clock["s"]), name, 1000.0)
    if len(stripped) > LONGEST_NUMBER or not PLAIN.fullmatch(stripped):
        raise Unusable(f"{name} is {shorten(text)}, which is no usable duration.")
    return read_milliseconds(float(stripped), name, factor)


def take_part(part: int, whole: int, part_name: str, whole_name: str) -> int:
    """What is left of a whole without its part; a part larger than its whole is Unusable."""
    if part > whole:
        raise Unusable(f"{part:,} {part_name} tokens are more than the {whole:,} {whole_name} tokens they are part of.")
    return whole - part


def make_disjoint(row: UsageRow, *, input_inclusive: bool, output_inclusive: bool) -> UsageRow:
    """Takes what was cached out of the input and the reasoning out of the output, where the source includes them."""
    if input_inclusive:
        cached = row.cached_read_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens
        row.input_tokens = take_part(cached, row.input_tokens, "cached", "input")
    if output_inclusive:
        row.output_tokens = take_part(row.reasoning_tokens, row.output_tokens, "reasoning", "output")
    return row


def guess_duration_unit(column: str, values: Sequence[Any]) -> str:
    """`ms` or `s`: by the column's name, else fractions that are small are seconds."""
    words = re.split(r"[^a-zµ]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", column).lower())
    for unit, names in {"ns": "ns nanos nanoseconds", "us": "us µs micros microseconds"}.items():
        if set(words) & set(names.split()):
            return unit
    if set(words) & {"ms", "msec", "millis", "milliseconds", "millisecond"}:
        return "ms"
    if set(words) & {"s", "sec", "secs", "second", "seconds"}:
        return "s"
    found = sorted(number for number in map(as_float, values) if number)
    has_fractions = any(number != int(number) for number in found)
    return "s" if has_fractions and found[len(found) // 2] < 300 else "ms"


def as_float(value: Any) -> float | None:
    """A sampled figure, nought where it is missing; None for what is none."""
    with suppress(Unusable):
        return float(read_count(value, "") or 0)
    with suppress(Unusable):
        return float((read_cost(value, "") or (0,))[0])
    return None


def is_number(value: Any) -> bool:
    """Whether it is one."""
    return as_float(value) is not None


def count_reader(name: str) -> Callable[[Any], int]:
    """Reads a figure; a missing one is none."""

    def read(value: Any) -> int:
        if type(value) is int and 0 <= value <= MOST:
            return value
        return read_count(value, name) or 0

    return read


def duration_reader(name: str, unit: Any) -> Callable[[Any], int | None]:
    """Reads a duration in this unit."""
    return partial(read_milliseconds, name=name, factor=UNITS[unit or "ms"])


def names_part_of_input(column: str) -> bool:
    """Whether a column of cached tokens is by its name a part of the input, as OpenAI's; Anthropic's is beside it."""
    name = column.lower().replace(" ", "_")
    if "detail" in name or "native_" in name or "cache_hit" in name:
        return True
    return "cached" in name and "cached_read" not in name


def input_includes_cached(mapping: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """What the options say, else what the names of the columns say."""
    given = options.get("input_includes_cached")
    named = [mapping[field] for field in CACHED_FIELDS if isinstance(mapping.get(field), str)]
    return bool(given) if given is not None else bool(named) and names_part_of_input(named[0])


def output_includes_reasoning(mapping: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """What the options say, else the names: reasoning is part of the output, but for Gemini's and our own names."""
    given = options.get("output_includes_reasoning")
    is_own = mapping.get("cached_read_tokens") == "cached_read_tokens"
    return bool(given) if given is not None else not is_own and "thought" not in str(mapping.get("reasoning_tokens"))


def find_inclusion(rows: Iterable[Mapping[str, Any]]) -> tuple[bool | None, bool | None]:
    """Whether input includes the cached and output the reasoning tokens, by the totals; None where they do not tell."""
    counted = [{field: as_float(value) or 0.0 for field, value in row.items() if field in SUMMED} for row in rows]
    told = [row for row in counted if row.get("total_tokens")]
    kinds = [(cached, reasoning) for cached in (True, False) for reasoning in (True, False)]
    right = {kind: sum(total_if(row, *kind) == row["total_tokens"] for row in told) for kind in kinds}
    best = max(kinds, key=lambda kind: right[kind])
    if not told or right[best] * 2 < len(told):
        return None, None
    cached_told = right[best] > right[not best[0], best[1]]
    reasoning_told = right[best] > right[best[0], not best[1]]
    return (best[0] if cached_told else None), (best[1] if reasoning_told else None)


def total_if(row: Mapping[str, float], cached_inside: bool, reasoning_inside: bool) -> float:
    """What the total would be if it were so."""
    beside = () if cached_inside else CACHED_FIELDS
    fields = ("input_tokens", "output_tokens", *beside, *(() if reasoning_inside else ("reasoning_tokens",)))
    return sum(row.get(field, 0) for field in fields)


def assume_inclusion(mapping: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Iterable[Assumption]:
    """What is a part of what, by the totals where there are any."""
    cached, reasoning = find_inclusion(rows)
    if any(field in mapping for field in CACHED_FIELDS):
        inside = input_includes_cached(mapping, {"input_includes_cached": cached})
        yield "input_includes_cached", inside, say_inclusion("Cached", "input", inside, cached is not None)
    if "reasoning_tokens" in mapping:
        inside = output_includes_reasoning(mapping, {"output_includes_reasoning": reasoning})
        yield "output_includes_reasoning", inside, say_inclusion("Reasoning", "output", inside, reasoning is not None)


def say_inclusion(part: str, whole: str, inside: bool, told: bool) -> str:
    """The assumption in a sentence."""
    words = "are part of" if inside else "come on top of"
    return (
        f"{part} tokens {words} the {whole} tokens ({'the totals show it' if told else 'by the names of the columns'})."
    )


def given_values(values: Iterable[Any]) -> list[Any]:
    """Those that are not missing."""
    told = (value for value in values if value is not None)
    return [value for value in told if not isinstance(value, str) or value.strip().lower() not in MISSING]


def is_duration(value: Any) -> bool:
    """Whether a value can be how long something took."""
    try:
        return read_milliseconds(value, "") is not None
    except Unusable:
        return False
